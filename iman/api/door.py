"""What every call passes before a route sees it: number, host, origin, rate and size.

The API is for processes, not for pages: a browser that another site led here is sent away.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse

from iman.api.wire import ErrorBody
from iman.ledger.audit import current_request
from iman.proxies import Proxies

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
#: Set in a call's state by whoever found its token to be a session's.
SIGNED_IN = "signed_in"
#: Statuses that the door itself answers with.
STATUSES = frozenset({400, 403, 408, 413, 429})

_BODY = 1 << 20  # bytes; but for evidence, which is at most 4 MB of base64 in JSON
_EVIDENCE_BODY = 5 << 20
_BODY_WITHIN = 30.0  # seconds a body may take to arrive
_BURST = 10  # seconds' worth of calls that may come at once
_MOST_CALLERS = 8192
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_NO_PROXIES = Proxies()
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """*hosts*: names it may be called by, beside loopback's. *calls_per_second*: for a session, or
    for an address without one; ten times as many may come at once. *proxies*: whom to believe
    where a call came from."""

    hosts: frozenset[str] = frozenset()
    calls_per_second: float = 100.0
    proxies: Proxies = _NO_PROXIES


class Door:
    """Refuses in the one shape of error; numbers what it lets in."""

    def __init__(self, app: App, *, rules: Rules) -> None:
        self._app = app
        self._hosts = LOOPBACK | rules.hosts
        self._proxies = rules.proxies
        self._callers = Callers(rules.calls_per_second)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope = self._proxies.seen_through(scope)
        number = _number(scope)
        current_request.set(number)  # of this call's own task; what fails later is logged with it
        token = _header(scope, b"authorization")
        state: dict[str, Any] = scope.setdefault("state", {})

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._callers.answered(token, known=SIGNED_IN in state)
                have = [*message.get("headers", []), (b"x-request-id", number.encode())]
                names = {name.lower() for name, _ in have}
                have += [one for one in _ALWAYS if one[0] not in names]
                message = {**message, "headers": have}
            await send(message)

        if (refusal := self._refusal(scope, token)) is not None:
            return await refusal(scope, receive, numbered)
        most = _EVIDENCE_BODY if scope["path"].endswith("/attachments") else _BODY
        try:
            body = await asyncio.wait_for(_read(receive, most), _BODY_WITHIN)
        except asyncio.TimeoutError:  # noqa: UP041 -- Python 3.11 has it under both names
            late = _refused(408, "too_slow", "The body did not arrive in time.")
            return await late(scope, receive, numbered)
        if body is None:
            return await _too_large(most)(scope, receive, numbered)
        return await self._app(scope, _again(body, receive), numbered)

    def _refusal(self, scope: Scope, token: str) -> JSONResponse | None:
        host = _header(scope, b"host").lower()
        if _name(host) not in self._hosts:
            # a name somebody else points at this machine would make its answers theirs to read
            return _refused(
                400, "unknown_host",
                "This API is not called by that host name; IMAN_API_ALLOWED_HOSTS may add it.",
            )  # fmt: skip
        if not _same_origin(scope, host):
            return _refused(403, "foreign_origin", "Another site's page may not call this API.")
        address = scope["client"][0] if scope.get("client") else "?"
        wait = self._callers.wait(token, address)
        if wait > 0:
            seconds = max(1, round(wait))
            answer = _refused(429, "too_many_calls", f"Too many calls. Try again in {seconds} s.")
            answer.headers["retry-after"] = str(seconds)
            return answer
        length = _header(scope, b"content-length")
        most = _EVIDENCE_BODY if scope["path"].endswith("/attachments") else _BODY
        if length.isdecimal() and int(length) > most:
            return _too_large(most)
        return None


class Callers:
    """How many calls each caller has left: a session that was answered, or else an address.

    A token nobody knows counts for its address, so that making tokens up gains nothing.
    """

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * _BURST)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # calls, as of when
        self._sessions: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def wait(self, token: str, address: str) -> float:
        """Seconds until the next call may come; 0 counts this one."""
        session = _digest(token)
        with self._lock:
            caller = session if session in self._sessions else f"address {address}"
            now = self._clock()
            left, at = self._left.pop(caller, (self._most, now))
            left = min(self._most, left + (now - at) * self._per_second)
            enough = left >= 1.0
            self._left[caller] = (left - 1.0 if enough else left, now)
            if len(self._left) > _MOST_CALLERS:
                self._left.popitem(last=False)
        return 0.0 if enough else (1.0 - left) / self._per_second

    def answered(self, token: str, *, known: bool) -> None:
        """Remember a token that was found to be a session's."""
        if not known:
            return
        session = _digest(token)
        with self._lock:
            self._sessions[session] = None
            self._sessions.move_to_end(session)
            if len(self._sessions) > _MOST_CALLERS:
                self._sessions.popitem(last=False)


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body; None where it is longer than *most*."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":  # the caller has gone
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """What was read already, then whatever comes."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _same_origin(scope: Scope, host: str) -> bool:
    """Whether no page of another site is behind it. What is no browser sends neither header."""
    origin = _header(scope, b"origin")
    if origin:
        try:
            return urlsplit(origin).netloc.lower() == host
        except ValueError:
            return False
    return _header(scope, b"sec-fetch-site") in ("", "none", "same-origin")


def _number(scope: Scope) -> str:
    """The caller's own number for the call, or a new one."""
    given = _header(scope, b"x-request-id")
    return given if _REQUEST_ID.match(given) else secrets.token_hex(8)


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


def _name(netloc: str) -> str:
    """``Host`` without its port."""
    return netloc.rsplit(":", 1)[0] if re.search(r":\d*\Z", netloc) else netloc


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("latin-1", "replace")).hexdigest()


def _refused(status: int, error: str, message: str) -> JSONResponse:
    return JSONResponse(ErrorBody(error=error, message=message).model_dump(), status)


def _too_large(most: int) -> JSONResponse:
    told = f"The body is longer than {most // 2**20} MB."
    return _refused(413, "too_large", told)


def hosts(several: Iterable[str]) -> frozenset[str]:
    """As ``Rules`` wants them: in small letters, IPv6 in brackets."""
    return frozenset(f"[{one}]" if ":" in one.strip("[]") else one.lower() for one in several)
