"""The People page's own parts: who may sign in, and of what they see."""

from __future__ import annotations

from html import escape

import streamlit as st
from pydantic import ValidationError

from iman.api.wire_people import NewUser, User, UserChange
from iman.dashboard import export, parts, session, text
from iman.dashboard import text_people as words
from iman.dashboard.parts import Column
from iman.domain.people import Reach, Role
from iman.errors import ImanError

_PLACE = "people"


def listed(users: list[User]) -> None:
    zone, now = session.zone(), session.now()

    def standing(one: User) -> str:
        if not one.active:
            return parts.lamp("parked", words.INACTIVE)
        must = one.must_change_password and not one.single_sign_on
        lamp = parts.lamp("retrying", words.ONE_TIME) if must else ""
        lamp = lamp or parts.lamp("synced", words.ACTIVE)
        if one.single_sign_on:
            lamp += f"<small>{words.THROUGH_PROVIDER}</small>"
        if one.wrong_passwords and one.wrong_at is not None:
            since = text.moment(one.wrong_at, zone, now)
            lamp += f"<small>{escape(words.wrong_passwords(one.wrong_passwords, since))}</small>"
        return lamp

    def signed_in(one: User) -> str:
        moment = one.signed_in_at
        return text.moment(moment, zone, now) if moment is not None else words.NEVER

    parts.table(
        text.PEOPLE_TITLE,
        [
            Column(title="Name", cell=lambda u: f"<strong>{escape(u.name)}</strong>"),
            Column(title="Role", cell=lambda u: words.ROLES[u.role]),
            Column(title=words.SEES, cell=lambda u: escape(words.sees(reach_of(u)))),
            Column(title=words.STANDING, cell=standing),
            Column(title="May", cell=lambda u: text.ROLE_MAY[u.role], css="iman-wide"),
            Column(title=words.SIGNED_IN, cell=signed_in, css="iman-tight"),
        ],
        users,
    )
    export.button("people", lambda: export.of_models(users))


def reach_of(one: User) -> Reach:
    return Reach(companies=tuple(one.companies), sites=tuple(one.sites))


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
        limits("person", Reach())
        st.form_submit_button(
            text.PEOPLE_ADD,
            type="primary",
            on_click=_add,
            disabled=not there,
            help=None if there else text.AWAY_NO_CHANGE,
        )
    parts.told("people_added")


def limits(of: str, now: Reach) -> None:
    """The two choices of companies and sites; ``chosen`` reads them."""
    companies, sites = st.columns(2)
    reading = session.reading()
    known = (
        (companies, "companies", words.COMPANIES, reading.companies(), now.companies),
        (sites, "sites", words.SITES, reading.sites(), now.sites),
    )
    for column, name, label, codes, chosen in known:
        column.multiselect(
            label,
            sorted({*codes, *chosen}),
            default=list(chosen),
            key=f"{of}_{name}",
            placeholder=words.ALL,
            accept_new_options=True,
            help=words.LIMIT_HELP,
        )


def chosen(of: str) -> dict[str, list[str]]:
    return {name: list(st.session_state[f"{of}_{name}"]) for name in ("companies", "sites")}


def change_form(users: list[User]) -> None:
    """Role, limits and whether they may sign in; a one-time password; signing out everywhere."""
    there = session.reading().status().available
    why = None if there else text.AWAY_NO_CHANGE
    by_name = {one.name: one for one in users}
    name = str(st.selectbox(words.CHANGE_WHO, list(by_name), key="change_who"))
    one = by_name[name]
    with st.form(f"change_{name}", border=False):
        st.selectbox(
            text.PERSON_ROLE, list(Role), index=list(Role).index(one.role),
            format_func=lambda r: text.ROLES[r], key=f"change_{name}_role",
        )  # fmt: skip
        limits(f"change_{name}", reach_of(one))
        st.toggle(words.CHANGE_ACTIVE, value=one.active, key=f"change_{name}_active")
        if one.single_sign_on or session.provider_name():
            st.toggle(
                words.SINGLE_SIGN_ON, value=one.single_sign_on, key=f"change_{name}_sso",
                help=words.SINGLE_SIGN_ON_HELP,
            )  # fmt: skip
        st.form_submit_button(
            words.CHANGE_SAVE, type="primary", on_click=_change, args=(one,),
            disabled=not there, help=why,
        )  # fmt: skip
    with st.container(horizontal=True, key="person_actions"):
        st.button(
            words.RESET, icon=":material/password:", key=f"reset_{name}", on_click=_reset,
            args=(name,), disabled=not there or one.single_sign_on,
            help=why or (words.NO_PASSWORD if one.single_sign_on else words.RESET_HELP),
        )  # fmt: skip
        st.button(
            words.SIGN_OUT_EVERYWHERE, icon=":material/logout:", key=f"out_{name}",
            on_click=_sign_out, args=(name,), disabled=not there, help=why,
        )  # fmt: skip
    parts.told(_PLACE)


def _add() -> None:
    state = st.session_state
    name = state["person_name"].strip()
    try:
        wanted = NewUser.model_validate(
            {
                "name": name, "password": state["person_password"],
                "role": state["person_role"], **chosen("person"),
            }
        )  # fmt: skip
        session.people().add_user(wanted)
    except ValidationError:
        parts.tell("people_added", text.PERSON_NOT_VALID, bad=True)
    except ImanError as exc:
        parts.tell("people_added", str(exc), bad=True)
    else:
        parts.tell("people_added", text.person_added(name))
        state["person_name"] = state["person_password"] = ""


def _change(one: User) -> None:
    state, name = st.session_state, one.name
    through = state.get(f"change_{name}_sso", one.single_sign_on)
    try:
        wanted = UserChange.model_validate(
            {
                "role": state[f"change_{name}_role"], "active": state[f"change_{name}_active"],
                # only a change of it: it takes the password away and ends the sessions
                "single_sign_on": None if through == one.single_sign_on else through,
                **chosen(f"change_{name}"),
            }
        )  # fmt: skip
        session.people().change_user(name, wanted)
    except (ImanError, ValidationError) as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, words.CHANGED)


def _reset(name: str) -> None:
    try:
        made = session.people().reset_password(name)
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, words.one_time(made.name, made.password))


def _sign_out(name: str) -> None:
    try:
        session.people().end_sessions(name)
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, words.SIGNED_OUT)
