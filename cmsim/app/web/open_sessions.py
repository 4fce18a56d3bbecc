"""The sessions of all pages: how many there may be, and the first one, which begins before its page is opened."""

import contextlib
import threading

from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.run_process import Nursery, RunEndedError
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario


class OpenSessions:
    """What all pages share: the scenario to begin with, processes kept ready, and the sessions there are."""

    def __init__(self, scenario: Scenario, most_sessions: int, nursery: Nursery) -> None:
        self.scenario = scenario
        self.nursery = nursery
        self._most = most_sessions
        self._sessions: list[LiveSession] = []
        self._prepared: LiveSession | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Simulate the first session's warm-up before its page is opened."""
        session = LiveSession(self.scenario, nursery=self.nursery)
        with self._lock:
            self._prepared = session
            self._sessions.append(session)
        with contextlib.suppress(RunEndedError):  # the app was ended meanwhile; a page would say so
            session.pictures()

    def open(self) -> LiveSession:
        """Return a session for a page; its warm-up may be simulated already, or being simulated.

        Raises:
            CmsimError: there are as many as may be.
        """
        with self._lock:
            self._sessions = [session for session in self._sessions if not session.closed]
            if self._prepared is not None:
                session, self._prepared = self._prepared, None
                return session
            if len(self._sessions) >= self._most:
                raise CmsimError(
                    f"there are {len(self._sessions)} sessions open, as many as may be; close another page first"
                )
            session = LiveSession(self.scenario, nursery=self.nursery)
            self._sessions.append(session)
            return session

    def close(self) -> None:
        """End all sessions and their processes."""
        for session in self._sessions:
            session.close()
        self.nursery.close()
