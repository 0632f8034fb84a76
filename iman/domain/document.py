"""One thing to sync, and the states it passes through. ``docs/states.md`` draws the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class EntryType(StrEnum):
    """What kind of document it is; Level 1 of the Integration Monitor, Invoice first."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    RECEIPT = "receipt"
    REFUND = "refund"
    CUSTOMER = "customer"
    REPAYMENT_PLAN = "repayment_plan"
    JOURNAL = "journal"


class DocumentState(StrEnum):
    """Where a document stands; the value is what is stored."""

    PENDING = "pending"  # received, or asked for again; its first push of the round is due
    SYNCING = "syncing"  # an attempt's intent is durable, its outcome is not yet known
    RETRYING = "retrying"  # refused; the next try has a time
    WAITING = "waiting"  # its parent is not synced; burns no attempt
    UNKNOWN = "unknown"  # the answer was lost; ask Sage before sending again
    FAILED = "failed"  # attempts used up; only a resync moves it
    PARKED = "parked"  # set aside by a person, with reason and date; still counted
    SYNCED = "synced"  # it is in Sage 300
    SETTLED = "settled"  # closed by hand, e.g. already keyed in Sage 300


CLOSED_STATES = frozenset({DocumentState.SYNCED, DocumentState.SETTLED})
RESYNCABLE_STATES = frozenset({DocumentState.FAILED, DocumentState.PARKED})


class ErpSyncStatus(StrEnum):
    """What byondpro shows on its own pages."""

    PENDING = "pending"
    FAILED = "failed"
    PROCESSED = "processed"


def erp_sync_status(state: DocumentState) -> ErpSyncStatus:
    """The word byondpro's users know for *state*."""
    if state in CLOSED_STATES:
        return ErpSyncStatus.PROCESSED
    if state is DocumentState.FAILED:
        return ErpSyncStatus.FAILED
    return ErpSyncStatus.PENDING


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class DocumentKey:
    """What tells one document from every other: company, entry type and byondpro's number."""

    company: str
    entry_type: EntryType
    number: str

    def __str__(self) -> str:
        return f"{self.company}/{self.entry_type}/{self.number}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line as byondpro stores it; money and quantity are exact."""

    line: int
    item: str
    description: str
    category: str
    category_description: str
    account_field: str  # the category's field the account comes from: revenue, pre_need, …
    gl_account: str  # the category's account, before the site's segment is written over it
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal  # total of the line, tax included
    tax_code: str
    tax_class: int
    tax_included: bool
    tax: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What byondpro sent, typed. An invalid one never becomes a Document: see ``feed.py``."""

    key: DocumentKey
    revision: int
    site: str
    site_name: str
    site_segment: str
    segment_rule: str  # N, or E/S and a digit count: where the site's segment goes
    booking: str
    sales_order: str
    description: str
    customer: str
    customer_name: str
    customer_kind: str  # person or company
    customer_group: str
    document_date: date
    amount: Decimal  # total, tax included
    tax: Decimal
    currency: str
    tax_group: str
    terms_code: str
    terms_description: str
    parent: DocumentKey | None = None
    lines: tuple[Line, ...] = field(default=())
