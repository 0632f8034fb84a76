"""Who am I here, what may I, and how do I change my password? For everybody."""

import streamlit as st

from iman.dashboard import account, parts, session, text_people, text_sign_on

parts.title_row(text_people.ACCOUNT)
me = session.me()

with st.container(border=True, key="card_account"):
    account.mine(me)

if me.single_sign_on and session.provider_name():
    with st.container(border=True, key="card_single_sign_on"):
        parts.heading(text_sign_on.ACCOUNT)
        account.through_provider()
elif not me.single_sign_on:
    with st.container(border=True, key="card_password"):
        parts.heading(text_people.PASSWORD_CHANGE)
        account.password_form()

with st.container(border=True, key="card_sessions"):
    parts.heading(text_people.SESSIONS)
    account.sessions()
