"""Home treatment: the crisis service visits somebody every day for some weeks, in place of a bed."""

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import HOMELESS, Phase
from cmsim.submodels import acute_care

ACCEPTS = random_streams.purpose(
    "home treatment.accepts", "whether a client agrees to treatment at home in place of a bed"
)
DAYS = random_streams.purpose("home treatment.days", "how long treatment at home lasts")


class HomeTreatmentTeam:
    """The places of the crisis service for people treated at home."""

    def __init__(self, community: Context) -> None:
        self.community = community
        self.treated: dict[int, int] = {}

    def take_in(self, client: ClientRole, severity: float) -> bool:
        """Treat at home somebody who would be admitted, if there is a place, a home, and danger allows it.

        The alternative is the bed; the client decides as well.
        """
        c, row = self.community, client.row
        p, places = c.world.home_treatment, c.service.crisis.home_treatment_places
        if len(self.treated) >= places or row in self.treated or client.setting in HOMELESS:
            return False
        if severity > p.most_severity or not client.present:
            return False
        chance = acute_care.accepts_home_treatment(p, client.insight)
        if c.streams.uniform(ACCEPTS, client.address, c.env.now) >= chance:
            return False
        now = c.env.now
        self.treated[row] = now
        days = exponential(c.streams.uniform(DAYS, client.address, now), p.mean_days)
        c.env.process(c.crisis_service.visit(client, int(p.minutes)))
        client.illness.treat_in_place_of_bed()
        c.env.call_in(DAY, self.visit_again, client, now, now + int(days * DAY))
        return True

    def visit_again(self, client: ClientRole, began: int, until: int) -> None:
        """Visit once more, or end the treatment."""
        c, row = self.community, client.row
        if self.treated.get(row) != began:
            return
        if not client.present or (c.env.now >= until and client.phase != Phase.ACUTE):
            del self.treated[row]
            return
        c.env.process(c.crisis_service.visit(client, int(c.world.home_treatment.minutes)))
        c.people.settled[row] = 1.0
        c.env.call_in(DAY, self.visit_again, client, began, until)
