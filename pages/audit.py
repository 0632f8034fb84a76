"""Who did what, when, why, and was it allowed? For administrators."""

import streamlit as st

from iman.dashboard import audit, parts, session, text, text_daemon
from iman.domain.people import Permission

session.require(Permission.VIEW_AUDIT)
parts.title_row(text.AUDIT)


def trail() -> None:
    events = session.reading().audit(limit=audit.MOST)
    audit.listed(audit.matching(events, wanted), wanted)


with st.container(border=True, key="card_audit"):
    parts.heading(text_daemon.AUDIT_TITLE)
    wanted = audit.filter_bar(session.reading().audit(limit=audit.MOST))
    parts.live(5, trail)
    parts.answering(audit.proof)
