"""What pages ask, answered from a cursor. The API and the read-only fallback share it.

SQL with its cost class: ``sql/reading.sql``. Tables are Arrow, columns as ``reading/frames.py``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from iman.domain.document import CLOSED_STATES, DocumentState, EntryType, erp_sync_status
from iman.domain.gl_account import posted_account
from iman.errors import NotFound
from iman.ledger import search
from iman.ledger.archives import files_of
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("reading")
_HOURLY_UP_TO = 72  # hours; beyond, a trend's buckets are days
_NEVER = datetime(9999, 1, 1)  # noqa: DTZ001 -- bound as the ledger's own, which has no zone
#: What a record is not given under the ledger's own name.
_RENAMED = frozenset({"document_id", "attempt_id", "reference", "payload"})
_EVER = datetime(1970, 1, 1)  # noqa: DTZ001 -- likewise
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the daemon wrote down about itself when it started."""

    values: dict[str, str]

    def link(self, page: str, **parts: str) -> str | None:
        """A page of byondpro, or None where no template or part is known."""
        template = self.values.get(f"link_{page}", "")
        if not template or not all(parts.values()):
            return None
        for name, part in parts.items():
            template = template.replace(f"{{{name}}}", quote(part, safe=""))
        return template

    @property
    def max_attempts(self) -> int:
        return int(self.values.get("max_attempts", "5"))


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents a figure speaks of; None: all of them."""

    entry_type: str | None = None
    site: str | None = None
    company: str | None = None

    @property
    def values(self) -> Row:
        return {"entry_type": self.entry_type, "site": self.site, "company": self.company}


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Window:
    """*hours* that end at *until*, or now; whole hours of UTC, as the rollups have them.

    Beyond three days its buckets are days of *zone*, an IANA name.
    """

    hours: int
    now: datetime
    until: datetime | None = None
    zone: str = "UTC"

    @property
    def since(self) -> datetime:
        return window_start(self.until or self.now, self.hours)

    @property
    def end(self) -> datetime:
        """Exclusive; a window that goes on has none that anything reaches."""
        return window_start(self.until, 0) if self.until else _NEVER

    @property
    def before(self) -> datetime:
        """Where the window before it begins."""
        return self.since - timedelta(hours=self.hours)

    @property
    def both(self) -> Row:
        return {"since": self.since, "until": self.end, "before": self.before}

    @property
    def buckets(self) -> Row:
        daily = self.hours > _HOURLY_UP_TO
        return {"since": self.since, "until": self.end, "daily": daily, "zone": self.zone}


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusals:
    """Documents that were refused at some time from *since* to *until*.

    *weekday* (1: Monday) and *hour* narrow that to some hours of the week in *zone*.
    """

    since: datetime
    until: datetime
    weekday: int | None = None
    hour: int | None = None
    zone: str = "UTC"


def facts(conn: duckdb.DuckDBPyConnection) -> Facts:
    return Facts(dict(conn.execute(_SQL["facts"]).fetchall()))


def counts(conn: duckdb.DuckDBPyConnection) -> pa.Table:
    kinds = [kind.value for kind in EntryType]
    return _table(conn, "counts", {"entry_types": kinds, "positions": list(range(len(kinds)))})


def find_document(
    conn: duckdb.DuckDBPyConnection, number: str, entry_type: str | None = None
) -> int:
    """The newest with that number. Raises ``NotFound``."""
    ids = _numbered(conn, number)
    values = {"ids": ids, "number": number, "entry_type": entry_type}
    row = first_row(conn, _SQL["find_document"], values) if ids else None
    if row is None or row[0] is None:
        raise NotFound(f"There is no document {number}.")
    return int(row[0])


def _numbered(conn: duckdb.DuckDBPyConnection, number: str) -> list[int]:
    """Documents that may have *number*: the search tells small letters, and a beginning."""
    word = search.sought(conn, number)
    if word is None or search.typed(number) != number:
        found = conn.execute(_SQL["numbered_oddly"], {"number": number}).fetchall()
        return [row[0] for row in found]
    held = search.kept(conn)
    tables = ["search_words"] * held.sorted + ["search_late"] * held.late
    sql = _SQL["numbered"].replace(
        "{kept}", " ".join(_SQL[f"numbered_in_{table}"] for table in tables)
    )
    values: Row = {"number": number, "indexed": held.indexed}
    if tables:
        values |= {"low": word.low, "high": word.high if word.longer else word.low}
    return [row[0] for row in conn.execute(sql, values).fetchall()]


def document(conn: duckdb.DuckDBPyConnection, document_id: int) -> Row:
    """Everything of one document, as ``wire.DocumentDetail`` shapes it. Raises ``NotFound``."""
    found = _rows(conn, "document", {"id": document_id})
    if not found:
        raise NotFound(f"There is no document {document_id}.")
    known = facts(conn)
    attempts = _rows(conn, "attempts", {"id": document_id})
    if files := files_of(conn, document_id):
        moved = _rows(conn, "attempts_moved_out", {"id": document_id, "files": files})
        attempts = sorted([*moved, *attempts], key=lambda row: int(row["attempt_id"]))
    record = _record(found[0], known)
    return {
        "document": record,
        "attempts": [_attempt(row) for row in attempts],
        "resyncs": [
            _resync(row, record, attempts) for row in _rows(conn, "resyncs", {"id": document_id})
        ],
    }


def folded(conn: duckdb.DuckDBPyConnection, scope: Scope) -> datetime:
    """Up to when totals say what the rollups do: to nobody who asks for, or sees, some of it."""
    row = first_row(conn, _SQL["folded"]) if scope == EVERYTHING else None
    return row[0] if row else _EVER


def failures(
    conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING
) -> pa.Table:
    values = {**window.buckets, **scope.values, "folded": folded(conn, scope)}
    return _table(conn, "failures", values)


def series(conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING) -> pa.Table:
    """What each bucket of the window saw."""
    values = {**window.buckets, **scope.values, "folded": folded(conn, scope)}
    return _table(conn, "series", values)


def standing(
    conn: duckdb.DuckDBPyConnection, *, now: datetime, scope: Scope = EVERYTHING
) -> pa.Table:
    """What is not in Sage 300, by entry type, site and age."""
    return _table(conn, "standing", {"now": to_db(now), **scope.values})


def open_errors(conn: duckdb.DuckDBPyConnection, scope: Scope = EVERYTHING) -> pa.Table:
    return _table(conn, "open_errors", scope.values)


def sites(conn: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0] for row in conn.execute(_SQL["sites"]).fetchall()]


def intake_problems(conn: duckdb.DuckDBPyConnection) -> pa.Table:
    return _table(conn, "intake_problems", {})


def audit(conn: duckdb.DuckDBPyConnection, *, limit: int = 500) -> pa.Table:
    """The newest *limit* events. Numbers are left out only where a commit failed."""
    newest = _one(conn, "newest_event", {})[0]
    after = newest - 2 * limit
    found = _table(conn, "audit", {"limit": limit, "after": max(after, 0)})
    if found.num_rows < limit and after > 0:
        return _table(conn, "audit", {"limit": limit, "after": 0})
    return found


def overview(conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING) -> Row:
    """As ``wire.Overview``."""
    open_now = _rows(conn, "open_figures", scope.values)[0]
    first, passed, first_before, passed_before, refused, refused_before = _one(
        conn, "attempt_figures", {**window.both, **scope.values, "folded": folded(conn, scope)}
    )
    synced, synced_amount, synced_before = _one(
        conn, "closing_figures", {**window.both, **scope.values}
    )
    return {
        "hours": window.hours,
        **open_now,
        **_stood_at(conn, window.since, scope),
        "synced": synced,
        "synced_amount": synced_amount,
        "previous_synced": synced_before,
        "first_attempts": first,
        "first_attempt_success": passed / first if first else None,
        "previous_first_attempt_success": passed_before / first_before if first_before else None,
        "refused": refused,
        "previous_refused": refused_before,
        "intake_problems": _one(conn, "problem_count", {})[0],
        "currency": _one(conn, "currency", {})[0] or "",
    }


def _stood_at(conn: duckdb.DuckDBPyConnection, at: datetime, scope: Scope) -> Row:
    """What was open when the window began; None where nobody looked."""
    row = first_row(conn, queries("figures")["stood_at"], {"at": at, **scope.values})
    documents, failed, amount, _, _ = row or (None,) * 5
    return {
        "previous_not_in_sage": documents,
        "previous_failed": failed,
        "previous_not_in_sage_amount": amount,
    }


def beats(conn: duckdb.DuckDBPyConnection) -> list[Row]:
    return _rows(conn, "beats", {})


def last_heard(conn: duckdb.DuckDBPyConnection) -> datetime | None:
    """The newest heartbeat any daemon wrote."""
    moment: datetime | None = _one(conn, "newest_beat", {})[0]
    return from_db(moment)


def window_start(now: datetime, hours: int) -> datetime:
    """The first hour bucket of a window that ends now."""
    return to_db(now - timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)


def _record(row: Row, known: Facts) -> Row:
    lines = _lines(row["payload"])
    state = DocumentState(row["state"])
    number = row["number"]
    told = {key: value for key, value in row.items() if key not in _RENAMED}
    links = {
        "booking": known.link("booking", booking=row["booking"]),
        "sales_order": known.link("sales_order", sales_order=row["sales_order"]),
        "document": known.link(row["entry_type"], number=number),
    }
    return {
        **told,
        "id": row["document_id"],
        "erp_sync_status": erp_sync_status(state),
        "erp_reference": row["reference"],
        "max_attempts": known.max_attempts,
        "lines": lines,
        "links": links,
    }


def _attempt(row: Row) -> Row:
    told = {key: value for key, value in row.items() if key not in _RENAMED}
    return {**told, "id": row["attempt_id"], "erp_reference": row["reference"]}


def _resync(row: Row, record: Row, attempts: Sequence[Row]) -> Row:
    later = any(attempt["round"] > row["round"] for attempt in attempts)
    result = None
    if record["round"] == row["round"] and not later:
        standing = DocumentState(record["state"])
        if standing in CLOSED_STATES:
            result = "synced"
        elif standing is DocumentState.FAILED:
            result = "failed"
    else:
        result = "failed"  # another round had to follow
    return {
        "id": row["resync_id"],
        "at": row["asked_at"],
        "by": row["asked_by"],
        "origin": row["origin"],
        "reason": row["reason"],
        "round": row["round"],
        "result": result,
    }


def _lines(payload: str) -> list[Row]:
    """The lines with their posted account; a document byondpro spoilt shows what it can: none."""
    try:
        found = json.loads(payload)
        segment = found.get("site", {}).get("gl_segment", "")
        rule = found.get("gl_segment_rule", "N")
        return [_line(line, segment, rule) for line in found.get("lines", ())]
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        return []


def _line(line: Row, segment: str, rule: str) -> Row:
    return {
        "line": line["line"],
        "item": line["item"],
        "description": line.get("description", ""),
        "category": line["category"]["code"],
        "category_description": line["category"].get("description", ""),
        "gl_account": posted_account(line["gl_account"], segment=segment, rule=rule),
        "quantity": Decimal(str(line["quantity"])),
        "unit_price": Decimal(str(line["unit_price"])),
        "amount": Decimal(str(line["amount"])),
        "tax": Decimal(str(line.get("tax", "0"))),
    }


def _table(conn: duckdb.DuckDBPyConnection, name: str, values: Row) -> pa.Table:
    return table(conn, _SQL[name], values)


def table(conn: duckdb.DuckDBPyConnection, sql: str, values: Row) -> pa.Table:
    """Moments are aware."""
    return aware(conn.sql(sql, params=values).to_arrow_table())


def aware(found: pa.Table) -> pa.Table:
    """Its moments said to be UTC."""
    for place, column in enumerate(found.schema):
        if pa.types.is_timestamp(column.type) and column.type.tz is None:
            aware = pc.assume_timezone(found.column(place), "UTC")
            found = found.set_column(place, column.name, aware)
    return found


def _rows(conn: duckdb.DuckDBPyConnection, name: str, values: Row) -> list[Row]:
    cursor = conn.execute(_SQL[name], values)
    names = [column[0] for column in cursor.description or ()]
    return [
        {
            key: from_db(value) if isinstance(value, datetime) else value
            for key, value in zip(names, row, strict=True)
        }
        for row in cursor.fetchall()
    ]


def _one(conn: duckdb.DuckDBPyConnection, name: str, values: Row) -> tuple[Any, ...]:
    row = first_row(conn, _SQL[name], values)
    return row if row is not None else (None,)
