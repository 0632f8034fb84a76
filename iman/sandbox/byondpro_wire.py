"""JSON shapes of the byondpro feed, as `docs/byondpro-feed.md` gives them.

Money and quantities travel as decimal strings, moments as UTC with a `Z`.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

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


class Address(Wire):
    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


class Receipt(Wire):
    type: str
    reference: str
    bank: str
    payer: str


class Refund(Wire):
    type: str
    reference: str
    bank: str


class Instalment(Wire):
    number: int
    due: date
    amount: Amount


class Journal(Wire):
    kind: Literal["redemption", "reversal", "revenue", "revaluation"]


class JournalLine(Wire):
    line: int
    gl_account: str
    segmented: bool
    amount: Amount
    description: str
    reference: str


class Document(Wire):
    """One document; what has no meaning for its entry type is left out."""

    entry_type: EntryType
    number: str = Field(max_length=22)
    kind: Literal["invoice", "debit_note"] | None = None
    revision: int
    company: str
    site: SiteRef
    gl_segment_rule: str
    booking: str
    sales_order: str = ""
    description: str
    customer: CustomerRef
    date: date
    terms: CodeRef | None = None
    currency: str
    tax_group: str = ""
    amount: Amount
    tax: Amount | None = None
    parent: ParentRef | None
    reason: str = ""
    lines: list[Line] = []
    address: Address | None = None
    receipt: Receipt | None = None
    refund: Refund | None = None
    schedule: list[Instalment] = []
    journal: Journal | None = None
    journal_lines: list[JournalLine] = []

    def body(self) -> dict[str, Any]:
        """As JSON, without the fields that were not given."""
        return self.model_dump(mode="json", exclude_unset=True)


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


class Mix(Wire):
    """How many documents of each type; a child finds its parent among them or in the store."""

    customer: int = Field(0, ge=0, le=100_000)
    invoice: int = Field(0, ge=0, le=100_000)
    credit_note: int = Field(0, ge=0, le=100_000)
    receipt: int = Field(0, ge=0, le=100_000)
    refund: int = Field(0, ge=0, le=100_000)
    repayment_plan: int = Field(0, ge=0, le=100_000)
    journal: int = Field(0, ge=0, le=100_000)


class Generate(Wire):
    invoices: int | None = Field(None, ge=1, le=200_000)
    mix: Mix | None = None
    seed: int | None = Field(None, description="None: the sandbox's own seed")
    bad: float = Field(0.0, ge=0, le=1, description="Share that carries a missing term or account")

    @model_validator(mode="after")
    def one_of_both(self) -> "Generate":
        if (self.invoices is None) is (self.mix is None):
            raise ValueError("give either invoices or mix")
        return self


class Generated(Wire):
    invoices: int
    first: str | None = None
    last: str | None = None
    documents: dict[str, int] | None = None


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
    booking: str
    parent: str | None


class State(Wire):
    documents: list[DocumentState]
