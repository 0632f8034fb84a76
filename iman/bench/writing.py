"""What the ledger writes a second, beside DuckDB alone and in the same run."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from iman.bench.invoices import arrivals
from iman.domain.attempt import Claim, Finished
from iman.domain.outcome import Accepted
from iman.domain.retry import Done
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.holding import record_breaker

Say = Callable[[str], None]
Row = dict[str, Any]
_BODY = '{"BatchDescription": "IMAN 1a2b3c4d IN INV-010319 r1", "Lines": ["4000", "3760.00"]}' * 4


@contextlib.contextmanager
def fresh_ledger() -> Iterator[DuckDBLedger]:
    with TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True) as folder:
        ledger = DuckDBLedger(Path(folder) / "ledger.duckdb", now=datetime.now(UTC))
        with contextlib.closing(ledger):
            yield ledger


def receive(ledger: DuckDBLedger, documents: int, *, first: int = 1) -> None:
    """Invoices that are due at once."""
    now = datetime.now(UTC)
    events = arrivals(documents, first=first)
    for start in range(0, documents, 500):
        page = events[start : start + 500]
        asyncio.run(ledger.receive(page, source="bench", cursor=page[-1].cursor, now=now))


def claimed(ledger: DuckDBLedger, limit: int) -> list[Claim]:
    units = asyncio.run(ledger.claim(limit=limit, now=datetime.now(UTC)))
    return [claim for unit in units for claim in unit]


def accepted(claim: Claim) -> Finished:
    return Finished(
        claim=claim, outcome=Accepted(reference="187-1"), next=Done("187-1"),
        ended_at=datetime.now(UTC), sent=_BODY, answered=_BODY,
    )  # fmt: skip


# -- rows a second --------------------------------------------------------------------------


def rows(*, commits: int, size: int, turns: int, say: Say) -> list[Row]:
    """Attempts a second in commits of *size*, in turns with the quickest ways of DuckDB alone.

    An attempt is two rows in two commits: its intent, with the document marked, and its outcome,
    with its body, the document's closing, the rollups and byondpro's status. DuckDB alone appends
    rows of the same width and updates as many others by key.
    """
    ours: list[tuple[float, float]] = []
    bare: dict[str, list[float]] = {}
    for turn in range(turns):
        say(f"Rows, turn {turn + 1} of {turns}")
        ways: list[str] = ["ours", *_WAYS]
        for name in ways if turn % 2 else reversed(ways):
            if name == "ours":
                ours.append(_ours(commits, size))
            else:
                bare.setdefault(name, []).append(_bare(_WAYS[name], commits, size))
    best = max(bare, key=lambda name: median(bare[name]))
    alone = median(bare[best])
    told = {
        "intents": median(one for one, _ in ours),
        "outcomes": median(one for _, one in ours),
        "attempts, both": median(1 / (1 / one + 1 / other) for one, other in ours),
    }
    found = [
        {"what": f"DuckDB alone, {name}", "rows_per_s": round(median(each)), "ratio": ""}
        for name, each in bare.items()
    ]
    return found + [
        {"what": what, "rows_per_s": round(rate), "ratio": round(rate / alone, 2)}
        for what, rate in told.items()
    ]


def _ours(commits: int, size: int) -> tuple[float, float]:
    with fresh_ledger() as ledger:
        receive(ledger, commits * size)
        intents = outcomes = 0.0
        for _ in range(commits):
            begun = time.perf_counter()
            claims = claimed(ledger, size)
            intents += time.perf_counter() - begun
            finished = [accepted(claim) for claim in claims]
            begun = time.perf_counter()
            asyncio.run(ledger.finish(finished, now=datetime.now(UTC)))
            outcomes += time.perf_counter() - begun
    return commits * size / intents, commits * size / outcomes


_Columns = dict[str, list[Any]]
_BARE = {
    "attempt_id": "BIGINT", "document_id": "BIGINT", "revision": "INTEGER", "round": "INTEGER",
    "number": "INTEGER", "trigger": "VARCHAR", "token": "VARCHAR", "started_at": "TIMESTAMP",
}  # fmt: skip


def _by_lists(conn: duckdb.DuckDBPyConnection, columns: _Columns) -> None:
    unnested = ", ".join(f"unnest(${name}::{kind}[])" for name, kind in _BARE.items())
    conn.execute(f"INSERT INTO attempts SELECT {unnested}", columns)


def _by_arrow(conn: duckdb.DuckDBPyConnection, columns: _Columns) -> None:
    conn.register("given", pa.table(columns))
    conn.execute("INSERT INTO attempts SELECT * FROM given")
    conn.unregister("given")


def _by_appender(conn: duckdb.DuckDBPyConnection, columns: _Columns) -> None:
    appender = conn.appender("attempts")
    appender.append_rows(list(zip(*columns.values(), strict=True)))
    appender.flush()


_WAYS = {"appender": _by_appender, "Arrow": _by_arrow, "lists": _by_lists}


def _bare(
    insert: Callable[[duckdb.DuckDBPyConnection, _Columns], None], commits: int, size: int
) -> float:
    with TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True) as folder:
        path = str(Path(folder) / "bare.duckdb")
        with duckdb.connect(path, config={"checkpoint_threshold": "64MB"}) as conn:
            conn.execute(
                "CREATE TABLE attempts ("
                + ", ".join(f"{name} {kind}" for name, kind in _BARE.items())
                + ")"
            )
            conn.execute(
                "CREATE TABLE documents (document_id BIGINT PRIMARY KEY, state VARCHAR, "
                "since TIMESTAMP)"
            )
            conn.execute(
                "INSERT INTO documents SELECT range, 'pending', now()::TIMESTAMP FROM range($n)",
                {"n": commits * size},
            )
            begun = time.perf_counter()
            now = datetime.now(UTC).replace(tzinfo=None)
            for start in range(0, commits * size, size):
                ids = range(start, start + size)
                columns: _Columns = {
                    "attempt_id": list(ids), "document_id": list(ids), "revision": [1] * size,
                    "round": [1] * size, "number": [1] * size, "trigger": ["intake"] * size,
                    "token": [f"IMAN 1a2b3c4d IN INV-{one:06d} r1" for one in ids],
                    "started_at": [now] * size,
                }  # fmt: skip
                conn.execute("BEGIN")
                insert(conn, columns)
                conn.execute(
                    "UPDATE documents SET state = 'syncing', since = $now "
                    "WHERE document_id = ANY($ids::BIGINT[])",
                    {"now": now, "ids": list(ids)},
                )
                conn.execute("COMMIT")
            return commits * size / (time.perf_counter() - begun)


# -- acknowledgements -----------------------------------------------------------------------


def acknowledgements(*, producers: int, outcomes: int, say: Say) -> list[Row]:
    """Durable acknowledgements a second where each of *producers* waits for its own."""
    say(f"{producers} producers wait for their outcomes")
    with fresh_ledger() as ledger:
        receive(ledger, outcomes)
        claims = claimed(ledger, outcomes)
        waits: list[float] = []

        async def produce(mine: Sequence[Claim]) -> None:
            for claim in mine:
                begun = time.perf_counter()
                await ledger.finish([accepted(claim)], now=datetime.now(UTC))
                waits.append(time.perf_counter() - begun)

        async def all_of_them() -> float:
            begun = time.perf_counter()
            await asyncio.gather(*(produce(claims[n::producers]) for n in range(producers)))
            return time.perf_counter() - begun

        seconds = asyncio.run(all_of_them())
    found = [_acknowledged("outcomes of pushes", waits, seconds)]
    say(f"{producers} producers wait for any small change")
    waits = []
    with fresh_ledger() as ledger:
        each, now = outcomes // producers // 4, datetime.now(UTC)
        ready = threading.Barrier(producers + 1)

        def change() -> None:
            ready.wait()
            for _ in range(each):
                begun = time.perf_counter()
                ledger.write(
                    lambda conn: record_breaker(conn, state="closed", reason="", now=now)
                ).result()
                waits.append(time.perf_counter() - begun)

        threads = [threading.Thread(target=change) for _ in range(producers)]
        for thread in threads:
            thread.start()
        ready.wait()
        begun = time.perf_counter()
        for thread in threads:
            thread.join()
        found.append(
            _acknowledged(
                "changes with a statement of their own", waits, time.perf_counter() - begun
            )
        )
    return found


def _acknowledged(what: str, waits: list[float], seconds: float) -> Row:
    return {"what": what, "per_s": round(len(waits) / seconds)} | shares(waits)


# -- stalls ---------------------------------------------------------------------------------


def stalls(ledger: DuckDBLedger, *, seconds: float, per_second: int, say: Say) -> list[Row]:
    """How long commits take under a steady load that has the log folded in again and again."""
    say(f"Commits under a steady load, {seconds:.0f} s")
    log = ledger.path.with_name(ledger.path.name + ".wal")
    size, folded, number = 25, 0, count(1)
    receive(ledger, size * 4, first=50_000_000)
    waits: list[float] = []
    written = 0
    begun = time.perf_counter()
    for place in count():
        due = begun + place * size / per_second
        if due - begun > seconds:
            break
        if (pause := due - time.perf_counter()) > 0:
            time.sleep(pause)
        if place % 4 == 0:
            receive(ledger, size * 4, first=50_000_000 + next(number) * size * 4)
        asked = time.perf_counter()
        claims = claimed(ledger, size)
        waits.append(time.perf_counter() - asked)
        asked = time.perf_counter()
        asyncio.run(ledger.finish([accepted(claim) for claim in claims], now=datetime.now(UTC)))
        waits.append(time.perf_counter() - asked)
        now_there = log.stat().st_size if log.exists() else 0
        folded += now_there < written
        written = now_there
    return [{"what": f"commits of {size}", "commits": len(waits), "folded": folded} | shares(waits)]


def shares(waits: list[float]) -> Row:
    """Milliseconds of seconds: the middle, what one in 100 and in 1,000 exceeds, the longest."""
    ordered = sorted(waits)

    def at(share: float) -> float:
        return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000, 1)

    return {"p50_ms": at(0.5), "p99_ms": at(0.99), "p99.9_ms": at(0.999), "max_ms": at(1)}
