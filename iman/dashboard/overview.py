"""The overview's own parts."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from iman.api.wire import Overview
from iman.dashboard import charts, filters, parts, session, text
from iman.dashboard.parts import Column, Figure

_TONES = {"good": "synced", "bad": "failed", "busy": "syncing"}


def verdict(figures: Overview) -> None:
    """The page in one sentence, and the way to the documents it speaks of."""
    said = text.verdict(figures, session.zone(), session.now())
    link = parts.inside("monitor", text.TO_THE_DOCUMENTS, "iman-button")
    parts.verdict(
        _TONES[said.tone], said.headline, said.detail, link if said.tone != "good" else ""
    )


def figures(now: Overview, failures: pd.DataFrame, window: str) -> None:
    series = charts.failures_by_bucket(failures, hours=now.hours, now=session.now())
    better = _better(now)
    parts.figures(
        [
            Figure(
                label="Failed now",
                value=f"{now.failed:,}",
                detail=text.money(now.failed_amount, now.currency),
                means=text.STATE_MEANINGS_FAILED,
                tone="bad" if now.failed else "good",
            ),
            Figure(
                label="Oldest failure",
                value=_age(now),
                detail=text.since(now.oldest_failed_at, session.zone(), session.now()),
                means=text.MEANS_OLDEST,
            ),
            Figure(
                label="Not in Sage 300 yet",
                value=f"{now.not_in_sage:,}",
                detail=text.money(now.not_in_sage_amount, now.currency),
                means=text.MEANS_NOT_IN_SAGE,
            ),
            Figure(
                label="First-attempt success",
                value=text.percent(now.first_attempt_success),
                detail=text.against_before(
                    now.first_attempt_success, now.previous_first_attempt_success, window
                ),
                means=text.MEANS_FIRST_ATTEMPT,
                tone=better,
            ),
            Figure(
                label=f"Synced in {window}",
                value=f"{now.synced:,}",
                detail=text.money(now.synced_amount, now.currency),
                means=text.MEANS_SYNCED,
            ),
            Figure(
                label="Refused attempts",
                value=f"{now.refused:,}",
                detail=text.change(now.refused, now.previous_refused, window),
                means=text.MEANS_REFUSED,
                picture=parts.sparkline(series, text.sparkline(window), "bad"),
            ),
        ]
    )


def causes(frame: pd.DataFrame) -> None:
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
            Column(title="Amount", cell=lambda r: text.money(r.amount), css="iman-number"),
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


def _age(now: Overview) -> str:
    oldest = now.oldest_failed_at
    return "–" if oldest is None else text.span(session.now() - oldest)
