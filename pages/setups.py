"""Which set-ups of byondpro have no place to land in Sage 300, and whom does it hit?"""

import streamlit as st

from iman.dashboard import parts, session, setups, text, text_remedies

with parts.title_row(text.SETUPS):
    setups.compare()


def verdict() -> None:
    found = session.remedies().setup_gaps()
    setups.verdict(found)
    setups.troubles(found)


def listed() -> None:
    setups.listed(session.remedies().setup_gaps(), problem, kind)


parts.live(3, verdict)
with st.container(border=True, key="card_setups"):
    parts.heading(text_remedies.SETUPS_TITLE)
    problem, kind = setups.filter_bar()
    parts.live(3, listed)
