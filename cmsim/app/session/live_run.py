"""One live run: a community simulated day by day, and what may be asked of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from cmsim.app.session import client_details, event_feed, role_play, snapshot
from cmsim.app.session.client_log import Diary
from cmsim.app.session.details import Details, Item, TwoRuns
from cmsim.app.session.plot_series import PLOTS, Courses
from cmsim.app.session.replay import Course, Summary, playable, restated
from cmsim.app.session.run_differences import ClientStates
from cmsim.app.session.snapshot import Frame, Picture
from cmsim.app.session.teaching_cases import since
from cmsim.app.session.week_plan import Desk, Made, Truth
from cmsim.core.errors import CmsimError
from cmsim.core.ledger import Rows
from cmsim.core.simtime import WEEK_DAYS
from cmsim.model.community import Community
from cmsim.results.simulation import Simulated, conclude, forget, so_far
from cmsim.scenario import Scenario
from cmsim.schema.codes import AgencyKind
from cmsim.schema.tables import KINDS

Tell = Callable[[int, int], None]
Show = Callable[[Picture], None]

_MOST_AT_ONCE = 31
"""Days that one request advances at most, so that a pause is never far."""
_TOLD_EVERY = 20
"""Days after which it is told again how far a run is that is being simulated up to a day."""


class LiveRun:
    """One run that somebody watches.

    Args:
        course: what it follows from.
        day: how many days are simulated at once, before anybody watches.
        tell: told days done and days in all.
        show: given the picture as often, from the morning of the first day on; without plots.
    """

    def __init__(self, course: Course, day: int, tell: Tell = lambda done, of: None, show: Show | None = None) -> None:
        self.course = replace(course, scenario=playable(course.scenario))
        self.community = Community(self.course.scenario)
        self._drawing = snapshot.Drawing()
        self._courses = Courses()
        self._diary = Diary(self.community.people.rows, weekly=course.perturb_day is None)
        self._seen = {kind.name: 0 for kind in KINDS}
        self._values: list[dict[str, float | None]] = []
        self._sent = 0
        self._things: list[Item] = []
        self._noticed = self.community.people.noticed_by[:0].copy()
        self._diary.week(self.community)
        self._drawing.settle(self.community)
        self.community.seat(role_play.Learner(course.weeks) if course.weeks else None)
        for done in range(day):
            if done % _TOLD_EVERY == 0:
                tell(done, day)
                if show is not None:
                    show(self._picture())
            self._simulate_day(telling=False)
        tell(day, day)

    # -- simulating ----------------------------------------------------------------------------------------------

    def _simulate_day(self, telling: bool = True) -> dict[str, Rows]:
        c = self.community
        if c.days_simulated >= c.spec.total_days:
            raise CmsimError(f"the run ends on day {c.spec.total_days}; reset it to begin again")
        c.perturb_visits(self.course.perturb_day)  # each day: following another scenario makes a community forget it
        c.step()
        new = {name: c.ledger[name].since(count) for name, count in self._seen.items()}
        for name, rows in new.items():
            self._seen[name] += len(rows)
        self._diary.day(c)
        self._drawing.settle(c)
        self._values.append(self._courses.day(c, new))
        if telling:
            things = [*event_feed.feed_items(new, self._keys(), live=True), *event_feed.notice_items(c, self._noticed)]
            self._things.extend(sorted(things, key=lambda thing: (thing["day"], thing["minute"])))
        self._noticed = c.people.noticed_by[: c.people.known].copy()
        return new

    def _keys(self) -> list[str]:
        return [client.key for client in self.community.clients]

    def open(self) -> Picture:
        """Return the first picture: who is drawn, and every plot so far."""
        self._sent = 0
        return {**self._picture(), "courses": self._unsent()}

    def _picture(self) -> Picture:
        """Return who is drawn and where, without plots; it changes nothing that is simulated."""
        c = self.community
        nobody = c.ledger["contacts"].since(self._seen["contacts"])
        return {
            **self._drawing.frame(c, nobody),
            "day": c.days_simulated,
            "keys": self._keys(),
            "courses": {},
            "cast": {"agencies": list(AgencyKind.labels())},
            "network": snapshot.network(c),
        }

    def advance(self, days: int) -> Frame:
        """Simulate some days and return what is drawn at their end.

        Raises:
            CmsimError: the run is over.
        """
        c = self.community
        figures: Counter[str] = Counter()
        new: dict[str, Rows] = {}
        clients = len(c.clients)
        for _ in range(min(max(days, 1), _MOST_AT_ONCE)):
            new = self._simulate_day()
            figures.update(event_feed.contact_counts(new["contacts"]))
        things, self._things = self._things[-event_feed.MOST :], []
        return {
            **self._drawing.frame(c, new["contacts"]),
            "day": c.days_simulated,
            "keys": self._keys()[clients:],
            "courses": self._unsent(),
            "things": things,
            "figures": figures,
            "network": snapshot.network(c) if c.days_simulated % WEEK_DAYS < days else None,
        }

    def _unsent(self) -> dict[str, Sequence[float | None]]:
        """Return the values of each plot that were not yet sent, a value a day."""
        values = self._values[self._sent :]
        self._sent = len(self._values)
        return {name: [value[name] for value in values] for name in PLOTS}

    def plotted(self) -> dict[str, float | None]:
        """Return the value of each plot today, as it stands beside the plot; None where there is nothing to plot."""
        return self._values[-1]

    def series(self) -> dict[str, list[float | None]]:
        """Return the values of each plot, a value a day from day 0."""
        return {name: [value[name] for value in self._values] for name in PLOTS}

    # -- acting ----------------------------------------------------------------------------------------------

    def follow(self, course: Course) -> None:
        """Go on under a course that has been the same so far."""
        self.course = replace(course, scenario=playable(course.scenario))
        c = self.community
        c.follow(self.course.scenario)
        c.seat(role_play.Learner(course.weeks) if course.weeks else None)

    def mark(self) -> None:
        """Count hard days from now on."""
        self._diary.forget_days()

    # -- asking ----------------------------------------------------------------------------------------------

    def look_up(self, key: str) -> Details:
        """Return what there is to know about anybody or a place."""
        return client_details.look_up(self.community, self._diary, key)

    def client_states(self) -> ClientStates:
        """Return each client's hard days and days with the service since the mark, and state now."""
        n = self.community.people.known
        hard, days = self._diary.hard[:n].copy(), self._diary.with_service[:n].copy()
        return ClientStates(self._keys(), hard, days, snapshot.states(self.community))

    def run(self, called: str) -> Simulated:
        """Return what has happened so far, as a run that ends today, of a scenario called so."""
        return so_far(self.community, self._scenario_so_far(called), 0)

    def two_runs(self, key: str, called: str, other: Simulated) -> TwoRuns:
        """Return one client's story in this run, called so, and in another; where they part and why."""
        return client_details.compare_stories(self.run(called), other, key)

    def _scenario_so_far(self, called: str | None = None) -> Scenario:
        """Return the scenario as if it ended today."""
        spec = self.course.scenario
        days = max(self.community.days_simulated - spec.world.warm_up_days, 1)
        return restated(spec, {"name": called or spec.name, "run.days": days})

    def desk(self, post: int) -> Desk:
        """Return what the holder of a post knows this morning."""
        return role_play.desk(self.community, post)

    def truth(self, keys: list[str]) -> dict[str, Truth]:
        """Return how clients really are."""
        return role_play.truth(self.community, keys)

    def contacts_of(self, post: int, first: int, last: int) -> list[Made]:
        """Return the contacts of a post's holders between two days."""
        return role_play.contacts_of(self.community, post, first, last)

    def sum_up(self, start: int) -> Summary:
        """Return outcomes from a day on until now, and the digest of the whole run.

        The run is simulated once more and closed, since what is still going on is written only at the end of
        a run; this run goes on as it was.
        """
        c = self.community
        again = Community(c.spec)
        again.seat(c.chair)
        for _ in range(c.days_simulated):
            again.perturb_visits(self.course.perturb_day)
            again.step()
        run = conclude(again, self._scenario_so_far(), 0)
        forget(again)
        return Summary(since(run, start), run.digest())
