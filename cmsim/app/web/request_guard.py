"""Who may talk to the app: pages of its own address, and nobody else's pages."""

import re
from http.cookies import SimpleCookie
from secrets import compare_digest
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"
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
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = LOCAL, token: str | None = None) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        once = sum(name.lower() == b"host" for name, _ in scope["headers"]) <= 1
        why = self._refused(scope, headers) if once else "this app has one address"
        if why is not None:
            await _refuse(scope, receive, send, why)
            return
        if self._token is not None and _asked_token(scope) is not None:
            send = _with_cookie(send, self._token)
        await self._app(scope, receive, send)

    def _refused(self, scope: Scope, headers: dict[bytes, bytes]) -> str | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if self._hosts and _PORT.sub("", host) not in self._hosts:
            return "this app answers only under its own address"
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and origin.partition("://")[2] != host:
            return "this app answers only its own pages"
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BODY:
            return "too large"
        if self._token is not None:
            given = _asked_token(scope) or _cookie_token(headers)
            if given is None or not compare_digest(given.encode(), self._token.encode()):
                return "open the address that the app printed when it was started, token included"
        return None


def _asked_token(scope: Scope) -> str | None:
    found = parse_qs(scope.get("query_string", b"").decode("latin-1")).get(TOKEN)
    return found[0] if found else None


def _cookie_token(headers: dict[bytes, bytes]) -> str | None:
    cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies[TOKEN].value if TOKEN in cookies else None


def _with_cookie(send: Send, token: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            cookie = f"{TOKEN}={token}; HttpOnly; SameSite=Strict; Path=/".encode()
            message = {**message, "headers": [*message.get("headers", []), (b"set-cookie", cookie)]}
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    await PlainTextResponse(f"cmsim: {why}\n", status_code=403)(scope, receive, send)
