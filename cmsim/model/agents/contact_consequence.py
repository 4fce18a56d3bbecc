"""What a contact with others, or going along, sets in motion: families answered, wards visited, doctors told."""

from cmsim.core.simtime import workday_after
from cmsim.model.agents import referral_start
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import ContactKind, Setting


def on_contact_held(c: Context, client: ClientRole, kind: int) -> None:
    """Tell whoever a held contact concerns.

    Args:
        c: the community.
        client: whom it was about.
        kind: of contact, as in ``schema.codes.ContactKind``.
    """
    cells, row = c.people.cells, client.row
    if kind in (ContactKind.WARD, ContactKind.LIAISON) and not c.active.collaborates:
        return
    if kind == ContactKind.FAMILY:
        if client.family is not None:
            client.family.on_answer()
    elif kind == ContactKind.WARD:
        c.hospital.on_ward_visit(client)
    elif kind == ContactKind.ACCOMPANY:
        referral_start.is_accompanied(c, client, by_helper=False)
    elif kind == ContactKind.LIAISON:
        cells.reported[row] = c.today
        if cells.supply[row] < c.world.components.physician_hospital.little_left:
            client.ask_psychiatrist()
    elif kind == ContactKind.AGENCY:
        cells.prepared_on[row] = c.today
        if client.setting == Setting.JAIL:
            cells.jail_reached[row] = 1.0
            cells.next_agency[row] = workday_after(c.today + int(c.service.contact.jail_days))
