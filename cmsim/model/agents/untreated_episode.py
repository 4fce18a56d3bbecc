"""The days of an acute illness: treated or not, getting worse or not, until others bring the person to hospital."""

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY
from cmsim.model.agents import acute_episode
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import HOMELESS, ClientStatus, Phase, SeenBy
from cmsim.submodels import untreated_illness

ALARM = random_streams.purpose(
    "acute.alarm", "when the family, and when the police, bring somebody to hospital whose acute illness nobody treats"
)

_MOST_ALARMS = 64
"""More alarms than an episode has: its draws are then its own."""


class Alarm:
    """How far those around a person have come to bringing the person to hospital: one for family, one for police."""

    def __init__(self, c: Context, client: ClientRole, by: int) -> None:
        self.community, self.client, self.by = c, client, by
        self.count = 0
        self._begin()

    def _begin(self) -> None:
        which = (2 * self.client.episode + (self.by == SeenBy.POLICE)) * _MOST_ALARMS + self.count
        drawn = self.community.streams.uniform(ALARM, self.client.address, which)
        self.left = exponential(drawn, 1.0)
        self.count += 1

    def rings(self, hazard: float) -> bool:
        """Add a day's hazard; return whether the person is brought to hospital today."""
        self.left -= hazard
        if self.left > 0.0:
            return False
        self._begin()
        return True


def begin_days(c: Context, client: ClientRole) -> None:
    """Let the days of an acute phase pass one by one, from its first on."""
    alarms = [Alarm(c, client, by) for by in (SeenBy.FAMILY, SeenBy.POLICE)]
    c.env.call_in(DAY, _pass_day, c, client, client.episode, alarms)


def _pass_day(c: Context, client: ClientRole, episode: int, alarms: list[Alarm]) -> None:
    """Let a day pass: worse if nobody treats, and somebody may do something about it."""
    if client.phase != Phase.ACUTE or client.episode != episode or client.status == ClientStatus.LEFT:
        return
    c.env.call_in(DAY, _pass_day, c, client, episode, alarms)
    cells, row = c.people.cells, client.row
    if not client.present:
        return
    if cells.known_unwell[row]:
        c.staffing.care_at_home.count(ill_days=1.0)
    if not c.world.mechanisms.untreated_worsens:
        return
    if client.illness.treated_until > c.env.now:
        cells.untreated[row] = max(cells.untreated[row] - 1.0, 0.0)
        return
    cells.untreated[row] += 1.0
    hazards = untreated_illness.alarm_hazards(
        c.world.untreated, acute_episode.severity_of(c, client), cells.family_contact[row], client.setting in HOMELESS
    )
    for alarm, hazard in zip(alarms, hazards, strict=True):
        if alarm.rings(hazard):
            acute_episode.go_to_hospital(c, client, alarm.by)
            return
