"""The Integration Monitor's own parts: Level 1 and Level 2."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from iman.dashboard import filters, parts, session, text, text_overview
from iman.domain.document import DocumentState, EntryType
from iman.reading.reading import DocumentFilter, Reading

_TALLIES = (
    (DocumentState.FAILED, "failed"),
    (DocumentState.RETRYING, "retrying"),
    (DocumentState.WAITING, "waiting"),
    (DocumentState.PARKED, "parked"),
    (DocumentState.SYNCED, "synced"),
)


def entry_type_cards(
    counts: pd.DataFrame, chosen: EntryType | None, carried: dict[str, str]
) -> None:
    """Level 1: every entry type with its counts by state; each card leads to its list."""
    stays = ("show", "site", "company", "order", "columns")
    kept = {k: v for k, v in carried.items() if k in stays}
    cards = "".join(_card(row, chosen, kept) for row in parts.rows_of(counts))
    st.html(
        f'<nav class="iman-scroll iman-level" aria-label="{text.LEVEL_1}">'
        f'<ul class="iman-kinds">{cards}</ul></nav>'
    )


def _card(row: Any, chosen: EntryType | None, kept: dict[str, str]) -> str:
    kind = EntryType(row.entry_type)
    address = "/monitor?" + urlencode({"type": kind.value, **kept})
    current = ' aria-current="page"' if kind is chosen else ""
    counted = [(state, int(getattr(row, column))) for state, column in _TALLIES]
    tallies = (
        "".join(
            _tally(state, number)
            for state, number in counted
            if number or (state is DocumentState.FAILED and any(n for _, n in counted))
        )
        or f'<span class="iman-tally">{text.NONE_YET}</span>'
    )
    return (
        f'<li><a class="iman-kind" href="{escape(address)}"{current}>'
        f"<strong>{text.entry_types(kind)}</strong>{tallies}</a></li>"
    )


def _tally(state: DocumentState, number: int) -> str:
    """None of a state is good to know and no reason for its colour."""
    tone = f"iman-{state.value}" if number else "iman-none"
    return (
        f'<span class="iman-tally {tone}"><i aria-hidden="true"></i>'
        f"{number:,} {text.STATES[state].lower()}</span>"
    )


def filter_bar(wanted: DocumentFilter, reading: Reading) -> None:
    """What to show; the address holds it."""
    present = {str(name) for name in reading.open_errors()["error_type"].dropna()}
    errors = sorted(present | ({wanted.error_type} if wanted.error_type else set()))
    sites = sorted({*reading.sites(), *([wanted.site] if wanted.site else [])})
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        parts.choice("show", text.FILTER_SHOW, text.SHOW, filters.DEFAULT_SHOW)
        parts.choice("site", text.FILTER_SITE, {"": text.EVERY_SITE, **{s: s for s in sites}}, "")
        named = {name: text.error_type(name) for name in errors}
        parts.choice("error", text.FILTER_ERROR, {"": text.EVERY_ERROR, **named}, "")
        parts.choice("order", text.FILTER_ORDER, text.ORDERS, filters.DEFAULT_ORDER)
        search_box()
    if said := narrowed(wanted):
        kind = wanted.entry_type.value if wanted.entry_type else filters.ALL_TYPES
        clear = parts.inside("monitor", text.FILTER_CLEAR, "iman-button", type=kind)
        st.html(f'<p class="iman-title">{escape(said)}{clear}</p>')


def narrowed(wanted: DocumentFilter) -> str:
    """What the boxes do not show of a filter, in words."""
    zone, now = session.zone(), session.now()
    told = [text.cause(wanted.error_type, wanted.entity)] if wanted.entity else []
    if wanted.company:
        told.append(text_overview.of_company(wanted.company))
    if wanted.dated_to:
        told.append(text_overview.dated_to(wanted.dated_to))
    if wanted.began_from or wanted.began_to:
        told.append(text_overview.began(wanted.began_from, wanted.began_to, zone, now))
    if wanted.refused:
        told.append(text_overview.refused(wanted.refused, zone, now))
    return "; ".join(told)


def search_box() -> None:
    parts.from_address("q", "")
    st.text_input(
        text.FILTER_SEARCH,
        key="q",
        type="search",
        placeholder=text.FILTER_SEARCH_HINT,
        max_chars=200,
        width=250,
        on_change=parts.to_address,
        args=("q", ""),
    )


def none_found(wanted: DocumentFilter) -> None:
    plain = not (wanted.search or wanted.site or wanted.error_type or narrowed(wanted))
    if plain and wanted.states == filters.SHOW[filters.DEFAULT_SHOW]:
        parts.empty(text.NOTHING_NEEDS_ATTENTION, text.NOTHING_NEEDS_ATTENTION_HINT, css="good")
    else:
        parts.empty(text.NO_MATCH, text.NO_LISTED_HINT)
