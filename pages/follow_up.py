"""What did remedies leave for later, since when, and whose is it?"""

import streamlit as st

from iman.dashboard import follow_up, parts, session, text, text_remedies

with parts.title_row(text.FOLLOW_UP):
    parts.live(3, parts.freshness)


def verdict() -> None:
    follow_up.verdict(session.remedies().follow_ups())


def listed() -> None:
    follow_up.listed(session.remedies().follow_ups())


parts.live(3, verdict)
with st.container(border=True, key="card_follow_up"):
    parts.heading(text_remedies.FOLLOW_UP_TITLE)
    parts.live(3, listed)
