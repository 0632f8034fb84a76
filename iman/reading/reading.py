"""What a page may ask.

Two ways to answer it: over the control API, or from the file while the daemon is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import pandas as pd

from iman.api.wire import BreakerEvent, DocumentDetail, Durations, Health, Overview, Pause, Queue
from iman.api.wire_audit import AuditVerification
from iman.api.wire_settings import SettingsRecord
from iman.api.wire_views import SavedView
from iman.domain.document import DocumentState, EntryType
from iman.domain.view import Order


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusals:
    """Refused at some time from *since* to *until*; on some weekday (1: Monday) and hour only."""

    since: datetime
    until: datetime
    weekday: int | None = None
    hour: int | None = None
    zone: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """*hours* that end at *until*, or now. Beyond three days it is told by days of *zone*."""

    hours: int
    until: datetime | None = None
    zone: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentFilter:
    """What Level 2 shows; everything absent means everything."""

    entry_type: EntryType | None = None
    states: tuple[DocumentState, ...] = ()
    error_type: str | None = None
    entity: str | None = None
    site: str | None = None
    company: str | None = None
    search: str = ""  # booking, number, customer, or text of the error
    order: Order = "newest"
    began_from: datetime | None = None  # when it first failed, or arrived
    began_to: datetime | None = None
    dated_to: date | None = None  # its own date, or earlier
    refused: Refusals | None = None  # the error type is then that of the refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which documents the figures speak of; None: all of them."""

    entry_type: EntryType | None = None
    site: str | None = None
    company: str | None = None


EVERYTHING = Scope()
LAST_DAY = Window(hours=24)


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

    def overview(self, window: Window, scope: Scope = EVERYTHING) -> Overview: ...

    def durations(self, window: Window, scope: Scope = EVERYTHING) -> Durations: ...

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

    def failures(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.FAILURES``: hourly buckets up to 72 hours, days of the window's zone beyond."""

    def series(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.SERIES``, in the same buckets."""

    def history(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.HISTORY``, in the same buckets."""

    def busy_hours(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.BUSY_HOURS``."""

    def retries(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.RETRIES``, the most first."""

    def met_causes(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.MET_CAUSES``, the commonest first."""

    def period_end(self, due: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.PERIOD_END``, most money first."""

    def marks(self, window: Window) -> pd.DataFrame:
        """``frames.MARKS``, newest first."""

    def companies(self) -> list[str]:
        """Companies seen, for the filter."""

    def views(self) -> list[SavedView]:
        """This person's saved views and the shared ones; while the daemon is away only those."""

    def preferences(self) -> dict[str, str]:
        """What this person chose; nothing while the daemon is away."""

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.STANDING``: what is not in Sage 300 now."""

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        """``frames.OPEN_ERRORS``, most money first."""

    def queue(self) -> Queue:
        """What is on its way, and when none is left at the present rate."""

    def pauses(self) -> list[Pause]:
        """What an admin holds back."""

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        """When pushing was held back and let go because of Sage 300, newest first."""

    def audit(self, *, limit: int) -> pd.DataFrame:
        """``frames.AUDIT``, newest first; for those who may see it. Raises ``NotAllowed``."""

    def audit_proof(self) -> AuditVerification:
        """Whether the trail is what was written; for those who may see it. Walks all of it."""

    def settings(self) -> SettingsRecord:
        """What the daemon runs on; for those who may see it. Raises ``NotAllowed``."""

    def sites(self) -> list[str]:
        """Site codes seen, for the filter."""

    def intake_problems(self) -> pd.DataFrame:
        """``frames.INTAKE_PROBLEMS``, newest first, at most 200."""
