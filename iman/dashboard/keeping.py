"""The Daemon page's card about backups and the ledger's disk."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.dashboard import parts, session, text_keeping
from iman.domain.people import Permission
from iman.errors import ImanError

_PLACE = "keeping"


def card() -> None:
    """The last backup and the button for another; for administrators the disk's forecast."""
    if not session.reading().status().available:
        st.html(f'<p class="iman-quiet">{text_keeping.AWAY}</p>')
        return
    state = session.backups()
    zone, now = session.zone(), session.now()
    _told(*text_keeping.backup_lamp(state), text_keeping.backup_told(state, zone, now))
    if not session.may(Permission.BACK_UP):
        st.html(f'<p class="iman-quiet">{text_keeping.ONLY_ADMINS}</p>')
    elif not state.running:
        _button()
    parts.told(_PLACE)
    if session.may(Permission.VIEW_SETTINGS):
        st.html(f'<p class="iman-kicker">{text_keeping.ROOM}</p>')
        disk = session.storage()
        _told(*text_keeping.room_lamp(disk), text_keeping.room_told(disk))


def _told(tone: str, word: str, sentences: list[str]) -> None:
    said = "<br>".join(escape(one) for one in sentences)
    st.html(f'<p class="iman-title">{parts.lamp(tone, word)}</p><p class="iman-quiet">{said}</p>')


def _button() -> None:
    with st.popover(text_keeping.BACK_UP_NOW, icon=":material/save:", key="ask_backup"):
        st.html(f"<p>{text_keeping.BACK_UP_EXPLAINED}</p>")
        st.button(text_keeping.CONFIRM, type="primary", key="back_up", on_click=_back_up)


def _back_up() -> None:
    try:
        session.back_up()
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, text_keeping.STARTED)
