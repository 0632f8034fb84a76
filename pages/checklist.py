"""What is to be done next about this cause, by whom, where, and is it done?"""

import streamlit as st

from iman.dashboard import causes, checklist, notes, parts, release, session, steps, text_remedies
from iman.domain.checklist import Phase

checklist_id = parts.whole_number("id")
if checklist_id is None:
    parts.title_row(text_remedies.CHECKLISTS)
    with st.container(border=True, key="card_checklists"):
        parts.heading(text_remedies.WORKED_ON)
        parts.live(3, checklist.listed)
    st.stop()

now = checklist.get(checklist_id)
with parts.title_row(text_remedies.CHECKLIST):
    back = {"id": now.cause_id} if now.cause_id is not None else {}
    st.html(parts.inside("causes", text_remedies.BACK, "iman-button", **back))


def story(given: int) -> None:
    view, currency = session.remedies().checklist(given), causes.currency()
    with st.container(border=True, key="card_next"):
        checklist.heading(view, currency)
    urgent, steps_first = st.container(), not release.urgent(view)
    if view.branches:
        with st.container(border=True, key="card_way"):
            checklist.way(view)
    if view.phase is not Phase.CHOOSING:
        with st.container(border=True, key="card_steps"):
            steps.listed(view)
    with st.container() if steps_first else urgent:
        release.panel(view, currency)
    if view.documents:
        with st.container(border=True, key="card_documents"):
            parts.heading(text_remedies.DOCUMENTS)
            release.documents(view.documents, currency)
            release.file_of(view.id, view.documents)


def told(given: int) -> None:
    parts.heading(text_remedies.NOTES)
    notes.listed(session.remedies().checklist(given))


def past(given: int) -> None:
    checklist.history(session.remedies().checklist(given))


parts.live(2, story, checklist_id)
with st.container(border=True, key="card_notes"):
    parts.live(2, told, checklist_id)
    notes.adding(now)
with st.container(border=True, key="card_managing"):
    parts.heading(text_remedies.MANY)
    checklist.managing(now)
    parts.live(5, past, checklist_id)
