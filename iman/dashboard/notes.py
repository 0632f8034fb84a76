"""Notes and evidence of a checklist."""

from __future__ import annotations

import functools
from html import escape

import streamlit as st

from iman.api.wire_checklists import ChecklistView, NoteView
from iman.dashboard import checklist, doing, parts, session, text, text_remedies
from iman.domain.people import Permission

_PLACE = "notes"


def listed(view: ChecklistView) -> None:
    """Everybody's, as they come in; foreign text stays text."""
    zone, now = session.zone(), session.now()
    shut = bool(checklist.closed(view))
    if not view.notes and not view.attachments:
        st.html(f'<p class="iman-quiet">{text_remedies.NO_NOTES}</p>')
    for note in view.notes:
        said = text_remedies.noted(note.by, note.at, note.edited_by, zone, now)
        with st.container(
            horizontal=True, vertical_alignment="top", key=f"note_{note.id}",
        ):  # fmt: skip
            st.html(
                f'<div class="iman-note-text"><p>{escape(note.text)}</p>'
                f'<p class="iman-quiet">{escape(said)}</p></div>',
                width="stretch",
            )
            if not shut:
                _edit(view.id, note)
    for one in view.attachments:
        st.download_button(
            f"{text.label(one.name)} ({text_remedies.size(one.bytes)})",
            data=functools.partial(session.evidence, view.id, one.id),
            file_name=one.name,
            mime="application/octet-stream",
            icon=":material/attach_file:",
            key=f"evidence_{one.id}",
            on_click="ignore",
            disabled=not session.reading().status().available,
        )
        st.html(f'<p class="iman-quiet">{escape(one.by)}, {text.moment(one.at, zone, now)}</p>')
    parts.told(_PLACE)


def _edit(checklist_id: int, note: NoteView) -> None:
    """Names the version it saw: an edit in between is never overwritten."""
    key = f"edit_{checklist_id}_{note.id}_{note.version}"
    with st.popover(text_remedies.NOTE_EDIT, key=f"pop_{key}"):
        st.text_area(text_remedies.NOTE, value=note.text, key=key, max_chars=4000)
        st.button(
            text_remedies.NOTE_CHANGE, key=f"save_{key}", on_click=_change,
            args=(checklist_id, note.id, note.version, key),
        )  # fmt: skip


def adding(view: ChecklistView) -> None:
    """Not refreshed by itself: what is half typed stays."""
    if checklist.closed(view) or doing.hindrance(Permission.WORK_CHECKLIST, " "):
        return
    st.text_area(
        text_remedies.NOTE, key="note", max_chars=4000, placeholder=text_remedies.NOTE_HINT,
        height=90,
    )  # fmt: skip
    st.button(
        text_remedies.NOTE_SAVE, key="note_save", icon=":material/note_add:", on_click=_add,
        args=(view.id,),
    )  # fmt: skip
    count = st.session_state.setdefault("iman_uploads", 0)  # a new key empties the uploader
    file = st.file_uploader(text_remedies.EVIDENCE, key=f"upload_{count}", max_upload_size=2)
    if file is not None:
        st.button(
            text_remedies.EVIDENCE_SAVE, key="evidence_save", icon=":material/attach_file:",
            on_click=_attach, args=(view.id, count),
        )  # fmt: skip


def _add(checklist_id: int) -> None:
    if not (words := doing.written("note", _PLACE)):
        return
    asked = f"note_{checklist_id}"
    done = doing.attempt(
        _PLACE,
        lambda client: client.note(checklist_id, words, request_id=doing.request_id(asked)),
    )
    if done is not None:
        doing.finished(asked, "note")


def _change(checklist_id: int, note: int, version: int, key: str) -> None:
    words = str(st.session_state.get(key) or "").strip()
    doing.attempt(
        _PLACE, lambda client: client.edit_note(checklist_id, note, words, version=version)
    )


def _attach(checklist_id: int, count: int) -> None:
    file = st.session_state.get(f"upload_{count}")
    if file is None:
        return
    name, content, asked = file.name, file.getvalue(), f"attach_{checklist_id}_{count}"
    done = doing.attempt(
        _PLACE,
        lambda client: client.attach(
            checklist_id, name, content, request_id=doing.request_id(asked)
        ),
    )
    if done is not None:
        st.session_state["iman_uploads"] = count + 1
