"""Care at home: what the service has done lately for people acutely ill, and so what it can do for one more now."""

import math

from cmsim.core.simtime import DAY, HOUR, WEEK_DAYS, is_workday
from cmsim.model.context import Context
from cmsim.model.roles import CaseManagerRole, ClientRole
from cmsim.policies.rule_answer import decision
from cmsim.submodels import home_care

FOUR_WEEKS = 28.0


class CareAtHome:
    """The record of visits to people acutely ill whose illness is known, older ones counting less."""

    def __init__(self, community: Context) -> None:
        self.community = community
        p = community.world.home_care
        self.ill_days = p.first_days
        self.visits = p.first_visits / FOUR_WEEKS * p.first_days
        self.since = 0

    def count(self, *, ill_days: float = 0.0, visits: float = 0.0) -> None:
        """Add days of known illness, or visits on them, to the record."""
        c = self.community
        kept = math.exp((self.since - c.today) / c.world.home_care.counted_days)
        self.ill_days, self.visits = self.ill_days * kept + ill_days, self.visits * kept + visits
        self.since = c.today

    def means(self, client: ClientRole, worker: CaseManagerRole | None) -> float:
        """Return how far the client could be treated at home now, 0 to 1, if this worker or the team comes."""
        c, cells, row = self.community, self.community.people.cells, client.row
        if worker is None or not c.active.treats:
            return 0.0
        if not c.world.mechanisms.means_from_deeds:
            return c.world.home_care.usual_means
        times, sharing = c.world.contact_time, c.service.caseload.sharing
        usual = times.visit + times.travel
        visits = home_care.visits_possible(
            made=cells.support_minutes[row] / times.visit * FOUR_WEEKS / WEEK_DAYS,
            pace=self.visits / self.ill_days * FOUR_WEEKS,
            load=self._load(worker),
            far=usual / (times.visit + cells.distance[row]),
        )
        known = cells.knowledge[row]
        if worker.post != client.worker:
            known *= max(c.world.crisis.team_knows, sharing.knowledge_kept)
        return home_care.means(c.world.home_care, visits, known, self._cover())

    def _load(self, worker: CaseManagerRole) -> float:
        """Return work over time, so far this week, of those who would come."""
        posts, cells, post = self.community.posts, self.community.posts.cells, worker.post
        if not self.community.service.caseload.sharing.shared:
            return cells.week_load[post] / max(cells.week_days[post], 1.0)
        team = posts.team == posts.team[post]
        return float(posts.week_load[team].sum() / max(posts.week_days[team].sum(), 1.0))

    def _cover(self) -> float:
        """Return how far the coming day is covered by people who would come, 0 to 1."""
        c, staff, crisis = self.community, self.community.active.staff, self.community.service.crisis
        strange, found, on_call = c.world.home_care.stranger_hours, 0.0, crisis.on_call
        begins = staff.starts * HOUR
        ends = begins + staff.hours * HOUR
        for then in range(c.env.now, c.env.now + DAY, HOUR):
            day, minute = divmod(then, DAY)
            if (begins <= minute < ends and is_workday(day)) or decision(
                "service.crisis.on_call", on_call.covers, day, minute
            ):
                found += 1.0
            elif crisis.open_at(day, minute):
                found += strange
        return found / (DAY // HOUR)
