"""Keeps a page that refreshes by itself from wiping out the page that follows it.

A browser's timers go on until it hears that another page has begun. A tick that is under way
then makes Streamlit (1.67) take up the old page: the tick wins over a click that waits with it, and
what it begins empties the new page, which stays blank, or breaks at the next refresh. So a tick of
a page that is being left goes no further, and what an overtaken one began keeps the new page.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from iman.dashboard.gate import App, Message, Receive, Scope, Send

_NEW_SESSION_MOST = 200_000  # bytes; what a run draws may be longer and is not looked into


class Ticks:
    """ASGI middleware around Streamlit's websocket."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        page = Page()

        async def wanted() -> Message:
            while True:
                message = await receive()
                if not page.overtaken(message.get("bytes") or b""):
                    return message

        async def told(message: Message) -> None:
            if data := message.get("bytes"):
                message = {**message, "bytes": page.told(data)}
            await send(message)

        await self._app(scope, wanted, told)


class Page:
    """Which page one browser tab shows, from what passes between it and Streamlit."""

    def __init__(self) -> None:
        self._page = ""  # Streamlit's hash of the page whose run began last
        self._leaving = False  # a whole run was asked for and has not begun

    def overtaken(self, data: bytes) -> bool:
        """Whether this from the browser is a tick of a page that is being, or has been, left."""
        try:
            message = BackMsg.FromString(data)
        except DecodeError:
            return False  # Streamlit says what is wrong with it
        if message.WhichOneof("type") != "rerun_script":
            return False
        asked = message.rerun_script
        if asked.is_auto_rerun:
            return self._leaving or asked.page_script_hash != self._page
        if not asked.fragment_id:
            self._leaving = True
        return False

    def told(self, data: bytes) -> bytes:
        """What the browser may hear of it: a run of a part never changes the page."""
        if len(data) > _NEW_SESSION_MOST:
            return data
        try:
            message = ForwardMsg.FromString(data)
        except DecodeError:
            return data
        if message.WhichOneof("type") == "navigation":
            self._page = message.navigation.page_script_hash  # an address was resolved to it
        if message.WhichOneof("type") != "new_session":
            return data
        begun = message.new_session
        if not message.metadata.run.fragment_ids:
            self._page, self._leaving = begun.page_script_hash, False
        elif begun.page_script_hash != self._page:
            begun.page_script_hash = self._page
            return message.SerializeToString()
        return data
