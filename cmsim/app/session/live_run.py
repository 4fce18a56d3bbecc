"""One live run: a community simulated day by day, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cmsim import outcomes
from cmsim.app.session import client_details, event_feed, role_play, snapshot
from cmsim.app.session.client_log import Diary
from cmsim.app.session.plot_series import PLOTS, Courses
from cmsim.app.session.replay import Course, Week, playable
from cmsim.core.errors import CmsimError
from cmsim.core.ledger import Rows
from cmsim.model.community import Community
from cmsim.schema.tables import KINDS

if TYPE_CHECKING:
    from cmsim.results.simulation import Simulated
    from cmsim.scenario import Scenario

Tell = Callable[[int, int], None]
Show = Callable[[dict[str, Any]], None]

WEEKLY = 7
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
        self.community = Community(self.course.scenario, course.replication)
        self._drawing = snapshot.Drawing()
        self._courses = Courses()
        self._diary = Diary(self.community.people.rows, weekly=course.perturb_day is None)
        self._seen = {kind.name: 0 for kind in KINDS}
        self._values: list[dict[str, float | None]] = []
        self._sent = 0
        self._things: list[event_feed.Item] = []
        self._noticed = self.community.people.noticed_by[:0].copy()
        self._diary.week(self.community)
        self._drawing.settle(self.community)
        self.community.seat(role_play.Learner(course.weeks) if course.weeks else None)
        for done in range(day):
            if done % _TOLD_EVERY == 0:
                tell(done, day)
                if show is not None:
                    show(self._picture())
            self._live_a_day(telling=False)
        tell(day, day)

    # -- living ----------------------------------------------------------------------------------------------

    def _live_a_day(self, telling: bool = True) -> dict[str, Rows]:
        c = self.community
        if c.days_simulated >= c.spec.total_days:
            raise CmsimError(f"the run ends on day {c.spec.total_days}; reset it to begin again")
        self.course.perturb(c)
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

    def open(self) -> dict[str, Any]:
        """Return the first picture: who is drawn, and every plot so far."""
        self._sent = 0
        return {**self._picture(), "courses": self._unsent()}

    def _picture(self) -> dict[str, Any]:
        """Return who is drawn and where; it changes nothing that is simulated."""
        c = self.community
        nobody = c.ledger["contacts"].since(self._seen["contacts"])
        return {
            "cast": snapshot.cast(c),
            "day": c.days_simulated,
            "keys": self._keys(),
            "network": snapshot.network(c),
            **self._drawing.frame(c, nobody),
        }

    def advance(self, days: int) -> dict[str, Any]:
        """Live some days and return what is drawn at their end.

        Raises:
            CmsimError: the run is over.
        """
        c = self.community
        figures = {"held": 0, "not kept": 0, "dropped": 0}
        new = {}
        clients = len(c.clients)
        for _ in range(min(max(days, 1), _MOST_AT_ONCE)):
            new = self._live_a_day()
            for name, count in event_feed.contact_counts(new["contacts"]).items():
                figures[name] += count
        things, self._things = self._things[-event_feed.MOST :], []
        drawn = self._drawing.frame(c, new["contacts"])
        if c.days_simulated % WEEKLY < days:
            drawn["network"] = snapshot.network(c)
        return {
            "day": c.days_simulated,
            "keys": self._keys()[clients:],
            "courses": self._unsent(),
            "things": things,
            "figures": figures,
            **drawn,
        }

    def _unsent(self) -> dict[str, list[float | None]]:
        """Return the values of each plot that were not yet sent, a value a day."""
        values = self._values[self._sent :]
        self._sent = len(self._values)
        return {name: [value[name] for value in values] for name in PLOTS}

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

    def look_up(self, key: str) -> dict[str, Any]:
        """Return what there is to know about a client or worker."""
        return client_details.look_up(self.community, self._diary, key)

    def client_effects(self) -> dict[str, Any]:
        """Return how each client has fared since the mark: hard days, days with the service, and state
        now."""
        people, n = self.community.people, self.community.people.known
        return {
            "key": self._keys(),
            "hard": self._diary.hard[:n].copy(),
            "days": self._diary.with_service[:n].copy(),
            "phase": people.phase[:n].copy(),
            "place": np.array(snapshot.places(self.community)),
            "worker": people.worker[:n].copy(),
        }

    def run(self, called: str) -> Simulated:
        """Return what has happened so far, as a run that ends today, of a scenario called so."""
        from cmsim.results.simulation import so_far

        return so_far(self.community, self._lived(called), self.course.replication)

    def two_runs(self, key: str, called: str, other: Simulated) -> dict[str, Any]:
        """Return one client's life in this run, called so, and in another; where they part and why."""
        return client_details.compare_stories(self.run(called), other, key)

    def _lived(self, called: str | None = None) -> Scenario:
        """Return the scenario as if it ended today."""
        spec = self.course.scenario
        kept = {"name": called or spec.name, "title": spec.title}
        return spec.replace({**kept, "run.days": max(self.community.days_simulated - spec.world.warm_up_days, 1)})

    def desk(self, post: int) -> dict[str, Any]:
        """Return what the holder of a post knows this morning."""
        return role_play.desk(self.community, post)

    def truth(self, keys: list[str]) -> dict[str, Any]:
        """Return how clients really are."""
        return role_play.truth(self.community, keys)

    def contacts_of(self, post: int, first: int, last: int) -> list[dict[str, Any]]:
        """Return the contacts of a post's holders between two days."""
        return role_play.contacts_of(self.community, post, first, last)

    def decide(self, week: Week, checked: bool = True) -> None:
        """Take a learner's decisions for the week that begins today.

        Args:
            week: the decisions.
            checked: whether they must be about this caseload; in a placebo run it may have become another.

        Raises:
            CmsimError: the decisions are not allowed.
        """
        c = self.community
        if week.day != c.days_simulated:
            raise CmsimError(f"role-play: given a week from day {week.day}; allowed: {c.days_simulated}, today")
        if checked:
            role_play.check(week, {client["key"] for client in self.desk(week.post)["clients"]})
        kept = (*self.course.weeks, week)
        self.course = replace(self.course, weeks=kept)
        c.seat(role_play.Learner(kept))

    def sum_up(self, start: int) -> dict[str, Any]:
        """Return outcomes from a day on until now, and the digest of the whole run.

        The run is simulated once more and closed, since what is still going on is written only at the end of
        a run; this run goes on as it was.
        """
        from cmsim.results.simulation import conclude, forget

        c, days = self.community, self.community.days_simulated
        again = Community(c.spec, self.course.replication)
        again.seat(c.chair)
        for _ in range(days):
            self.course.perturb(again)
            again.step()
        run = conclude(again, self._lived(), self.course.replication)
        forget(again)
        whole = run.window
        cut = start - whole.start
        window = replace(whole, start=start, beds=whole.beds[cut:], paid_hours=whole.paid_hours[cut:], _cut={})
        return {"outcomes": outcomes.measure(window), "digest": run.digest(), "days": days}
