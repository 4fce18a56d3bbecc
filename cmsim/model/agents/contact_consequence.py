"""What a contact with others, or going along, sets in motion: families answered, wards visited, doctors told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmsim.core.simtime import workday_after
from cmsim.model.agents import referral_start
from cmsim.model.state.columns import JAIL
from cmsim.schema.contact_codes import ACCOMPANY, AGENCY, FAMILY, LIAISON, WARD

if TYPE_CHECKING:
    from cmsim.model.context import Context
    from cmsim.model.roles import ClientRole


def on_contact_held(c: Context, client: ClientRole, kind: int) -> None:
    """Tell whoever a held contact concerns.

    Args:
        c: the community.
        client: whom it was about.
        kind: of contact, as in ``schema.tables.CONTACT_KINDS``.
    """
    cells, row = c.people.cells, client.row
    if kind in (WARD, LIAISON) and not c.active.collaborates:
        return
    if kind == FAMILY:
        if client.family is not None:
            client.family.on_answer()
    elif kind == WARD:
        c.hospital.on_ward_visit(client)
    elif kind == ACCOMPANY:
        referral_start.is_accompanied(c, client, by_helper=False)
    elif kind == LIAISON:
        cells.reported[row] = c.today
        if cells.supply[row] < c.world.components.physician_hospital.little_left:
            client.ask_psychiatrist()
    elif kind == AGENCY:
        cells.prepared_on[row] = c.today
        if client.setting == JAIL:
            cells.jail_reached[row] = 1.0
            cells.next_agency[row] = workday_after(c.today + int(c.service.contact.jail_days))
