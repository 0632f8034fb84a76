"""The manager's report for a month: one HTML file that needs nothing else, and prints well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd

from iman.api.wire import Durations, Overview
from iman.dashboard import charts, drawing, parts, period, text, text_overview, text_report
from iman.dashboard.look import ASSETS
from iman.dashboard.period import Axis, Period
from iman.domain.document import EntryType
from iman.reading.reading import Reading, Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """All that a report tells, read at one time."""

    of: Period
    scope: Scope
    figures: Overview
    took: Durations
    series: pd.DataFrame
    failures: pd.DataFrame
    met: pd.DataFrame
    retries: pd.DataFrame
    marks: pd.DataFrame
    stood: pd.DataFrame
    missing: pd.DataFrame
    ends: date


def read(reading: Reading, of: Period, scope: Scope, ends: date) -> Month:
    window = of.window
    return Month(
        of=of,
        scope=scope,
        figures=reading.overview(window, scope),
        took=reading.durations(window, scope),
        series=reading.series(window, scope),
        failures=reading.failures(window, scope),
        met=reading.met_causes(window, scope),
        retries=reading.retries(window, scope),
        marks=reading.marks(window),
        stood=reading.history(window, scope),
        missing=reading.period_end(ends, scope),
        ends=ends,
    )


def html(month: Month, *, by: str, minutes: float, now: datetime) -> str:
    """The whole file. Text from outside is escaped; nothing in it asks for anything elsewhere."""
    zone = text.zone_of(month.of.window.zone)
    axis = period.axis(month.of.window, now)
    title = text_report.title(month.ends)
    taken = text_report.taken(now.astimezone(zone), by, zone.key)
    sections = "".join(
        (
            _figures(month, minutes),
            _trend(month, axis),
            _marks(month, zone),
            _met(month),
            _retries(month),
            _missing(month),
        )
    )
    style = (ASSETS / "report.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'\"><style>{style}</style></head><body><main>"
        f"<header><h1>{escape(title)}</h1><p>{escape(_spoken_of(month.scope))}</p>"
        f"<p>{escape(taken)}</p></header>{sections}</main></body></html>"
    )


def _spoken_of(scope: Scope) -> str:
    kind = text.entry_types(EntryType(scope.entry_type)) if scope.entry_type else ""
    said = [scope.company, scope.site, kind]
    return ", ".join(one for one in said if one) or text_report.EVERYTHING


def _figures(month: Month, minutes: float) -> str:
    figures, took = month.figures, month.took
    unit = figures.currency
    useless = sum(
        int(row.attempts) for row in parts.rows_of(month.retries) if not bool(row.transient)
    )
    stood = month.stood.tail(1)
    ended = month.of.window.until is not None
    if ended and not stood.empty:
        last = next(iter(parts.rows_of(stood)))
        failed, opened, amount, when = last.failed, last.documents, last.amount, text_report.AT_END
    elif ended:
        failed, opened, amount, when = None, None, None, text_report.NOT_WRITTEN
    else:
        failed, opened = figures.failed, figures.not_in_sage
        amount, when = figures.not_in_sage_amount, text_report.NOW
    told = [
        ("Synced", text.number(figures.synced), text.money(figures.synced_amount, unit)),
        (
            "First-attempt success",
            text.percent(figures.first_attempt_success),
            text_overview.points_change(
                figures.first_attempt_success, figures.previous_first_attempt_success,
                month.of.before,
            ),
        ),
        (
            "Time to sync",
            text_overview.seconds(took.sync_seconds_median),
            f"p95 {text_overview.seconds(took.sync_seconds_p95)}",
        ),
        (
            "Mean time to remedy",
            text_overview.seconds(took.remedy_seconds_mean),
            text_overview.spread(took.remedy_seconds_median, took.remedy_seconds_p95),
        ),
        ("Failed", "–" if failed is None else text.number(failed), when),
        (
            "Not in Sage 300",
            "–" if opened is None else text.money(amount, unit),
            when if opened is None else f"{text.count(opened, 'document')}, {when}",
        ),
        (
            "Hours saved",
            text_overview.hours_saved(figures.synced, minutes),
            text_overview.hours_saved_how(figures.synced, minutes),
        ),
        ("Useless retries", text.number(useless), text_overview.MEANS_USELESS),
    ]  # fmt: skip
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd><dd>{escape(detail)}</dd></div>"
        for name, value, detail in told
    )
    return f"<section><h2>{text_report.FIGURES}</h2><dl>{cells}</dl></section>"


def _trend(month: Month, axis: Axis) -> str:
    heading = text_overview.trend_title(month.of.words)
    if month.failures.empty:
        return _section(heading, f"<p>{text.NOTHING_FAILED}</p>")
    kinds = charts.in_order(month.failures)
    counts = {
        kind: [
            int(n)
            for n in month.failures[month.failures["error_type"].fillna("") == kind]
            .set_index("bucket")["failures"]
            .reindex(axis.buckets, fill_value=0)
        ]
        for kind in kinds
    }
    labels = [text.day(at.date(), month.ends) for at in axis.shown]
    named = {text.error_type(kind): values for kind, values in counts.items()}
    alt = charts.describe_trend(month.failures, month.of.words)
    total = [(name, text.number(sum(values))) for name, values in named.items()]
    return _section(
        heading, drawing.stacked(named, labels, alt) + _table(["Error type", "Refused"], total, 1)
    )


def _marks(month: Month, zone: Any) -> str:
    if month.marks.empty:
        return ""
    rows = [
        (
            text.moment(row.at, zone, row.at.replace(year=row.at.year + 1)),
            charts.mark_words(vars(row)),
        )
        for row in parts.rows_of(month.marks.head(40))
    ]
    return _section(text_overview.MARKS, _table(["At", text_overview.MARKS], rows, None))


def _met(month: Month) -> str:
    heading = text_overview.met_title(month.of.words)
    if month.met.empty:
        return _section(heading, f"<p>{text.NOTHING_FAILED}</p>")
    rows = [
        (
            text.cause(row.error_type, row.entity), text.number(int(row.documents)),
            text.money(row.amount, month.figures.currency),
            text_report.OPEN if row.is_open else text_report.RESOLVED,
        )
        for row in parts.rows_of(month.met.head(15))
    ]  # fmt: skip
    bars = [(row[0], float(n)) for row, n in zip(rows[:8], month.met["documents"], strict=False)]
    table = _table(["Cause", "Documents", "Amount", "Now"], rows, 1)
    return _section(heading, drawing.lying(bars, heading) + table)


def _retries(month: Month) -> str:
    here = [row for row in parts.rows_of(month.retries) if row.attempts]
    if not here:
        return ""
    rows = [
        (
            text.error_type(row.error_type), text.number(int(row.attempts)),
            text_overview.TRANSIENT[bool(row.transient)],
        )
        for row in here
    ]  # fmt: skip
    return _section(text_report.RETRIES, _table(["Error type", "Refused retries", ""], rows, 1))


def _missing(month: Month) -> str:
    heading = text_report.missing(month.ends)
    if month.missing.empty:
        return _section(heading, f"<p>{text_overview.NOTHING_MISSES}</p>")
    unit = month.figures.currency
    rows = [
        (
            text.state(row.state),
            text.cause(row.error_type, row.entity) if row.error_type else text_overview.NO_CAUSE,
            text.number(int(row.documents)), text.money(row.amount, unit), text.day(row.oldest),
        )
        for row in parts.rows_of(month.missing)
    ]  # fmt: skip
    told = text_overview.misses(
        int(month.missing["documents"].sum()), sum(month.missing["amount"], Decimal()), unit,
        month.ends,
    )  # fmt: skip
    table = _table(["State", "Cause", "Documents", "Amount", "Oldest"], rows, 2)
    return _section(heading, f"<p>{escape(told)}</p>{table}")


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{escape(heading)}</h2>{body}</section>"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], number_from: int | None) -> str:
    """Columns from *number_from* on, for two, are numbers and stand to the right."""

    def css(place: int) -> str:
        right = number_from is not None and number_from <= place < number_from + 2
        return ' class="n"' if right and names[place] != "Now" and names[place] else ""

    head = "".join(f'<th scope="col"{css(i)}>{escape(n)}</th>' for i, n in enumerate(names))
    body = "".join(
        "<tr>" + "".join(f"<td{css(i)}>{escape(cell)}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
