"""How moments, spans of time, money and counts are written on the screen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd


def zone_of(name: str | None) -> ZoneInfo:
    """The browser's zone, or UTC when it did not say or said nonsense."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def moment(at: Any, zone: ZoneInfo, now: datetime) -> str:
    """``14:02:11``; the date in front unless it is today, the year unless it is this one."""
    if is_missing(at):
        return "–"
    here, today = at.astimezone(zone), now.astimezone(zone)
    clock = f"{here:%H:%M:%S}"
    if here.date() == today.date():
        return clock
    return f"{day(here.date(), today.date())}, {clock}"


def moment_in_two(at: Any, zone: ZoneInfo, now: datetime) -> tuple[str, str]:
    """The clock, and the date unless it is today's."""
    date_, _, clock = moment(at, zone, now).rpartition(", ")
    return clock, date_


def day(at: date | None, today: date | None = None) -> str:
    """``23 Nov 2026``; without the year when it is *today*'s."""
    if is_missing(at) or at is None:
        return "–"
    short = f"{at.day} {at:%b}"
    return short if today and at.year == today.year else f"{short} {at.year}"


def span(length: timedelta) -> str:
    """``48 s``, ``5 min``, ``3 h 12 min``, ``2 d 4 h``: the two largest units."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 and days < 14 else f"{days} d"


def money(amount: Any, currency: str = "") -> str:
    """``3,760.00 AUD``; more decimals only where there are some."""
    if is_missing(amount):
        return "–"
    exact = Decimal(str(amount))
    places = max(2, -int(exact.normalize().as_tuple().exponent)) if exact.is_finite() else 2
    return f"{exact:,.{min(places, 3)}f} {currency}".rstrip()


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"


def number(whole: int) -> str:
    return f"{whole:,}"


def count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def is_missing(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value
