"""The ASGI layer that makes the Sage 300 sandbox misbehave, and keeps its sessions.

A fault is applied outside the application, to the connection itself, so that a client meets
what it would meet in the wild: no answer, a reset, half an answer.
"""

import asyncio
import secrets
import socket
import struct
import sys
import time
from http.cookies import CookieError, SimpleCookie
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from iman.sandbox.faults import WEB_API, Fault, SessionLimit, Switchboard
from iman.sandbox.sage_errors import SageError, contention
from iman.sandbox.sage_payload import dumps

COOKIE = "Sage300Session"
_MOST_SESSIONS = 1000  # remembered when nothing limits them


class Sessions:
    """Sessions by cookie, in memory only: a restart ends them all, as recycling a pool does."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}

    def find(self, scope: Scope) -> str | None:
        """The request's session, marked as used."""
        jar = SimpleCookie()
        for name, value in scope["headers"]:
            if name == b"cookie":
                try:
                    jar.load(value.decode("latin-1"))
                except CookieError:
                    return None
        token: str = jar[COOKIE].value if COOKIE in jar else ""
        if token not in self._used:
            return None
        self._used[token] = time.monotonic()
        return token

    def full(self, limit: SessionLimit | None) -> bool:
        """Whether another session is one too many; sessions left alone too long have ended."""
        if limit is None:
            return False
        oldest = time.monotonic() - limit.idle_seconds
        self._used = {token: used for token, used in self._used.items() if used > oldest}
        return len(self._used) >= limit.most

    def open(self) -> str:
        """A new session's token."""
        token = secrets.token_urlsafe(16)
        self._used[token] = time.monotonic()
        if len(self._used) > _MOST_SESSIONS:
            del self._used[min(self._used, key=self._used.__getitem__)]
        return token


class FaultyApp(FastAPI):
    """An application whose Web API misbehaves as its switchboard says; its pages never do.

    Outermost on purpose: within a middleware the server's own `send` is out of reach.
    """

    switchboard: Switchboard
    sessions: Sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(WEB_API):
            await super().__call__(scope, receive, send)
            return
        board = self.switchboard
        board.came(scope["method"])
        if board.away(scope["method"]):
            if board.get().down_as == "closed":
                await _cut(send)
            else:
                await _answer(send, _UNAVAILABLE)
            return
        limit = board.get().rate_limit
        if limit is not None and board.over_rate():
            await _answer(send, _too_many(limit.retry_after))
            return
        session = self.sessions.find(scope)
        if session is None and self.sessions.full(board.get().session_limit):
            await _answer(send, _SESSIONS)
            return
        await asyncio.sleep(board.wait_seconds())
        body, receive = await _body(receive) if board.reads_bodies else (b"", receive)
        fault = board.take(scope["method"], scope["path"], body)
        if fault is not None and fault.kind in _BEFORE:
            await _strike_before(fault, receive, send)
            return
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            fault = None
        answer = send if session is not None else _with_cookie(send, self.sessions)
        if fault is None:
            await super().__call__(scope, receive, answer)
            return
        captured = _Captured()
        await super().__call__(scope, receive, captured)
        await _strike_after(fault, captured, receive, send)


def _with_cookie(send: Send, sessions: Sessions) -> Send:
    """*send* that opens a session for whoever was let in."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] not in {401, 403}:
            cookie = f"{COOKIE}={sessions.open()}; Path={WEB_API}; HttpOnly; SameSite=Lax"
            message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
        await send(message)

    return sending


async def _body(receive: Receive) -> tuple[bytes, Receive]:
    """The request's whole body, and a *receive* that gives it once more."""
    messages: list[Message] = []
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return body, again


