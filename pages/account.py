"""Who am I here, what may I, and how do I change my password? For everybody."""

import streamlit as st

from iman.dashboard import account, parts, session, text_people

parts.title_row(text_people.ACCOUNT)

with st.container(border=True, key="card_account"):
    account.mine(session.me())

with st.container(border=True, key="card_password"):
    parts.heading(text_people.PASSWORD_CHANGE)
    account.password_form()

with st.container(border=True, key="card_sessions"):
    parts.heading(text_people.SESSIONS)
    account.sessions()
