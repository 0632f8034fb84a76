"""What pages ask the read model, on a small ledger and on one with history, turn about."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from iman.bench.seed_ledger import refusals
from iman.ledger import by_hand, cause_reading, figures, listing, read_model
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.read_model import Refusals, Window
from iman.ledger.seeding import Seed, make

#: A question, asked with a cursor of the ledger.
Question = Callable[[Any], object]


@dataclass(slots=True)
class Timed:
    """*wall* and *processor*: milliseconds of each turn; the second travels better."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def ask(self, question: Question, conn: Any) -> None:
        begun, busy = time.perf_counter(), time.process_time()
        question(conn)
        self.processor.append((time.process_time() - busy) * 1000)
        self.wall.append((time.perf_counter() - begun) * 1000)


def questions(now: datetime) -> dict[str, Question]:
    """By the page they stand behind."""
    month = Window(24 * 30, now, zone="Australia/Sydney")
    attention = {"states": ["failed", "retrying", "unknown"]}
    day = Refusals(since=now - timedelta(days=2), until=now - timedelta(days=1))
    week = Refusals(since=now - timedelta(days=90), until=now, weekday=2, hour=11)
    lists: dict[str, dict[str, Any]] = {
        "needs attention": attention,
        "everything, newest": {},
        "everything, oldest": {"order": "oldest"},
        "everything, by amount": {"order": "amount"},
        "everything, by number": {"order": "number"},
        "everything, next try": {"order": "next_try"},
        "everything, page 200": {"offset": 5000},
        "one site's refunds": {"site": "HGH", "entry_type": "refund"},
        "one error": {"error_type": "terms_missing"},
        "refused on one day": {"refused": day},
        "refused at one hour of the week": {"refused": week},
        "search, booking": {"search": "10319"},
        "search, customer": {"search": "ellison"},
        "search, error text": {"search": "f48"},
        "search, needs attention": {"search": "f48", **attention},
        "search, nothing found": {"search": "zzzz"},
    }
    asked: dict[str, Question] = {
        f"list: {name}": partial(_listed, wanted) for name, wanted in lists.items()
    }
    return asked | {
        "document": lambda c: read_model.document(c, 5000),
        "document: neighbours": lambda c: listing.neighbours(c, 5000, **attention),
        "document: by number": _found,
        "monitor: counts": read_model.counts,
        "monitor: sites": read_model.sites,
        "overview, 30 days": lambda c: read_model.overview(c, month),
        "overview: failures": lambda c: read_model.failures(c, month),
        "overview: series": lambda c: read_model.series(c, month),
        "overview: durations": lambda c: figures.durations(c, month),
        "overview: history": lambda c: figures.history(c, month),
        "overview: hours of the week": lambda c: figures.busy_hours(c, month),
        "overview: retries": lambda c: figures.retries(c, month),
        "overview: causes met": lambda c: figures.met_causes(c, month),
        "overview: marks": lambda c: figures.marks(c, month),
        "overview: standing": lambda c: read_model.standing(c, now=now),
        "overview: period end": lambda c: figures.period_end(c, due=now.date()),
        "causes": lambda c: cause_reading.causes(c, now=now),
        "causes: trend": lambda c: cause_reading.trend(c, [1, 2, 3], hours=24, now=now),
        "follow-up: parked": by_hand.parked,
        "audit": read_model.audit,
    }


def _listed(wanted: dict[str, Any], conn: Any) -> object:
    return listing.documents(conn, limit=25, **wanted)


def _found(conn: Any) -> int:
    newest = listing.documents(conn, order="newest", states=["synced"], limit=1)[0]
    return read_model.find_document(conn, newest["number"][0].as_py())


def measure(
    documents: int, attempts: int, *, turns: int, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A row for each question: milliseconds on 10,000 attempts, on *attempts*, and the growth."""
    now = datetime.now(UTC)
    kinds, fingerprint = refusals()
    asked = questions(now)
    with tempfile.TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True) as folder:
        held: list[DuckDBLedger] = []
        try:
            for name, n, m in (("small", 6000, 10_000), ("large", documents, attempts)):
                path = Path(folder) / f"{name}.duckdb"
                seed = Seed(documents=n, attempts=m, seed=1, days=730, until=now)
                make(path, seed, kinds, fingerprint=fingerprint, say=say)
                held.append(DuckDBLedger(path, now=now))
            cursors = [ledger.reader() for ledger in held]
            timed = {name: [Timed() for _ in held] for name in asked}
            for name, question in asked.items():  # once each, for what is read from disk
                say(f"{name}, once")
                for cursor in cursors:
                    question(cursor)
            for turn in range(turns):
                say(f"Turn {turn + 1} of {turns}")
                for name, question in asked.items():
                    for one, cursor in zip(timed[name], cursors, strict=True):
                        one.ask(question, cursor)
        finally:
            for ledger in held:
                ledger.close()
    return [_row(name, *both) for name, both in timed.items()]


def _row(name: str, small: Timed, large: Timed) -> dict[str, Any]:
    return {
        "question": name,
        "small p50 ms": round(_share(small.wall, 0.5), 1),
        "large p50 ms": round(_share(large.wall, 0.5), 1),
        "large p95 ms": round(_share(large.wall, 0.95), 1),
        "small cpu ms": round(_share(small.processor, 0.5), 1),
        "large cpu ms": round(_share(large.processor, 0.5), 1),
        "growth": round(_share(large.processor, 0.5) / _share(small.processor, 0.5), 2),
    }


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
