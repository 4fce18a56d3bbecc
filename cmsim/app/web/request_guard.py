"""Who may talk to the app: pages of its own address, and nobody else's pages."""

import re
from ipaddress import ip_address
from secrets import compare_digest

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

TOKEN = "token"
CLASS = "class"
"""Where learners join: the first part of the path, and the name of their cookie."""
_SERVED = ("/_nicegui/", "/_nicegui_ws/", "/favicon.ico")
"""What the page of a class asks for: scripts, styles and its connection."""
_PORT = re.compile(r":\d+$")
LOCAL = ("127.0.0.1", "localhost", "[::1]")
MOST_BODY = 3 * 2**20
"""Bytes of one request at most; an upload is limited further by the scenario loader."""


class Guard:
    """ASGI middleware: refuses other hosts (DNS rebinding) and origins, large bodies, and requests without the token.

    Args:
        app: what is guarded.
        hosts: names by which the app may be called, without port; empty for any.
        token: that a first request must carry as ``?token=``, None for none.
        class_token: with which other machines reach the page of a class, and nothing else; None for no class.
    """

    def __init__(
        self, app: ASGIApp, hosts: tuple[str, ...] = LOCAL, token: str | None = None, class_token: str | None = None
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token
        self._class_token = class_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        learns = self._class_token is not None and not self._is_of_this_machine(request)
        why = self._refused(request, learns)
        if why is not None:
            refusal: ASGIApp = PlainTextResponse(f"cmsim: {why}\n", status_code=403)
            if scope["type"] == "websocket":
                refusal = WebSocketClose(1008, why)
            await refusal(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                name, token = (CLASS, self._class_token) if learns else (TOKEN, self._token)
                cookie = f"{name}={token}; HttpOnly; SameSite=Strict; Path=/"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        is_first = self._token is not None and TOKEN in request.query_params
        is_first |= learns and scope["path"].startswith(f"/{CLASS}/")
        await self._app(scope, receive, send_with_cookie if is_first else send)

    def _is_of_this_machine(self, request: HTTPConnection) -> bool:
        """Return whether a browser on this machine calls the app by a name that only this machine has."""
        try:
            peer = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return peer.is_loopback and _PORT.sub("", request.headers.get("host", "")) in LOCAL

    def _refused(self, request: HTTPConnection, learns: bool) -> str | None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or (self._hosts and not learns and _PORT.sub("", hosts[0]) not in self._hosts):
            return "this app answers only under its own address"
        origin = request.headers.get("origin")
        if origin and origin.partition("://")[2] not in hosts:
            return "this app answers only its own pages"
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BODY:
            return "too large"
        if learns:
            return self._learner_refused(request)
        if self._token is not None:
            given = request.query_params.get(TOKEN) or request.cookies.get(TOKEN, "")
            if not compare_digest(given.encode(), self._token.encode()):
                return "open the address that the app printed when it was started, token included"
        return None

    def _learner_refused(self, request: HTTPConnection) -> str | None:
        """Return why a request from another machine is refused: it has to be for the class, with its token."""
        path = request.scope["path"]
        if path.startswith(f"/{CLASS}/"):
            given = path.removeprefix(f"/{CLASS}/")
        elif path.startswith(_SERVED):
            given = request.cookies.get(CLASS, "")
        else:
            return "the trainer's page opens only on the trainer's own machine"
        if not compare_digest(given.encode(), (self._class_token or "").encode()):
            return "this is not the link of a class that is open here; ask the trainer for it"
        return None
