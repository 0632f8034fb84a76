"""What a press of a button does about a remedy: one call, and a word about what came of it."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from iman.api.remedies_client import RemediesClient
from iman.dashboard import parts, session, text_remedies
from iman.domain.people import Permission
from iman.errors import ImanError

T = TypeVar("T")


def attempt(place: str, action: Callable[[RemediesClient], T], said: str = "") -> T | None:
    """Do it; what the API says against it is told at *place*. None then."""
    try:
        done = session.remedy(action)
    except ImanError as exc:
        parts.tell(place, str(exc), bad=True)
        return None
    parts.tell(place, said)
    return done


def written(key: str, place: str) -> str:
    """The reason somebody typed; tells them at *place* when there is none."""
    words = str(st.session_state.get(key) or "").strip()
    if not words:
        parts.tell(place, text_remedies.REASON_NEEDED, bad=True)
    return words


def request_id(of: str) -> str:
    """The same for a second press of the same button, until ``finished``."""
    found: str = st.session_state.setdefault(f"iman_request_{of}", uuid.uuid4().hex)
    return found


def key_for(of: str, stored: object) -> str:
    """The key of a widget that shows what the daemon holds, whoever put it there.

    What is stored is part of it: a browser that has not heard of a change sends the old value once
    more, and under the same key that would be taken for the person's wish to have it back.
    Streamlit also calls ``on_change`` of a widget that is new, so that has to be seen for what it
    is: under its key nothing but a person makes the value another one than the stored.
    """
    turn = st.session_state.get(f"iman_turn_{of}", 0)
    return f"{of}_{zlib.crc32(repr(stored).encode()):x}_{turn}"


def pressed(of: str) -> None:
    """The widget of *of* starts anew from what is stored, also where the daemon refuses."""
    key = f"iman_turn_{of}"
    st.session_state[key] = st.session_state.get(key, 0) + 1


def finished(of: str, *inputs: str) -> None:
    """The next press is another request; what was typed is used up."""
    st.session_state.pop(f"iman_request_{of}", None)
    for key in inputs:
        st.session_state[key] = ""


def hindrance(permission: Permission, otherwise: str) -> str:
    """Why this person cannot do it now; empty when they can."""
    if not session.may(permission):
        return otherwise
    return "" if session.reading().status().available else text_remedies.AWAY


def go(page: str, **params: object) -> None:
    """From a button's handler: the page changes when the script comes round."""
    st.session_state["iman_go"] = (page, {name: str(value) for name, value in params.items()})


def gone() -> None:
    """Follow what ``go`` asked for."""
    if asked := st.session_state.pop("iman_go", None):
        page, params = asked
        st.switch_page(page, query_params=params)
