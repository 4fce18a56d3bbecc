"""Respite: a bed for some days away from a stressful home, so that neither illness nor home is lost."""

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import HOMELESS, INSTITUTIONS, RespiteReason
from cmsim.schema.tables import RespiteRow

ACCEPTS = random_streams.purpose("respite.accepts", "whether a client goes to respite when it is offered")
DAYS = random_streams.purpose("respite.days", "how long a client stays in respite")


class RespiteHouse:
    """A few places, for those whose home strains them; family and landlord get a rest as well."""

    def __init__(self, community: Context) -> None:
        self.community = community
        self.guests: dict[int, int] = {}

    def take_in(self, client: ClientRole, severity: float | None = None) -> bool:
        """Take a client in if there is a place, home is a strain, danger allows it, and the client agrees.

        ``severity`` is that of a crisis; ``None`` at first signs.
        """
        c, row = self.community, client.row
        p, places = c.world.respite, c.service.crisis.respite_places
        if len(self.guests) >= places or row in self.guests or client.setting in HOMELESS:
            return False
        if severity is not None and severity > p.most_severity:
            return False
        cells = c.people.cells
        strain = (cells.expressed[row] + cells.tension[row]) * cells.family_contact[row]
        if strain < p.strain_from:
            return False
        chance = p.accepts + p.accepts_engagement * (cells.engagement[row] - 0.5)
        if c.streams.uniform(ACCEPTS, client.address, c.env.now) >= chance:
            return False
        days = exponential(c.streams.uniform(DAYS, client.address, c.env.now), p.mean_days)
        self.guests[row] = c.env.now
        cells.away[row] = 1.0
        c.day.changed.add(row)
        c.env.call_in(int(days * DAY) + 1, self.end_stay, client, c.env.now, severity is None)
        return True

    def end_stay(self, client: ClientRole, began: int, first_signs: bool) -> None:
        """Let a guest go home."""
        c, row = self.community, client.row
        if self.guests.get(row) != began:
            return
        del self.guests[row]
        c.people.cells.away[row] = 0.0
        c.day.changed.add(row)
        c.ledger.write(RespiteRow)(
            minute=c.env.now,
            client=row,
            since=began,
            reason=RespiteReason.FIRST_SIGNS if first_signs else RespiteReason.IN_CRISIS,
        )

    def give_up_place(self, client: ClientRole) -> None:
        """Free the place of somebody who is admitted, arrested or leaves."""
        if client.row in self.guests and (client.setting in INSTITUTIONS or not client.present):
            self.end_stay(client, self.guests[client.row], False)
