"""The door: nothing of Streamlit's is reached, over HTTP or websocket, without a session.

Streamlit itself serves its pages, files, metrics and websocket to anybody, and it keeps a
websocket's rights until the tab is closed. So this stands in front of all of it as ASGI middleware,
looks at every request, and watches every open websocket.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

import anyio.to_thread
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from iman.dashboard.sessions import Sessions
from iman.proxies import Proxies

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "iman_session"
SIGNED_OUT = 4401  # the websocket's close code
HEALTH = "/_stcore/health"
STREAMLITS = "iman.streamlits"  # in a scope: one of Streamlit's own routes is meant, none of ours
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

_NO_PROXIES = Proxies()
_WATCH_SECONDS = 2.0
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=-]{8,512}\Z")
_NOT_PAGES = ("_stcore", "static", "media", "app", "component", "_app", "vendor")
_OURS = b"x-iman-"


class Gate:
    """Lets in who has a session, and tells the script who that is in ``x-iman-*`` headers."""

    def __init__(
        self,
        app: App,
        *,
        sessions: Sessions,
        secret: str,
        allowed_hosts: Iterable[str] = (),
        way_back: str = "",
        proxies: Proxies = _NO_PROXIES,
    ) -> None:
        """*way_back*: where an identity provider sends strangers' browsers; '' where there is none.
        Nothing else is open to them. *proxies*: whom to believe where a browser is."""
        self._app = app
        self._way_back = way_back
        self._proxies = proxies
        self._sessions = sessions
        self._secret = secret.encode()
        self._hosts = frozenset(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        scope = self._proxies.seen_through(scope)
        path = scope["path"]
        if scope["type"] == "http" and path == HEALTH:
            return await self._app(self._with_headers(scope, None), receive, send)
        host = header(scope, b"host")
        if not self._known_host(host):
            # a name somebody else points at this machine would make its pages ours to read
            return await _refuse(scope, receive, send, 400, "This host name is not allowed here.")
        if scope["type"] == "websocket" and not same_origin(scope, self._hosts):
            return await _refuse(scope, receive, send, 403, "Another site may not connect here.")
        back = path == self._way_back and scope.get("method") == "GET"
        if scope["type"] == "http" and (path.startswith("/auth/") or back):
            return await self._app(self._with_headers(scope, None), receive, send)
        token = token_of(scope)
        if token is None or not await self._good(token):
            if scope["type"] == "http" and is_page_address(scope):
                return await RedirectResponse(_form_address(scope), 303)(scope, receive, send)
            return await _refuse(scope, receive, send, 401, "Sign in first.")
        scope = self._with_headers(scope, token)
        if scope["type"] == "http":
            return await self._app(scope, receive, send)
        return await self._watched(scope, receive, send, token)

    async def _good(self, token: str) -> bool:
        return await anyio.to_thread.run_sync(self._sessions.me, token) is not None

    def _known_host(self, host: str) -> bool:
        return _name(host) in LOOPBACK | self._hosts or "*" in self._hosts

    def _with_headers(self, scope: Scope, token: str | None) -> Scope:
        """The scope without the client's own ``x-iman-*``, and with ours for a known person."""
        headers = [(k, v) for k, v in scope["headers"] if not k.lower().startswith(_OURS)]
        if token is not None:
            headers += [(b"x-iman-session", token.encode()), (b"x-iman-gate", self._secret)]
        return {**scope, "headers": headers}

    async def _watched(self, scope: Scope, receive: Receive, send: Send, token: str) -> None:
        """Serve a websocket for as long as its session lives; an idle tab is looked at too."""
        ended = asyncio.Event()
        pending: asyncio.Task[Message] | None = None

        async def end() -> None:
            if ended.is_set():
                return
            ended.set()
            with contextlib.suppress(Exception):  # the browser may have gone first
                await send({"type": "websocket.close", "code": SIGNED_OUT, "reason": "signed out"})

        async def watch() -> None:
            while await self._good(token):
                await asyncio.sleep(_WATCH_SECONDS)
            await end()

        async def guarded_receive() -> Message:
            nonlocal pending
            gone: Message = {"type": "websocket.disconnect", "code": SIGNED_OUT}
            if ended.is_set():
                return gone
            pending = pending or asyncio.ensure_future(_call(receive))
            ending = asyncio.ensure_future(ended.wait())
            try:
                await asyncio.wait({pending, ending}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                ending.cancel()
            if ended.is_set() or not pending.done():
                return gone
            message, pending = pending.result(), None
            if message["type"] == "websocket.receive" and not await self._good(token):
                await end()  # what was clicked after the sign-out is not done
                return gone
            return message

        async def guarded_send(message: Message) -> None:
            if not ended.is_set():
                await send(message)

        watching = asyncio.ensure_future(watch())
        try:
            await self._app(scope, guarded_receive, guarded_send)
        finally:
            watching.cancel()
            if pending is not None:
                pending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


class SecurityHeaders:
    """Puts *headers* on every answer that has not got its own of that name."""

    def __init__(self, app: App, *, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = {k.lower().encode(): v.encode() for k, v in headers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        return await self._app(scope, receive, partial(self._send, send))

    async def _send(self, send: Send, message: Message) -> None:
        if message["type"] == "http.response.start":
            have = list(message.get("headers", []))
            names = {name.lower() for name, _ in have}
            have += [(k, v) for k, v in self._headers.items() if k not in names]
            message = {**message, "headers": have}
        await send(message)


def header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


def token_of(scope: Scope) -> str | None:
    """The session cookie's value, if it could be one of ours."""
    for name, value in scope["headers"]:
        if name.lower() != b"cookie":
            continue
        try:
            cookies = SimpleCookie(value.decode("latin-1"))
        except CookieError:
            continue
        if COOKIE in cookies and _TOKEN.match(cookies[COOKIE].value):
            return cookies[COOKIE].value
    return None


def same_origin(scope: Scope, allowed_hosts: Iterable[str] = ()) -> bool:
    """Whether the browser says the request comes from our own pages.

    Another port of the same machine is another origin, although it gets our SameSite cookie.
    A client that sends no Origin is not a browser acting for a stranger.
    """
    origin = header(scope, b"origin")
    if not origin:
        return header(scope, b"sec-fetch-site") in ("", "none", "same-origin")
    there = urlsplit(origin).netloc.lower()
    behind_proxy = _name(there) in set(allowed_hosts) - LOOPBACK
    return there == header(scope, b"host").lower() or behind_proxy


def is_page_address(scope: Scope) -> bool:
    """Whether a person could have typed it: no file, nothing of Streamlit's inner workings."""
    parts = [part for part in scope["path"].split("/") if part]
    named = not parts or "." not in parts[-1]
    return scope["method"] in ("GET", "HEAD") and named and not set(parts) & set(_NOT_PAGES)


def safe_next(address: str) -> str:
    """*address* if it stays on this dashboard, else the first page."""
    plain = address.isprintable() and "\\" not in address
    local = address.startswith("/") and not address.startswith(("//", "/auth/"))
    return address if plain and local and len(address) <= 2000 else "/"


def _form_address(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    wanted = quote(scope["path"]) + (f"?{query}" if query else "")
    return "/auth/login" if wanted == "/" else "/auth/login?next=" + quote(wanted, safe="")


def _name(netloc: str) -> str:
    """``Host`` without its port."""
    host = netloc.lower().strip()
    return host.rsplit(":", 1)[0] if re.search(r":\d*\Z", host) else host


async def _call(receive: Receive) -> Message:
    return await receive()


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    answer: Response = PlainTextResponse(why + "\n", status)
    if scope["type"] == "http":
        await answer(scope, receive, send)
        return
    await receive()  # websocket.connect
    if "websocket.http.response" in (scope.get("extensions") or {}):
        headers = answer.raw_headers
        await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": answer.body})
    else:
        await send({"type": "websocket.close", "code": SIGNED_OUT})
