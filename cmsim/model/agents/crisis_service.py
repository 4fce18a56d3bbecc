"""The crisis service: teams in the hours they are open, and the emergency department behind them."""

from collections.abc import Generator
from typing import Any

from cmsim.core import random_streams
from cmsim.core.resources import Places
from cmsim.core.sampling import normal
from cmsim.core.simtime import HOUR, day_of, minute_of_day
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole, Process
from cmsim.schema.codes import HOMELESS, ContactKind, ContactPlace, Provider
from cmsim.submodels.contact_time import rounded_length

SERVICE_MINUTES = random_streams.purpose(
    "crisis service.minutes", "how long a crisis contact of the crisis service lasts"
)


class CrisisService:
    """Teams that come in the hours they are open; the emergency department is always there."""

    def __init__(self, community: Context) -> None:
        self.community = community
        self.teams = Places(community.env, max(community.service.crisis.teams, 1))

    def set_teams(self, teams: int) -> None:
        """Change the number of teams from now on."""
        self.teams.resize(max(teams, 1))

    def answer(self, client: ClientRole) -> Generator[Any, Any, tuple[int, int]]:
        """Answer a crisis; return who did, crisis service or emergency department, and the minutes it took
        to come."""
        c, env = self.community, self.community.env
        p = c.world.crisis
        began = env.now
        deviate = normal(c.streams.uniform(SERVICE_MINUTES, client.address, began))
        minutes = int(rounded_length(c.world.contact_time, p.minutes, deviate))
        if c.service.crisis.open_at(day_of(began), minute_of_day(began)):
            with self.teams.request() as team:
                patience = p.patience_hours * HOUR
                yield env.first(team, int(patience) + 1)
                if team.triggered:
                    travel = int(c.people.cells.distance[client.row])
                    yield travel
                    yield from client.wait_for_others()
                    waited, start = env.now - began, env.now
                    if not client.present:
                        return Provider.CRISIS_SERVICE, waited
                    client.stay_with(start + minutes)
                    yield minutes
                    self._write(client, start, Provider.CRISIS_SERVICE, travel, minutes)
                    return Provider.CRISIS_SERVICE, waited
        yield from client.wait_for_others()
        start = env.now
        if not client.present:
            return Provider.EMERGENCY, start - began
        client.stay_with(start + minutes)
        yield minutes
        self._write(client, start, Provider.EMERGENCY, 0, minutes)
        return Provider.EMERGENCY, start - began

    def visit(self, client: ClientRole, minutes: int) -> Process:
        """Make a visit of treatment at home, once nobody else is with the client."""
        yield from client.wait_for_others()
        if client.present:
            travel, now = int(self.community.people.distance[client.row]), self.community.env.now
            client.stay_with(now + minutes)
            self._write(client, now, Provider.CRISIS_SERVICE, travel, minutes)

    def _write(self, client: ClientRole, start: int, by: int, travel: int, minutes: int) -> None:
        c = self.community
        where_client_is = ContactPlace.HOME if client.setting not in HOMELESS else ContactPlace.NEIGHBOURHOOD
        place = ContactPlace.EMERGENCY_DEPARTMENT if by == Provider.EMERGENCY else where_client_is
        c.day.write_contact(
            minute=start,
            client=client.row,
            by=by,
            kind=ContactKind.CRISIS,
            place=place,
            travel=travel,
            minutes=minutes,
            due_day=day_of(start),
        )
