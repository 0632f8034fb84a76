"""History that is made up: a ledger of any size in a minute, through its own schema and rollups.

For benchmarks and for trying things out. Everything is paused in such a ledger, so that a daemon
never pushes what it holds.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from iman.errors import LedgerError
from iman.ledger import audit, rollups, search
from iman.ledger.duckdb_ledger import DuckDBLedger, lock_path
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("seeding")
_NAMED = re.compile(r"\$(\w+)")
_TRIES_MORE = 6  # attempts that a document with trouble has on top of its first, on average

SITES = {
    "HGH": ("Highview Remembrance Park", "30"),
    "RIV": ("Riverside Memorial Gardens", "40"),
    "STA": ("St Anne's Lawn Cemetery", "50"),
    "WST": ("Westbrook Crematorium", "60"),
    "NTH": ("Northgate Cemetery", "70"),
}
_FIRST = (
    "Margaret", "Arthur", "Helen", "Peter", "Joan", "Maria", "Thomas", "Grace", "Nikos", "Ling",
    "Amira", "David", "Rose", "Stefan", "Edith", "Giulia", "Walter", "Mei", "Patrick", "Irene",
    "Samuel", "Olga", "Frank",
)  # fmt: skip
_LAST = (
    "Ellison", "Baker", "Nguyen", "Papadopoulos", "Walsh", "Rossi", "Chen", "Murphy", "Hughes",
    "Schmidt", "Kaur", "Ford", "Marsh", "Okafor", "Silva", "Dunn", "Larsen", "Haddad", "Price",
    "Young", "Costa", "Ivanov", "Reid", "Lowe", "Tanaka", "Burke", "Moss", "Adler", "Grant",
)  # fmt: skip

#: Told what is being made.
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One thing that Sage 300 refuses, as it says it and as the rules read it."""

    code: str
    text: str
    error_type: str
    entity_kind: str | None
    entity: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """What to make. *until*: when the history ends; *days*: how long it is."""

    documents: int
    attempts: int
    seed: int
    days: int
    until: datetime
    company: str = "SERDAT"

    @property
    def open(self) -> int:
        """Documents that are not in Sage 300 at the end: one in two hundred."""
        return max(1, self.documents // 200)


def make(
    path: Path, wanted: Seed, kinds: Sequence[Kind], *, fingerprint: str, say: Say
) -> dict[str, int]:
    """Write a new ledger to *path*; returns what it holds.

    *fingerprint*: of the rules that read *kinds*. Raises ``LedgerError`` where there is a ledger
    already, or where so few attempts cannot be.
    """
    if path.exists():
        raise LedgerError(
            f"There is a ledger at {path} already; nothing is written over one. Name another file."
        )
    ledger = DuckDBLedger(path, now=wanted.until, memory_limit="4GB")
    made = False
    try:
        found = ledger.write(lambda conn: _make(conn, wanted, kinds, fingerprint, say)).result()
        _index(ledger, say)
        say("Folding the log into the file")
        made = True
    finally:
        ledger.close()
        if not made:  # an empty ledger would be taken for a real one
            for left in (path, path.with_name(path.name + ".wal"), lock_path(path)):
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)
    return found


def _index(ledger: DuckDBLedger, say: Say) -> None:
    with contextlib.closing(ledger.new_reader()) as cursor:
        say("Words for the search")
        while search.step(cursor):
            say(f"Words of {search.indexed(cursor):,} documents for the search")


def _make(
    conn: duckdb.DuckDBPyConnection,
    wanted: Seed,
    kinds: Sequence[Kind],
    fingerprint: str,
    say: Say,
) -> dict[str, int]:
    values = _values(wanted, kinds, fingerprint)
    steps = [name for name in _SQL if name not in ("left_over", "forget")]
    for place, name in enumerate(steps, start=1):
        say(f"{name.replace('_', ' ').capitalize()}, {place} of {len(steps) + 2}")
        if name == "tries":
            values |= _left_over(conn, wanted, values)
        _run(conn, _SQL[name], values)
    conn.execute(_SQL["forget"])
    audit.chain(conn)
    say(f"Rollups, {len(steps) + 1} of {len(steps) + 2}")
    rollups.fill(conn)
    rollups.fold(conn, now=wanted.until)
    say(f"Rollups against the attempts, {len(steps) + 2} of {len(steps) + 2}")
    if wrong := rollups.differences(conn):
        raise LedgerError(f"The rollups are not what was made: {wrong}.")
    return {
        "documents": _count(conn, "SELECT count(*) FROM documents"),
        "attempts": _count(conn, "SELECT count(*) FROM attempts"),
        "open_documents": _count(conn, "SELECT count(*) FROM open_documents"),
    }


def _left_over(
    conn: duckdb.DuckDBPyConnection, wanted: Seed, values: dict[str, Any]
) -> dict[str, int]:
    row = first_row(conn, _SQL["left_over"], _used(_SQL["left_over"], values))
    extra = int(row[0]) if row else 0
    if extra < 0:
        raise LedgerError(
            f"{wanted.documents:,} documents need more attempts than {wanted.attempts:,}, for some "
            f"of them were refused. Ask for {wanted.attempts - extra:,} or more."
        )
    closed = wanted.documents - min(wanted.open, wanted.documents)
    if extra and not closed:
        raise LedgerError("So few documents cannot have had so many attempts.")
    return {"extra": extra, "troubled": max(1, min(closed, extra // _TRIES_MORE))}


def _values(wanted: Seed, kinds: Sequence[Kind], fingerprint: str) -> dict[str, Any]:
    return {
        "documents": wanted.documents,
        "attempts": wanted.attempts,
        "open": wanted.open,
        "seed": wanted.seed,
        "days": wanted.days,
        "until": to_db(wanted.until),
        "company": wanted.company,
        "people": max(10, wanted.documents // 5),
        "first_names": list(_FIRST),
        "last_names": list(_LAST),
        "sites": list(SITES),
        "site_names": [name for name, _ in SITES.values()],
        "segments": [segment for _, segment in SITES.values()],
        "kind": list(range(len(kinds))),
        "fingerprint": fingerprint,
        **{
            column: [getattr(kind, column) for kind in kinds]
            for column in ("code", "text", "error_type", "entity_kind", "entity")
        },
    }


def _run(conn: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> None:
    conn.execute(sql, _used(sql, values))


def _used(sql: str, values: dict[str, Any]) -> dict[str, Any]:
    """DuckDB refuses a value that a statement does not name."""
    return {name: values[name] for name in set(_NAMED.findall(sql))}


def _count(conn: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = first_row(conn, sql)
    return int(row[0]) if row else 0
