"""What happened to this one document, what happens next, and what may I do?"""

import streamlit as st

from iman.dashboard import culprits, document, filters, parts, session, text

document_id = document.id_in_address()
carried = filters.carried(st.query_params.to_dict())
if document_id is None:
    parts.title_row(text.DOCUMENT)
    document.finder()
    st.stop()

now = document.get(document_id).document
with parts.title_row(text.document_title(now.entry_type, now.number)):
    document.way_around(document_id, carried)


def story(was_at_rest: bool) -> None:
    detail = session.reading().document(document_id)
    found = session.remedies().culprits(document_id)
    if document.at_rest(detail.document) != was_at_rest:
        st.rerun()  # it refreshes faster while something is going on
    with st.container(border=True, key="card_next"):
        document.heading(detail.document)
    if detail.document.error_text:
        with st.container(border=True, key="card_error"):
            parts.heading(text.error_heading(detail.document))
            document.error(detail.document)
    if found.culprits or found.cause_id is not None:
        with st.container(border=True, key="card_culprit"):
            culprits.card(detail.document, found)
    with st.container(border=True, key="card_facts"):
        document.facts(detail.document)
    with st.container(border=True, key="card_lines"):
        guilty = culprits.guilty_lines(found)
        document.lines(detail.document.lines, detail.document.currency, guilty)
    with st.container(border=True, key="card_attempts"):
        document.attempts(detail)
        document.resyncs(detail)


parts.live(2 if document.at_rest(now) else 1, story, document.at_rest(now))
