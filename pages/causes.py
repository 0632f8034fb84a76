"""What lies underneath, who looks after it, and what is to be done first?"""

import streamlit as st

from iman.dashboard import causes, parts, session, text, text_remedies

cause_id = causes.id_in_address()


def first() -> None:
    causes.first_thing(session.remedies().causes())


def everything() -> None:
    parts.heading(text_remedies.CAUSES_LIST)
    causes.listed(session.remedies().causes())


def one() -> None:
    detail = session.remedies().cause(cause_id or 0)
    with st.container(border=True, key="card_next"):
        causes.heading(detail)
    causes.body(detail)


if cause_id is None:
    with parts.title_row(text.CAUSES):
        parts.live(2, parts.freshness)
    parts.live(2, first)
    with st.container(border=True, key="card_causes"):
        parts.live(2, everything)
else:
    found = causes.get(cause_id).cause
    with parts.title_row(text.CAUSE):
        st.html(
            parts.inside("causes", text_remedies.ALL_CAUSES, "iman-button")
            + " "
            + causes.to_documents(found)
        )
    parts.live(2, one)
