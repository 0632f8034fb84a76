"""A valid document of every entry type, as ``docs/byondpro-feed.md`` has it, with overrides."""

from __future__ import annotations

import json
from typing import Any

from iman.domain.document import Document
from iman.gateways.byondpro_documents import read_document
from tests.builders import make_payload

TOKEN = "IMAN 0011aabb IN INV-010319 r1"
INVOICE = {"entry_type": "invoice", "number": "INV-010319"}
ADDRESS = {
    "line1": "4 Quarry Lane", "line2": "", "city": "Highview", "state": "VIC", "postcode": "3999",
    "country": "Australia", "phone": "03 5555 0101", "email": "m.ellison@example.org",
}  # fmt: skip
_SALES_ONLY = ("lines", "terms", "tax_group", "tax", "sales_order")


def _without_sale(number: str, entry_type: str, **more: Any) -> dict[str, Any]:
    found = make_payload(number, entry_type=entry_type, **more)
    return {name: value for name, value in found.items() if name not in _SALES_ONLY}


def payload_of(entry_type: str, /, **overrides: Any) -> dict[str, Any]:
    """The JSON of a valid one."""
    return _MAKERS[entry_type]() | overrides


def document_of(entry_type: str, /, **overrides: Any) -> Document:
    return read(payload_of(entry_type, **overrides))


def read(payload: dict[str, Any]) -> Document:
    return read_document(json.dumps(payload))


def schedule(amounts: list[str], *, year: int = 2026, month: int = 12) -> list[dict[str, Any]]:
    """One instalment a month."""
    found = []
    for place, amount in enumerate(amounts):
        months = month - 1 + place
        due = f"{year + months // 12:04d}-{months % 12 + 1:02d}-01"
        found.append({"number": place + 1, "due": due, "amount": amount})
    return found


def _customer() -> dict[str, Any]:
    payload = make_payload("HGH-004512", entry_type="customer", amount="0.00")
    for name in ("lines", "tax", "sales_order"):
        del payload[name]
    return payload | {"address": ADDRESS, "booking": ""}


def _journal() -> dict[str, Any]:
    return _without_sale("JE-000007", "journal", amount="281.82") | {
        "parent": INVOICE,
        "description": "Redeemed: bronze plaque",
        "journal": {"kind": "redemption"},
        "journal_lines": [
            {"line": 1, "gl_account": "2560", "segmented": False, "amount": "281.82",
             "description": "Unearned income", "reference": "INV-010319"},
            {"line": 2, "gl_account": "6000", "segmented": True, "amount": "-281.82",
             "description": "Revenue", "reference": ""},
        ],
    }  # fmt: skip


_MAKERS = {
    "invoice": lambda: make_payload(kind="invoice"),
    "credit_note": lambda: (
        make_payload("CN-000101", entry_type="credit_note")
        | {"parent": INVOICE, "reason": "Wrong terms"}
    ),
    "receipt": lambda: (
        _without_sale("RC-000201", "receipt", amount="100.00")
        | {
            "parent": INVOICE,
            "receipt": {"type": "VISA", "reference": "4417", "bank": "CBA", "payer": "M. Ellison"},
        }
    ),
    "refund": lambda: (
        _without_sale("RF-000301", "refund", amount="80.00")
        | {
            "parent": {"entry_type": "credit_note", "number": "CN-000101"},
            "refund": {"type": "OPUS", "reference": "R-1", "bank": "CBA"},
        }
    ),
    "customer": _customer,
    "repayment_plan": lambda: (
        _without_sale("RP-000401", "repayment_plan", amount="3760.00")
        | {"parent": INVOICE, "schedule": schedule(["1253.33", "1253.33", "1253.34"])}
    ),
    "journal": _journal,
}
ENTRY_TYPES = tuple(_MAKERS)
