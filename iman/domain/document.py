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
    """What byondpro sent, typed: what every entry type has. Each has a class of its own below.

    An invalid one never becomes a Document: see ``gateways/byondpro_documents.py``. Where a field
    has no meaning for a type it is empty.
    """

    key: DocumentKey
    revision: int
    site: str
    site_name: str
    site_segment: str
    segment_rule: str  # N, or E/S and a digit count: where the site's segment goes
    booking: str
    description: str
    customer: str
    customer_name: str
    customer_kind: str  # person or company
    customer_group: str
    document_date: date
    amount: Decimal  # total, tax included
    currency: str
    sales_order: str = ""
    tax: Decimal = Decimal(0)
    tax_group: str = ""
    terms_code: str = ""
    terms_description: str = ""
    parent: DocumentKey | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SalesDocument(Document):
    """One with lines: an invoice or a credit note."""

    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice(SalesDocument):
    """An invoice, or the debit note of a receipt's surcharge."""

    debit_note: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNote(SalesDocument):
    """Its amounts are positive; its parent is the invoice it credits, if byondpro has that one."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt(Document):
    """Money received for the invoice that is its parent."""

    receipt_type: str  # byondpro's receipt type is Sage 300's payment code
    reference: str
    bank: str
    payer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund(Document):
    """Money paid back against the credit note that is its parent."""

    refund_type: str
    reference: str
    bank: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Instalment:
    """One payment of a repayment plan; they are numbered from 1."""

    number: int
    due: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class RepaymentPlan(Document):
    """The instalments that take the place of those Sage 300 worked out for the parent invoice."""

    schedule: tuple[Instalment, ...]


class JournalKind(StrEnum):
    """What a journal is posted for."""

    REDEMPTION = "redemption"  # a pre-need item is used: unearned income becomes revenue
    REVERSAL = "reversal"  # a redemption taken back
    REVENUE = "revenue"  # an invoice is paid in full
    REVALUATION = "revaluation"  # locations are worth something else


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalLine:
    """One side of a journal: debits are positive, credits negative."""

    line: int
    gl_account: str
    segmented: bool  # whether the site's segment is written over the account
    amount: Decimal
    description: str
    reference: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Journal(Document):
    """A journal into the General Ledger; its lines add up to nothing."""

    kind: JournalKind
    journal_lines: tuple[JournalLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a customer is reached."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer(Document):
    """A person or company promoted to a finance customer; its number is the customer's."""

    address: Address = field(default_factory=Address)
