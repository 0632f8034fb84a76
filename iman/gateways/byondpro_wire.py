"""byondpro's documents as they stand on the wire, one model per entry type."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from iman.domain.document import DocumentKey, EntryType, JournalKind

Text = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=60)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]  # the ledger's INTEGER
Money = Annotated[Decimal, Field(max_digits=19, decimal_places=3)]


class Read(BaseModel):
    """byondpro may add fields: they are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Kind(Read):
    entry_type: EntryType


class Parent(Read):
    entry_type: EntryType
    number: Code


class Site(Read):
    code: Code
    name: Text = ""
    gl_segment: Text = ""


class Person(Read):
    """Whom a document is for; a journal may be for nobody."""

    number: Text = ""
    name: Text = ""
    kind: Text = "person"
    group: Text = ""


class Terms(Read):
    code: Code
    description: Text = ""


class Common(Read):
    """What every document has."""

    entry_type: EntryType
    number: Code
    revision: Revision
    company: Code
    site: Site
    gl_segment_rule: Annotated[str, Field(pattern=r"^(N|[ES]\d)$")] = "N"
    booking: Text
    description: Text = ""
    customer: Person
    date: date
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    amount: Money
    parent: Parent | None = None


class Category(Read):
    code: Code
    description: Text = ""


class SalesLine(Read):
    line: int
    item: Code
    description: Text = ""
    category: Category
    account_field: Text = "revenue"
    gl_account: Code
    quantity: Money
    unit_price: Money
    amount: Money
    tax_code: Text = ""
    tax_class: int = 1
    tax_included: bool = True
    tax: Money = Decimal(0)


class WireSale(Common):
    """An invoice, a debit note or a credit note."""

    kind: Literal["invoice", "debit_note"] = "invoice"
    reason: Text = ""
    sales_order: Text = ""
    terms: Terms
    tax_group: Text = ""
    tax: Money = Decimal(0)
    lines: list[SalesLine] = Field(min_length=1)


class WireAddress(Read):
    line1: Text = ""
    line2: Text = ""
    city: Text = ""
    state: Text = ""
    postcode: Text = ""
    country: Text = ""
    phone: Text = ""
    email: Text = ""


class WireCustomer(Common):
    terms: Terms
    tax_group: Text = ""
    address: WireAddress = WireAddress()


class Payment(Read):
    """How money came in or went out."""

    type: Code
    reference: Text = ""
    bank: Code
    payer: Text = ""


class WireReceipt(Common):
    receipt: Payment


class WireRefund(Common):
    refund: Payment


class WireInstalment(Read):
    number: int
    due: date
    amount: Money


class WirePlan(Common):
    schedule: list[WireInstalment] = Field(min_length=1)


class JournalHead(Read):
    kind: JournalKind


class WireJournalLine(Read):
    line: int
    gl_account: Code
    segmented: bool = False
    amount: Money
    description: Text = ""
    reference: Text = ""


class WireJournal(Common):
    journal: JournalHead
    journal_lines: list[WireJournalLine] = Field(min_length=2)


def key_of(company: str, parent: Parent | None) -> DocumentKey | None:
    """The parent's key: it lives in the same company."""
    if parent is None:
        return None
    return DocumentKey(company=company, entry_type=parent.entry_type, number=parent.number)


def why(exc: ValidationError) -> str:
    """The first two faults, in words; values stay out of it."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'the document'}: {fault['msg']}"
        for fault in exc.errors(include_url=False, include_input=False)
    ]
    rest = f" (and {len(faults) - 2} more)" if len(faults) > 2 else ""
    return "; ".join(faults[:2]) + rest
