"""How one value stands in a file. Text from outside never becomes a formula."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

#: What a spreadsheet may take for the beginning of a formula; the wide ones too.
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_LONGEST = 32_767  # characters a cell of Excel may hold


def inert(text: str) -> str:
    """With an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if text[:1] in _FORMULA else text


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """As clocks there have it, to the second; spreadsheets know no zones."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def as_text(value: Any, zone: ZoneInfo) -> str:
    """For CSV. Numbers stay numbers, moments are local."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return str(local(value, zone) if value.tzinfo else value)
    if isinstance(value, (int, float, Decimal, date)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return inert(str(value))


def as_cell(value: Any, zone: ZoneInfo) -> Any:
    """For Excel, whose numbers are binary: 15 digits of an amount are exact."""
    if value is None or isinstance(value, (int, float, Decimal, date)):
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, datetime) and value.tzinfo:
            return local(value, zone)
        return float(value) if isinstance(value, Decimal) else value
    text = inert(str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