class _Captured:
    """Takes an answer instead of the server; by then everything is stored."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(k, v) for k, v in message["headers"] if k.lower() != b"content-length"]
        else:
            self.body += message.get("body", b"")


_Answer = tuple[int, str, bytes, dict[str, str]]


def _error(code: str, message: str, status: int) -> _Answer:
    body = dumps(SageError(code, message, status).body()).encode()
    return status, "application/json; charset=utf-8", body, {}


_PAGE_500: _Answer = (
    500,
    "text/html; charset=utf-8",
    b"<!doctype html><title>Server Error</title><h1>Server Error in Application</h1>"
    b"<p>The resource cannot be displayed.</p>",
    {},
)
_MESSAGE_500: _Answer = (
    500,
    "application/json; charset=utf-8",
    b'{"Message":"An error has occurred."}',
    {},
)
_UNAVAILABLE = _error("SessionError", "The server is not available.", 503)
_SESSIONS = _error("TooManyRequests", "Too many sessions.", 429)
_CONTENTION = _error("General", contention().message, 409)
_BEFORE = {
    "timeout_before",
    "reset_before",
    "html_500",
    "message_500",
    "too_many",
    "session_limit",
    "contention",
    "unavailable",
}


def _too_many(retry_after: int) -> _Answer:
    status, kind, body, _ = _error("TooManyRequests", "Too many concurrent requests.", 429)
    return status, kind, body, {"Retry-After": str(retry_after)}


async def _strike_before(fault: Fault, receive: Receive, send: Send) -> None:
    if fault.kind == "timeout_before":
        await _hold(fault.seconds, receive, send)
    elif fault.kind == "reset_before":
        await _cut(send)
    else:
        answers = {
            "html_500": _PAGE_500,
            "message_500": _MESSAGE_500,
            "too_many": _too_many(fault.retry_after),
            "session_limit": _SESSIONS,
            "contention": _CONTENTION,
            "unavailable": _UNAVAILABLE,
        }
        await _answer(send, answers[fault.kind])


async def _strike_after(fault: Fault, answer: _Captured, receive: Receive, send: Send) -> None:
    match fault.kind:
        case "timeout_after":
            await _hold(fault.seconds, receive, send)
        case "reset_after":
            await _cut(send)
        case "html_500_after":
            await _answer(send, _PAGE_500)
        case "empty_2xx" if answer.status < 300:
            await _send(send, answer.status, answer.headers, b"")
        case "truncate":
            await _send_half(send, answer, reset=False)
        case "reset_mid":
            await _send_half(send, answer, reset=True)
        case _:
            await _send(send, answer.status, answer.headers, answer.body)


async def _answer(send: Send, answer: _Answer) -> None:
    status, kind, body, more = answer
    headers = [(b"content-type", kind.encode())]
    headers += [(name.encode(), value.encode()) for name, value in more.items()]
    await _send(send, status, headers, body)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers + length})
    await send({"type": "http.response.body", "body": body})


async def _send_half(send: Send, answer: _Captured, *, reset: bool) -> None:
    """Promise the whole body, send half of it, close or reset."""
    length = (b"content-length", str(max(len(answer.body), 2)).encode())
    # 204 may promise no body; the client must meet a broken answer all the same
    status = 200 if answer.status == 204 else answer.status
    start = {"type": "http.response.start", "status": status}
    await send(start | {"headers": [*answer.headers, length]})
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    if reset:
        await asyncio.sleep(0.01)  # else the reset overtakes what was sent
    await _close(send, reset=reset)


async def _hold(seconds: float, receive: Receive, send: Send) -> None:
    """Keep the connection open without a word until the client goes away or time is up."""

    async def until_gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(until_gone(), seconds)
    except TimeoutError:
        await _cut(send)


async def _cut(send: Send) -> None:
    """End the connection with a reset, before a byte of an answer."""
    await _close(send, reset=True)


async def _close(send: Send, *, reset: bool) -> None:
    # uvicorn's send is a method of the request's cycle, which holds the transport
    cycle: Any = getattr(send, "__self__", None)
    transport: asyncio.Transport | None = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("A connection can only be cut under uvicorn.")
    if reset:
        wire: socket.socket = transport.get_extra_info("socket")
        form = "hh" if sys.platform == "win32" else "ii"
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(form, 1, 0))
        transport.abort()
    else:
        transport.close()
    while not cycle.disconnected:  # until the server knows, it would still answer 500
        await asyncio.sleep(0.001)
