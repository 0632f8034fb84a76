"""Lets one run of a page end before the next begins, and none of a page that was left.

Streamlit (1.67) throws away what it has drawn of a part and not yet sent when that part's next run
begins, yet still tells the browser that the earlier run has ended. The browser then removes what it
was never told of, everything behind it moves up, and the next thing drawn breaks the whole page.
On a busy machine a refresh every two seconds is enough. So while a run is under way, refreshes and
what is pressed inside a part wait here for its end to be sent; Streamlit would only have queued
them. A run of the whole page waits for nothing: it draws everything anew.

A browser's timers go on until it hears that another page has begun. A tick that is under way
then makes Streamlit take up the old page: the tick wins over a click that waits with it, and
what it begins empties the new page, which stays blank, or breaks at the next refresh. So a tick of
a page that is being left goes no further, and what an overtaken one began keeps the new page.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import Any

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from iman.dashboard.gate import App, Message, Receive, Scope, Send

_LOOKED_INTO = 200_000  # bytes; what a run draws may be longer, what it tells of itself is not
_LONGEST = 15.0  # seconds a run is waited for; then it is taken for one whose end got lost


class Ticks:
    """ASGI middleware around Streamlit's websocket."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        page, turns = Page(), Turns()
        receiving: asyncio.Future[Message] | None = None

        async def wanted() -> Message:
            nonlocal receiving
            while (message := turns.next()) is None:
                receiving = receiving or asyncio.ensure_future(receive())
                await turns.wait(receiving)
                if not receiving.done():
                    continue
                message, receiving = receiving.result(), None
                asked = asked_for(message.get("bytes") or b"")
                if asked is None:
                    return message
                if not page.overtaken(asked):
                    turns.put(message, asked)
            return message

        async def told(message: Message) -> None:
            data = message.get("bytes")
            known = said(data) if data else None
            if known is not None and page.told(known):
                message = {**message, "bytes": known.SerializeToString()}
            await send(message)
            if known is not None:
                turns.told(known)

        try:
            await self._app(scope, wanted, told)
        finally:
            if receiving is not None:
                receiving.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await receiving


def asked_for(data: bytes) -> ClientState | None:
    """The run a browser asks for; None for anything else, which Streamlit makes sense of."""
    try:
        message = BackMsg.FromString(data)
    except DecodeError:
        return None
    return message.rerun_script if message.WhichOneof("type") == "rerun_script" else None


def said(data: bytes) -> ForwardMsg | None:
    """What Streamlit tells a browser, where it may be of a run's begin or end."""
    if len(data) > _LOOKED_INTO:
        return None
    with contextlib.suppress(DecodeError):
        return ForwardMsg.FromString(data)
    return None


class Turns:
    """Which run comes next in one browser tab."""

    def __init__(self) -> None:
        self._ready: deque[Message] = deque()
        self._pressed: deque[Message] = deque()  # inside a part
        self._ticks: dict[str, Message] = {}  # by part, each part's newest
        self._since: float | None = None  # when the run under way was let go on
        self._ended = asyncio.Event()

    def put(self, message: Message, asked: ClientState) -> None:
        if asked.is_auto_rerun:
            self._ticks[asked.fragment_id] = message
        elif asked.fragment_id:
            self._pressed.append(message)
        else:  # what was pressed before it is done before it; a refresh it makes needless
            self._ready.extend([*self._pressed, message])
            self._pressed.clear()
            self._ticks.clear()

    def next(self) -> Message | None:
        """What may go on now; its turn has begun."""
        if not self._ready and self._left() <= 0:
            if self._pressed:
                self._ready.append(self._pressed.popleft())
            elif self._ticks:
                self._ready.append(self._ticks.pop(next(iter(self._ticks))))
        if not self._ready:
            return None
        self._since = time.monotonic()
        return self._ready.popleft()

    async def wait(self, receiving: asyncio.Future[Message]) -> None:
        """Until the browser says something, or the turn of what waits has come."""
        if not self._pressed and not self._ticks:
            await asyncio.wait({receiving})
            return
        self._ended.clear()
        ended = asyncio.ensure_future(self._ended.wait())
        either: set[asyncio.Future[Any]] = {receiving, ended}
        await asyncio.wait(either, timeout=self._left(), return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()

    def told(self, message: ForwardMsg) -> None:
        """The browser has been told this."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._since = time.monotonic()
            if not message.metadata.run.fragment_ids:
                self._ticks.clear()
        elif kind == "script_finished" and message.script_finished != (
            ForwardMsg.FINISHED_EARLY_FOR_RERUN  # another follows at once
        ):
            self._since = None
            self._ended.set()

    def _left(self) -> float:
        """Seconds the run under way is waited for at most."""
        return 0.0 if self._since is None else self._since + _LONGEST - time.monotonic()


class Page:
    """Which page one browser tab shows, from what passes between it and Streamlit."""

    def __init__(self) -> None:
        self._page = ""  # Streamlit's hash of the page whose run began last
        self._leaving = False  # a whole run was asked for and has not begun

    def overtaken(self, asked: ClientState) -> bool:
        """Whether it is a tick of a page that is being, or has been, left."""
        if asked.is_auto_rerun:
            return self._leaving or asked.page_script_hash != self._page
        if not asked.fragment_id:
            self._leaving = True
        return False

    def told(self, message: ForwardMsg) -> bool:
        """Whether *message* was changed: a run of a part never changes the page."""
        if message.WhichOneof("type") == "navigation":
            self._page = message.navigation.page_script_hash  # an address was resolved to it
        if message.WhichOneof("type") != "new_session":
            return False
        begun = message.new_session
        if not message.metadata.run.fragment_ids:
            self._page, self._leaving = begun.page_script_hash, False
        elif begun.page_script_hash != self._page:
            begun.page_script_hash = self._page
            return True
        return False
