"""One's own account: what one may, the password, one's sessions."""

from __future__ import annotations

from html import escape

import streamlit as st
from pydantic import ValidationError

from iman.api.wire import Me
from iman.dashboard import parts, session, text, text_sign_on
from iman.dashboard import text_people as words
from iman.dashboard.single_sign_on import PROVIDER
from iman.errors import ImanError, NotSignedIn

_PLACE = "account"


def mine(person: Me) -> None:
    if person.notice:
        parts.problem(person.notice)
    zone, now = session.zone(), session.now()
    parts.facts(
        [
            (text.SIGN_IN_NAME, escape(person.name)),
            (text.PERSON_ROLE, words.ROLES.get(person.role, person.role)),
            (words.LIMITED, escape(words.sees(person.reach))),
        ]
    )
    # by itself: an admin's are many, and in a column of four would fill the first screen
    parts.facts([(words.MAY_DO, ", ".join(words.MAY[one] for one in person.permissions))])
    ends = text.moment(person.expires_at, zone, now)
    st.html(f'<p class="iman-quiet">{escape(words.session_ends(ends))}</p>')


def through_provider() -> None:
    """For who signs in by single sign-on: their groups read anew, and the way out of both."""
    name = session.provider_name()
    st.html(f'<p class="iman-quiet">{escape(text_sign_on.groups_say(name))}</p>')
    with st.container(horizontal=True, key="single_sign_on"):
        if st.button(text_sign_on.AGAIN, icon=":material/sync:", key="sign_in_again"):
            st.login(PROVIDER)
        if st.button(
            text_sign_on.OUT_THERE_TOO, icon=":material/logout:", key="sign_out_there_too"
        ):
            session.sign_out()
            st.logout()


def password_form() -> None:
    there = session.reading().status().available
    labels = (
        ("had", words.PASSWORD_HAVE, "current-password"),
        ("new", words.PASSWORD_NEW, "new-password"),
        ("again", words.PASSWORD_AGAIN, "new-password"),
    )
    with st.form("change_password", border=False, clear_on_submit=True):
        for key, label, kept_as in labels:
            st.text_input(
                label, type="password", key=f"password_{key}", max_chars=200, autocomplete=kept_as
            )
        st.form_submit_button(
            words.PASSWORD_CHANGE, type="primary", on_click=_change, disabled=not there,
            help=None if there else text.AWAY_NO_CHANGE,
        )  # fmt: skip
    parts.told(_PLACE)


def sessions() -> None:
    there = session.reading().status().available
    st.html(f'<p class="iman-quiet">{words.SESSIONS_WHY}</p>')
    st.button(
        words.SIGN_OUT_EVERYWHERE, icon=":material/logout:", key="sign_out_everywhere",
        on_click=_sign_out, disabled=not there, help=None if there else text.AWAY_NO_CHANGE,
    )  # fmt: skip


def _change() -> None:
    had, new, again = (st.session_state[f"password_{key}"] for key in ("had", "new", "again"))
    if new != again:
        parts.tell(_PLACE, words.PASSWORDS_DIFFER, bad=True)
        return
    try:
        session.change_password(had, new)
    except ValidationError:
        parts.tell(_PLACE, words.PASSWORD_SHORT, bad=True)
    except NotSignedIn:
        parts.tell(_PLACE, words.PASSWORD_WRONG, bad=True)
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
    else:
        parts.tell(_PLACE, words.PASSWORD_SET)


def _sign_out() -> None:
    try:
        session.sign_out_everywhere()
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
