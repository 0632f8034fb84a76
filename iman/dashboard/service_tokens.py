"""Service tokens on the People page: made, shown once, revoked."""

from __future__ import annotations

from html import escape

import streamlit as st
from pydantic import ValidationError

from iman.api.wire_people import NewToken, ServiceToken
from iman.dashboard import parts, people, session, text
from iman.dashboard import text_people as words
from iman.dashboard.parts import Column
from iman.domain.people import Permission, Reach
from iman.errors import ImanError

_PLACE = "tokens"
_SHOWN_ONCE = "iman_token_shown_once"


def listed(tokens: list[ServiceToken]) -> None:
    if not tokens:
        parts.empty(words.NO_TOKENS, words.TOKENS_HINT)
        return
    zone, now = session.zone(), session.now()
    parts.table(
        words.TOKENS,
        [
            Column(title="Name", cell=lambda t: f"<strong>{escape(t.name)}</strong>"),
            Column(
                title=words.STANDING,
                cell=lambda t: parts.lamp(*words.revoked(t.revoked_at, t.expires_at, now)),
                css="iman-tight",
            ),
            Column(title="May", cell=lambda t: ", ".join(words.MAY[p] for p in t.permissions)),
            Column(title=words.SEES, cell=lambda t: escape(words.sees(_reach(t)))),
            Column(title=words.MADE_BY, cell=lambda t: escape(t.created_by), css="iman-wide"),
            Column(
                title=words.GOOD_UNTIL,
                cell=lambda t: text.moment(t.expires_at, zone, now),
                css="iman-tight",
            ),
        ],
        tokens,
    )


def make_form() -> None:
    there = session.reading().status().available
    with st.form("make_token", border=False):
        name, days = st.columns([3, 1])
        name.text_input(words.TOKEN_NAME, key="token_name", max_chars=80)
        days.number_input(words.TOKEN_DAYS, 1, 366, 90, key="token_days")
        st.multiselect(
            words.TOKEN_MAY,
            [one for one in Permission if one is not Permission.MANAGE_USERS],
            default=[Permission.VIEW],
            format_func=lambda one: words.MAY[one],
            key="token_may",
        )
        people.limits("token", Reach())
        st.form_submit_button(
            words.TOKEN_MAKE, type="primary", on_click=_make, disabled=not there,
            help=None if there else text.AWAY_NO_CHANGE,
        )  # fmt: skip
    parts.told(_PLACE)
    if shown := st.session_state.pop(_SHOWN_ONCE, ""):
        st.code(shown, language=None)


def revoke_form(tokens: list[ServiceToken]) -> None:
    now = session.now()
    in_force = [one.name for one in tokens if one.revoked_at is None and one.expires_at > now]
    if not in_force:
        return
    there = session.reading().status().available
    with st.container(horizontal=True, vertical_alignment="bottom", key="revoke_token"):
        name = st.selectbox(words.TOKEN_WHICH, in_force, key="token_which")
        st.button(
            words.TOKEN_REVOKE, icon=":material/key_off:", key="token_revoke", on_click=_revoke,
            args=(name,), disabled=not there, help=None if there else text.AWAY_NO_CHANGE,
        )  # fmt: skip


def _make() -> None:
    state = st.session_state
    try:
        wanted = NewToken.model_validate(
            {
                "name": state["token_name"].strip(), "permissions": state["token_may"],
                "days": state["token_days"], **people.chosen("token"),
            }
        )  # fmt: skip
        made = session.people().issue_token(wanted)
    except ValidationError:
        parts.tell(_PLACE, words.NOT_VALID, bad=True)
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, words.TOKEN_ONCE)
        state[_SHOWN_ONCE] = made.token
        state["token_name"] = ""


def _revoke(name: str) -> None:
    try:
        session.people().revoke_token(name)
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, words.TOKEN_REVOKED)


def _reach(one: ServiceToken) -> Reach:
    return Reach(companies=tuple(one.companies), sites=tuple(one.sites))
