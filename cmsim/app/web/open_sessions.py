"""The sessions of all pages: how many there may be, whose they are, and the first one, which begins before its page."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

from cmsim.app.session.descriptions import counted
from cmsim.app.session.kept_sessions import Keeper, Kept, kept_sessions
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.run_process import Nursery, RunEndedError
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario


class FullError(CmsimError):
    """There are as many sessions as may be."""


@dataclass(eq=False)
class Place:
    """A session and the page that has it.

    Attributes:
        session: the runs.
        keeper: what keeps it on this machine.
        tab: the tab of the browser that shows it; it stays the same when the page is reloaded.
        browser: likewise of the browser, empty where it is not known.
        is_seen: whether the page is connected.
        give_up: has the page let go of the session.
    """

    session: LiveSession
    keeper: Keeper
    tab: str
    browser: str
    is_seen: Callable[[], bool] = lambda: True
    give_up: Callable[[], None] = lambda: None

    def end(self) -> None:
        """Keep the session as it is, and end its runs."""
        with contextlib.suppress(CmsimError):  # what the page has said before
            self.keeper.keep(self.session)
        self.session.close()


class OpenSessions:
    """What all pages share: the scenario to begin with, processes kept ready, and the sessions there are.

    Args:
        scenario: what a page begins with.
        most_sessions: at a time.
        nursery: where processes come from.
        is_shared: whether other machines may come, so that each browser is offered only what it kept itself.
    """

    def __init__(self, scenario: Scenario, most_sessions: int, nursery: Nursery, is_shared: bool = False) -> None:
        self.scenario = scenario
        self.nursery = nursery
        self._is_shared = is_shared
        self._most = most_sessions
        self._places: list[Place] = []
        self._prepared: LiveSession | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Simulate the first session's warm-up before its page is opened."""
        session = LiveSession(self.scenario, nursery=self.nursery)
        with self._lock:
            self._prepared = session
        with contextlib.suppress(RunEndedError):  # the app was ended meanwhile; a page would say so
            session.pictures()

    def open(self, tab: str, browser: str) -> Place:
        """Return a place for a page; its warm-up may be simulated already, or being simulated.

        A tab that is reloaded, or a browser whose page was closed a moment ago, has its session back as it is.

        Raises:
            FullError: there are as many as may be.
        """
        with self._lock:
            self._places = [place for place in self._places if not place.session.closed]
            mine = [place for place in self._places if place.tab == tab]
            mine += [place for place in self._places if browser and place.browser == browser and not place.is_seen()]
            if mine:
                mine[0].give_up()
                mine[0].tab = tab
                return mine[0]
            session, self._prepared = self._prepared, None
            if session is None:
                if len(self._places) >= self._most:
                    raise FullError(f"{counted(self._most, 'session')} open, as many as may be at a time.")
                session = LiveSession(self.scenario, nursery=self.nursery)
            self._places.append(Place(session, Keeper(browser), tab, browser))
            return self._places[-1]

    def kept(self, browser: str) -> list[Kept]:
        """Return the sessions that a browser may go on with, the latest first: kept, and open nowhere."""
        with self._lock:
            opened = {place.keeper.file for place in self._places if not place.session.closed}
        found = kept_sessions(browser if self._is_shared else None)
        return [kept for kept in found if kept.file not in opened and kept.said]

    def close(self) -> None:
        """End all sessions and their processes."""
        if self._prepared is not None:
            self._prepared.close()
        for place in self._places:
            if not place.session.closed:
                place.end()
        self.nursery.close()
