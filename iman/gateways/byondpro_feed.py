"""Reads byondpro's JSON into our own types. The contract is ``docs/byondpro-feed.md``.

Two passes. The first only asks which document an event is about, so that a spoilt document still
stands in the monitor under its number; the second, just before a push, asks for everything.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from iman.domain.document import Document, DocumentKey, EntryType, Line
from iman.domain.feed import DocumentArrived, FeedEvent, FeedPage, ResyncRequested, Unreadable

_NUMBER_WIDTH = 22  # Sage 300's DocumentNumber
_EXCERPT = 2000  # characters of an unreadable event that are kept

Text = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=60)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]  # the ledger's INTEGER
Money = Annotated[Decimal, Field(max_digits=19, decimal_places=3)]


class InvalidDocument(ValueError):
    """A document that must not be pushed as it stands; the text says what byondpro should mend."""


class NotAnOutbox(ValueError):
    """An answer that is not the outbox's; the text says what is missing."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # byondpro may add fields


class _Parent(_Read):
    entry_type: EntryType
    number: Code


class _Site(_Read):
    code: Code
    name: Text = ""
    gl_segment: Text = ""


class _Customer(_Read):
    number: Code
    name: Text = ""
    kind: Text = "person"
    group: Text = ""


class _Terms(_Read):
    code: Code
    description: Text = ""


class _Category(_Read):
    code: Code
    description: Text = ""


class _Line(_Read):
    line: int
    item: Code
    description: Text = ""
    category: _Category
    account_field: Text = "revenue"
    gl_account: Code
    quantity: Money
    unit_price: Money
    amount: Money
    tax_code: Text = ""
    tax_class: int = 1
    tax_included: bool = True
    tax: Money = Decimal(0)


class _Document(_Read):
    entry_type: EntryType
    number: Code
    revision: Revision
    company: Code
    site: _Site
    gl_segment_rule: Annotated[str, Field(pattern=r"^(N|[ES]\d)$")] = "N"
    booking: Text
    sales_order: Text = ""
    description: Text = ""
    customer: _Customer
    date: date
    terms: _Terms
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    tax_group: Text = ""
    amount: Money
    tax: Money = Decimal(0)
    parent: _Parent | None = None
    lines: list[_Line] = Field(min_length=1)


class _Identity(_Read):
    entry_type: EntryType
    number: Annotated[str, Field(min_length=1, max_length=200)]
    revision: Revision
    company: Code


class _Resync(_Read):
    entry_type: EntryType
    number: Annotated[str, Field(min_length=1, max_length=200)]
    company: Code
    by: Annotated[str, Field(min_length=1, max_length=80)]
    at: AwareDatetime


def read_page(body: Any) -> FeedPage:
    """An answer of the outbox. Raises ``NotAnOutbox`` where it is not one at all.

    A single spoilt event never hides the others: it becomes ``Unreadable``.
    """
    if not isinstance(body, dict) or not isinstance(body.get("events"), list):
        raise NotAnOutbox("the answer has no list of events")
    following = body.get("next")
    if following is not None and not isinstance(following, str):
        raise NotAnOutbox("'next' is not a cursor")
    events = tuple(_event(event) for event in body["events"])
    return FeedPage(events=events, next=following, more=body.get("more") is True)


def _event(event: Any) -> FeedEvent:
    event = _storable(event)
    if not isinstance(event, dict):
        return _unreadable(event, "it is not an object")
    cursor = str(event.get("cursor") or "")
    try:
        match event.get("type"):
            case "document":
                return _arrived(cursor, event.get("document"))
            case "resync_requested":
                return _resync(cursor, event)
            case other:
                known = "document or resync_requested"
                return _unreadable(event, f"its type is {other!r}, not {known}")
    except ValidationError as exc:
        return _unreadable(event, _why(exc))


def _storable(value: Any) -> Any:
    """JSON may escape half a surrogate pair or a NUL; no database stores either."""
    match value:
        case str():
            text = value.replace("\x00", "\ufffd")
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_storable(name): _storable(part) for name, part in value.items()}
        case list():
            return [_storable(part) for part in value]
        case _:
            return value


def _unreadable(event: Any, reason: str) -> Unreadable:
    cursor = event.get("cursor") if isinstance(event, dict) else None
    return Unreadable(
        cursor=str(cursor or ""),
        reason=f"An event from byondpro could not be read: {reason}.",
        excerpt=json.dumps(event, ensure_ascii=False, default=str)[:_EXCERPT],
    )


def _resync(cursor: str, event: Any) -> ResyncRequested:
    asked = _Resync.model_validate(event)
    return ResyncRequested(
        cursor=cursor,
        key=DocumentKey(company=asked.company, entry_type=asked.entry_type, number=asked.number),
        by=asked.by,
        requested_at=asked.at.astimezone(UTC),
    )


