"""The days after a crisis, or after first signs: contacts close together, psychiatrist and family told."""

from cmsim.core.simtime import workday_after
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.state_variables import NEVER


def keep_close(c: Context, client: ClientRole) -> None:
    """Plan close contacts with a client who is unwell or was in crisis, where crisis intervention is practised.

    When it begins, the next visit is on the next workday, and psychiatrist and family are told then.
    """
    if "crisis intervention" not in c.service.practice.components:
        return
    cells, row, soon = c.people.cells, client.row, workday_after(c.today + 1)
    if cells.crisis_care_until[row] < c.today:
        for due in (cells.next_visit, cells.next_family, cells.next_liaison):
            if due[row] < NEVER:
                due[row] = min(due[row], soon)
    cells.crisis_care_until[row] = c.today + int(c.service.contact.crisis_days)
