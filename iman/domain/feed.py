"""What comes out of byondpro's outbox, one event at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from iman.domain.document import DocumentKey


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentArrived:
    """A document, new or revised. The summary is best effort: a field byondpro spoilt is None."""

    cursor: str
    key: DocumentKey
    revision: int
    payload: str  # the document as byondpro sent it, JSON text
    site: str
    site_name: str
    booking: str
    sales_order: str
    description: str
    customer: str
    customer_name: str
    document_date: date | None
    amount: Decimal | None
    currency: str
    terms_code: str
    terms_description: str
    parent: DocumentKey | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResyncRequested:
    """Somebody pressed Resync in byondpro."""

    cursor: str
    key: DocumentKey
    by: str
    requested_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """An event that names no document; it is shown to people and passed over."""

    cursor: str
    reason: str
    excerpt: str


FeedEvent = DocumentArrived | ResyncRequested | Unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPage:
    """One reading of the outbox."""

    events: tuple[FeedEvent, ...]
    next: str | None  # the cursor to read after; None while byondpro has none
    more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteBack:
    """What byondpro is to show for one document."""

    id: int
    key: DocumentKey
    revision: int
    status: str  # ErpSyncStatus
    message: str
    reference: str | None
    attempts: int
    decided_at: datetime
