"""What a page may ask.

Two ways to answer it: over the control API, or from the file while the daemon is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import pandas as pd

from iman.api.wire import BreakerEvent, DocumentDetail, Durations, Health, Overview, Pause
from iman.domain.document import DocumentState, EntryType

Order = Literal["newest", "oldest", "amount", "number", "next_try"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentFilter:
    """What Level 2 shows; everything absent means everything."""

    entry_type: EntryType | None = None
    states: tuple[DocumentState, ...] = ()
    error_type: str | None = None
    entity: str | None = None
    site: str | None = None
    search: str = ""  # booking, number, customer, or text of the error
    order: Order = "newest"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which documents the figures speak of; None: all of them."""

    entry_type: EntryType | None = None
    site: str | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentPage:
    """Rows *offset*… of *total*; ``frames.DOCUMENTS`` names the columns."""

    frame: pd.DataFrame
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DaemonStatus:
    """Is the daemon there, and if not since when."""

    available: bool
    last_seen_at: datetime | None  # its newest heartbeat
    health: Health | None  # None while it is away
    reason: str = ""  # why it cannot be reached, for a person


class Reading(Protocol):
    """One read model; never writes.

    Raises ``DaemonUnavailable`` or ``LedgerError`` when there is no answer at all.
    """

    def status(self) -> DaemonStatus: ...

    def overview(self, *, hours: int, scope: Scope = EVERYTHING) -> Overview: ...

    def durations(self, *, hours: int, scope: Scope = EVERYTHING) -> Durations: ...

    def counts(self) -> pd.DataFrame:
        """``frames.COUNTS``."""

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage: ...

    def document(self, document_id: int) -> DocumentDetail:
        """Raises ``NotFound``."""

    def find_document(self, number: str, entry_type: str = "") -> int:
        """The id of the newest document with byondpro's *number*. Raises ``NotFound``."""

    def document_neighbours(
        self, wanted: DocumentFilter, document_id: int
    ) -> tuple[int | None, int | None]:
        """Ids of the documents before and after in the filter's order."""

    def failures(self, *, hours: int, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.FAILURES``: hourly buckets up to 72 hours, daily ones (UTC) beyond."""

    def series(self, *, hours: int, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.SERIES``, in the same buckets."""

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.STANDING``: what is not in Sage 300 now."""

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.OPEN_ERRORS``, most money first."""

    def pauses(self) -> list[Pause]:
        """What an admin holds back."""

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        """When pushing was held back and let go because of Sage 300, newest first."""

    def audit(self, *, limit: int) -> pd.DataFrame:
        """``frames.AUDIT``, newest first; for those who may see it. Raises ``NotAllowed``."""

    def sites(self) -> list[str]:
        """Site codes seen, for the filter."""

    def intake_problems(self) -> pd.DataFrame:
        """``frames.INTAKE_PROBLEMS``, newest first, at most 200."""
