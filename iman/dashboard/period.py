"""The period the Overview speaks of, as the address has it, and its buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from iman.dashboard import text_overview
from iman.reading.reading import Window

HOURLY_UP_TO = 72
_DAYS = {"7d": 7, "30d": 30}
_LONGEST = timedelta(days=400)
DEFAULT = "7d"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A window with its words. It is made of whole local days, but for ``24h``."""

    window: Window
    since: datetime
    until: datetime  # now, where it goes on
    words: str  # "in the last 7 days"
    before: str  # "the 7 days before"

    @property
    def begins(self) -> date:
        return self.since.astimezone(ZoneInfo(self.window.zone)).date()


def of_address(params: Mapping[str, str], zone: ZoneInfo, now: datetime) -> Period:
    """What nobody can read is the default; *from* and *to* are days of the zone, both included."""
    name = params.get("window", DEFAULT)
    today = now.astimezone(zone).date()
    if name == "24h":
        window = Window(hours=24, zone=zone.key)
        since = _hour(now) - timedelta(hours=24)
        return _period(window, since, now, *text_overview.WINDOW_WORDS["24h"])
    if name == "month":
        return _days(today.replace(day=1), None, zone, now, *text_overview.WINDOW_WORDS["month"])
    first, last = day(params.get("from")), day(params.get("to"))
    if name == "custom" and first and last and first <= min(last, today):
        words = text_overview.custom_words(first, last)
        return _days(first, last, zone, now, *words)
    days = _DAYS.get(name, 7)
    known = name if name in _DAYS else DEFAULT
    begin = today - timedelta(days=days - 1)
    return _days(begin, None, zone, now, *text_overview.WINDOW_WORDS[known])


def month(first: date, zone: ZoneInfo, now: datetime) -> Period:
    """A calendar month, or what there is of it so far."""
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return _days(first.replace(day=1), last, zone, now, *text_overview.month_words(first))


def months(today: date, number: int) -> list[date]:
    """The first days of this month and those before it, the newest first."""
    first, found = today.replace(day=1), []
    for _ in range(number):
        found.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def day(given: str | None) -> date | None:
    """None for nonsense, and for a day so far off that no arithmetic goes beyond it."""
    try:
        found = date.fromisoformat(given or "")
    except ValueError:
        return None
    return found if 1900 <= found.year <= 9000 else None


def month_end(today: date) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _days(
    first: date, last: date | None, zone: ZoneInfo, now: datetime, words: str, before: str
) -> Period:
    since = max(_midnight(first, zone), now - _LONGEST)
    end = _midnight(last + timedelta(days=1), zone) if last else now
    end = min(end, since + _LONGEST)
    until = end if last and end <= now else None
    hours = max(1, int(((until or now) - since) / timedelta(hours=1)))
    return _period(Window(hours=hours, until=until, zone=zone.key), since, until or now, words,
                   before)  # fmt: skip


def _period(window: Window, since: datetime, until: datetime, words: str, before: str) -> Period:
    return Period(window=window, since=since, until=until, words=words, before=before)


def _midnight(of: date, zone: ZoneInfo) -> datetime:
    """Full hours of UTC, as the ledger counts: half past in a zone that is half an hour off."""
    local = datetime.combine(of, time(), zone).astimezone(ZoneInfo("UTC"))
    return local if local == _hour(local) else _hour(local) + timedelta(hours=1)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Axis:
    """The read model's buckets of a window, those in which nothing happened too."""

    buckets: pd.DatetimeIndex  # their beginnings, aware UTC
    zone: str
    hourly: bool

    @property
    def shown(self) -> pd.DatetimeIndex:
        """As local clocks have them, without a zone."""
        return self.buckets.tz_convert(self.zone).tz_localize(None)

    @property
    def step(self) -> timedelta:
        return timedelta(hours=1) if self.hourly else timedelta(days=1)

    def end_of(self, place: int) -> pd.Timestamp:
        """Where bucket *place* ends; a day may have 23 or 25 hours."""
        if place + 1 < len(self.buckets):
            return self.buckets[place + 1]
        if self.hourly:
            return self.buckets[place] + timedelta(hours=1)
        following = self.buckets[place].tz_convert(self.zone) + pd.DateOffset(days=1)
        return following.tz_convert("UTC")


def axis(window: Window, now: datetime) -> Axis:
    end = pd.Timestamp(window.until or now)
    last = end - timedelta(microseconds=1) if window.until else end
    first = (end - timedelta(hours=window.hours)).floor("h")
    if window.hours <= HOURLY_UP_TO:
        buckets = pd.date_range(
            first.tz_convert("UTC"), last.floor("h").tz_convert("UTC"), freq="h"
        )
        return Axis(buckets, window.zone, hourly=True)
    days = pd.date_range(
        first.tz_convert(window.zone).normalize(),
        last.tz_convert(window.zone).normalize(),
        freq="D",
    )
    return Axis(days.tz_convert("UTC"), window.zone, hourly=False)
