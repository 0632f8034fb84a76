"""What the ledger writes a second, beside DuckDB alone and in the same run."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from iman.bench.invoices import arrivals
from iman.domain.attempt import Claim, Finished
from iman.domain.outcome import Accepted
from iman.domain.retry import Done
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.holding import record_breaker

Say = Callable[[str], None]
Row = dict[str, Any]
Cursor = Any  # of the ledger's database
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

#: Seconds on the clock, and of the processor.
Spent = tuple[float, float]


def rows(*, commits: int, size: int, turns: int, say: Say) -> list[Row]:
    """Attempts a second in commits of *size*, in turns with DuckDB alone.

    An attempt is two commits: its intent, with the document marked, and its outcome, with its body,
    the document's closing and byondpro's status, the rollups, and the document no longer open.
    DuckDB alone writes the same rows, ready made, the quickest way each, and nothing else: no
    rollup, and nobody asks whether an outcome is still wanted.
    """
    found: dict[str, list[Spent]] = {}
    for turn in range(turns):
        say(f"Rows, turn {turn + 1} of {turns}")
        for measured in (_ours, _bare) if turn % 2 else (_bare, _ours):
            for name, spent in measured(commits, size).items():
                found.setdefault(name, []).append(spent)
    best = min(
        (name for name in found if "alone, intents" in name), key=lambda n: _middle(found, n)
    )
    against = {
        "intents": best, "outcomes": "DuckDB alone, outcomes",
        "DuckDB alone, attempts": "", "attempts": "DuckDB alone, attempts",
    }  # fmt: skip
    for whole, parts in (
        ("DuckDB alone, attempts", (best, "DuckDB alone, outcomes")),
        ("attempts", ("intents", "outcomes")),
    ):
        found[whole] = [
            (one[0] + other[0], one[1] + other[1])
            for one, other in zip(*(found[part] for part in parts), strict=True)
        ]
    return [
        {
            "what": name,
            "per_s": round(commits * size / _middle(found, name)),
            "cpu_ms_per_1000": round(_middle(found, name, 1) * 1e6 / commits / size, 1),
            "ratio": _ratio(found, name, against.get(name)),
            "ratio_cpu": _ratio(found, name, against.get(name), 1),
        }
        for name in found
    ]


def _middle(found: dict[str, list[Spent]], name: str, of: int = 0) -> float:
    return median(spent[of] for spent in found[name])


def _ratio(found: dict[str, list[Spent]], name: str, other: str | None, of: int = 0) -> float | str:
    if not other:
        return ""
    pairs = zip(found[other], found[name], strict=True)
    return round(median(theirs[of] / ours[of] for theirs, ours in pairs), 2)


@contextlib.contextmanager
def _timed(spent: list[float]) -> Iterator[None]:
    begun, busy = time.perf_counter(), time.process_time()
    yield
    spent[0] += time.perf_counter() - begun
    spent[1] += time.process_time() - busy


def _ours(commits: int, size: int) -> dict[str, Spent]:
    intents, outcomes = [0.0, 0.0], [0.0, 0.0]
    with fresh_ledger() as ledger:
        receive(ledger, commits * size)
        for _ in range(commits):
            with _timed(intents):
                claims = claimed(ledger, size)
            finished = [accepted(claim) for claim in claims]
            with _timed(outcomes):
                asyncio.run(ledger.finish(finished, now=datetime.now(UTC)))
    return {"intents": (intents[0], intents[1]), "outcomes": (outcomes[0], outcomes[1])}


def _bare(commits: int, size: int) -> dict[str, Spent]:
    """On the ledger's own tables, for the width of the rows."""
    spent: dict[str, list[float]] = {name: [0.0, 0.0] for name in (*_WAYS, "outcomes")}
    with fresh_ledger() as ledger, contextlib.closing(ledger.new_reader()) as conn:
        receive(ledger, commits * size)
        ids = [id_ for (id_,) in conn.execute("SELECT document_id FROM documents").fetchall()]
        now = datetime.now(UTC).replace(tzinfo=None)
        for start in range(0, commits * size, size):
            these = ids[start : start + size]
            intents = [
                (one, one, 1, 1, 1, "intake", f"IMAN 1a2b3c4d IN INV-{one:06d} r1", now)
                for one in these
            ]
            for name, way in _WAYS.items():
                with _timed(spent[name]), _commit(conn, _MARK, {"ids": these, "now": now}):
                    way(conn, intents)
            made = _wide(these, now)
            with _timed(spent["outcomes"]), _commit(conn, _CLOSE, {"ids": these}):
                for table, each in made.items():
                    _by_appender(conn, each, table)
    return {
        f"DuckDB alone, {'outcomes' if name == 'outcomes' else f'intents by {name}'}": (
            each[0], each[1],
        )
        for name, each in spent.items()
    }  # fmt: skip


_MARK = (
    "UPDATE open_documents SET state = 'syncing', since = $now WHERE document_id = "
    "ANY($ids::BIGINT[])"
)
_CLOSE = "DELETE FROM open_documents WHERE document_id = ANY($ids::BIGINT[])"
_Rows = list[tuple[Any, ...]]


@contextlib.contextmanager
def _commit(conn: Cursor, sql: str, values: Row) -> Iterator[None]:
    conn.execute("BEGIN")
    yield
    conn.execute(sql, values)
    conn.execute("COMMIT")


def _wide(ids: Sequence[int], now: datetime) -> dict[str, _Rows]:
    closing = ("invoice", "SERC", "HGH", "INV-000001", Decimal("3760.000"), now, now.date())
    searched = "inv-000001\x1f10319\x1fhgh-004512\x1fmargaret ellison"
    return {
        "outcomes": [
            (one, one, now, "accepted", True, 201, None, None, None, None, None, "187-1", 40)
            for one in ids
        ],
        "bodies": [(one, one, _BODY, _BODY) for one in ids],
        "closings": [
            (one, 1, "synced", now, "187-1", 1, 1, None, *closing, searched, one) for one in ids
        ],
        "write_backs": [
            (one, "SERC", "invoice", "INV-000001", 1, "processed", "", "187-1", 1, now)
            for one in ids
        ],
    }  # fmt: skip


def _by_lists(conn: Cursor, made: _Rows) -> None:
    kinds = ("BIGINT", "BIGINT", "INTEGER", "INTEGER", "INTEGER", "VARCHAR", "VARCHAR", "TIMESTAMP")
    unnested = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(kinds, start=1))
    conn.execute(
        f"INSERT INTO attempts SELECT {unnested}", [list(each) for each in zip(*made, strict=True)]
    )


def _by_arrow(conn: Cursor, made: _Rows) -> None:
    given = pa.table({f"c{n}": each for n, each in enumerate(zip(*made, strict=True))})
    conn.register("given", given)
    conn.execute("INSERT INTO attempts SELECT * FROM given")
    conn.unregister("given")


def _by_appender(conn: Cursor, made: _Rows, table: str = "attempts") -> None:
    appender = conn.appender(table)
    appender.append_rows(made)
    appender.flush()


_WAYS = {"appender": _by_appender, "Arrow": _by_arrow, "lists": _by_lists}


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
