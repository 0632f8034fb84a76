"""What the Overview says beside its verdict."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from iman.dashboard.formats import count, money, span

FILTER_TYPE = "Entry type"
EVERY_TYPE = "All entry types"
NUMBERS = "The numbers"
NOTHING_STANDS = "Everything is in Sage 300."
NOTHING_STANDS_HINT = "What is open stands here, by how long it has been."
PARETO = "Which causes hold up the most money?"
AGEING = "How long has it not been in Sage 300?"
BY_SITE = "At which site, and of which entry type?"
BANDS = ("under 1 hour", "1 hour to 1 day", "1 to 7 days", "7 to 30 days", "over 30 days")
OTHERS = "all other causes"
NO_SITE = "no site"

MEANS_TIME_TO_SYNC = (
    "Median time from byondpro to Sage 300 of what was synced in this window; 95 of 100 took no "
    "longer than p95."
)
MEANS_REMEDY = (
    "Mean time from the first refusal to Sage 300, of what was refused and got through in this "
    "window."
)
MEANS_WAITING = "Open and not failed: pending, syncing, retrying, waiting, unknown or parked."


def seconds(length: float | None) -> str:
    """``0.8 s``, ``42 s``, ``3 h 12 min``."""
    if length is None:
        return "–"
    return f"{length:.1f} s" if length < 10 else span(timedelta(seconds=length))


def retrying(number: int) -> str:
    return f"{number:,} of them retrying" if number else "none of them retrying"


def p95(length: float | None, synced: int) -> str:
    return f"p95 {seconds(length)}, {count(synced, 'document')} synced"


def remedy_change(now: float | None, before: float | None, window: str) -> str:
    if now is None:
        return "nothing had to be put right"
    if before is None:
        return f"no comparison with the {window} before"
    word = "less" if now < before else "more"
    return f"{seconds(abs(now - before))} {word} than in the {window} before"


def worth(documents: int, amount: Decimal, currency: str) -> str:
    return f"{count(documents, 'document')}, {money(amount, currency)}"


def in_words(rows: list[tuple[str, int, Decimal]], currency: str) -> str:
    """A chart for people who do not see it."""
    return "; ".join(f"{name}: {worth(n, amount, currency)}" for name, n, amount in rows)


def synced_series(window: str) -> str:
    return f"Documents synced over the last {window}"


def success_series(window: str) -> str:
    return f"First-attempt success over the last {window}"
