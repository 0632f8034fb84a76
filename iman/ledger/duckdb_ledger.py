"""The ledger on DuckDB: one process, one writer thread, readers on their own cursors."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb
import structlog
from filelock import FileLock, Timeout

from iman.domain.attempt import Claim, Finished
from iman.domain.feed import FeedEvent, Unreadable, WriteBack
from iman.domain.people import EVERYWHERE, Reach
from iman.errors import LedgerError, LedgerLocked
from iman.ledger import appending, holding, outbox, pushing, receiving, reconciling
from iman.ledger.archives import make_views
from iman.ledger.ids import Ids
from iman.ledger.migrate import is_held, migrate, schema_version
from iman.ledger.pushing import Together, alone
from iman.ledger.queries import first_row, queries
from iman.ledger.reach import limit
from iman.ledger.receiving import Received
from iman.ledger.torn_log import cut_torn_tail
from iman.ledger.utc import from_db
from iman.ledger.writer import InlineWriter, Work, Writer, transaction

T = TypeVar("T")

log = structlog.get_logger()

#: Bytes of log from which on it is folded into the file at a start, and while nothing is written.
#: A log is read again at each start after a kill: 100 MB of small commits take ten seconds of it.
_FOLD_AT_START = 1_000_000
_FOLD_WHEN_IDLE = 8_000_000
_WITH_ARCHIVES = 10  # the schema that brought them
_MOST_REACHES = 32  # a thread's cursors: one for everything, the others for limited people


class _Shared:
    """Outcomes that several callers wait for, until the writer comes to them."""

    done: Future[None]

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.finished: list[Finished] = []


class DuckDBLedger:
    """Opens *path* for writing; raises ``LedgerLocked`` while another process holds it.

    Futures and awaitables answer when what they stand for is durable. ``wait_seconds``: how long to
    wait for a reader in another process (a dashboard that read the file while no daemon ran).
    """

    def __init__(
        self,
        path: Path,
        *,
        now: datetime,
        memory_limit: str = "1GB",
        inline: bool = False,
        wait_seconds: float = 10.0,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = take_lock(path)
        try:
            self._connect = partial(_connect, path, memory_limit, wait_seconds)
            self._conn = self._folded(self._connect())
            try:
                if schema_version(self._conn) >= _WITH_ARCHIVES:
                    with transaction(self._conn):  # a migration may read them, wherever they are
                        make_views(self._conn, path)
                self.schema = migrate(self._conn)
                with transaction(self._conn):
                    make_views(self._conn, path)
                self.ledger_id = _ledger_id(self._conn)
                self._ids = Ids(self._conn)
                with transaction(self._conn):
                    self.recovered = pushing.recover(self._conn, now=now)
                    self._restored = reconciling.begin(self._conn, now=now)
            except BaseException:
                self._conn.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        appending.keep_for(self._conn)
        self._writer = (
            InlineWriter(self._conn, reopen=self._reopen)
            if inline
            else Writer(
                self._conn,
                reopen=self._reopen,
                idle=lambda conn: self._fold(conn, _FOLD_WHEN_IDLE),
            )
        )
        self._inline = inline
        self._sharing = threading.RLock()
        self._shared: _Shared | None = None
        self._adrift: list[Claim] = []  # of claims whose commit may or may not be durable
        self._readers = threading.local()
        self._opening = threading.Lock()
        self._opened = 0  # how often: cursors of an earlier time are of no use
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._closed = False

    # -- what the sync asks -----------------------------------------------------------------

    async def cursor(self, source: str) -> str | None:
        found = await self._ask(
            lambda conn: _first(conn, queries("intake")["cursor"], {"source": source})
        )
        return None if found is None else str(found)

    async def receive(
        self, events: Sequence[FeedEvent], *, source: str, cursor: str | None, now: datetime
    ) -> Received:
        looked = None
        if events and not self._inline:  # beside the writer: nobody's commit waits for it
            looked = await asyncio.to_thread(lambda: receiving.look_up(self.reader(), events))
        return await self._ask(
            lambda conn: receiving.receive(
                conn, self._ids, events, source=source, cursor=cursor, now=now, looked=looked
            )
        )

    async def report(self, problem: Unreadable, *, now: datetime) -> None:
        await self._ask(lambda conn: receiving.record_problem(conn, self._ids, problem, now))

    async def claim(
        self, *, limit: int, now: datetime, together: Together = alone, plans: bool = False
    ) -> list[list[Claim]]:
        if self._restored.catching_up:
            return []
        taken: list[Claim] = []
        adrift = tuple(self._adrift)

        def work(conn: duckdb.DuckDBPyConnection) -> list[list[Claim]]:
            pushing.give_up(conn, adrift, now=now)
            units = pushing.claim(
                conn,
                self._ids,
                ledger_id=self.ledger_id,
                generation=self._restored.generation,
                limit=limit,
                now=now,
                together=together,
                plans=plans,
            )
            taken[:] = [claim for unit in units for claim in unit]
            return units

        try:
            units = await self._ask(work)
        except duckdb.FatalException:
            self._adrift += taken
            raise
        self._adrift = self._adrift[len(adrift) :]
        return units

    async def finish(self, finished: Sequence[Finished], *, now: datetime) -> None:
        """Whoever asks while another commit is written shares the next, and its statements."""
        with self._sharing:
            if (shared := self._shared) is None:
                shared = self._shared = _Shared(now)
                shared.finished += finished
                shared.done = self._writer.submit(partial(self._finish, shared))
            else:
                shared.finished += finished
        await asyncio.wrap_future(shared.done)

    def _finish(self, shared: _Shared, conn: duckdb.DuckDBPyConnection) -> None:
        with self._sharing:
            if self._shared is shared:
                self._shared = None
        pushing.finish(conn, self._ids, shared.finished, now=shared.now)

    async def caught_up(self) -> None:
        if self._restored.catching_up:
            await self._ask(reconciling.caught_up)
            self._restored = replace(self._restored, catching_up=False)

    def held_back(self) -> str:
        if not self._restored.catching_up:
            return ""
        moment = self._restored.backup_of
        return (
            f"the ledger was restored as it was at {moment:%Y-%m-%d %H:%M} UTC; "
            "byondpro is read to its end first"
        )

    async def next_due(self) -> datetime | None:
        moment = await self._ask(lambda conn: _first(conn, queries("pushing")["next_due"], {}))
        return from_db(moment) if isinstance(moment, datetime) else None

    async def known_strangers(self) -> frozenset[str]:
        return await self._ask(holding.known_strangers)

    async def met_strangers(self, strangers: frozenset[str], *, now: datetime) -> None:
        await self._ask(lambda conn: holding.met_strangers(conn, strangers, now=now))

    async def due_write_backs(self, limit: int) -> list[WriteBack]:
        return await self._ask(lambda conn: outbox.due_write_backs(conn, limit))

    async def forget_write_backs(self, delivered: Sequence[int]) -> None:
        await self._ask(lambda conn: outbox.forget_write_backs(conn, delivered))

    # -- what everything else asks ----------------------------------------------------------

    @property
    def ids(self) -> Ids:
        """For functions handed to ``write``; only they may take one."""
        return self._ids

    def write(self, work: Work[T]) -> Future[T]:
        """Run *work* in the writer's next transaction."""
        return self._writer.submit(work)

    def new_reader(self) -> duckdb.DuckDBPyConnection:
        """A cursor of the caller's own, for what takes long; close it."""
        if self._closed:
            raise LedgerError("The ledger is closed.")
        with self._opening:
            cursor = self._conn.cursor()
            self._cursors.append(cursor)
        return cursor

    def reader(self, reach: Reach = EVERYWHERE) -> duckdb.DuckDBPyConnection:
        """This thread's own cursor; it sees what is committed, and blocks nobody."""
        if self._closed:
            raise LedgerError("The ledger is closed.")
        opened = self._opened
        if getattr(self._readers, "opened", None) != opened:
            self._readers.of, self._readers.opened = {}, opened
        held: dict[Reach, duckdb.DuckDBPyConnection] = self._readers.of
        if reach not in held:
            while len(held) > _MOST_REACHES:
                held.pop(next(one for one in held if one.limited)).close()
            held[reach] = limit(self.new_reader(), reach)
        return held[reach]

    def close(self) -> None:
        """Finish what is queued, fold the log into the file, let go. Again does nothing."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        appending.let_go_of(self._conn)
        self._conn.close()
        self._lock.release()

    def _fold(self, conn: duckdb.DuckDBPyConnection, worth: int) -> None:
        """The log into the file, outside a transaction. Its size is asked of the folder: the
        ledger's files are never opened but through DuckDB."""
        log_file = self.path.with_name(self.path.name + ".wal")
        with suppress(FileNotFoundError):
            if log_file.stat().st_size >= worth:
                conn.execute("CHECKPOINT")

    def _folded(self, conn: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        """The connection to go on with: a full disk is no reason not to start."""
        try:
            self._fold(conn, _FOLD_AT_START)
        except duckdb.FatalException as exc:
            log.warning("log_not_folded", reason=_first_line(exc))
            conn.close()
            return self._connect()
        return conn

    def _reopen(self) -> duckdb.DuckDBPyConnection:
        """On the writer's thread. Who reads just now is broken off, and asks again."""
        with self._opening:
            for cursor in self._cursors:
                with suppress(duckdb.Error):
                    cursor.interrupt()
                    cursor.close()
            self._cursors.clear()
            appending.let_go_of(self._conn)
            with suppress(duckdb.Error):
                self._conn.close()
            self._conn = self._connect()
            appending.keep_for(self._conn)
            self._opened += 1
            return self._conn

    async def _ask(self, work: Work[T]) -> T:
        return await asyncio.wrap_future(self._writer.submit(work))


def lock_path(ledger: Path) -> Path:
    """The lock beside the ledger. The ledger's own file is never opened to lock or copy it:
    on POSIX, closing any handle of it would drop DuckDB's lock."""
    return ledger.with_name(ledger.name + ".lock")


def take_lock(path: Path) -> FileLock:
    """Taken already when it returns. Raises ``LedgerLocked``."""
    lock = FileLock(lock_path(path))
    try:
        lock.acquire(timeout=0)
    except Timeout as exc:
        raise LedgerLocked(
            f"Another sync_daemon holds the ledger {path.name}. Stop it first, or point this one "
            "at its own ledger (IMAN_LEDGER)."
        ) from exc
    return lock


def _connect(path: Path, memory_limit: str, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    pause = threading.Event()
    waited = 0.0
    cut = False
    while True:
        try:
            return duckdb.connect(
                str(path),
                config={
                    "memory_limit": memory_limit,
                    "checkpoint_threshold": "64MB",
                    # merging blocks of big tables took seconds of a checkpoint that commits wait
                    # for; what is wholly deleted is given back all the same
                    "max_vacuum_tasks": 0,
                    "threads": min(4, os.cpu_count() or 1),
                },
            )
        except duckdb.Error as exc:
            if is_held(exc):
                if waited >= wait_seconds:
                    raise LedgerLocked(
                        f"Another process keeps reading the ledger {path.name}. Close it, or wait."
                    ) from exc
                pause.wait(0.1)
                waited += 0.1
                continue
            torn = None if cut else cut_torn_tail(path)
            if torn is None:
                raise LedgerError(
                    f"The ledger {path.name} cannot be opened: {_first_line(exc)}"
                ) from exc
            cut = True
            log.warning(
                "log_was_torn", ledger=path.name, moved_to=torn.name, bytes=torn.stat().st_size
            )


def _first_line(exc: duckdb.Error) -> str:
    """DuckDB's internal errors bring pages of addresses."""
    return str(exc).strip().partition("\n")[0]


def _ledger_id(conn: duckdb.DuckDBPyConnection) -> str:
    known = _first(conn, "SELECT value FROM facts WHERE name = 'ledger_id'", {})
    if known is not None:
        return str(known)
    made = secrets.token_hex(4)
    conn.execute("INSERT INTO facts VALUES ('ledger_id', $made)", {"made": made})
    return made


def _first(conn: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object]) -> object | None:
    row = first_row(conn, sql, values)
    return None if row is None else row[0]
