"""Who may sign in, and as what? For administrators."""

import streamlit as st

from iman.dashboard import parts, people, session, text
from iman.domain.people import Permission

session.require(Permission.MANAGE_USERS)
parts.title_row(text.PEOPLE)

with st.container(border=True, key="card_people"):
    parts.heading(text.PEOPLE_TITLE)
    parts.answering(lambda: people.listed(session.users()))

with st.container(border=True, key="card_add"):
    parts.heading(text.PEOPLE_ADD)
    people.add_form()