def _arrived(cursor: str, raw: Any) -> DocumentArrived:
    who = _Identity.model_validate(raw)
    site, customer, terms = (_part(raw, name) for name in ("site", "customer", "terms"))
    return DocumentArrived(
        cursor=cursor,
        key=DocumentKey(company=who.company, entry_type=who.entry_type, number=who.number),
        revision=who.revision,
        payload=json.dumps(raw, ensure_ascii=False, separators=(",", ":")),
        site=_text(site, "code"),
        site_name=_text(site, "name"),
        booking=_text(raw, "booking"),
        sales_order=_text(raw, "sales_order"),
        description=_text(raw, "description"),
        customer=_text(customer, "number"),
        customer_name=_text(customer, "name"),
        document_date=_date(raw.get("date")),
        amount=_money(raw.get("amount")),
        currency=_text(raw, "currency")[:3],
        terms_code=_text(terms, "code"),
        terms_description=_text(terms, "description"),
        parent=_parent(who.company, raw.get("parent")),
    )


def read_document(payload: str) -> Document:
    """The whole document, checked. Raises ``InvalidDocument`` naming the field and the fault."""
    try:
        found = _Document.model_validate_json(payload)
    except ValidationError as exc:
        raise InvalidDocument(f"byondpro's document is not valid: {_why(exc)}.") from exc
    _check(found)
    return Document(
        key=DocumentKey(company=found.company, entry_type=found.entry_type, number=found.number),
        revision=found.revision,
        site=found.site.code,
        site_name=found.site.name,
        site_segment=found.site.gl_segment,
        segment_rule=found.gl_segment_rule,
        booking=found.booking,
        sales_order=found.sales_order,
        description=found.description,
        customer=found.customer.number,
        customer_name=found.customer.name,
        customer_kind=found.customer.kind,
        customer_group=found.customer.group,
        document_date=found.date,
        amount=found.amount,
        tax=found.tax,
        currency=found.currency,
        tax_group=found.tax_group,
        terms_code=found.terms.code,
        terms_description=found.terms.description,
        parent=_key(found.company, found.parent),
        lines=tuple(_line(line) for line in found.lines),
    )


def _line(line: _Line) -> Line:
    return Line(
        line=line.line,
        item=line.item,
        description=line.description,
        category=line.category.code,
        category_description=line.category.description,
        account_field=line.account_field,
        gl_account=line.gl_account,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.amount,
        tax_code=line.tax_code,
        tax_class=line.tax_class,
        tax_included=line.tax_included,
        tax=line.tax,
    )


def _check(found: _Document) -> None:
    if len(found.number) > _NUMBER_WIDTH:
        raise InvalidDocument(
            f"The document number {found.number} has {len(found.number)} characters; Sage 300 "
            f"takes at most {_NUMBER_WIDTH}."
        )
    if found.entry_type is EntryType.INVOICE and found.amount < 0:
        raise InvalidDocument(
            f"The invoice's total is {found.amount}; an invoice cannot be negative, it needs a "
            "credit note."
        )
    total = sum((line.amount for line in found.lines), Decimal(0))
    if total != found.amount:
        raise InvalidDocument(
            f"The lines add up to {total}, the document's total says {found.amount}."
        )


def _why(exc: ValidationError) -> str:
    """The first two faults, in words; values stay out of it."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'the document'}: {fault['msg']}"
        for fault in exc.errors(include_url=False, include_input=False)
    ]
    rest = f" (and {len(faults) - 2} more)" if len(faults) > 2 else ""
    return "; ".join(faults[:2]) + rest


def _part(raw: Any, name: str) -> Any:
    part = raw.get(name)
    return part if isinstance(part, dict) else {}


def _text(raw: Any, name: str) -> str:
    found = raw.get(name)
    return found[:200] if isinstance(found, str) else ""


def _date(found: Any) -> date | None:
    try:
        return date.fromisoformat(found)
    except (TypeError, ValueError):
        return None


def _money(found: Any) -> Decimal | None:
    try:
        money = Decimal(str(found))
        whole = money.quantize(Decimal("0.001"))
    except InvalidOperation:
        return None
    return whole if whole.is_finite() and abs(whole) < Decimal(10) ** 16 else None


def _parent(company: str, raw: Any) -> DocumentKey | None:
    try:
        return _key(company, _Parent.model_validate(raw))
    except ValidationError:
        return None


def _key(company: str, parent: _Parent | None) -> DocumentKey | None:
    if parent is None:
        return None
    return DocumentKey(company=company, entry_type=parent.entry_type, number=parent.number)


def as_wire_moment(moment: datetime) -> str:
    """UTC with a Z, as the feed writes moments."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
