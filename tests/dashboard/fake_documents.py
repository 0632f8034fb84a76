"""Documents, attempts and people as the API tells of them: the reference scenario's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from iman.api.wire import (
    AttemptRecord,
    Beat,
    Breaker,
    DocumentLine,
    DocumentRecord,
    Health,
    Links,
    Me,
)
from iman.domain.document import DocumentState, EntryType, erp_sync_status
from iman.domain.people import PERMISSIONS, Role

F48 = 'Terms Code "F48" is not defined in A/R Terms'
NO_6030 = "G/L account 6030 is not defined in General Ledger"
HOSTILE = "<img src=x onerror=alert(1)> ![x](http://evil.test/x.png) [y](javascript:alert(2)) $x^2$"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_me(role: Role = Role.ADMIN, name: str = "ada") -> Me:
    return Me(
        name=name,
        role=role,
        permissions=sorted(PERMISSIONS[role]),
        expires_at=datetime.now(UTC) + timedelta(hours=8),
    )


def make_document(**overrides: Any) -> DocumentRecord:
    """Booking 10319's invoice after its fifth attempt."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "id": 1,
        "entry_type": EntryType.INVOICE,
        "number": "INV-010319",
        "company": "SAMLTD",
        "revision": 1,
        "state": DocumentState.FAILED,
        "site": "HGH",
        "site_name": "Highview Remembrance Park",
        "booking": "10319",
        "sales_order": "SO-010319",
        "description": "Lawn grave, double depth, perpetual",
        "customer": "HGH-004512",
        "customer_name": "Margaret Ellison",
        "document_date": now.date(),
        "amount": Decimal("3760.00"),
        "currency": "AUD",
        "terms_code": "F48",
        "terms_description": "48 Month Repayment Plan",
        "parent": None,
        "round": 1,
        "attempt": 5,
        "max_attempts": 5,
        "error_code": "1020",
        "error_text": F48,
        "error_type": "terms_missing",
        "entity_kind": "terms",
        "entity": "F48",
        "first_failed_at": now - timedelta(minutes=7),
        "last_tried_at": now - timedelta(minutes=5, seconds=18),
        "next_try_at": None,
        "received_at": now - timedelta(minutes=7, seconds=4),
        "synced_at": None,
        "erp_reference": None,
        "lines": [make_line()],
    }
    values.update(overrides)
    if "erp_sync_status" not in values:
        values["erp_sync_status"] = erp_sync_status(values["state"])
    booking, order, number = values["booking"], values["sales_order"], values["number"]
    values.setdefault(
        "links",
        Links(
            booking=f"http://127.0.0.1:8602/bookings/{booking}",
            sales_order=f"http://127.0.0.1:8602/sales-orders/{order}",
            document=f"http://127.0.0.1:8602/invoices/{number}",
        ),
    )
    return DocumentRecord(**values)


def make_line(**overrides: Any) -> DocumentLine:
    values: dict[str, Any] = {
        "line": 1,
        "item": "R-1010",
        "description": "Lawn grave, double depth, perpetual",
        "category": "100",
        "category_description": "Right of Interment – Lawn",
        "gl_account": "4030",
        "quantity": Decimal("1"),
        "unit_price": Decimal("3760.00"),
        "amount": Decimal("3760.00"),
        "tax": Decimal("341.82"),
    }
    return DocumentLine(**{**values, **overrides})


def make_attempt(number: int, at: datetime, **overrides: Any) -> AttemptRecord:
    values: dict[str, Any] = {
        "id": number,
        "round": 1,
        "number": number,
        "trigger": "intake" if number == 1 else "retry",
        "started_at": at,
        "ended_at": at + timedelta(milliseconds=412),
        "outcome": "refused",
        "burnt": True,
        "http_status": 409,
        "error_code": "1020",
        "error_text": F48,
        "error_type": "terms_missing",
        "entity": "F48",
        "erp_reference": None,
        "duration_ms": 412,
        "sent": '{"InvoiceBatches":{"BatchDescription":"iman 7f3a","Invoices":[{"CustomerNumber":'
        '"HGH-004512","DocumentNumber":"INV-010319","Terms":"F48","DocumentTotal":3760.0}]}}',
        "answered": '{"error":{"code":"1020","message":{"lang":"en-US","value":"1020 - Terms Code '
        '\\"F48\\" is not defined in A/R Terms"}}}',
    }
    return AttemptRecord(**{**values, **overrides})


