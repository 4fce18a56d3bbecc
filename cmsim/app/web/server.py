"""Starting the app: address, guards, how many sessions, and what ends with it."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import webbrowser

from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.run_process import Nursery, RunEndedError
from cmsim.app.web.request_guard import LOCAL, TOKEN, Guard
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_KEPT_MESSAGES = 60
_RECONNECT_SECONDS = 20.0
_RESPONSE_SECONDS = 60.0
"""A page may take so long to be built on a machine that is busy; after it, it would stay empty for ever."""


class House:
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


def serve(
    scenario: Scenario, *, host: str, port: int, allow_remote: bool, browser: bool, sessions: int, nursery: Nursery
) -> None:
    """Serve the app until it is stopped.

    Args:
        scenario: what a page begins with.
        host: address to listen on.
        port: likewise; 0 for any that is free.
        allow_remote: needed for an address that other machines reach; a token is then asked for.
        browser: open the page in a browser.
        sessions: open pages at a time, at most; each has a process for each of its runs.
        nursery: where processes come from, with one started for the first run.

    Raises:
        CmsimError: the address is reached from other machines and that was not allowed, or is taken.
    """
    local = host in _LOCAL_HOSTS
    if not local and not allow_remote:
        raise CmsimError(
            f"--host: given {host}, which other machines reach; allowed: 127.0.0.1, or --allow-remote with it"
        )
    port = _free_port(host, port)
    house = House(scenario, sessions, nursery)
    threading.Thread(target=house.prepare, daemon=True).start()
    # a second of imports, during which the first warm-up is simulated in another process
    from nicegui import app, ui

    from cmsim.app.web.main_page import build

    token = None if local else secrets.token_urlsafe(12)
    shown = f"http://{'localhost' if host == '::1' else host}:{port}/{f'?{TOKEN}={token}' if token else ''}"
    app.add_middleware(Guard, hosts=LOCAL if local else (), token=token)

    @ui.page(
        "/",
        title="cmsim: watch a community mental health system",
        reconnect_timeout=_RECONNECT_SECONDS,
        response_timeout=_RESPONSE_SECONDS,
    )
    async def index() -> None:
        await build(house)

    def begun() -> None:
        print(f"cmsim app: {shown}   (Ctrl-C ends it)", flush=True)
        if browser:
            threading.Thread(target=webbrowser.open, args=(shown,), daemon=True).start()

    app.on_startup(begun)
    app.on_shutdown(house.close)
    ui.run(
        host=host,
        port=port,
        title="cmsim",
        favicon="🏘️",
        show=False,
        reload=False,
        show_welcome_message=False,
        message_history_length=_KEPT_MESSAGES,
        tailwind=False,
    )


def _free_port(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise CmsimError(f"--port: given {port} on {host}: {(error.strerror or str(error)).lower()}") from None
        return int(trial.getsockname()[1])
