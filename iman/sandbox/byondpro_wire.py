"""JSON shapes of the byondpro feed, as `docs/byondpro-feed.md` gives them.

Money and quantities travel as decimal strings, moments as UTC with a `Z`.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

EntryType = Literal[
    "customer", "invoice", "credit_note", "receipt", "refund", "repayment_plan", "journal"
]
SyncStatus = Literal["pending", "failed", "processed"]


def stamp(moment: datetime) -> str:
    """*moment* as the feed writes it: `2026-11-24T05:00:00.250000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Amount = Annotated[Decimal, PlainSerializer(str, return_type=str)]
Moment = Annotated[AwareDatetime, PlainSerializer(stamp, return_type=str)]


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SiteRef(Wire):
    code: str
    name: str
    gl_segment: str


class CustomerRef(Wire):
    number: str
    name: str
    kind: Literal["person", "company"]
    group: str


class CodeRef(Wire):
    code: str
    description: str


class ParentRef(Wire):
    entry_type: EntryType
    number: str


class Line(Wire):
    line: int
    item: str
    description: str
    category: CodeRef
    account_field: str
    gl_account: str
    quantity: Amount
    unit_price: Amount
    amount: Amount
    tax_code: str
    tax_class: int
    tax_included: bool
    tax: Amount


class Document(Wire):
    entry_type: EntryType
    number: str = Field(max_length=22)
    revision: int
    company: str
    site: SiteRef
    gl_segment_rule: str
    booking: str
    sales_order: str
    description: str
    customer: CustomerRef
    date: date
    terms: CodeRef
    currency: str
    tax_group: str
    amount: Amount
    tax: Amount
    parent: ParentRef | None
    lines: list[Line]


class DocumentEvent(Wire):
    cursor: str
    type: Literal["document"]
    at: Moment
    document: Document


class ResyncEvent(Wire):
    cursor: str
    type: Literal["resync_requested"]
    at: Moment
    entry_type: EntryType
    number: str
    company: str
    by: str


Event = Annotated[DocumentEvent | ResyncEvent, Field(discriminator="type")]


class Outbox(Wire):
    events: list[Event]
    next: str
    more: bool


class StatusReport(Wire):
    entry_type: EntryType
    number: str
    company: str
    revision: int
    status: SyncStatus
    message: str | None = None
    erp_reference: str | None = None
    attempts: int = Field(ge=0)
    at: Moment


class StatusReports(Wire):
    statuses: list[StatusReport]


class Accepted(Wire):
    accepted: int


class Problem(Wire):
    error: str
    message: str
    number: str | None = None


class SetUp(Wire):
    code: str
    description: str
    active: bool


class CategorySetUp(SetUp):
    accounts: dict[str, str]


class SiteSetUp(SetUp):
    gl_segment: str


class SetUps(Wire):
    terms: list[SetUp]
    categories: list[CategorySetUp]
    sites: list[SiteSetUp]
    tax_codes: list[SetUp]
    customer_groups: list[SetUp]
    receipt_types: list[SetUp]
    configuration: dict[str, str]


class Generate(Wire):
    invoices: int = Field(ge=1, le=200_000)
    seed: int | None = Field(None, description="None: the sandbox's own seed")
    bad: float = Field(0.0, ge=0, le=1, description="Share that carries the missing term F48")


class Generated(Wire):
    invoices: int
    first: str
    last: str


class DocumentState(Wire):
    entry_type: EntryType
    number: str
    status: SyncStatus
    message: str | None
    erp_reference: str | None
    attempts: int
    revision: int
    amount: Amount
    customer: str
    terms: str


class State(Wire):
    documents: list[DocumentState]