def make_health(**overrides: Any) -> Health:
    now = datetime.now(UTC)
    beats = [
        Beat(loop=name, last_at=now - timedelta(seconds=ago), every_seconds=every, ok=ok, detail=d)
        for name, ago, every, ok, d in (
            ("intake", 2, 3, True, "2 events read"),
            ("push", 1, 1, True, "nothing due"),
            ("retry", 9, 20, True, "1 document due"),
            ("reconcile", 5, 10, True, "nothing unknown"),
            ("write_back", 64, 5, False, "byondpro answered 503"),
        )
    ]
    values: dict[str, Any] = {
        "status": "degraded",
        "version": "0.1.0",
        "company": "SAMLTD",
        "now": now,
        "started_at": now - timedelta(days=3, hours=2),
        "sandbox": True,
        "loops": beats,
        "breaker": Breaker(state="closed", reason="", since=None, next_probe_at=None),
    }
    return Health(**{**values, **overrides})


def documents() -> list[DocumentRecord]:
    now = datetime.now(UTC)
    missing_account = {
        "terms_code": "IMM",
        "terms_description": "Immediate Payment",
        "error_code": "1000",
        "error_text": NO_6030,
        "error_type": "gl_account_missing",
        "entity_kind": "gl_account",
        "entity": "6030",
        "description": "Memorial boulder",
        "lines": [
            make_line(
                item="M-6000",
                description="Memorial boulder",
                category="600",
                category_description="Memorials",
                gl_account="6030",
                unit_price=Decimal("3100.00"),
                amount=Decimal("3100.00"),
                tax=Decimal("281.82"),
            )
        ],
    }
    fine = {
        "state": DocumentState.SYNCED,
        "error_code": None,
        "error_text": None,
        "error_type": None,
        "entity_kind": None,
        "entity": None,
        "first_failed_at": None,
        "attempt": 1,
        "terms_code": "IMM",
        "terms_description": "Immediate Payment",
    }
    found = [make_document()]
    found.append(
        make_document(
            id=2,
            number="INV-010322",
            booking="10322",
            customer="HGH-004530",
            customer_name="Oskar Lindqvist & Söhne",
            amount=Decimal("3100.00"),
            state=DocumentState.RETRYING,
            attempt=3,
            first_failed_at=now - timedelta(seconds=52),
            last_tried_at=now - timedelta(seconds=9),
            next_try_at=now + timedelta(seconds=11),
            **missing_account,
        )
    )
    found.append(
        make_document(
            id=3,
            number="INV-010324",
            booking="10324",
            customer="CVM-001207",
            customer_name="Priya Raman",
            site="CVM",
            site_name="Clearview Cemetery & Mausolea",
            amount=Decimal("21500.00"),
            state=DocumentState.UNKNOWN,
            attempt=1,
            terms_code="IMM",
            terms_description="Immediate Payment",
            error_code=None,
            error_text="The answer was lost: ReadTimeout after 80 s",
            error_type="erp_unavailable",
            entity=None,
            entity_kind=None,
            first_failed_at=now - timedelta(seconds=33),
        )
    )
    for i in range(4, 9):
        found.append(
            make_document(
                id=i,
                number=f"INV-0102{i:02}",
                booking=f"102{i:02}",
                customer=f"HGH-0044{i:02}",
                customer_name=("Tomas Havel", "Grace Okafor", "Lily Tran", "J. Whitlock", HOSTILE)[
                    i - 4
                ],
                amount=Decimal("3100.00") * (i - 3),
                state=DocumentState.FAILED,
                first_failed_at=now - timedelta(days=i - 3, hours=i),
                **missing_account,
            )
        )
    for i in range(9, 40):
        found.append(
            make_document(
                id=i,
                number=f"INV-0100{i:02}",
                booking=f"100{i:02}",
                customer=f"CVM-0011{i:02}",
                customer_name=f"Family {i}",
                site="CVM",
                site_name="Clearview Cemetery & Mausolea",
                amount=Decimal("922.00") + i,
                synced_at=now - timedelta(hours=i),
                erp_reference=f"BATCH-{i}/1",
                **fine,
            )
        )
    found.append(
        make_document(
            id=40,
            entry_type=EntryType.RECEIPT,
            number="REC-004471",
            state=DocumentState.WAITING,
            parent="SAMLTD/invoice/INV-010319",
            attempt=0,
            amount=Decimal("250.00"),
            error_code=None,
            error_text=None,
            error_type=None,
            entity=None,
            entity_kind=None,
            first_failed_at=None,
        )
    )
    found.append(
        make_document(
            id=41,
            entry_type=EntryType.CREDIT_NOTE,
            number="CN-000118",
            booking="10290",
            attempt=2,
            state=DocumentState.RETRYING,
            amount=Decimal("3760.00"),
            next_try_at=now + timedelta(seconds=14),
        )
    )
    return found
