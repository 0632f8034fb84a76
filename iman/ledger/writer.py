"""One thread writes, and whatever queued up meanwhile shares a commit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any, TypeVar

import duckdb
import structlog

from iman.errors import LedgerError
from iman.ledger.transactions import transaction

__all__ = ["InlineWriter", "Reopen", "Work", "Writer", "transaction"]

T = TypeVar("T")
Work = Callable[[duckdb.DuckDBPyConnection], T]
#: Closes what DuckDB gave up and opens the file again; the connection to go on with.
Reopen = Callable[[], duckdb.DuckDBPyConnection]

#: How DuckDB words that only folding its log in failed.
_DURABLE = "COMMIT succeeded and is durable"
_AGAIN = 1.0  # seconds between tries to open it again
_QUIET = 0.25  # seconds without anything to write before ``idle`` is called

log = structlog.get_logger()


class Writer:
    """Runs functions of the connection, in order, each once; a future answers when it is durable.

    A function that raises fails alone: the batch it shared a transaction with is run again without
    it. So a function may run twice and must change nothing but the database. Where a commit itself
    failed so badly that DuckDB gives up, nobody can tell whether it is durable: then nothing is run
    again, every caller is told, and each must find out for itself.
    """

    def __init__(
        self,
        conn: duckdb.DuckDBPyConnection,
        *,
        most: int = 256,
        reopen: Reopen | None = None,
        idle: Work[None] | None = None,
    ) -> None:
        """*idle* is called on the writer's thread, outside a transaction, once after each work."""
        self._conn = conn
        self._reopen = reopen
        self._idle = idle
        self._most = most
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._drain, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        """Once submitted it is done: cancelling the future changes nothing, and harms nobody."""
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                raise LedgerError("The ledger is closed.")
            # in the caller's context: the audit trail wants the number of the call being answered
            context = copy_context()
            self._queue.put((lambda conn: context.run(work, conn), done))
        return done

    def close(self) -> None:
        """Finish what is queued, then stop. Calling it again does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _batches(self) -> Iterator[list[tuple[Work[Any], Future[Any]]]]:
        last = False
        while not last:
            first = self._first()
            if first is None:
                return
            batch = [first]
            while len(batch) < self._most:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    last = True
                    break
                batch.append(following)
            yield batch

    def _first(self) -> tuple[Work[Any], Future[Any]] | None:
        if self._idle is not None:
            try:
                return self._queue.get(timeout=_QUIET)
            except queue.Empty:
                self._rest(self._idle)
        return self._queue.get()

    def _rest(self, idle: Work[None]) -> None:
        try:
            idle(self._conn)
        except duckdb.FatalException:
            self._revive()
        except duckdb.Error as exc:  # a reader is in its way: the next quiet moment will do
            log.info("idle_work_put_off", reason=str(exc).partition("\n")[0])

    def _drain(self) -> None:
        for batch in self._batches():
            results: list[Any] = []
            try:
                with transaction(self._conn):
                    results.extend(work(self._conn) for work, _ in batch)
            except duckdb.FatalException as exc:
                self._revive()
                if len(results) < len(batch):  # it never came to a commit
                    self._one_by_one(batch)
                elif _DURABLE in str(exc):
                    _answer(batch, results)
                else:
                    for _, done in batch:
                        done.set_exception(exc)
            except Exception:  # noqa: BLE001 -- each job's own goes to its caller
                self._one_by_one(batch)
            else:
                _answer(batch, results)

    def _revive(self) -> None:
        """DuckDB gives its instance up when it cannot fold its log in, as on a full disk. What is
        committed is in the log: opened anew it is all there. Until then nobody is answered."""
        if self._reopen is None:
            return
        pause = threading.Event()
        while not self._closed:
            try:
                self._conn = self._reopen()
            except (LedgerError, duckdb.Error) as exc:
                log.warning("ledger_not_reopened", reason=str(exc))
                pause.wait(_AGAIN)
            else:
                log.warning("ledger_reopened")
                return

    def _one_by_one(self, batch: list[tuple[Work[Any], Future[Any]]]) -> None:
        for work, done in batch:
            try:
                with transaction(self._conn):
                    result = work(self._conn)
            except duckdb.FatalException as exc:
                self._revive()
                if _DURABLE in str(exc):
                    done.set_result(result)
                else:
                    done.set_exception(exc)
            except Exception as exc:  # noqa: BLE001 -- it belongs to whoever asked
                done.set_exception(exc)
            else:
                done.set_result(result)


def _answer(batch: list[tuple[Work[Any], Future[Any]]], results: list[Any]) -> None:
    for (_, done), result in zip(batch, results, strict=True):
        done.set_result(result)


class InlineWriter(Writer):
    """Runs each function at once on the caller's thread, for virtual time: no thread may lag."""

    def __init__(self, conn: duckdb.DuckDBPyConnection, *, reopen: Reopen | None = None) -> None:
        self._conn = conn
        self._reopen = reopen
        self._closed = False

    def submit(self, work: Work[T]) -> Future[T]:
        done: Future[T] = Future()
        self._one_by_one([(work, done)])
        return done

    def close(self) -> None:
        self._closed = True
