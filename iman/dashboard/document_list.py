"""Level 2 of the Integration Monitor: one row per document, with the columns somebody chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from iman.dashboard import parts, session, text, text_views
from iman.dashboard.parts import Column
from iman.domain.document import DocumentState, EntryType
from iman.domain.view import ListColumn as C

_CSS = {
    C.CUSTOMER: "iman-medium", C.TERMS: "iman-terms", C.AMOUNT: "iman-number",
    C.SAID: "iman-wide", C.ERROR_TYPE: "iman-medium",
}  # fmt: skip


def listed(frame: pd.DataFrame, carried: dict[str, str], columns: Sequence[C]) -> None:
    """Every row has a link into byondpro, where the booking is shown, and one to its own page."""
    currencies = set(frame["currency"].dropna())
    unit = f" ({currencies.pop()})" if len(currencies) == 1 else ""
    cells = _Cells(carried, unit, session.zone(), session.now())

    def column(name: C) -> Column:
        title = text_views.COLUMNS[name] + (unit if name is C.AMOUNT else "")
        return Column(
            title=title, cell=getattr(cells, name.value), css=_CSS.get(name, "iman-tight")
        )

    parts.table(text.LEVEL_2, [column(name) for name in columns], parts.rows_of(frame))


@dataclass(frozen=True, slots=True)
class _Cells:
    """What stands in each column: a method for each, by the column's name."""

    carried: dict[str, str]
    unit: str  # of all amounts; empty where they differ
    zone: ZoneInfo
    now: datetime

    def state(self, row: Any) -> str:
        used = text.attempts_used(row.attempt, row.max_attempts)
        return f"<div>{parts.chip(DocumentState(row.state))}<small>{used}</small></div>"

    def booking(self, row: Any) -> str:
        return parts.outside(row.booking_url, row.booking or "–")

    def document(self, row: Any) -> str:
        link = parts.inside("document", row.number, "iman-open", id=row.id, **self.carried)
        return f"<div>{link}<small>{text.day(row.document_date)}</small></div>"

    def entry_type(self, row: Any) -> str:
        return text.entry_type(EntryType(row.entry_type))

    def customer(self, row: Any) -> str:
        return _two(row.customer_name, " · ".join(filter(None, (row.customer, row.site))))

    def terms(self, row: Any) -> str:
        return _two(row.terms_code, row.terms_description)

    def amount(self, row: Any) -> str:
        return escape(text.money(row.amount, "" if self.unit else row.currency))

    def said(self, row: Any) -> str:
        if row.state == DocumentState.WAITING and row.parent:
            return f"{text.WAITS_FOR} {parts.document_link(row.parent)}"
        if row.error:
            return f'<span class="iman-error">{escape(row.error)}</span>'
        return f"{text.IN_SAGE_AS} {escape(row.erp_reference)}" if row.erp_reference else "–"

    def error_type(self, row: Any) -> str:
        return _two(text.error_type(row.error_type), row.entity) if row.error_type else "–"

    def received(self, row: Any) -> str:
        return self._at(row.received_at)

    def first_failed(self, row: Any) -> str:
        return self._at(row.first_failed_at)

    def last_tried(self, row: Any) -> str:
        return self._at(row.last_tried_at)

    def next_try(self, row: Any) -> str:
        return self._at(row.next_try_at)

    def synced(self, row: Any) -> str:
        return self._at(row.synced_at)

    def reference(self, row: Any) -> str:
        return escape(row.erp_reference or "–")

    def _at(self, moment: Any) -> str:
        clock, date = text.moment_in_two(moment, self.zone, self.now)
        return f"<div>{clock}<small>{date}</small></div>" if date else clock


def _two(first: Any, second: Any) -> str:
    """A value with its explanation below."""
    if not first and not second:
        return "–"
    return f"<div>{escape(first or '–')}<small>{escape(second or '')}</small></div>"
