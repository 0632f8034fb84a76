"""The People page's own parts."""

from __future__ import annotations

from html import escape

import streamlit as st
from pydantic import ValidationError

from iman.api.wire import User
from iman.dashboard import export, parts, session, text
from iman.dashboard.parts import Column
from iman.domain.people import Role
from iman.errors import ImanError


def listed(users: list[User]) -> None:
    zone, now = session.zone(), session.now()
    parts.table(
        text.PEOPLE_TITLE,
        [
            Column(title="Name", cell=lambda u: f"<strong>{escape(u.name)}</strong>"),
            Column(title="Role", cell=lambda u: text.ROLES[u.role]),
            Column(title="May", cell=lambda u: text.ROLE_MAY[u.role], css="iman-wide"),
            Column(
                title="Since",
                cell=lambda u: text.moment(u.created_at, zone, now),
                css="iman-tight",
            ),
        ],
        users,
    )
    export.button("people", lambda: export.of_models(users))


def add_form() -> None:
    there = session.reading().status().available
    with st.form("add_person", border=False):
        name, password, role = st.columns(3)
        name.text_input(text.SIGN_IN_NAME, key="person_name", max_chars=80)
        password.text_input(
            text.PERSON_PASSWORD,
            type="password",
            key="person_password",
            max_chars=200,
            autocomplete="new-password",
        )
        role.selectbox(
            text.PERSON_ROLE, list(Role), format_func=lambda r: text.ROLES[r], key="person_role"
        )
        st.form_submit_button(
            text.PEOPLE_ADD,
            type="primary",
            on_click=_add,
            disabled=not there,
            help=None if there else text.AWAY_NO_CHANGE,
        )
    _told()


def _add() -> None:
    state = st.session_state
    name = state["person_name"].strip()
    try:
        session.add_user(name, state["person_password"], state["person_role"].value)
    except ValidationError:
        state["iman_people_told"] = ("bad", text.PERSON_NOT_VALID)
    except ImanError as exc:
        state["iman_people_told"] = ("bad", str(exc))
    else:
        state["iman_people_told"] = ("good", text.person_added(name))
        state["person_name"] = state["person_password"] = ""


def _told() -> None:
    tone, words = st.session_state.pop("iman_people_told", ("", ""))
    if tone == "bad":
        parts.problem(words)
    elif tone:
        parts.done(words)
