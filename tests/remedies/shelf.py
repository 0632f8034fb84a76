"""A real ledger in one test's hands: documents come, are tried, and time passes as it is told."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from iman.domain.attempt import Finished, Verdict
from iman.domain.document import DocumentKey, EntryType
from iman.domain.feed import DocumentArrived
from iman.domain.outcome import Accepted, Outcome, Refused, Unavailable
from iman.domain.retry import Done, GiveUp, RetryAt
from iman.gateways.byondpro_feed import read_page
from iman.ledger import causes, pushing, receiving
from iman.ledger.duckdb_ledger import DuckDBLedger

START = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

INVOICE: dict[str, Any] = {
    "entry_type": "invoice", "number": "INV-1", "revision": 1, "company": "SERC",
    "site": {"code": "HGH", "name": "Highview Remembrance Park", "gl_segment": "30"},
    "gl_segment_rule": "E2", "booking": "1", "sales_order": "SO-1", "description": "Memorial",
    "customer": {"number": "HGH-004512", "name": "Margaret Ellison", "kind": "person",
                 "group": "FAMILY"},
    "date": "2026-11-20", "terms": {"code": "F48", "description": "48 Month Repayment Plan"},
    "currency": "AUD", "tax_group": "ATO", "amount": "3360.00", "tax": "305.45", "parent": None,
    "lines": [
        {"line": 1, "item": "C-2000", "description": "Chapel service",
         "category": {"code": "310", "description": "Chapel & Functions"},
         "account_field": "revenue", "gl_account": "4500", "quantity": "1",
         "unit_price": "260.00", "amount": "260.00", "tax_code": "AUS-GST", "tax_class": 1,
         "tax_included": True, "tax": "23.63"},
        {"line": 2, "item": "M-6000", "description": "Memorial boulder",
         "category": {"code": "600", "description": "Memorials"},
         "account_field": "revenue", "gl_account": "6000", "quantity": "1",
         "unit_price": "3100.00", "amount": "3100.00", "tax_code": "AUS-GST", "tax_class": 1,
         "tax_included": True, "tax": "281.82"},
    ],
}  # fmt: skip

F48 = Refused(code="1020", text='Terms Code "F48" is not defined in A/R Terms', http_status=404)
F48_VERDICT = Verdict(error_type="terms_missing", entity_kind="terms_code", entity="F48")
A6030 = Refused(code="1000", text="G/L account 6030 is not defined in General Ledger")
A6030_VERDICT = Verdict(error_type="gl_account_missing", entity_kind="gl_account", entity="6030")
SICK = Unavailable(kind="connection", reason="Sage 300 does not answer.")
SICK_VERDICT = Verdict(error_type="erp_unavailable", entity_kind=None, entity=None)


def invoice(number: str, **changes: Any) -> dict[str, Any]:
    return copy.deepcopy(INVOICE) | {"number": number, "booking": number} | changes


class Shelf:
    """Inline: every call is durable when it returns."""

    def __init__(self, ledger: DuckDBLedger) -> None:
        self.ledger = ledger
        self.now = START

    @property
    def conn(self) -> Any:
        return self.ledger.reader()

    def write(self, work: Any) -> Any:
        return self.ledger.write(work).result()

    def sql(self, text: str, **values: Any) -> list[tuple[Any, ...]]:
        return self.conn.execute(text, values).fetchall()

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def arrive(self, *documents: dict[str, Any]) -> list[int]:
        """Ids in order."""
        page = read_page(
            {"events": [{"cursor": str(n), "type": "document", "document": one}
                        for n, one in enumerate(documents, 1)], "next": None, "more": False}
        )  # fmt: skip
        assert all(isinstance(event, DocumentArrived) for event in page.events)
        self.write(
            lambda conn: receiving.receive(
                conn, self.ledger.ids, page.events, source="t", cursor=None, now=self.now
            )
        )
        return [self.id_of(one["number"]) for one in documents]

    def id_of(self, number: str) -> int:
        return self.sql("SELECT document_id FROM documents WHERE number = $n", n=number)[0][0]

    def state(self, number: str) -> str | None:
        found = self.sql(
            "SELECT o.state FROM documents d LEFT JOIN open_documents o USING (document_id)"
            " WHERE number = $n", n=number,
        )  # fmt: skip
        if found[0][0] is not None:
            return found[0][0]
        return self.sql(
            "SELECT arg_max(state, closed_at) FROM closings JOIN documents USING (document_id)"
            " WHERE number = $n", n=number,
        )[0][0]  # fmt: skip

    def try_all(self, answers: dict[str, tuple[Outcome, Verdict | None]], *, give_up: bool) -> int:
        """Claim what is due and answer each by its number; others are left as accepted."""
        units = self.write(
            lambda conn: pushing.claim(
                conn,
                self.ledger.ids,
                ledger_id=self.ledger.ledger_id,
                limit=1000,
                now=self.now,
                together=lambda claims: [[claim] for claim in claims],
            )
        )
        claims = [claim for unit in units for claim in unit]
        finished = []
        for claim in claims:
            outcome, verdict = answers.get(
                claim.key.number, (Accepted(reference=f"{claim.attempt_id}-1"), None)
            )
            match outcome:
                case Accepted(reference=reference):
                    following: Any = Done(reference)
                case Unavailable():
                    following = RetryAt(self.now + timedelta(seconds=5), burnt=False)
                case _ if give_up:
                    following = GiveUp()
                case _:
                    following = RetryAt(self.now + timedelta(seconds=20), burnt=True)
            finished.append(
                Finished(
                    claim=claim, outcome=outcome, next=following, ended_at=self.now,
                    verdict=verdict,
                )
            )  # fmt: skip
        self.write(lambda conn: pushing.finish(conn, self.ledger.ids, finished, now=self.now))
        return len(claims)

    def fail(self, *numbers: str, error: Refused = F48, verdict: Verdict = F48_VERDICT) -> None:
        """Each of them used its attempts up on *error*."""
        self.try_all(dict.fromkeys(numbers, (error, verdict)), give_up=True)
        self.reconcile()

    def reconcile(self) -> causes.Reconciled:
        return self.write(
            lambda conn: causes.reconcile(
                conn, self.ledger.ids, template_of=lambda text: text[:10], now=self.now
            )
        )


@contextmanager
def shelf(path: Path) -> Iterator[Shelf]:
    ledger = DuckDBLedger(path / "ledger.duckdb", now=START, inline=True)
    try:
        yield Shelf(ledger)
    finally:
        ledger.close()


def key(number: str, entry_type: EntryType = EntryType.INVOICE) -> DocumentKey:
    return DocumentKey(company="SERC", entry_type=entry_type, number=number)


def payload_of(books: Shelf, number: str) -> dict[str, Any]:
    return json.loads(books.sql("SELECT payload FROM documents WHERE number = $n", n=number)[0][0])
