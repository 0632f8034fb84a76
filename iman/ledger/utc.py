"""Moments at the ledger's border: aware UTC outside, naive UTC in the file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


def to_db(moment: datetime) -> datetime:
    """DuckDB's TIMESTAMP has no zone; an aware moment bound as it is becomes local time."""
    if moment.tzinfo is UTC:  # nearly always, and several times a document
        return moment.replace(tzinfo=None)
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no timezone")
    return moment.astimezone(UTC).replace(tzinfo=None)


@overload
def from_db(moment: datetime) -> datetime: ...
@overload
def from_db(moment: None) -> None: ...
def from_db(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
