"""Invoices to measure with: each as byondpro sends it."""

from __future__ import annotations

import json
from typing import Any

from iman.domain.feed import DocumentArrived
from iman.gateways.byondpro_feed import read_page


def arrivals(count: int, *, first: int = 1) -> list[DocumentArrived]:
    """The events that bring *count* invoices, numbered from *first* on."""
    events = [
        {"cursor": str(n), "type": "document", "at": "2026-11-24T05:00:00Z", "document": payload(n)}
        for n in range(first, first + count)
    ]
    page = read_page({"events": events, "next": str(count), "more": False})
    return [event for event in page.events if isinstance(event, DocumentArrived)]


def payload(number: int) -> dict[str, Any]:
    """One invoice of two lines."""
    return {
        "entry_type": "invoice",
        "number": f"INV-{number:06d}",
        "revision": 1,
        "company": "SERC",
        "site": {"code": "HGH", "name": "Highview Remembrance Park", "gl_segment": "30"},
        "gl_segment_rule": "E2",
        "booking": str(number),
        "sales_order": f"SO-{number:06d}",
        "description": "Right of interment and interment",
        "customer": {
            "number": "HGH-004512", "name": "Margaret Ellison", "kind": "person", "group": "FAMILY",
        },
        "date": "2026-11-23",
        "terms": {"code": "IMM", "description": "Immediate Payment"},
        "currency": "AUD",
        "tax_group": "ATO",
        "amount": "5875.00",
        "tax": "534.10",
        "parent": None,
        "lines": [_line(1, "3760.00", "341.82"), _line(2, "2115.00", "192.28")],
    }  # fmt: skip


def _line(line: int, amount: str, tax: str) -> dict[str, Any]:
    return {
        "line": line,
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
        "tax": tax,
    }


def bodies(count: int) -> list[str]:
    """Requests as the gateway would send them, ready made: for loops that only send."""
    from iman.gateways.byondpro_documents import read_document
    from iman.gateways.entries import MAPPINGS
    from iman.gateways.entries.batched import Batched
    from iman.gateways.exact_json import dumps

    made = []
    for n in range(1, count + 1):
        document = read_document(json.dumps(payload(n)))
        mapping = MAPPINGS[document.key.entry_type]
        assert isinstance(mapping, Batched)  # noqa: S101 -- for mypy: an invoice's is
        made.append(dumps(mapping.body(document, token=f"IMAN bench0 IN INV-{n:06d} r1")))
    return made
