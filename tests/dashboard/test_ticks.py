"""A refresh of the page that was left never touches the page that follows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from iman.dashboard.ticks import Page, Ticks

CAUSES, CHECKLIST = "the causes page", "the checklist page"


def tick(page: str) -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = "one that refreshes"
    message.rerun_script.is_auto_rerun = True
    return message.SerializeToString()


def click(page: str, fragment: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = fragment
    return message.SerializeToString()


def begun(page: str, *fragments: str) -> bytes:
    message = ForwardMsg()
    message.new_session.page_script_hash = page
    message.metadata.run.fragment_ids.extend(fragments)
    return message.SerializeToString()


def resolved(page: str) -> bytes:
    message = ForwardMsg()
    message.navigation.page_script_hash = page
    return message.SerializeToString()


@pytest.fixture
def page() -> Page:
    shown = Page()
    shown.told(begun(CAUSES))
    return shown


def test_a_page_that_stays_is_refreshed(page: Page):
    assert not page.overtaken(tick(CAUSES))
    assert page.told(begun(CAUSES, "part")) == begun(CAUSES, "part")


def test_a_tick_that_comes_behind_a_click_on_another_page_is_dropped(page: Page):
    assert not page.overtaken(click(CHECKLIST))
    assert page.overtaken(tick(CAUSES))  # Streamlit would go back to this tick's page
    page.told(begun(CHECKLIST))
    assert page.overtaken(tick(CAUSES))  # the browser has not heard of it yet
    assert not page.overtaken(tick(CHECKLIST))


def test_a_tick_is_not_dropped_for_what_is_pressed_inside_a_part(page: Page):
    assert not page.overtaken(click(CAUSES, "part"))
    assert not page.overtaken(tick(CAUSES))


def test_an_overtaken_run_of_a_part_keeps_the_page_that_has_begun(page: Page):
    """As when a button's callback changes the page while a tick waits in Streamlit's queue."""
    page.told(begun(CHECKLIST))
    late = ForwardMsg.FromString(page.told(begun(CAUSES, "part")))
    assert late.new_session.page_script_hash == CHECKLIST
    assert list(late.metadata.run.fragment_ids) == ["part"]


def test_the_first_page_is_the_one_its_address_was_resolved_to():
    page = Page()
    assert not page.overtaken(click(""))
    page.told(begun("the entry script"))
    page.told(resolved(CAUSES))
    assert not page.overtaken(tick(CAUSES))
    assert page.told(begun(CAUSES, "part")) == begun(CAUSES, "part")


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff\xff", b"\x00", b"GET / HTTP/1.1"])
def test_what_nobody_understands_is_passed_on_unchanged(page: Page, data: bytes):
    assert not page.overtaken(data)
    assert page.told(data) == data


def test_around_a_websocket_only_overtaken_ticks_are_missing():
    sent = [{"type": "websocket.receive", "bytes": one}
            for one in (click(CAUSES), tick("elsewhere"), tick(CAUSES), click(CAUSES))]  # fmt: skip
    got: list[Any] = []
    heard: list[Any] = []

    async def receive() -> dict[str, Any]:
        return sent.pop(0) if sent else {"type": "websocket.disconnect"}

    async def send(message: Any) -> None:
        heard.append(message)

    async def streamlit(_scope: Any, receive: Any, send: Any) -> None:
        got.append(await receive())
        await send({"type": "websocket.send", "bytes": begun(CAUSES)})
        while (message := await receive())["type"] != "websocket.disconnect":
            got.append(message)
        await send({"type": "websocket.close", "code": 1000})

    asyncio.run(Ticks(streamlit)({"type": "websocket"}, receive, send))
    assert [one["bytes"] for one in got] == [click(CAUSES), tick(CAUSES), click(CAUSES)]
    assert [one["type"] for one in heard] == ["websocket.send", "websocket.close"]
