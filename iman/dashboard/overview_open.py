"""The overview's charts of what is not in Sage 300 now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from iman.dashboard import bars, charts, drill, export, filters, parts, text, text_overview
from iman.dashboard.bars import Bar, Part
from iman.dashboard.overview import named
from iman.dashboard.parts import Column
from iman.domain.document import EntryType
from iman.reading.reading import Scope

_BAND_COLOURS = (4, 3, 2, 2, 1)  # the older, the more alarming


def pareto(errors: pd.DataFrame, currency: str, scope: Scope) -> None:
    if errors.empty:
        parts.empty(text.NOTHING_OPEN, text.NOTHING_OPEN_HINT, css="good")
        return
    rows = charts.largest(errors)
    first = [
        drill.behind(scope, error=row.error_type, entity=row.entity)
        for row in parts.rows_of(errors.sort_values(["amount", "documents"], ascending=False))
    ][: len(rows)]
    if len(errors) > len(rows):
        first[-1] = drill.behind(scope)  # all the others together
    drawn = [
        Bar(name=name, value=float(amount), told=(text.money(amount, currency), share), address=to)
        for (name, _, amount), share, to in zip(rows, charts.so_far(rows), first, strict=True)
    ]
    st.html(bars.ranked(drawn, text_overview.PARETO))

    def cause(row: Any) -> str:
        there = drill.behind(scope, error=row.error_type, entity=row.entity)
        return drill.linked(text.cause(row.error_type, row.entity), there)

    def listed() -> None:
        parts.table(
            text_overview.NUMBERS,
            [
                Column(title="Cause", cell=cause, css="iman-wide"),
                drill.counted("Documents", "documents"),
                drill.amount("Amount", currency),
            ],
            parts.rows_of(errors),
        )
        export.button("causes", lambda: drill.called(errors), named(scope))

    drill.numbers("causes", listed)


def ageing(standing: pd.DataFrame, currency: str, scope: Scope) -> None:
    if standing.empty:
        parts.empty(text_overview.NOTHING_STANDS, text_overview.NOTHING_STANDS_HINT, css="good")
        return
    bands = charts.in_bands(standing)
    there = [drill.behind(scope, age=place) for place in range(len(bands))]
    drawn = [
        Bar(
            name=name, value=float(amount), colour=colour, address=to if n else "",
            told=(text.count(n, "document"), *([text.money(amount, currency)] if n else [])),
        )
        for (name, n, amount), colour, to in zip(bands, _BAND_COLOURS, there, strict=True)
    ]  # fmt: skip
    st.html(bars.ranked(drawn, text_overview.AGEING))
    frame = pd.DataFrame(bands, columns=["age", "documents", "amount"]).assign(address=there)

    def listed() -> None:
        parts.table(
            text_overview.NUMBERS,
            [
                Column(title="Age", cell=lambda r: drill.linked(r.age, r.address), css="iman-wide"),
                drill.counted("Documents", "documents"),
                drill.amount("Amount", currency),
            ],
            parts.rows_of(frame),
        )
        export.button("ageing", lambda: frame.drop(columns=["address"]), named(scope))

    drill.numbers("ageing", listed)


def by_site(standing: pd.DataFrame, currency: str, scope: Scope) -> None:
    if standing.empty:
        parts.empty(text_overview.NOTHING_STANDS, text_overview.NOTHING_STANDS_HINT, css="good")
        return
    cells = charts.by_site_and_type(standing)
    order = list(EntryType)
    rows: dict[str, list[Part]] = {}
    for site, kind, n, _ in cells:
        there = drill.behind(scope, site=site, type=kind.value)
        colour = order.index(kind) + 3
        rows.setdefault(site, []).append(
            Part(name=text.entry_types(kind), value=n, address=there, colour=colour)
        )
    st.html(bars.stacked(list(rows.items()), text_overview.BY_SITE))
    table = [
        (site, text.entry_types(kind), n, money, drill.behind(scope, site=site, type=kind.value))
        for site, kind, n, money in cells
    ]
    frame = pd.DataFrame(table, columns=["site", "entry_type", "documents", "amount", "address"])

    def listed() -> None:
        parts.table(
            text_overview.NUMBERS,
            [
                Column(
                    title="Site", cell=lambda r: drill.linked(r.site, r.address), css="iman-tight"
                ),
                Column(title="Entry type", cell=lambda r: parts.plain(r.entry_type)),
                drill.counted("Documents", "documents"),
                drill.amount("Amount", currency),
            ],
            parts.rows_of(frame),
        )
        export.button("sites", lambda: frame.drop(columns=["address"]), named(scope))

    drill.numbers("sites", listed)


def period_end(found: pd.DataFrame, currency: str, scope: Scope, due: date) -> None:
    """What is not in Sage 300 and is dated so far, by state and cause."""
    if found.empty:
        parts.empty(text_overview.NOTHING_MISSES, text_overview.NOTHING_MISSES_HINT, css="good")
        return
    documents = int(found["documents"].sum())
    amount = sum(found["amount"], Decimal())
    rows = list(parts.rows_of(found))
    there = [
        drill.behind(
            scope, due=due.isoformat(), show=_shows(row.state), error=row.error_type,
            entity=row.entity,
        )
        for row in rows
    ]  # fmt: skip
    names = [_missing(row) for row in rows]
    st.html(f'<p class="iman-ask">{text_overview.misses(documents, amount, currency, due)}</p>')
    drawn = [
        Bar(
            name=name, value=float(row.amount), address=to, colour=2,
            told=(text.money(row.amount, currency), text.count(int(row.documents), "document")),
        )
        for name, row, to in zip(names, rows, there, strict=True)
    ][:8]  # fmt: skip
    st.html(bars.ranked(drawn, text_overview.PERIOD_END))
    shown = found.assign(address=there, called=names)

    def listed() -> None:
        parts.table(
            text_overview.NUMBERS,
            [
                Column(title="State", cell=lambda r: parts.state_chip(r.state), css="iman-tight"),
                Column(
                    title="Cause", css="iman-wide",
                    cell=lambda r: drill.linked(drill.cause_of(r), r.address),
                ),
                drill.counted("Documents", "documents"),
                drill.amount("Amount", currency),
                Column(title="Oldest", cell=lambda r: text.day(r.oldest), css="iman-tight"),
            ],
            parts.rows_of(shown),
        )  # fmt: skip
        export.button("period-end", lambda: drill.called(found), named(scope, due=due.isoformat()))

    drill.numbers("period_end", listed)


def _missing(row: Any) -> str:
    state = text.state(row.state)
    return f"{state}: {text.cause(row.error_type, row.entity)}" if row.error_type else state


def _shows(state: str) -> str:
    """The monitor's choice that holds documents of *state*."""
    for name in ("failed", "retrying", "unknown", "waiting", "parked"):
        if state in {one.value for one in filters.SHOW[name]}:
            return name
    return "open"
