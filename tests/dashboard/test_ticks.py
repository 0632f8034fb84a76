"""Runs of a page take turns, and a refresh of a page that was left never touches the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from iman.dashboard import ticks
from iman.dashboard.ticks import Page, Ticks, asked_for, said

CAUSES, CHECKLIST = "the causes page", "the checklist page"


def tick(page: str, part: str = "one that refreshes") -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = part
    message.rerun_script.is_auto_rerun = True
    return message.SerializeToString()


def click(page: str, part: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = part
    return message.SerializeToString()


def begun(page: str, *parts: str) -> bytes:
    message = ForwardMsg()
    message.new_session.page_script_hash = page
    message.metadata.run.fragment_ids.extend(parts)
    return message.SerializeToString()


def ended(how: int = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY) -> bytes:
    message = ForwardMsg()
    message.script_finished = how
    return message.SerializeToString()


def resolved(page: str) -> bytes:
    message = ForwardMsg()
    message.navigation.page_script_hash = page
    return message.SerializeToString()


# -- which page is shown ---------------------------------------------------------------------------


class Shown:
    """A page as bytes go by it."""

    def __init__(self) -> None:
        self._page = Page()

    def overtaken(self, data: bytes) -> bool:
        asked = asked_for(data)
        return asked is not None and self._page.overtaken(asked)

    def told(self, data: bytes) -> bytes:
        message = said(data)
        changed = message is not None and self._page.told(message)
        return message.SerializeToString() if changed else data


@pytest.fixture
def page() -> Shown:
    shown = Shown()
    shown.told(begun(CAUSES))
    return shown


def test_a_page_that_stays_is_refreshed(page: Shown):
    assert not page.overtaken(tick(CAUSES))
    assert page.told(begun(CAUSES, "part")) == begun(CAUSES, "part")


def test_a_tick_that_comes_behind_a_click_on_another_page_is_dropped(page: Shown):
    assert not page.overtaken(click(CHECKLIST))
    assert page.overtaken(tick(CAUSES))  # Streamlit would go back to this tick's page
    page.told(begun(CHECKLIST))
    assert page.overtaken(tick(CAUSES))  # the browser has not heard of it yet
    assert not page.overtaken(tick(CHECKLIST))


def test_a_tick_is_not_dropped_for_what_is_pressed_inside_a_part(page: Shown):
    assert not page.overtaken(click(CAUSES, "part"))
    assert not page.overtaken(tick(CAUSES))


def test_an_overtaken_run_of_a_part_keeps_the_page_that_has_begun(page: Shown):
    """As when a button's callback changes the page while a tick waits in Streamlit's queue."""
    page.told(begun(CHECKLIST))
    late = ForwardMsg.FromString(page.told(begun(CAUSES, "part")))
    assert late.new_session.page_script_hash == CHECKLIST
    assert list(late.metadata.run.fragment_ids) == ["part"]


def test_the_first_page_is_the_one_its_address_was_resolved_to():
    page = Shown()
    assert not page.overtaken(click(""))
    page.told(begun("the entry script"))
    page.told(resolved(CAUSES))
    assert not page.overtaken(tick(CAUSES))
    assert page.told(begun(CAUSES, "part")) == begun(CAUSES, "part")


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff\xff", b"\x00", b"GET / HTTP/1.1"])
def test_what_nobody_understands_is_passed_on_unchanged(page: Shown, data: bytes):
    assert not page.overtaken(data)
    assert page.told(data) == data


# -- whose turn it is ------------------------------------------------------------------------------


class Tab:
    """A browser tab and Streamlit, with the middleware between them."""

    def __init__(self) -> None:
        self.from_browser: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.asked: list[bytes] = []  # what reached Streamlit
        self.heard: list[bytes] = []  # what reached the browser
        self._send: Callable[[Any], Awaitable[None]] | None = None

    async def __aenter__(self) -> Tab:
        async def streamlit(_scope: Any, receive: Any, send: Any) -> None:
            self._send = send
            while (message := await receive())["type"] != "websocket.disconnect":
                self.asked.append(message.get("bytes", b"text"))

        async def heard(message: Any) -> None:
            self.heard.append(message["bytes"])

        around = Ticks(streamlit)({"type": "websocket"}, self.from_browser.get, heard)
        self._running = asyncio.create_task(around)
        await self.settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.from_browser.put({"type": "websocket.disconnect"})
        await asyncio.wait_for(self._running, 10)

    async def settle(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    async def asks(self, *messages: bytes) -> None:
        for one in messages:
            await self.from_browser.put({"type": "websocket.receive", "bytes": one})
        await self.settle()

    async def says(self, *messages: bytes) -> None:
        assert self._send is not None
        for one in messages:
            await self._send({"type": "websocket.send", "bytes": one})
        await self.settle()


async def opened(tab: Tab) -> None:
    await tab.asks(click(CAUSES))
    await tab.says(begun(CAUSES), ended(ForwardMsg.FINISHED_SUCCESSFULLY))
    tab.asked.clear()


def in_a_tab(what: Callable[[Tab], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Tab() as tab:
            await opened(tab)
            await what(tab)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_refresh_waits_for_the_end_of_the_one_before():
    async def what(tab: Tab) -> None:
        await tab.asks(tick(CAUSES, "story"), tick(CAUSES, "notes"), tick(CAUSES, "story"))
        assert tab.asked == [tick(CAUSES, "story")]
        await tab.says(begun(CAUSES, "story"))
        assert len(tab.asked) == 1
        await tab.says(ended())
        assert tab.asked[1:] == [tick(CAUSES, "notes")]  # in the order they came
        await tab.says(begun(CAUSES, "notes"), ended())
        assert tab.asked[2:] == [tick(CAUSES, "story")]

    in_a_tab(what)


def test_refreshes_of_one_part_that_wait_are_one():
    async def what(tab: Tab) -> None:
        await tab.asks(tick(CAUSES, "story"), *[tick(CAUSES, "notes")] * 5)
        await tab.says(ended())
        assert tab.asked[1:] == [tick(CAUSES, "notes")]
        await tab.says(ended())
        assert len(tab.asked) == 2

    in_a_tab(what)


def test_what_is_pressed_in_a_part_waits_but_goes_before_refreshes():
    async def what(tab: Tab) -> None:
        await tab.asks(tick(CAUSES, "story"), tick(CAUSES, "notes"), click(CAUSES, "notes"))
        assert len(tab.asked) == 1
        await tab.says(ended())
        assert tab.asked[1:] == [click(CAUSES, "notes")]
        await tab.says(ended())
        assert tab.asked[2:] == [tick(CAUSES, "notes")]

    in_a_tab(what)


def test_a_run_of_the_whole_page_waits_for_nothing_and_loses_nothing_that_was_pressed():
    async def what(tab: Tab) -> None:
        await tab.asks(tick(CAUSES, "story"), click(CAUSES, "notes"), tick(CAUSES, "notes"))
        await tab.asks(click(CAUSES))
        assert tab.asked[1:] == [click(CAUSES, "notes"), click(CAUSES)]
        await tab.says(ended(ForwardMsg.FINISHED_EARLY_FOR_RERUN), begun(CAUSES))
        await tab.asks(tick(CAUSES, "story"))
        assert len(tab.asked) == 3  # the whole page is under way
        await tab.says(ended(ForwardMsg.FINISHED_SUCCESSFULLY))
        assert tab.asked[3:] == [tick(CAUSES, "story")]  # and the other was needless

    in_a_tab(what)


def test_a_run_streamlit_begins_by_itself_is_waited_for():
    """As when what was pressed in a part ends in ``st.rerun``."""

    async def what(tab: Tab) -> None:
        await tab.asks(click(CAUSES, "notes"))
        await tab.says(begun(CAUSES, "notes"), ended(ForwardMsg.FINISHED_EARLY_FOR_RERUN))
        await tab.asks(tick(CAUSES, "story"))
        await tab.says(begun(CHECKLIST))
        await tab.asks(tick(CHECKLIST, "story"))
        assert len(tab.asked) == 1
        await tab.says(ended(ForwardMsg.FINISHED_SUCCESSFULLY))
        assert tab.asked[1:] == [tick(CHECKLIST, "story")]  # none of the page that was left

    in_a_tab(what)


def test_a_run_whose_end_is_never_told_holds_nothing_up_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ticks, "_LONGEST", 0.05)

    async def what(tab: Tab) -> None:
        await tab.asks(tick(CAUSES, "story"), click(CAUSES, "notes"))
        while len(tab.asked) < 2:
            await asyncio.sleep(0.01)
        assert tab.asked[1:] == [click(CAUSES, "notes")]

    in_a_tab(what)


def test_what_is_no_run_waits_for_nothing_and_a_page_that_was_left_is_not_refreshed():
    async def what(tab: Tab) -> None:
        await tab.asks(tick(CAUSES, "story"), b"\xff\xff", tick("elsewhere"))
        assert tab.asked[1:] == [b"\xff\xff"]
        await tab.says(ended())
        assert len(tab.asked) == 2

    in_a_tab(what)
