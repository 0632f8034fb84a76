"""The overview's own parts."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from iman.api.wire import Durations, Overview
from iman.dashboard import charts, export, filters, parts, session, text, text_overview
from iman.dashboard.parts import Column, Figure
from iman.domain.document import EntryType
from iman.reading.reading import Scope

_TONES = {"good": "synced", "bad": "failed", "busy": "syncing"}


def verdict(figures: Overview) -> None:
    """The page in one sentence, and the way to the documents it speaks of."""
    said = text.verdict(figures, session.zone(), session.now())
    link = parts.inside("monitor", text.TO_THE_DOCUMENTS, "iman-button")
    parts.verdict(
        _TONES[said.tone], said.headline, said.detail, link if said.tone != "good" else ""
    )


def scope_bar() -> Scope:
    """Which documents the page speaks of; the address holds it."""
    kinds = {kind.value: text.entry_types(kind) for kind in EntryType}
    sites = {site: site for site in session.reading().sites()}
    wanted = st.query_params.get("site", "")
    if wanted and wanted not in sites:
        sites[wanted] = wanted
    kind = parts.choice("type", text_overview.FILTER_TYPE, {"": text_overview.EVERY_TYPE, **kinds})
    site = parts.choice("site", text.FILTER_SITE, {"": text.EVERY_SITE, **sites})
    return Scope(entry_type=EntryType(kind) if kind else None, site=site or None)


def figures(now: Overview, took: Durations, series: pd.DataFrame, window: str) -> None:
    moment = session.now()

    def picture(values: list[float], label: str, tone: str = "quiet") -> str:
        return parts.sparkline(values, label, tone)

    refused = charts.by_bucket(series, "refused", hours=now.hours, now=moment)
    synced = charts.by_bucket(series, "synced", hours=now.hours, now=moment)
    success = charts.success_by_bucket(series, hours=now.hours, now=moment)
    open_ones = now.not_in_sage - now.failed
    parts.figures(
        [
            Figure(
                label="Failed now",
                value=f"{now.failed:,}",
                detail=text.since(now.oldest_failed_at, session.zone(), moment),
                means=text.STATE_MEANINGS_FAILED,
                tone="bad" if now.failed else "good",
                picture=picture(refused, text.sparkline(window), "bad"),
            ),
            Figure(
                label="Waiting",
                value=f"{open_ones:,}",
                detail=text_overview.retrying(now.retrying),
                means=text_overview.MEANS_WAITING,
            ),
            Figure(
                label=f"Not in Sage 300 ({now.currency})" if now.currency else "Not in Sage 300",
                value=text.money(now.not_in_sage_amount),
                detail=text.count(now.not_in_sage, "document"),
                means=text.MEANS_NOT_IN_SAGE,
            ),
            Figure(
                label="First-attempt success",
                value=text.percent(now.first_attempt_success),
                detail=text.against_before(
                    now.first_attempt_success, now.previous_first_attempt_success, window
                ),
                means=text.MEANS_FIRST_ATTEMPT,
                tone=_better(now),
                picture=picture(success, text_overview.success_series(window)),
            ),
            Figure(
                label="Time to sync",
                value=text_overview.seconds(took.sync_seconds_median),
                detail=text_overview.p95(took.sync_seconds_p95, now.synced),
                means=text_overview.MEANS_TIME_TO_SYNC,
                picture=picture(synced, text_overview.synced_series(window)),
            ),
            Figure(
                label="Time to remedy",
                value=text_overview.seconds(took.remedy_seconds),
                detail=text_overview.remedy_change(
                    took.remedy_seconds, took.previous_remedy_seconds, window
                ),
                means=text_overview.MEANS_REMEDY,
            ),
        ]
    )


def trend(failures: pd.DataFrame, hours: int, words: str) -> None:
    if failures.empty:
        parts.empty(text.NOTHING_FAILED, css="good")
        return
    figure = charts.failure_trend(failures, hours=hours, now=session.now(), zone=session.zone().key)
    alt = charts.describe_trend(failures, words)
    st.plotly_chart(figure, key="trend", config=charts.CONFIG, alt=alt)
    named = failures.assign(error_type=[text.error_type(one) for one in failures["error_type"]])
    _numbers("failures", named, {"window": words})


def pareto(errors: pd.DataFrame, currency: str, scope: Scope) -> None:
    if errors.empty:
        parts.empty(text.NOTHING_OPEN, text.NOTHING_OPEN_HINT, css="good")
        return
    rows = charts.largest(errors)
    alt = text_overview.in_words(rows, currency)
    st.plotly_chart(charts.pareto(rows, currency), key="pareto", config=charts.CONFIG, alt=alt)
    _numbers("causes", errors.drop(columns=["entity_kind"]), _named(scope))


def ageing(standing: pd.DataFrame, currency: str, scope: Scope) -> None:
    if standing.empty:
        parts.empty(text_overview.NOTHING_STANDS, text_overview.NOTHING_STANDS_HINT, css="good")
        return
    bands = charts.in_bands(standing)
    alt = text_overview.in_words(bands, currency)
    st.plotly_chart(charts.ageing(bands, currency), key="ageing", config=charts.CONFIG, alt=alt)
    columns = ["age", "documents", "amount"]
    _numbers("ageing", pd.DataFrame(bands, columns=columns), _named(scope))


def by_site(standing: pd.DataFrame, currency: str, scope: Scope) -> None:
    if standing.empty:
        parts.empty(text_overview.NOTHING_STANDS, text_overview.NOTHING_STANDS_HINT, css="good")
        return
    cells = charts.by_site_and_type(standing)
    named = [(f"{site}, {text.entry_types(kind)}", n, money) for site, kind, n, money in cells]
    alt = text_overview.in_words(named, currency)
    st.plotly_chart(charts.by_site(cells), key="by_site", config=charts.CONFIG, alt=alt)
    table = [(site, text.entry_types(kind), n, money) for site, kind, n, money in cells]
    columns = ["site", "entry type", "documents", "amount"]
    _numbers("sites", pd.DataFrame(table, columns=columns), _named(scope))


def _numbers(what: str, frame: pd.DataFrame, filters: dict[str, str]) -> None:
    """The table behind a chart, and its file."""
    with st.expander(text_overview.NUMBERS, key=f"numbers_{what}"):
        parts.numbers(text_overview.NUMBERS, frame)
        export.button(what, lambda: frame, filters)


def _named(scope: Scope) -> dict[str, str]:
    return {"type": scope.entry_type or "", "site": scope.site or ""}


def causes(frame: pd.DataFrame, currency: str) -> None:
    """What lies underneath: one row per error type and entity, most money first."""
    if frame.empty:
        parts.empty(text.NOTHING_OPEN, text.NOTHING_OPEN_HINT, css="good")
        return
    most = max(int(frame["documents"].max()), 1)
    zone, now = session.zone(), session.now()

    def named(row: Any) -> str:
        shown = parts.inside(
            "monitor",
            text.cause(row.error_type, row.entity),
            type=filters.ALL_TYPES,
            error=row.error_type,
            entity=row.entity,
        )
        said = f'<span class="iman-error iman-small">{escape(row.error or "")}</span>'
        return f"<div>{shown}{said}</div>"

    def documents(row: Any) -> str:
        share = 100 * int(row.documents) / most
        return (
            f"<div>{int(row.documents):,}"
            f'<span class="iman-bar"><b style="width:{share:.0f}%"></b></span></div>'
        )

    parts.table(
        text.CAUSES_TITLE,
        [
            Column(title="Cause", cell=named, css="iman-wide"),
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


def _better(now: Overview) -> str:
    before, after = now.previous_first_attempt_success, now.first_attempt_success
    if before is None or after is None or before == after:
        return ""
    return "good" if after > before else "bad"
