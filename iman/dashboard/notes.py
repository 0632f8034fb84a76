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
    """What is half typed stays though somebody changes the note meanwhile: their words are shown
    beside it, and only who has seen them replaces them.
    """
    of = f"edit_{checklist_id}_{note.id}"
    popover = st.popover(text_remedies.NOTE_EDIT, key=f"pop_{of}", on_change="rerun")
    key, version, words = _begun(of, note, is_open=bool(popover.open))
    overtaken = version != note.version
    with popover:
        st.text_area(text_remedies.NOTE_TEXT, value=words, key=key, max_chars=4000)
        with st.container():
            if overtaken:
                who = note.edited_by or note.by
                st.html(
                    f'<p class="iman-locked">{escape(text_remedies.note_changed(who))}</p>'
                    f'<div class="iman-note-text"><p>{escape(note.text)}</p></div>'
                )
        st.button(
            text_remedies.NOTE_REPLACE if overtaken else text_remedies.NOTE_CHANGE,
            key=f"save_{key}", on_click=_change,
            args=(checklist_id, note.id, note.version, of, key),
        )  # fmt: skip


def _begun(of: str, note: NoteView, *, is_open: bool) -> tuple[str, int, str]:
    """The text area's key, and the version and words it began from.

    They are the newest until somebody opens it; then they stay until it is saved or closed as it
    was.
    """
    state, kept = st.session_state, f"iman_begun_{of}"
    key = f"{of}_{state.get(f'iman_turn_{of}', 0)}"
    newest = note.version, note.text
    begun: tuple[int, str] = state.get(kept, newest)
    edited = is_open or state.get(key, begun[1]) != begun[1]
    if begun != newest and not edited:
        doing.pressed(of)  # a new text area, with the newest words
        key, begun = f"{of}_{state[f'iman_turn_{of}']}", newest
    state[kept] = begun
    return key, *begun


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


def _change(checklist_id: int, note: int, version: int, of: str, key: str) -> None:
    words = str(st.session_state.get(key) or "").strip()
    done = doing.attempt(
        _PLACE, lambda client: client.edit_note(checklist_id, note, words, version=version)
    )
    if done is not None:
        st.session_state.pop(f"iman_begun_{of}", None)
        st.session_state[f"pop_{of}"] = False
        doing.pressed(of)


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
