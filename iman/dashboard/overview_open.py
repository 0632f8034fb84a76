"""The overview's charts of what is not in Sage 300 now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from iman.dashboard import charts, drill, export, filters, parts, text, text_overview
from iman.dashboard.overview import named
from iman.dashboard.parts import Column
from iman.reading.reading import Scope


def pareto(errors: pd.DataFrame, currency: str, scope: Scope) -> None:
    if errors.empty:
        parts.empty(text.NOTHING_OPEN, text.NOTHING_OPEN_HINT, css="good")
        return
    rows = charts.largest(errors)
    alt = text_overview.in_words(rows, currency)
    first = [
        drill.behind(scope, error=row.error_type, entity=row.entity)
        for row in parts.rows_of(errors.sort_values(["amount", "documents"], ascending=False))
    ][: len(rows)]
    if len(errors) > len(rows):
        first[-1] = drill.behind(scope)  # all the others together
    drill.chart("pareto", charts.pareto(rows, currency, first), alt)

    def cause(row: Any) -> str:
        there = drill.behind(scope, error=row.error_type, entity=row.entity)
        return drill.linked(text.cause(row.error_type, row.entity), there)

    with drill.numbers("causes"):
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


def ageing(standing: pd.DataFrame, currency: str, scope: Scope) -> None:
    if standing.empty:
        parts.empty(text_overview.NOTHING_STANDS, text_overview.NOTHING_STANDS_HINT, css="good")
        return
    bands = charts.in_bands(standing)
    there = [drill.behind(scope, age=place) for place in range(len(bands))]
    alt = text_overview.in_words(bands, currency)
    drill.chart("ageing", charts.ageing(bands, currency, there), alt)
    frame = pd.DataFrame(bands, columns=["age", "documents", "amount"]).assign(address=there)
    with drill.numbers("ageing"):
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


def by_site(standing: pd.DataFrame, currency: str, scope: Scope) -> None:
    if standing.empty:
        parts.empty(text_overview.NOTHING_STANDS, text_overview.NOTHING_STANDS_HINT, css="good")
        return
    cells = charts.by_site_and_type(standing)
    told = [(f"{site}, {text.entry_types(kind)}", n, money) for site, kind, n, money in cells]
    figure = charts.by_site(cells, partial(drill.behind, scope))
    drill.chart("by_site", figure, text_overview.in_words(told, currency))
    table = [
        (site, text.entry_types(kind), n, money, drill.behind(scope, site=site, type=kind.value))
        for site, kind, n, money in cells
    ]
    frame = pd.DataFrame(table, columns=["site", "entry_type", "documents", "amount", "address"])
    with drill.numbers("sites"):
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
    labels = [
        f"{text.money(row.amount, currency)}<br>{text.count(row.documents, 'document')}"
        for row in rows
    ]
    figure = charts.ranked(
        [(name, float(row.amount)) for name, row in zip(names, rows, strict=True)][:8],
        labels[:8], there[:8], "#000002",
    )  # fmt: skip
    told = [(n, int(row.documents), row.amount) for n, row in zip(names, rows, strict=True)]
    drill.chart("period_end", figure, text_overview.in_words(told, currency))
    shown = found.assign(address=there, called=names)
    with drill.numbers("period_end"):
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


def _missing(row: Any) -> str:
    state = text.state(row.state)
    return f"{state}: {text.cause(row.error_type, row.entity)}" if row.error_type else state


def _shows(state: str) -> str:
    """The monitor's choice that holds documents of *state*."""
    for name in ("failed", "retrying", "unknown", "waiting", "parked"):
        if state in {one.value for one in filters.SHOW[name]}:
            return name
    return "open"
