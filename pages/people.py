"""Who may sign in, as what, and of what do they see? Which scripts have a token? For admins."""

import streamlit as st

from iman.dashboard import parts, people, service_tokens, session, text, text_people
from iman.domain.people import Permission

session.require(Permission.MANAGE_USERS)
parts.title_row(text.PEOPLE)

with st.container(border=True, key="card_people"):
    parts.heading(text.PEOPLE_TITLE)
    parts.answering(lambda: people.listed(session.people().users()))

with st.container(border=True, key="card_add"):
    parts.heading(text.PEOPLE_ADD)
    people.add_form()

with st.container(border=True, key="card_change"):
    parts.heading(text_people.CHANGE)
    parts.answering(lambda: people.change_form(session.people().users()))

with st.container(border=True, key="card_tokens"):
    parts.heading(text_people.TOKENS)
    parts.answering(lambda: service_tokens.listed(session.people().tokens()))
    parts.answering(lambda: service_tokens.revoke_form(session.people().tokens()))
    service_tokens.make_form()
