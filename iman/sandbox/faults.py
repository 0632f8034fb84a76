"""Switches that make the Sage 300 sandbox misbehave, and the ASGI layer that does it.

A fault is applied outside the application, to the connection itself, so that a client meets
what it would meet in the wild: no answer, a reset, half an answer.
"""

import asyncio
import random
import socket
import struct
import sys
import threading
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message, Receive, Scope, Send

from iman.sandbox.sage_errors import MissingCode, SageError
from iman.sandbox.sage_payload import dumps
from iman.sandbox.sage_store import SageStore

WEB_API = "/Sage300WebApi"
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
Kind = Literal[
    "timeout_before",  # never answers, nothing is stored
    "timeout_after",  # stores, then never answers
    "reset_after",  # stores, then cuts the connection
    "truncate",  # stores, sends half of the answer
    "html_500",  # 500 with a web page, nothing is stored
    "html_500_after",  # stores, then 500 with a web page
    "message_500",  # 500 with ASP.NET's own {"Message": …}, nothing is stored
    "empty_2xx",  # stores, answers 201 with an empty body
    "too_many",  # 429 with Retry-After, nothing is stored
    "unavailable",  # 503, nothing is stored
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Latency(_Strict):
    min: int = Field(0, ge=0, le=600_000)
    max: int = Field(0, ge=0, le=600_000)


class Variants(_Strict):
    """What is not known of a real server; the defaults are the unsafe cases."""

    missing_code: MissingCode = MissingCode.NOT_FOUND_404
    leftovers: Literal["leave", "clean"] = "leave"
    duplicate_at_entry: Literal["accept", "refuse"] = "accept"


class Fault(_Strict):
    kind: Kind
    times: int = Field(1, ge=1, description="How many write requests it strikes")
    path: str = Field("", description="Only requests whose path contains this")
    seconds: float = Field(30.0, ge=0, description="How long a time-out holds the connection")
    retry_after: int = Field(5, ge=0, description="Seconds named by a 429")


class Faults(_Strict):
    latency_ms: Latency = Field(default_factory=Latency)
    variants: Variants = Field(default_factory=Variants)
    next: list[Fault] = Field(default_factory=list)
    down: bool = False
    down_as: Literal["unavailable", "closed"] = "unavailable"
    locked_periods: list[str] = Field(
        default_factory=list, description="Locked for A/R, as in 2026-01"
    )


class Switchboard:
    """The faults in force; kept in the store, so that they outlive a restart."""

    def __init__(self, store: SageStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._faults = Faults.model_validate(store.setting("faults", {}))

    def get(self) -> Faults:
        """A copy of what is in force."""
        with self._lock:
            return self._faults.model_copy(deep=True)

    def put(self, faults: Faults) -> None:
        """Replace everything."""
        with self._lock:
            self._store.set_setting("faults", faults.model_dump(mode="json"))
            self._faults = faults.model_copy(deep=True)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for a request, used up by asking."""
        if method not in _WRITES or not self._faults.next:
            return None
        with self._lock:
            faults = self._faults.model_copy(deep=True)
            for fault in faults.next:
                if fault.path in path:
                    fault.times -= 1
                    faults.next = [left for left in faults.next if left.times > 0]
                    self._store.set_setting("faults", faults.model_dump(mode="json"))
                    self._faults = faults
                    return fault
        return None


class FaultyApp(FastAPI):
    """An application whose Web API misbehaves as its switchboard says; its pages never do.

    Outermost on purpose: within a middleware the server's own `send` is out of reach.
    """

    switchboard: Switchboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(WEB_API):
            await super().__call__(scope, receive, send)
            return
        faults = self.switchboard.get()
        if faults.down:
            if faults.down_as == "closed":
                await _cut(send)
            else:
                await _answer(send, _error("SessionError", "The server is not available.", 503))
            return
        await _wait(faults.latency_ms)
        fault = self.switchboard.take(scope["method"], scope["path"])
        if fault is None:
            await super().__call__(scope, receive, send)
        elif fault.kind in _BEFORE:
            await _strike_before(fault, receive, send)
        else:
            answer = _Captured()
            await super().__call__(scope, receive, answer)
            await _strike_after(fault, answer, receive, send)


async def _wait(latency: Latency) -> None:
    if latency.max or latency.min:
        most = max(latency.min, latency.max)
        await asyncio.sleep(random.uniform(latency.min, most) / 1000)  # noqa: S311 -- no secret


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
_BEFORE = {"timeout_before", "html_500", "message_500", "too_many", "unavailable"}


async def _strike_before(fault: Fault, receive: Receive, send: Send) -> None:
    if fault.kind == "timeout_before":
        await _hold(fault.seconds, receive, send)
        return
    status, kind, body, headers = {
        "html_500": _PAGE_500,
        "message_500": _MESSAGE_500,
        "too_many": _error("TooManyRequests", "Too many concurrent requests.", 429),
        "unavailable": _error("SessionError", "The server is not available.", 503),
    }[fault.kind]
    if fault.kind == "too_many":
        headers = {"Retry-After": str(fault.retry_after)}
    await _answer(send, (status, kind, body, headers))


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
            await _send_half(send, answer)
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


async def _send_half(send: Send, answer: _Captured) -> None:
    """Promise the whole body, send half of it, close."""
    length = (b"content-length", str(max(len(answer.body), 2)).encode())
    # 204 may promise no body; the client must meet a broken answer all the same
    status = 200 if answer.status == 204 else answer.status
    start = {"type": "http.response.start", "status": status}
    await send(start | {"headers": [*answer.headers, length]})
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    await _close(send, reset=False)


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
