"""Room on the ledger's disk: when pushing must rest, and when the disk will be full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_ENOUGH_AGAIN = 1.1  # of the reserve: it neither stops nor goes on at every byte


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What one day's look saw, in bytes."""

    day: date
    ledger: int
    free: int


def rests(*, free: int, reserve: int, resting: bool) -> bool:
    """Whether nothing more may be taken up: below *reserve* bytes, until there is a tenth more."""
    return free < reserve * (_ENOUGH_AGAIN if resting else 1.0)


def growth_per_day(readings: Sequence[Reading]) -> float | None:
    """Bytes the ledger grew by a day between the first and the last; None before two days."""
    if len(readings) < 2:
        return None
    first, last = readings[0], readings[-1]
    days = (last.day - first.day).days
    return (last.ledger - first.ledger) / days if days else None


def days_left(*, free: int, reserve: int, per_day: float | None) -> float | None:
    """Until pushing rests at the present growth; None where it does not grow, or nobody knows."""
    if per_day is None or per_day <= 0:
        return None
    return max(free - reserve, 0) / per_day
