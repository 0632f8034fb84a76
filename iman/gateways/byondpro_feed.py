"""Reads byondpro's JSON into our own types. The contract is ``docs/byondpro-feed.md``.

Two passes. The first, here, only asks which document an event is about, so that a spoilt document
still stands in the monitor under its number; the second, just before a push, asks for everything:
``byondpro_documents.py``.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, ValidationError

from iman.domain.card_data import without_cards
from iman.domain.document import DocumentKey, EntryType
from iman.domain.feed import DocumentArrived, FeedEvent, FeedPage, ResyncRequested, Unreadable
from iman.gateways.answers import storable
from iman.gateways.byondpro_documents import InvalidDocument, read_document
from iman.gateways.byondpro_wire import Code, Parent, Read, Revision, key_of, why

__all__ = ["InvalidDocument", "NotAnOutbox", "as_wire_moment", "read_document", "read_page"]

_EXCERPT = 2000  # characters of an unreadable event that are kept


class NotAnOutbox(ValueError):
    """An answer that is not the outbox's; the text says what is missing."""


class _Identity(Read):
    entry_type: EntryType
    number: Annotated[str, Field(min_length=1, max_length=200)]
    revision: Revision
    company: Code


class _Resync(Read):
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
    event = without_cards(storable(event))
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
        return _unreadable(event, why(exc))


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
        return key_of(company, Parent.model_validate(raw))
    except ValidationError:
        return None


def as_wire_moment(moment: datetime) -> str:
    """UTC with a Z, as the feed writes moments."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
