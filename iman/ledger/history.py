"""Reading history again when the rules have changed: step by step, and resumable after a kill.

Open documents go first, so causes are right within seconds; then attempts, the newest first, in
batches small enough for the writer. Texts are read on a reader's cursor and each only once a batch;
the writer is given what changed. Where a step was cut short the next one finds the same work again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import duckdb

from iman.ledger import reclassifying
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.queries import first_row, queries
from iman.ledger.reclassifying import Pass, Read
from iman.ledger.utc import to_db

_SQL = queries("rules")

BATCH = 20_000  # attempts looked at in one step
_DOCUMENTS = 500  # documents moved in one transaction

#: The fingerprint of the rules in force, and how they read.
InForce = Callable[[], tuple[str, Read]]


class HistoryLedger:
    """The ledger as the loop that reads history again sees it."""

    def __init__(self, ledger: DuckDBLedger, in_force: InForce, *, batch: int = BATCH) -> None:
        self._ledger = ledger
        self._in_force = in_force
        self._batch = batch
        self._finished: tuple[str, Pass] | None = None

    async def read_again(self, *, now: datetime) -> Pass:
        """One step on. Costs nothing once history has been read by the rules in force."""
        fingerprint, read = self._in_force()
        if self._finished is not None and self._finished[0] == fingerprint:
            return self._finished[1]
        known = await asyncio.to_thread(lambda: reclassifying.newest(self._ledger.reader()))
        if known is None or known.rules != fingerprint:
            known = await self._write(
                lambda conn: reclassifying.begin(conn, self._ledger.ids, fingerprint, now)
            )
        elif known.finished_at is None and not known.documents_done:
            known = await self._documents(known, read, now)
        elif known.finished_at is None and known.left_to > 0:
            known = await self._attempts(known, read)
        elif known.finished_at is None:
            known = await self._last(known, read, now)
        if known.finished_at is not None:
            self._finished = fingerprint, known
        return known

    async def _documents(self, known: Pass, read: Read, now: datetime) -> Pass:
        changed = await asyncio.to_thread(
            lambda: reclassifying.open_changes(self._ledger.reader(), read)
        )
        some, last = changed[:_DOCUMENTS], len(changed) <= _DOCUMENTS

        def work(conn: duckdb.DuckDBPyConnection) -> Pass:
            ids = self._ledger.ids
            reclassifying.move_documents(conn, ids, known, some, read, now, last=last)
            values = {"id": known.id, "documents": len(some), "done": last}
            conn.execute(_SQL["set_documents"], values)
            return reclassifying.again(conn)

        return await self._write(work)

    async def _attempts(self, known: Pass, read: Read) -> Pass:
        first, last = max(known.left_to - self._batch, 0) + 1, known.left_to
        texts, changes = await asyncio.to_thread(
            lambda: reclassifying.changes_between(self._ledger.reader(), first, last, read)
        )

        def work(conn: duckdb.DuckDBPyConnection) -> Pass:
            changed = reclassifying.apply(conn, first, last, changes)
            conn.execute(
                _SQL["set_progress"],
                {"id": known.id, "left_to": first - 1, "texts": texts, "attempts": changed},
            )
            return reclassifying.again(conn)

        return await self._write(work)

    async def _last(self, known: Pass, read: Read, now: datetime) -> Pass:
        """Outcomes that were read by the old rules and written down while the pass began."""
        first = max(known.up_to - self._batch, 0) + 1

        def work(conn: duckdb.DuckDBPyConnection) -> Pass:
            row = first_row(conn, _SQL["newest_attempt"])
            last = int(row[0]) if row else 0
            late = reclassifying.open_changes(conn, read)
            if late:
                reclassifying.move_documents(
                    conn, self._ledger.ids, known, late, read, now, last=True
                )
            _, changes = reclassifying.changes_between(conn, first, last, read)
            changed = reclassifying.apply(conn, first, last, changes)
            conn.execute(
                _SQL["finish_pass"], {"id": known.id, "now": to_db(now), "attempts": changed}
            )
            return reclassifying.again(conn)

        return await self._write(work)

    async def _write(self, work: Callable[[duckdb.DuckDBPyConnection], Pass]) -> Pass:
        return await asyncio.wrap_future(self._ledger.write(work))
