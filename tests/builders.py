"""Builders: each makes something valid, and takes what the test is about as an override."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from iman.domain.attempt import Claim, Finished, Verdict
from iman.domain.document import Document, DocumentKey, EntryType
from iman.domain.feed import DocumentArrived, ResyncRequested, Unreadable
from iman.domain.outcome import Absent, Accepted, Outcome, Refused, Unavailable, Unknown
from iman.domain.retry import Next
from iman.gateways.byondpro_documents import read_document
from iman.gateways.byondpro_feed import read_page

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
F48 = 'Terms Code "F48" is not defined in A/R Terms'


def make_key(number: str = "INV-010319", **overrides: Any) -> DocumentKey:
    return DocumentKey(
        **{"company": "SERC", "entry_type": EntryType.INVOICE, "number": number, **overrides}
    )


def make_payload(number: str = "INV-010319", **overrides: Any) -> dict[str, Any]:
    """The document of ``docs/byondpro-feed.md``, one line of *amount*."""
    amount = str(overrides.pop("amount", "3760.00"))
    terms = overrides.pop("terms", "F48")
    return {
        "entry_type": "invoice",
        "number": number,
        "revision": 1,
        "company": "SERC",
        "site": {"code": "HGH", "name": "Highview Remembrance Park", "gl_segment": "30"},
        "gl_segment_rule": "E2",
        "booking": "10319",
        "sales_order": "SO-010319",
        "description": "Right of interment and interment",
        "customer": {
            "number": "HGH-004512",
            "name": "Margaret Ellison",
            "kind": "person",
            "group": "FAMILY",
        },
        "date": "2026-11-23",
        "terms": {"code": terms, "description": "48 Month Repayment Plan"},
        "currency": "AUD",
        "tax_group": "ATO",
        "amount": amount,
        "tax": "341.82",
        "parent": None,
        "lines": [
            {
                "line": 1,
                "item": "R-1010",
                "description": "Lawn grave, double depth, perpetual",
                "category": {"code": "100", "description": "Right of Interment – Lawn"},
                "account_field": "revenue",
                "gl_account": "4000",
                "quantity": "1",
                "unit_price": amount,
                "amount": amount,
                "tax_code": "AUS-GST",
                "tax_class": 1,
                "tax_included": True,
                "tax": "341.82",
            }
        ],
        **overrides,
    }


def make_event(document: Any = None, *, cursor: str = "17") -> dict[str, Any]:
    """An event of the outbox, as JSON."""
    return {
        "cursor": cursor,
        "type": "document",
        "at": "2026-11-24T05:00:00Z",
        "document": make_payload() if document is None else document,
    }


def make_arrived(
    number: str = "INV-010319", *, cursor: str = "17", **overrides: Any
) -> DocumentArrived:
    """A document event, read by the gateway as in earnest."""
    page = read_page({"events": [make_event(make_payload(number, **overrides), cursor=cursor)]})
    (event,) = page.events
    assert isinstance(event, DocumentArrived), event
    return event


def make_resync_event(
    number: str = "INV-010319", *, cursor: str = "18", by: str = "jo.clark"
) -> ResyncRequested:
    return ResyncRequested(cursor=cursor, key=make_key(number), by=by, requested_at=NOW)


def make_unreadable(**overrides: Any) -> Unreadable:
    values = {"cursor": "19", "reason": "An event could not be read.", "excerpt": "{}"}
    return Unreadable(**{**values, **overrides})


def make_document(number: str = "INV-010319", **overrides: Any) -> Document:
    return read_document(json.dumps(make_payload(number, **overrides)))


def make_claim(**overrides: Any) -> Claim:
    values: dict[str, Any] = {
        "attempt_id": 1,
        "document_id": 1,
        "key": make_key(),
        "revision": 1,
        "payload": json.dumps(make_payload()),
        "round": 1,
        "number": 1,
        "trigger": "intake",
        "token": "IMAN 0011aabb IN INV-010319 r1",
        "started_at": NOW,
        "asks": False,
    }
    return Claim(**{**values, **overrides})


def refused(code: str = "1020", text: str = F48, **overrides: Any) -> Refused:
    return Refused(**{"code": code, "text": text, "http_status": 409, **overrides})


def accepted(reference: str = "187-1", **overrides: Any) -> Accepted:
    return Accepted(reference=reference, **overrides)


def unavailable(**overrides: Any) -> Unavailable:
    values = {"kind": "connection", "reason": "Sage 300 does not answer (ConnectError)."}
    return Unavailable(**{**values, **overrides})


def unknown(**overrides: Any) -> Unknown:
    return Unknown(**{"reason": "The answer was lost (ReadTimeout).", **overrides})


def absent() -> Absent:
    return Absent(reason="Sage 300 was asked: the document is not there.")


TERMS_MISSING = Verdict(error_type="terms_missing", entity_kind="terms", entity="F48")
SICK = Verdict(error_type="erp_unavailable", entity_kind=None, entity=None)


def make_finished(claim: Claim, outcome: Outcome, following: Next, **overrides: Any) -> Finished:
    verdict = None
    if isinstance(outcome, Refused):
        verdict = TERMS_MISSING
    elif not isinstance(outcome, Accepted):
        verdict = SICK
    values: dict[str, Any] = {
        "claim": claim,
        "outcome": outcome,
        "next": following,
        "ended_at": claim.started_at,
        "verdict": verdict,
    }
    return Finished(**{**values, **overrides})


def money(text: str) -> Decimal:
    return Decimal(text)


def day(text: str) -> date:
    return date.fromisoformat(text)
