"""The overview's charts of what happened in the period."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from iman.dashboard import (
    backend,
    bars,
    charts,
    drill,
    export,
    parts,
    period,
    session,
    text,
    text_overview,
    week,
)
from iman.dashboard.bars import Bar
from iman.dashboard.overview import named
from iman.dashboard.parts import Column
from iman.dashboard.period import Period
from iman.reading.reading import Scope


def trend(failures: pd.DataFrame, marks: pd.DataFrame, of: Period, scope: Scope) -> None:
    """Drawn without a refusal too: what happened meanwhile stands on the same axis."""
    axis, now = period.axis(of.window, session.now()), session.now()
    figure = charts.failure_trend(
        failures, axis, marks=marks, now=now.replace(minute=0, second=0, microsecond=0),
        address=partial(drill.refused_behind, scope, of),
    )  # fmt: skip
    drill.chart("trend", figure, charts.describe_trend(failures, of.words))
    if failures.empty and marks.empty:
        return
    ends = dict(zip(axis.buckets, range(len(axis.buckets)), strict=True))

    def opened(row: Any) -> str:
        place = ends.get(pd.Timestamp(row.bucket))
        until = axis.end_of(place) if place is not None else of.until
        return drill.refused_behind(scope, of, error=row.error_type, since=row.bucket, until=until)

    shown = failures.assign(called=[text.error_type(one) for one in failures["error_type"]])
    columns = [
        Column(title="From", cell=lambda r: _bucket(r.bucket, axis), css="iman-tight"),
        Column(
            title="Error type", cell=lambda r: drill.linked(r.called, opened(r)), css="iman-wide"
        ),
        drill.counted("Refused", "failures"),
    ]

    def listed() -> None:
        if not shown.empty:
            parts.table(text_overview.NUMBERS, columns, parts.rows_of(shown))
        if not marks.empty:
            _listed_marks(marks)
        export.button("failures", lambda: drill.in_words(shown), named(scope, window=of.words))

    drill.numbers("failures", listed)


def _listed_marks(marks: pd.DataFrame) -> None:
    zone, now = session.zone(), session.now()

    def what(row: Any) -> str:
        words = charts.mark_words(vars(row))
        if row.kind == "cause_resolved":
            return parts.inside("causes", words, id=row.id)
        return parts.inside("setups", words) if row.kind == "setup_fixed" else parts.plain(words)

    parts.table(
        text_overview.MARKS,
        [
            Column(title="At", cell=lambda r: text.moment(r.at, zone, now), css="iman-tight"),
            Column(
                title="Until", css="iman-tight",
                cell=lambda r: text.moment(r.ended_at, zone, now) if r.ended_at else "–",
            ),
            Column(title=text_overview.MARKS, cell=what, css="iman-wide"),
        ],
        parts.rows_of(marks.head(50)),
    )  # fmt: skip


def met(found: pd.DataFrame, currency: str, of: Period, scope: Scope) -> None:
    if found.empty:
        parts.empty(text.NOTHING_FAILED, text_overview.NO_REFUSALS_HINT, css="good")
        return
    head = list(parts.rows_of(found.head(8)))
    names = [text.cause(row.error_type, row.entity) for row in head]
    drawn = [
        Bar(
            name=name, value=float(row.documents), address=f"/causes?id={row.id}", colour=1,
            told=(text.count(int(row.documents), "document"), text.money(row.amount, currency)),
        )
        for name, row in zip(names, head, strict=True)
    ]  # fmt: skip
    st.html(bars.ranked(drawn, text_overview.met_title(of.words)))

    def cause(row: Any) -> str:
        return parts.inside("causes", text.cause(row.error_type, row.entity), id=row.id)

    def still(row: Any) -> str:
        return parts.lamp("failed", "Open") if row.is_open else parts.lamp("synced", "Resolved")

    def listed() -> None:
        parts.table(
            text_overview.NUMBERS,
            [
                Column(title="Cause", cell=cause, css="iman-wide"),
                Column(title="Now", cell=still, css="iman-tight"),
                drill.counted("Documents", "documents"),
                drill.amount("Amount", currency),
            ],
            parts.rows_of(found),
        )
        frame = drill.called(found)
        export.button("commonest-causes", lambda: frame, named(scope, window=of.words))

    drill.numbers("met", listed)


def busy(found: pd.DataFrame, of: Period, scope: Scope) -> None:
    if found.empty:
        parts.empty(text.NOTHING_FAILED, text_overview.NO_REFUSALS_HINT, css="good")
        return
    rows = [(int(r.weekday), int(r.hour), int(r.refused)) for r in parts.rows_of(found)]
    cells = {(weekday, hour): n for weekday, hour, n in rows}
    address = partial(drill.refused_behind, scope, of)
    st.html(week.heat_map(cells, address, text_overview.busiest(rows)))

    def when(row: Any) -> str:
        words = f"{text_overview.WEEKDAY_NAMES[row.weekday - 1]}, {row.hour:02}:00"
        return drill.linked(words, address(weekday=row.weekday, hour=row.hour))

    def listed() -> None:
        parts.table(
            text_overview.NUMBERS,
            [
                Column(title="Weekday and hour", cell=when, css="iman-wide"),
                drill.counted("Refused", "refused"),
            ],
            parts.rows_of(found.sort_values("refused", ascending=False, kind="stable").head(50)),
        )
        export.button("hours-of-the-week", lambda: found, named(scope, window=of.words))

    drill.numbers("busy", listed)


def effort(
    retries: pd.DataFrame, synced: int, synced_before: int, of: Period, scope: Scope
) -> None:
    """Hours saved, by a formula that is told; retries that could not help, by error type."""
    minutes = backend.settings().minutes_by_hand
    useless = retries[~retries["transient"].astype(bool)] if len(retries) else retries
    vain, vain_before = int(useless["attempts"].sum()), int(useless["previous_attempts"].sum())
    saved_before = text_overview.hours_saved(synced_before, minutes)
    parts.figures(
        [
            parts.Figure(
                label="Hours saved",
                value=text_overview.hours_saved(synced, minutes),
                detail=f"{saved_before} in {of.before}",
                means=text_overview.hours_saved_how(synced, minutes),
            ),
            parts.Figure(
                label="Useless retries",
                value=text.number(vain),
                detail=text_overview.useless_change(vain, vain_before, of.before),
                means=text_overview.useless_how(int(retries["attempts"].sum())),
                tone="bad" if vain else "good",
            ),
        ]
    )
    here = retries[retries["attempts"] > 0]
    if here.empty:
        parts.empty(text_overview.NO_RETRIES, text_overview.NO_RETRIES_HINT, css="good")
        return
    rows = list(parts.rows_of(here))
    names = [text.error_type(row.error_type) for row in rows]
    there = [drill.refused_behind(scope, of, error=row.error_type) for row in rows]
    drawn = [
        Bar(
            name=name, value=float(row.attempts), address=to, colour=3 if row.transient else 2,
            told=(f"{row.attempts:,}", text_overview.TRANSIENT[bool(row.transient)]),
        )
        for name, row, to in zip(names, rows, there, strict=True)
    ][:6]  # fmt: skip
    st.html(bars.ranked(drawn, text_overview.RETRIES))
    shown = here.assign(called=names, address=there)

    def listed() -> None:
        parts.table(
            text_overview.NUMBERS,
            [
                Column(
                    title="Error type", css="iman-wide",
                    cell=lambda r: drill.linked(r.called, r.address),
                ),
                Column(title="Retrying", cell=lambda r: text_overview.TRANSIENT[bool(r.transient)]),
                drill.counted("Refused retries", "attempts"),
                drill.counted("The time before", "previous_attempts"),
            ],
            parts.rows_of(shown),
        )  # fmt: skip
        export.button("retries", lambda: drill.in_words(shown), named(scope, window=of.words))

    drill.numbers("retries", listed)


def _bucket(at: datetime, axis: period.Axis) -> str:
    here = at.astimezone(session.zone())
    return f"{text.day(here.date())}, {here:%H:%M}" if axis.hourly else text.day(here.date())
