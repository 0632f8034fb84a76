"""The sandbox's fault panel on the Daemon page."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from iman.api.wire_sandbox import SandboxFaults, SandboxSwitch
from iman.dashboard import parts, session, text_sandbox
from iman.errors import ImanError

_PLACE = "faults"
_KIND = "fault_kind"


def panel() -> None:
    """Each fault with its switch; those of the next request as a choice."""
    try:
        found = session.sandbox_faults()
    except ImanError as exc:
        parts.note(str(exc))
        return
    st.html(f'<p class="iman-quiet">{text_sandbox.EXPLAINED}</p>')
    several = [one for one in found.switches if not one.next]
    for one in several:
        _row(one, text_sandbox.ON, text_sandbox.SWITCH_ON, text_sandbox.SWITCH_OFF)
    _next([one for one in found.switches if one.next])
    _all_off(found)
    parts.told(_PLACE)


def _row(one: SandboxSwitch, on_word: str, switch_on: str, switch_off: str) -> None:
    lamp = parts.lamp("retrying", on_word) if one.on else parts.lamp("parked", text_sandbox.OFF)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
        key=f"queue_fault_{one.name}",
    ):  # fmt: skip
        st.html(
            f'<div class="iman-queue"><strong>{escape(one.label)}</strong>{lamp}</div>',
            width="stretch",
        )
        st.button(
            switch_off if one.on else switch_on, key=f"fault_{one.name}_{one.on}",
            on_click=_switch, args=(one.name, one.label, not one.on),
        )  # fmt: skip


def _next(kinds: list[SandboxSwitch]) -> None:
    words = {one.name: one.label for one in kinds}
    for one in kinds:
        if one.on:
            _row(one, text_sandbox.WAITS, text_sandbox.STRIKE, text_sandbox.TAKE_BACK)
    with st.container(horizontal=True, vertical_alignment="bottom", key="fault_next"):
        st.selectbox(
            text_sandbox.NEXT, list(words), format_func=lambda name: words.get(name, name),
            key=_KIND, width=380,
        )  # fmt: skip
        st.button(
            text_sandbox.STRIKE, icon=":material/bolt:", key="fault_strike", on_click=_strike,
            args=(words,),
        )  # fmt: skip


def _all_off(found: SandboxFaults) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="fault_all"):
        st.button(
            text_sandbox.CLEAR, icon=":material/power_settings_new:", key="fault_clear",
            on_click=_clear,
        )  # fmt: skip
        st.html(
            f'<p><a href="{escape(found.page)}" target="_blank" rel="noopener noreferrer">'
            f'{text_sandbox.PANEL}<span class="iman-out" aria-hidden="true"></span></a></p>',
            width="content",
        )


def _switch(name: str, label: str, on: bool) -> None:
    _told(lambda: session.switch_fault(name, on=on), text_sandbox.switched(label, on=on))


def _strike(words: dict[str, str]) -> None:
    name = st.session_state.get(_KIND)
    if name in words:
        _switch(name, words[name], True)


def _clear() -> None:
    _told(session.clear_faults, text_sandbox.CLEARED)


def _told(action: Callable[[], None], words: str) -> None:
    try:
        action()
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, words)
