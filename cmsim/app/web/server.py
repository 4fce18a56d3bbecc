"""Starting the app: address, guards, and what ends with it."""

import secrets
import socket
import threading
import webbrowser

from cmsim.app.session.run_process import Nursery
from cmsim.app.web.open_sessions import OpenSessions
from cmsim.app.web.request_guard import CLASS, LOCAL, TOKEN, Guard
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario

_KEPT_MESSAGES = 60
_RECONNECT_SECONDS = 20.0
_ALL = "0.0.0.0"
_EVERY = {_ALL: (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}
"""Addresses that stand for all of a machine, each with its family and an address on another (of documentation)."""
_RESPONSE_SECONDS = 60.0
"""A page may take so long to be built on a machine that is busy; after it, it would stay empty for ever."""


def serve(
    scenario: Scenario,
    *,
    host: str,
    port: int,
    allow_remote: bool,
    browser: bool,
    sessions: int,
    nursery: Nursery,
    with_class: bool = False,
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
        with_class: let learners on other machines join a class; the app itself stays on this machine.

    Raises:
        CmsimError: the address is reached from other machines and that was not allowed, or is taken.
    """
    local = host in LOCAL
    if not local and not allow_remote:
        raise CmsimError(
            f"--host: given {host}, which other machines reach; allowed: 127.0.0.1, or --allow-remote with it"
        )
    if with_class and host != LOCAL[0]:
        raise CmsimError("--class: given with --host; allowed: --class alone, which listens on the local network")
    listens = _ALL if with_class else host
    port = _free_port(listens, port)
    open_sessions = OpenSessions(scenario, sessions, nursery, is_shared=not local)
    threading.Thread(target=open_sessions.prepare, daemon=True).start()
    # a second of imports, during which the first warm-up is simulated in another process
    from nicegui import app, ui

    from cmsim.app.web.class_page import LiveClass, learner_page
    from cmsim.app.web.main_page import build

    live_class = LiveClass() if with_class else None
    token = None if local else secrets.token_urlsafe(12)
    shown = f"http://{_reached_at(host)}:{port}/{f'?{TOKEN}={token}' if token else ''}"
    class_token = None
    if live_class is not None:
        class_token = live_class.room.token
        live_class.room.link = f"http://{_reached_at(_ALL)}:{port}/{CLASS}/{class_token}"

        @ui.page(f"/{CLASS}/{class_token}", title="cmsim: class", reconnect_timeout=_RECONNECT_SECONDS)
        async def learn() -> None:
            await learner_page(live_class)

    app.add_middleware(Guard, hosts=LOCAL if local else (), token=token, class_token=class_token)

    @ui.page(
        "/",
        title="cmsim: watch a community mental health system",
        reconnect_timeout=_RECONNECT_SECONDS,
        response_timeout=_RESPONSE_SECONDS,
    )
    async def index() -> None:
        await build(open_sessions, live_class)

    def begun() -> None:
        print(f"cmsim app: {shown}   (Ctrl-C ends it)", flush=True)
        if live_class is not None:
            print(f"class: {live_class.room.link}   (learners open it on the same network)", flush=True)
        if browser:
            threading.Thread(target=webbrowser.open, args=(shown,), daemon=True).start()

    # its bar at the top has no name for who does not see it, and the page says itself what it waits for
    app.config.quasar_config["loadingBar"]["skipHijack"] = True
    app.on_startup(begun)
    app.on_shutdown(open_sessions.close)
    ui.run(
        host=listens,
        port=port,
        title="cmsim",
        favicon="🏘️",
        language="en-GB",
        show=False,
        reload=False,
        show_welcome_message=False,
        message_history_length=_KEPT_MESSAGES,
        tailwind=False,
    )


def _reached_at(host: str) -> str:
    """Return the name or address, as in a link, at which a browser reaches who listens on one."""
    if host == "::1":
        return "localhost"
    if host in _EVERY:
        # no packet is sent: it is only worked out which of this machine's addresses would send it
        family, elsewhere = _EVERY[host]
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            try:
                way.connect((elsewhere, 9))
                host = str(way.getsockname()[0])
            except OSError:  # no network
                host = socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _free_port(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise CmsimError(
                f"--port: given {port} on {host}: {(error.strerror or str(error)).lower()}; "
                "allowed: one that is free, or 0 for any"
            ) from None
        return int(trial.getsockname()[1])
