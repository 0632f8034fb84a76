"""One browser tab as Streamlit's server sees it: a websocket, its page, and its timers.

It asks for its page, hears which parts refresh themselves and how often, and asks for each again
when its time has come, with the same messages as Streamlit's front end. It draws nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.bench.stacks import Stack

_PROTOCOL = "streamlit"
_PATIENCE = 60.0  # seconds for one answer


@dataclass
class Tab:
    """*took*: seconds of each refresh, from when its time had come until its script had ended.

    Several are due at once and the server runs them one after another, as for a real tab.
    """

    stack: Stack
    page: str
    took: list[float] = field(default_factory=list)
    _every: dict[str, float] = field(default_factory=dict)
    _hash: str = ""

    async def live(self, opened: asyncio.Event, stop: asyncio.Event) -> None:
        """Open the page, then refresh it until *stop*. Raises where the page breaks."""
        headers = {"cookie": self.stack.cookie_header, "origin": self.stack.dashboard_url}
        url = self.stack.dashboard_url.replace("http", "ws", 1) + "/_stcore/stream"
        async with (
            aiohttp.ClientSession(trust_env=False) as http,
            http.ws_connect(url, headers=headers, protocols=[_PROTOCOL], max_msg_size=0) as socket,
        ):
            await socket.send_bytes(self._rerun("").SerializeToString())
            await self._until_finished(socket)
            opened.set()
            due = {name: time.monotonic() + every for name, every in self._every.items()}
            while not stop.is_set() and due:
                name = min(due, key=due.__getitem__)
                await self._sleep(due[name], stop)
                if stop.is_set():
                    return
                await socket.send_bytes(self._rerun(name).SerializeToString())
                await self._until_finished(socket)
                self.took.append(time.monotonic() - due[name])
                # a browser's timer goes on whatever the last answer took
                due[name] = max(due[name] + self._every[name], time.monotonic())

    async def _sleep(self, until: float, stop: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, until - time.monotonic()))

    def _rerun(self, fragment: str) -> BackMsg:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = ""
        asked.page_script_hash = self._hash
        asked.page_name = "" if self._hash else self.page
        asked.fragment_id = fragment
        asked.is_auto_rerun = bool(fragment)
        asked.context_info.timezone = "Australia/Sydney"
        asked.context_info.locale = "en-AU"
        return message

    async def _until_finished(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            frame = await asyncio.wait_for(socket.receive(), _PATIENCE)
            if frame.type is not aiohttp.WSMsgType.BINARY:
                raise RuntimeError(f"{self.page}: the connection ended ({frame.type})")
            message = ForwardMsg.FromString(frame.data)
            match message.WhichOneof("type"):
                case "new_session":
                    self._hash = message.new_session.page_script_hash
                case "navigation":  # which of its pages it has chosen
                    self._hash = message.navigation.page_script_hash
                case "auto_rerun":
                    self._every[message.auto_rerun.fragment_id] = message.auto_rerun.interval
                case "delta" if message.delta.new_element.WhichOneof("type") == "exception":
                    raise RuntimeError(f"{self.page}: {message.delta.new_element.exception}")
                case "script_finished":
                    return
                case _:
                    pass
