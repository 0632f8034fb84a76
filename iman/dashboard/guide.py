"""Parts of the page that explains; all of its words are our own, in ``text.py``."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from iman.dashboard import parts, text


def lead(words: str) -> None:
    st.html(f'<p class="iman-quiet">{words}</p>')


def steps(several: Iterable[str]) -> None:
    items = "".join(f"<li><span>{one}</span></li>" for one in several)
    st.html(f'<ol class="iman-steps">{items}</ol>')


def states() -> None:
    items = "".join(
        f"<li>{parts.chip(state)}<span>{text.STATE_MEANINGS[state]}</span></li>"
        for state in text.STATE_MEANINGS
    )
    st.html(f'<ul class="iman-states">{items}</ul>')
