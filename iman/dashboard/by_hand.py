"""Closing by hand, on the Document page: park, already in Sage 300, do not send, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Literal

import streamlit as st

from iman.api.wire import DocumentRecord
from iman.dashboard import doing, parts, session, text_people, text_remedies
from iman.domain.document import DocumentState
from iman.domain.people import Permission

_PLACE = "by_hand"
_PARKABLE = (DocumentState.FAILED, DocumentState.PENDING, DocumentState.WAITING)
_CLOSABLE = (DocumentState.FAILED, DocumentState.PARKED)


def actions(document: DocumentRecord) -> None:
    """What a person may decide about it instead of Resync."""
    if not session.reading().status().available:
        return
    state, key = document.state, str(document.id)
    if not session.may(Permission.PARK):
        if state in (*_PARKABLE, DocumentState.PARKED):
            _refused(text_remedies.PARK, ":material/pause:", text_people.ONLY_WHO_PARKS)
    else:
        if state is DocumentState.PARKED:
            st.button(
                text_remedies.UNPARK, icon=":material/play_arrow:", key=f"unpark_{key}",
                on_click=_unpark, args=(document.id,),
            )  # fmt: skip
        elif state in _PARKABLE:
            _park(document.id, key)
    if not session.may(Permission.SETTLE):
        if state in _CLOSABLE:
            _refused(text_remedies.IN_SAGE, ":material/link:", text_people.ONLY_WHO_SETTLES)
    else:
        if state is DocumentState.SETTLED:
            _reopen(document.id, key)
        elif state in _CLOSABLE:
            _in_sage(document.id, key)
            _do_not_send(document.id, key)


def _refused(label: str, icon: str, why: str) -> None:
    st.button(label, icon=icon, key=f"refused_{label}", disabled=True, help=why)


def told() -> None:
    parts.told(_PLACE)


def _park(document_id: int, key: str) -> None:
    with st.popover(text_remedies.PARK, icon=":material/pause:", key=f"park_{key}"):
        st.html(f"<p>{text_remedies.PARK_EXPLAINED}</p>")
        st.text_input(text_remedies.PARK_REASON, key=f"park_why_{key}", max_chars=500)
        st.date_input(text_remedies.PARK_UNTIL, value=None, key=f"park_until_{key}")
        st.button(
            text_remedies.PARK, type="primary", key=f"park_now_{key}", on_click=_do_park,
            args=(document_id, key),
        )  # fmt: skip


def _do_park(document_id: int, key: str) -> None:
    if not (reason := doing.written(f"park_why_{key}", _PLACE)):
        return
    until = _morning(st.session_state.get(f"park_until_{key}"))
    doing.attempt(
        _PLACE,
        lambda client: client.park(
            document_id, reason, until=until, request_id=doing.request_id(f"park_{key}")
        ),
    )
    doing.finished(f"park_{key}")


def _morning(day: date | None) -> datetime | None:
    """The start of that day where the person is."""
    if day is None:
        return None
    return datetime.combine(day, time(), session.zone()).astimezone(UTC)


def _unpark(document_id: int) -> None:
    doing.attempt(_PLACE, lambda client: client.unpark(document_id))


def _in_sage(document_id: int, key: str) -> None:
    with st.popover(text_remedies.IN_SAGE, icon=":material/link:", key=f"in_sage_{key}"):
        st.html(f"<p>{text_remedies.IN_SAGE_EXPLAINED}</p>")
        st.text_input(text_remedies.IN_SAGE_REFERENCE, key=f"in_sage_as_{key}", max_chars=60)
        st.text_input(text_remedies.CLOSE_REASON, key=f"in_sage_why_{key}", max_chars=500)
        st.button(
            text_remedies.IN_SAGE_NOW, type="primary", key=f"in_sage_now_{key}",
            on_click=_settle, args=(document_id, key, "already_in_sage"),
        )  # fmt: skip


def _do_not_send(document_id: int, key: str) -> None:
    with st.popover(text_remedies.DO_NOT_SEND, icon=":material/block:", key=f"not_send_{key}"):
        st.text_input(text_remedies.DO_NOT_SEND_REASON, key=f"not_send_why_{key}", max_chars=500)
        st.button(
            text_remedies.DO_NOT_SEND, type="primary", key=f"not_send_now_{key}",
            on_click=_settle, args=(document_id, key, "do_not_send"),
        )  # fmt: skip


def _settle(document_id: int, key: str, how: Literal["already_in_sage", "do_not_send"]) -> None:
    state = st.session_state
    reason = str(state.get(f"in_sage_why_{key}") or "").strip()
    if how == "do_not_send" and not (reason := doing.written(f"not_send_why_{key}", _PLACE)):
        return
    reference = str(state.get(f"in_sage_as_{key}") or "").strip()
    asked = f"settle_{key}_{how}"
    doing.attempt(
        _PLACE,
        lambda client: client.settle(
            document_id,
            how,
            reason=reason,
            reference=reference if how == "already_in_sage" else "",
            request_id=doing.request_id(asked),
        ),
    )
    doing.finished(asked)


def _reopen(document_id: int, key: str) -> None:
    with st.popover(text_remedies.REOPEN, icon=":material/undo:", key=f"reopen_{key}"):
        st.html(f"<p>{text_remedies.REOPEN_EXPLAINED}</p>")
        st.text_input(text_remedies.CLOSE_REASON, key=f"reopen_why_{key}", max_chars=500)
        st.button(
            text_remedies.REOPEN, type="primary", key=f"reopen_now_{key}", on_click=_do_reopen,
            args=(document_id, key),
        )  # fmt: skip


def _do_reopen(document_id: int, key: str) -> None:
    reason = str(st.session_state.get(f"reopen_why_{key}") or "").strip()
    doing.attempt(_PLACE, lambda client: client.reopen(document_id, reason))
