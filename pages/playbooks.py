"""What is the written remedy of each kind of error, and who changed it?"""

import streamlit as st

from iman.dashboard import (
    parts,
    playbook_draft,
    playbook_form,
    playbooks,
    session,
    text,
    text_playbooks,
)

error_type = st.query_params.get("type", "")


def every() -> None:
    playbooks.listed(session.remedies().playbooks())


if not error_type:
    with parts.title_row(text.PLAYBOOKS):
        parts.live(3, parts.freshness)
    with st.container(border=True, key="card_playbooks"):
        parts.heading(text_playbooks.LIST_TITLE)
        parts.live(3, every)
    st.stop()

found = playbooks.get(error_type)
with parts.title_row(text_playbooks.PLAYBOOK):
    st.html(parts.inside("playbooks", text_playbooks.ALL_PLAYBOOKS, "iman-button"))
draft = None if playbooks.closed() else playbook_draft.get(error_type)
if draft is not None:
    with st.container(border=True, key="card_edit"):
        playbook_form.editor(found, draft)
        parts.told("playbooks")
else:
    with st.container(border=True, key="card_playbook"):
        playbooks.heading(found)
        playbooks.shown(found.playbook)
with st.container(border=True, key="card_versions"):
    playbooks.versions(found, session.remedies().playbook_edits(error_type))
