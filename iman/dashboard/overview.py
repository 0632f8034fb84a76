"""The overview's own parts: the period and scope, the verdict, the figures."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from iman.api.wire import Durations, Overview
from iman.dashboard import (
    ahead,
    backend,
    charts,
    export,
    filters,
    parts,
    period,
    session,
    text,
    text_overview,
    text_report,
)
from iman.dashboard import report as reports
from iman.dashboard.parts import Column, Figure
from iman.dashboard.period import Period
from iman.dashboard.shared import SharedReading
from iman.domain.document import EntryType
from iman.domain.people import Permission
from iman.reading.reading import Scope

_TONES = {"good": "synced", "bad": "failed", "busy": "syncing"}


def period_control() -> str:
    """Which period; the address holds it."""
    chosen = parts.from_address("window", period.DEFAULT, text_overview.WINDOWS)
    st.segmented_control(
        text.WINDOW,
        list(text_overview.WINDOWS),
        format_func=lambda name: text_overview.WINDOWS[name],
        key="window",
        required=True,
        label_visibility="collapsed",
        on_change=parts.to_address,
        args=("window", period.DEFAULT),
    )
    return chosen


def scope_bar(window: str) -> tuple[Period, Scope]:
    """Which documents the page speaks of, and since when; the address holds it."""
    zone, now = session.zone(), session.now()
    if window == "custom":
        today = now.astimezone(zone).date()
        parts.date_choice("from", text_overview.FROM, today.replace(day=1))
        parts.date_choice("to", text_overview.TO, today)
    reading = session.reading()
    companies = reading.companies()
    company = ""
    if len(companies) > 1 or "company" in st.query_params:
        named = {one: one for one in companies}
        company = parts.choice(
            "company", text_overview.FILTER_COMPANY, {"": text_overview.EVERY_COMPANY, **named}
        )
    kinds = {kind.value: text.entry_types(kind) for kind in EntryType}
    sites = {site: site for site in reading.sites()}
    wanted = st.query_params.get("site", "")
    if wanted and wanted not in sites:
        sites[wanted] = wanted
    site = parts.choice("site", text.FILTER_SITE, {"": text.EVERY_SITE, **sites})
    kind = parts.choice("type", text_overview.FILTER_TYPE, {"": text_overview.EVERY_TYPE, **kinds})
    scope = Scope(
        entry_type=EntryType(kind) if kind else None, site=site or None, company=company or None
    )
    return period.of_address(st.query_params.to_dict(), zone, now), scope


def ask_ahead(of: Period, scope: Scope, due: date) -> None:
    """All that the page shows below its figures, in its order."""
    reading = session.reading()
    if not isinstance(reading, SharedReading) or not reading.status().available:
        return
    ahead.ask(
        lambda: reading.durations(of.window, scope),
        lambda: reading.series(of.window, scope),
        lambda: reading.history(of.window, scope),
        lambda: reading.failures(of.window, scope),
        lambda: reading.marks(of.window),
        lambda: reading.open_errors(scope=scope),
        lambda: reading.met_causes(of.window, scope),
        lambda: reading.busy_hours(of.window, scope),
        lambda: reading.standing(scope=scope),
        lambda: reading.period_end(due, scope),
        lambda: reading.retries(of.window, scope),
        reading.intake_problems,
    )


def report(scope: Scope) -> None:
    """The Overview of a month as one file."""
    if not session.may(Permission.EXPORT):
        return
    zone, now = session.zone(), session.now()
    months = period.months(now.astimezone(zone).date(), 13)
    with st.popover(text_report.REPORT, icon=":material/print:", help=text_report.REPORT_HELP):
        first = st.selectbox(
            text_report.MONTH, months, format_func=text_report.month_name, key="report_month"
        )
        of, ends = period.month(first, zone, now), period.month_end(first)
        minutes, by, reading = (
            backend.settings().minutes_by_hand,
            session.me().name,
            session.reading(),
        )

        def made() -> bytes:  # outside the page's run, so it asks for nothing of the session
            month = reports.read(reading, of, scope, ends)
            return reports.html(month, by=by, minutes=minutes, now=now).encode()

        st.download_button(
            text_report.SAVE,
            data=made,
            file_name=text_report.file_name(first),
            mime="text/html",
            key="report",
            icon=":material/download:",
            on_click="ignore",
        )


def named(scope: Scope, **more: str) -> dict[str, str]:
    """The filter as a file names it."""
    return {
        **more, "company": scope.company or "", "site": scope.site or "",
        "type": scope.entry_type or "",
    }  # fmt: skip


def verdict(figures: Overview) -> None:
    """The page in one sentence, and the way to the documents it speaks of."""
    said = text.verdict(figures, session.zone(), session.now())
    link = parts.inside(
        "monitor", text.TO_THE_DOCUMENTS, "iman-button", type=filters.ALL_TYPES,
        show="failed" if said.tone == "bad" else "open",
    )  # fmt: skip
    parts.verdict(
        _TONES[said.tone], said.headline, said.detail, link if said.tone != "good" else ""
    )


def figures(
    now: Overview, took: Durations, series: pd.DataFrame, stood: pd.DataFrame, of: Period
) -> None:
    """The six figures, each with its line, its change and how it is counted."""
    moment, zone = session.now(), session.zone()
    axis = period.axis(of.window, moment)
    began = text.day(of.begins, moment.astimezone(zone).date())
    open_ones = now.not_in_sage - now.failed
    before_open = (
        None
        if now.previous_not_in_sage is None or now.previous_failed is None
        else now.previous_not_in_sage - now.previous_failed
    )
    waiting = stood["documents"] - stood["failed"]

    def line(values: list[float], what: str, tone: str = "quiet") -> str:
        return parts.sparkline(values, text_overview.line(what, of.words), tone)

    def counted(means: str) -> str:
        return f"{means} {text_overview.counted_window(of.words)}"

    since = text.since(now.oldest_failed_at, zone, moment)
    parts.figures(
        [
            Figure(
                label="Failed now",
                value=text.number(now.failed),
                detail=f"{text_overview.change(now.failed, now.previous_failed, began)} · {since}",
                means=counted(text_overview.MEANS_FAILED),
                tone="bad" if now.failed else "good",
                picture=line([*charts.known(stood, "failed"), now.failed], "Failed", "bad"),
            ),
            Figure(
                label="Waiting",
                value=text.number(open_ones),
                detail=f"{text_overview.change(open_ones, before_open, began)} · "
                f"{text_overview.retrying(now.retrying)}",
                means=counted(text_overview.MEANS_WAITING),
                picture=line([*[float(n) for n in waiting], open_ones], "Waiting"),
            ),
            Figure(
                label=f"Not in Sage 300 ({now.currency})" if now.currency else "Not in Sage 300",
                value=text.money(now.not_in_sage_amount),
                detail=f"{text_overview.money_change(now.not_in_sage_amount, now.previous_not_in_sage_amount, began)}"  # noqa: E501
                f" · {text.count(now.not_in_sage, 'document')}",
                means=counted(text_overview.MEANS_NOT_IN_SAGE),
                picture=line(
                    [*charts.known(stood, "amount"), float(now.not_in_sage_amount)], "Money open"
                ),
            ),
            Figure(
                label="First-attempt success",
                value=text.percent(now.first_attempt_success),
                detail=text_overview.points_change(
                    now.first_attempt_success, now.previous_first_attempt_success, of.before
                ),
                means=counted(text_overview.MEANS_FIRST_ATTEMPT),
                tone=_better(now),
                picture=line(charts.success_by_bucket(series, axis), "First-attempt success"),
            ),
            Figure(
                label="Time to sync",
                value=text_overview.seconds(took.sync_seconds_median),
                detail=f"{text_overview.p95(took.sync_seconds_p95, took.synced)} · "
                + text_overview.time_change(
                    took.sync_seconds_median, took.previous_sync_seconds_median, of.before,
                    "nothing was synced",
                ),
                means=counted(text_overview.MEANS_TIME_TO_SYNC),
                picture=line(charts.known(series, "sync_seconds"), "Mean time to sync"),
            ),
            Figure(
                label="Mean time to remedy",
                value=text_overview.seconds(took.remedy_seconds_mean),
                detail=_remedied(took, of),
                means=counted(text_overview.MEANS_REMEDY),
                picture=line(charts.known(series, "remedy_seconds"), "Mean time to remedy"),
            ),
        ]
    )  # fmt: skip


def _remedied(took: Durations, of: Period) -> str:
    change = text_overview.time_change(
        took.remedy_seconds_mean, took.previous_remedy_seconds_mean, of.before,
        "nothing had to be put right",
    )  # fmt: skip
    if not took.remedied:
        return change
    spread = text_overview.spread(took.remedy_seconds_median, took.remedy_seconds_p95)
    return f"{spread} · {change}"


def causes(frame: pd.DataFrame, currency: str, scope: Scope) -> None:
    """What lies underneath: one row per error type and entity, most money first."""
    if frame.empty:
        parts.empty(text.NOTHING_OPEN, text.NOTHING_OPEN_HINT, css="good")
        return
    most = max(int(frame["documents"].max()), 1)
    zone, now = session.zone(), session.now()

    def titled(row: Any) -> str:
        shown = parts.inside(
            "monitor",
            text.cause(row.error_type, row.entity),
            type=filters.ALL_TYPES,
            show="open",
            error=row.error_type,
            entity=row.entity,
        )
        said = f'<span class="iman-error iman-small">{escape(row.error or "")}</span>'
        return f"<div>{shown}{said}</div>"

    def documents(row: Any) -> str:
        share = 100 * int(row.documents) / most
        return (
            f"<div>{text.number(int(row.documents))}"
            f'<span class="iman-bar"><b style="width:{share:.0f}%"></b></span></div>'
        )

    parts.table(
        text.CAUSES_TITLE,
        [
            Column(title="Cause", cell=titled, css="iman-wide"),
            Column(title="Documents", cell=documents, css="iman-number"),
            Column(
                title=f"Amount ({currency})" if currency else "Amount",
                cell=lambda r: text.money(r.amount),
                css="iman-number",
            ),
            Column(
                title="First seen",
                cell=lambda r: text.moment(r.first_failed_at, zone, now),
                css="iman-tight",
            ),
            Column(
                title="Last seen",
                cell=lambda r: text.moment(r.last_failed_at, zone, now),
                css="iman-tight",
            ),
        ],
        parts.rows_of(frame),
    )
    export.button("open-errors", lambda: frame, named(scope))


def intake_problems(frame: pd.DataFrame) -> None:
    zone, now = session.zone(), session.now()
    parts.table(
        text.INTAKE_TITLE,
        [
            Column(
                title="Received",
                cell=lambda r: text.moment(r.received_at, zone, now),
                css="iman-tight",
            ),
            Column(title="What was wrong", cell=lambda r: escape(r.reason or ""), css="iman-wide"),
            Column(
                title="As it came",
                cell=lambda r: f'<span class="iman-error">{escape((r.excerpt or "")[:300])}</span>',
            ),
        ],
        parts.rows_of(frame.head(20)),
    )
    export.button("intake-problems", lambda: frame)


def _better(now: Overview) -> str:
    before, after = now.previous_first_attempt_success, now.first_attempt_success
    if before is None or after is None or before == after:
        return ""
    return "good" if after > before else "bad"
