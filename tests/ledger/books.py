"""A ledger with a clock that only the test moves, and the steps a document takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from iman.domain.attempt import Claim
from iman.domain.feed import FeedEvent, WriteBack
from iman.domain.outcome import Outcome
from iman.domain.retry import Next
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.receiving import Received
from iman.ledger.resyncing import restart_or_say_why
from tests.builders import NOW, make_arrived, make_finished

T = TypeVar("T")


class Books:
    def __init__(self, open_ledger: Callable[[datetime], Any]) -> None:
        self._open = open_ledger
        self.now = NOW
        self.ledger: DuckDBLedger = open_ledger(self.now)
        self._cursor = 0

    def later(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def reopened(self) -> DuckDBLedger:
        """As a restart finds it, whatever was under way."""
        self.ledger.close()
        self.ledger = self._open(self.now)
        return self.ledger

    def receive(self, *events: FeedEvent, cursor: str | None = None) -> Received:
        self._cursor += 1
        cursor = cursor or str(self._cursor)
        return self._wait(
            self.ledger.receive(events, source="byondpro", cursor=cursor, now=self.now)
        )

    def arrive(self, *numbers: str, **overrides: Any) -> None:
        self.receive(*(make_arrived(number, **overrides) for number in numbers or ("INV-1",)))

    def cursor(self) -> str | None:
        return self._wait(self.ledger.cursor("byondpro"))

    def claim(self, limit: int = 100) -> list[Claim]:
        return [claim for unit in self.claim_units(limit) for claim in unit]

    def claim_units(self, limit: int = 100, **options: Any) -> list[list[Claim]]:
        return self._wait(self.ledger.claim(limit=limit, now=self.now, **options))

    def claim_one(self) -> Claim:
        (claim,) = self.claim()
        return claim

    def finish(self, claim: Claim, outcome: Outcome, following: Next, **overrides: Any) -> None:
        finished = make_finished(claim, outcome, following, ended_at=self.now, **overrides)
        self._wait(self.ledger.finish([finished], now=self.now))

    def next_due(self) -> datetime | None:
        return self._wait(self.ledger.next_due())

    def write_backs(self) -> list[WriteBack]:
        return self._wait(self.ledger.due_write_backs(1000))

    def forget(self, statuses: list[WriteBack]) -> None:
        self._wait(self.ledger.forget_write_backs([status.id for status in statuses]))

    def resync(self, document_id: int = 1, **overrides: Any) -> tuple[str, int]:
        values: dict[str, Any] = {
            "who": "ada",
            "origin": "api",
            "reason": "",
            "request_id": "",
            "now": self.now,
            **overrides,
        }
        ledger = self.ledger
        return ledger.write(
            lambda conn: restart_or_say_why(conn, ledger.ids, document_id, **values)
        ).result()

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        cursor = self.ledger.reader().execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def open_row(self, document_id: int = 1) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM open_documents WHERE document_id = $id", id=document_id)
        return row

    def _wait(self, question: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(question)
