"""What the Overview says beside its verdict."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from iman.dashboard.formats import count, day, moment, money, span
from iman.reading.reading import Refusals

FILTER_TYPE = "Entry type"
EVERY_TYPE = "All entry types"
FILTER_COMPANY = "Company"
EVERY_COMPANY = "All companies"
FROM = "From"
TO = "To, included"
NUMBERS = "The numbers"
MARKS = "What happened meanwhile"
OPENS_ROWS = "A click on a chart, or a link in its numbers, opens the documents behind it."
NOTHING_STANDS = "Everything is in Sage 300."
NOTHING_STANDS_HINT = "What is open stands here, by how long it has been."
NO_REFUSALS_HINT = "Choose a longer period to look further back."
PARETO = "Which causes hold up the most money now?"
AGEING = "How long has it not been in Sage 300?"
BY_SITE = "At which site, and of which entry type?"
BANDS = ("under 1 hour", "1 hour to 1 day", "1 to 7 days", "7 to 30 days", "over 30 days")
OTHERS = "all other causes"
NO_SITE = "no site"
NO_CAUSE = "not refused"
DUE = "Period end"
PERIOD_END = "What would miss the period end?"
NOTHING_MISSES = "Nothing would miss it."
NOTHING_MISSES_HINT = "All that is dated so far is in Sage 300. Choose another day to look ahead."
EFFORT = "What did Iman save, and which retries were useless?"
RETRIES = "Which retries were useless?"
NO_RETRIES = "No retry was refused."
NO_RETRIES_HINT = "Whatever was tried again got through."
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAY_NAMES = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
TRANSIENT = {True: "waiting could help", False: "waiting cannot help"}
MARK_KINDS = {
    "outage": "Sage 300 was unwell",
    "release": "Release",
    "cause_resolved": "Cause resolved",
    "setup_fixed": "Set-up fixed",
}
COUNTED = "How it is counted"

#: What the control offers; the words of each, and of the period before it.
WINDOWS = {
    "24h": "24 hours",
    "7d": "7 days",
    "30d": "30 days",
    "month": "This month",
    "custom": "From – to",
}
WINDOW_WORDS = {
    "24h": ("in the last 24 hours", "the 24 hours before"),
    "7d": ("in the last 7 days", "the 7 days before"),
    "30d": ("in the last 30 days", "the 30 days before"),
    "month": ("this month", "the same time before"),
}

#: Each figure's definition and where it comes from; the window stands beside them on the page.
MEANS_FAILED = (
    "Documents whose attempts are used up: nothing happens until somebody presses Resync. "
    "Source: the open documents in the ledger, now. The line is what stood failed at the beginning "
    "of each hour or day, written down by the daemon."
)
MEANS_WAITING = (
    "Open and not failed: pending, syncing, retrying, waiting, unknown or parked. Source: the open "
    "documents in the ledger, now. The line is what stood so at the beginning of each hour or day."
)
MEANS_NOT_IN_SAGE = (
    "The amounts of all open documents, failed ones among them, as byondpro gave them, tax "
    "included. Source: the open documents in the ledger, now. The line is what stood open at the "
    "beginning of each hour or day."
)
MEANS_FIRST_ATTEMPT = (
    "Share of documents that Sage 300 accepted at the very first attempt, of those it answered. "
    "Source: the ledger's attempts, counted by the hour."
)
MEANS_TIME_TO_SYNC = (
    "Median time from byondpro's outbox to Sage 300, of what was synced; 95 of 100 took no longer "
    "than p95. Source: the ledger's closings, counted by the hour, exact to 2.5 %. The line is the "
    "mean of each hour or day."
)
MEANS_REMEDY = (
    "Mean time from the first refusal to Sage 300, of what was refused and then synced; half took "
    "no longer than the median, 95 of 100 no longer than p95. Source: the ledger's closings, "
    "counted by the hour. The line is the mean of each hour or day."
)
MEANS_USELESS = (
    "Attempts 2 and later of a round that Sage 300 refused for something no waiting mends, such as "
    "a missing terms code."
)


def custom_words(first: date, last: date) -> tuple[str, str]:
    days = count((last - first).days + 1, "day")
    return f"from {day(first)} to {day(last)}", f"the {days} before"


def month_words(first: date) -> tuple[str, str]:
    return f"in {first:%B} {first.year}", "the same time before"


def trend_title(words: str) -> str:
    return f"What was refused {words}?"


def busy_title(words: str) -> str:
    return f"At which hour of the week was it refused, {words}?"


def met_title(words: str) -> str:
    return f"Which causes were the commonest {words}?"


def counted_window(words: str) -> str:
    return f"Window: {words}, compared with its beginning or with the time before."


def seconds(length: float | None) -> str:
    """``0.8 s``, ``42 s``, ``3 h 12 min``."""
    if length is None:
        return "–"
    return f"{length:.1f} s" if length < 10 else span(timedelta(seconds=length))


def retrying(number: int) -> str:
    return f"{number:,} retrying" if number else "none retrying"


def spread(median: float | None, p95: float | None) -> str:
    return f"median {seconds(median)}, p95 {seconds(p95)}"


def p95(length: float | None, synced: int) -> str:
    return f"p95 {seconds(length)}, {count(synced, 'document')} synced"


def change(number: int, before: int | None, began: str) -> str:
    """Against what stood open when the period began."""
    if before is None:
        return f"not known for {began}"
    difference = number - before
    if not difference:
        return f"as on {began}"
    return f"{difference:+,} since {began}".replace("-", "−")


def money_change(amount: Decimal, before: Decimal | None, began: str) -> str:
    if before is None:
        return f"not known for {began}"
    difference = amount - before
    if not difference:
        return f"as on {began}"
    sign = "+" if difference > 0 else "−"
    return f"{sign}{money(abs(difference))} since {began}"


def time_change(now: float | None, before: float | None, words: str, nothing: str) -> str:
    if now is None:
        return nothing
    if before is None:
        return f"no comparison with {words}"
    if abs(now - before) < 0.05:
        return f"as in {words}"
    word = "less" if now < before else "more"
    return f"{seconds(abs(now - before))} {word} than {words}"


def points_change(now: float | None, before: float | None, words: str) -> str:
    if now is None or before is None:
        return f"no comparison with {words}"
    points = (now - before) * 100
    return f"{points:+.1f} points on {words}".replace("-", "−")


def misses(documents: int, amount: Decimal, currency: str, due: date) -> str:
    verb = "is" if documents == 1 else "are"
    return (
        f"{count(documents, 'document')} worth {money(amount, currency)} dated on or before "
        f"{day(due)} {verb} not in Sage 300."
    )


def hours_saved(synced: int, minutes: float) -> str:
    return f"{synced * minutes / 60:,.1f} h"


def hours_saved_how(synced: int, minutes: float) -> str:
    """The formula, plainly, with its numbers."""
    return (
        f"{synced:,} documents synced × {minutes:g} minutes by hand each ÷ 60. The minutes are the "
        "setting minutes_by_hand."
    )


def useless_how(all_retries: int) -> str:
    return f"of {count(all_retries, 'retry', 'retries')} that Sage 300 refused. {MEANS_USELESS}"


def useless_change(now: int, before: int, words: str) -> str:
    difference = now - before
    if not difference:
        return f"as many as in {words}"
    return f"{difference:+,} on {words}".replace("-", "−")


def line(what: str, words: str) -> str:
    """A sparkline for people who do not see it."""
    return f"{what} {words}"


def busiest(cells: list[tuple[int, int, int]]) -> str:
    """The heat map in words: its three fullest cells."""
    most = sorted(cells, key=lambda cell: -cell[2])[:3]
    told = ", ".join(f"{WEEKDAY_NAMES[d - 1]} {h:02}:00 {n:,}" for d, h, n in most)
    return f"Refused attempts by weekday and hour; most on {told}"


def so_far(share: float) -> str:
    return f"{100 * share:.0f} % so far"


def square(weekday: int, hour: int, refused: int) -> str:
    return f"{WEEKDAY_NAMES[weekday - 1]} {hour:02}:00 · {refused:,} refused"


def setup(kind: str, code: str) -> str:
    return f"{kind.replace('_', ' ').capitalize()} {code}"


def mark(kind: str, what: str) -> str:
    named = MARK_KINDS.get(kind, kind)
    return f"{named}: {what}" if what else named


def of_company(company: str) -> str:
    return f"of company {company}"


def dated_to(due: date) -> str:
    return f"dated on or before {day(due)}"


def began(since: datetime | None, until: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    after = f" since {moment(since, zone, now)}" if since else ""
    before = f" before {moment(until, zone, now)}" if until else ""
    return f"first failed or arrived{after}{' and' if after and before else ''}{before}"


def refused(of: Refusals, zone: ZoneInfo, now: datetime) -> str:
    told = f"refused from {moment(of.since, zone, now)} to {moment(of.until, zone, now)}"
    if of.weekday:
        told += f", on a {WEEKDAY_NAMES[of.weekday - 1]}"
    if of.hour is not None:
        told += f" between {of.hour:02}:00 and {(of.hour + 1) % 24:02}:00"
    return told
