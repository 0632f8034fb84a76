"""The Integration Monitor's own parts: Level 1 and Level 2."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from iman.dashboard import filters, parts, session, text, text_overview
from iman.dashboard.parts import Column
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
    kept = {k: v for k, v in carried.items() if k in ("show", "site", "company", "order")}
    cards = "".join(_card(row, chosen, kept) for row in parts.rows_of(counts))
    st.html(f'<nav aria-label="{text.LEVEL_1}"><ul class="iman-kinds">{cards}</ul></nav>')


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


def listed(frame: pd.DataFrame, carried: dict[str, str]) -> None:
    """Level 2: one row per document, with a link into byondpro and one to its own page."""
    zone, now = session.zone(), session.now()
    currencies = set(frame["currency"].dropna())
    unit = f" ({currencies.pop()})" if len(currencies) == 1 else ""

    def state(row: Any) -> str:
        used = text.attempts_used(row.attempt, row.max_attempts)
        chip = parts.chip(DocumentState(row.state))
        return f"<div>{chip}<small>{used}</small></div>"

    def document(row: Any) -> str:
        link = parts.inside("document", row.number, "iman-open", id=row.id, **carried)
        return f"<div>{link}<small>{text.day(row.document_date)}</small></div>"

    def amount(row: Any) -> str:
        return escape(text.money(row.amount, "" if unit else row.currency))

    def said(row: Any) -> str:
        if row.state == DocumentState.WAITING and row.parent:
            return f"{text.WAITS_FOR} {parts.document_link(row.parent)}"
        if row.error:
            return f'<span class="iman-error">{escape(row.error)}</span>'
        return f"{text.IN_SAGE_AS} {escape(row.erp_reference)}" if row.erp_reference else "–"

    def at(moment: Any) -> str:
        clock, date = text.moment_in_two(moment, zone, now)
        return f"<div>{clock}<small>{date}</small></div>" if date else clock

    def customer(row: Any) -> str:
        return _two(row.customer_name, " · ".join(filter(None, (row.customer, row.site))))

    parts.table(
        text.LEVEL_2,
        [
            Column(title="State", cell=state, css="iman-tight"),
            Column(
                title="Booking",
                cell=lambda r: parts.outside(r.booking_url, r.booking or "–"),
                css="iman-tight",
            ),
            Column(title="Document", cell=document, css="iman-tight"),
            Column(title="Customer, site", cell=customer, css="iman-medium"),
            Column(
                title="Terms",
                cell=lambda r: _two(r.terms_code, r.terms_description),
                css="iman-terms",
            ),
            Column(title=f"Amount{unit}", cell=amount, css="iman-number"),
            Column(title="What Sage 300 said", cell=said, css="iman-wide"),
            Column(title="First failed", cell=lambda r: at(r.first_failed_at), css="iman-tight"),
            Column(title="Next try", cell=lambda r: at(r.next_try_at), css="iman-tight"),
        ],
        parts.rows_of(frame),
    )


def none_found(wanted: DocumentFilter) -> None:
    plain = not (wanted.search or wanted.site or wanted.error_type or narrowed(wanted))
    if plain and wanted.states == filters.SHOW[filters.DEFAULT_SHOW]:
        parts.empty(text.NOTHING_NEEDS_ATTENTION, text.NOTHING_NEEDS_ATTENTION_HINT, css="good")
    else:
        parts.empty(text.NO_MATCH, text.NO_MATCH_HINT)


def _two(first: Any, second: Any) -> str:
    """A value with its explanation below."""
    if not first and not second:
        return "–"
    return f"<div>{escape(first or '–')}<small>{escape(second or '')}</small></div>"
