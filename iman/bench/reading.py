"""What pages ask the read model, of ledgers of several sizes, turn about."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from iman.bench.seed_ledger import refusals
from iman.domain.people import EVERYWHERE, Reach
from iman.domain.retention import Ages
from iman.ledger import by_hand, cause_reading, figures, listing, read_model, retention
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.read_model import Refusals, Window
from iman.ledger.seeding import Seed, make

#: A question, asked with a cursor of the ledger.
Question = Callable[[Any], object]
Say = Callable[[str], None]

_UNITS = {"k": 1000, "M": 1_000_000}
_FEW = 3  # attempts a document has in a large ledger
_UNTIL = datetime(2026, 11, 29, tzinfo=UTC)  # so that a ledger that is kept is made once
_SITE = Reach(sites=("RIV",))


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
    week = Refusals(since=now - timedelta(days=365), until=now, weekday=2, hour=11)
    known = _Known()
    lists: dict[str, dict[str, Any]] = {
        "needs attention": attention,
        "everything, newest": {},
        "everything, oldest": {"order": "oldest"},
        "everything, by amount": {"order": "amount"},
        "everything, by number": {"order": "number"},
        "everything, next try": {"order": "next_try"},
        "everything, page 200": {"offset": 5000},
        "one site's refunds": {"site": "HGH", "entry_type": "refund"},
        "one site's refunds, by amount": {
            "site": "HGH", "entry_type": "refund", "order": "amount"},
        "one error": {"error_type": "terms_missing"},
        "refused on one day": {"refused": day},
        "refused at one hour of the week, a year": {"refused": week},
        "search, booking": {"search": "10319"},
        "search, number": {"search": "INV-0004711"},
        "search, customer": {"search": "ellison"},
        "search, customer's number": {"search": "hgh-000123"},
        "search, two words": {"search": "edith nguyen"},
        "search, customer at a site": {"search": "ellison", "site": "HGH", "states": ["synced"]},
        "search, by amount": {"search": "10319", "order": "amount"},
        "search, error text": {"search": "f48"},
        "search, words of an error": {"search": "is not defined in a/r terms"},
        "search, needs attention": {"search": "f48", **attention},
        "search, nothing found": {"search": "zzzz"},
    }  # fmt: skip
    asked: dict[str, Question] = {
        f"list: {name}": partial(_listed, wanted) for name, wanted in lists.items()
    }
    return asked | {
        "document": known.document,
        "document: neighbours": lambda c: listing.neighbours(c, 5000, **attention),
        "document: by number": known.numbered,
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


#: What somebody limited to a site asks, of the same pages.
_LIMITED = (
    "list: needs attention", "list: everything, newest", "list: everything, by amount",
    "list: search, customer", "list: search, booking", "document", "monitor: counts",
    "overview, 30 days", "overview: series", "causes",
)  # fmt: skip


def sizes(told: str) -> list[int]:
    """Attempts: "10k,1M,10M". Raises ``ValueError``."""
    found = []
    for one in told.split(","):
        number, unit = (one[:-1], _UNITS[one[-1]]) if one[-1:] in _UNITS else (one, 1)
        found.append(int(number) * unit)
    return found


def measure(
    attempts: Sequence[int],
    *,
    turns: int,
    say: Say,
    keep: Path | None = None,
    archived: bool = False,
    only: str = "",
) -> list[dict[str, Any]]:
    """A row for each question: milliseconds on ledgers of so many *attempts*, and the growth.

    *keep*: a folder in which the ledgers are made, or found as an earlier run left them.
    *archived*: attempts older than a year are moved out into Parquet first.
    """
    asked = {name: (question, EVERYWHERE) for name, question in questions(_UNTIL).items()}
    asked |= {f"{name} (one site)": (asked[name][0], _SITE) for name in _LIMITED}
    asked = {name: one for name, one in asked.items() if only in name}
    with ExitStack() as stack:
        folder = keep
        if folder is None:
            made = tempfile.TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made))
        ledgers = []
        for one in attempts:
            ledger = _ledger(folder / f"{one}.duckdb", one, say)
            stack.callback(ledger.close)
            ledgers.append(ledger)
            if archived:
                say(f"Moving out what is older than a year of {one:,}")
                retention.apply(ledger, Ages(attempts=365), now=_UNTIL)
        timed = {name: [Timed() for _ in ledgers] for name in asked}
        reaches = {reach for _, reach in asked.values()}
        cursors = {reach: [one.reader(reach) for one in ledgers] for reach in reaches}
        for name, (question, reach) in asked.items():  # twice each, for what is read from disk
            say(f"{name}, twice")
            for cursor in cursors[reach] * 2:
                question(cursor)
        gc.collect()
        gc.freeze()
        for turn in range(turns):
            say(f"Turn {turn + 1} of {turns}")
            for name, (question, reach) in asked.items():
                for one_timed, cursor in zip(timed[name], cursors[reach], strict=True):
                    one_timed.ask(question, cursor)
    return [_row(name, attempts, told) for name, told in timed.items()]


def _ledger(path: Path, attempts: int, say: Say) -> DuckDBLedger:
    if not path.exists():
        kinds, fingerprint = refusals()
        # a small one has fewer that had trouble, so that even it has all kinds of documents
        documents = attempts * 6 // 10 if attempts < _UNITS["M"] else attempts // _FEW
        seed = Seed(documents=documents, attempts=attempts, seed=1, days=730, until=_UNTIL)
        make(path, seed, kinds, fingerprint=fingerprint, say=say)
    return DuckDBLedger(path, now=_UNTIL)


def _listed(wanted: dict[str, Any], conn: Any) -> object:
    return listing.documents(conn, limit=25, **wanted)


class _Known:
    """A document that whoever asks sees, which is another one in each ledger."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, str]] = {}

    def document(self, conn: Any) -> object:
        return read_model.document(conn, self._one(conn)[0])

    def numbered(self, conn: Any) -> object:
        return read_model.find_document(conn, self._one(conn)[1])

    def _one(self, conn: Any) -> tuple[int, str]:
        if id(conn) not in self._known:
            found, _ = listing.documents(
                conn, order="oldest", states=["synced"], offset=100, limit=1
            )
            self._known[id(conn)] = (found["id"][0].as_py(), found["number"][0].as_py())
        return self._known[id(conn)]


def _row(name: str, attempts: Sequence[int], told: Sequence[Timed]) -> dict[str, Any]:
    row: dict[str, Any] = {"question": name}
    for size, one in zip(attempts, told, strict=True):
        row |= {
            f"{_named(size)} p50 ms": round(_share(one.wall, 0.5), 1),
            f"{_named(size)} p95 ms": round(_share(one.wall, 0.95), 1),
            f"{_named(size)} cpu ms": round(_share(one.processor, 0.5), 1),
        }
    first, last = told[0], told[-1]
    for growth, share in (("p50", 0.5), ("p95", 0.95)):
        row[f"growth {growth}"] = round(_share(last.wall, share) / _share(first.wall, share), 2)
    row["growth cpu"] = round(_share(last.processor, 0.5) / _share(first.processor, 0.5), 2)
    return row


def _named(size: int) -> str:
    for unit in ("M", "k"):
        if size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}"
    return str(size)


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
