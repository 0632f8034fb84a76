"""What the Sage 300 sandbox remembers: set-up records, batches of every kind, what was posted."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iman.sandbox.database import Database
from iman.sandbox.sage_payload import Record, dumps, loads

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    resource TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (resource, key));
CREATE TABLE IF NOT EXISTS sage_batch (
    kind TEXT, number INTEGER, description TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, number));
CREATE INDEX IF NOT EXISTS sage_batch_description ON sage_batch (description, kind);
CREATE INDEX IF NOT EXISTS sage_batch_status ON sage_batch (kind, status);
CREATE TABLE IF NOT EXISTS sage_entry (
    kind TEXT, batch INTEGER, entry INTEGER, customer TEXT NOT NULL, document_number TEXT NOT NULL,
    reference TEXT NOT NULL, sequence INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, batch, entry));
CREATE INDEX IF NOT EXISTS sage_entry_document ON sage_entry (document_number, customer);
CREATE INDEX IF NOT EXISTS sage_entry_sequence ON sage_entry (sequence);
CREATE INDEX IF NOT EXISTS sage_entry_reference ON sage_entry (reference, customer);
CREATE TABLE IF NOT EXISTS stored (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
    customer TEXT NOT NULL, document_number TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS posted (
    customer TEXT, document_number TEXT, body TEXT NOT NULL,
    PRIMARY KEY (customer, document_number));
CREATE TABLE IF NOT EXISTS posted_line (
    id INTEGER PRIMARY KEY, resource TEXT NOT NULL, customer TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS posted_line_resource ON posted_line (resource, customer);
"""
# files of the first sandbox knew invoices only
_ADOPT = """
INSERT INTO sage_batch SELECT 'invoice', number, description, status, body FROM batch;
INSERT INTO stored (at, kind, customer, document_number)
    SELECT '', 'invoice', customer, document_number FROM entry ORDER BY batch, entry;
INSERT INTO sage_entry SELECT 'invoice', batch, entry, customer, document_number, '',
    row_number() OVER (ORDER BY batch, entry), body FROM entry;
INSERT OR REPLACE INTO setting SELECT 'batch:invoice', CAST(seq AS TEXT)
    FROM sqlite_sequence WHERE name = 'batch';
DROP TABLE batch;
DROP TABLE entry;
"""
_BATCHES = "SELECT body FROM sage_batch WHERE kind = ?1 AND (?2 IS NULL OR status = ?2)"
_ENTERED = """
SELECT sage_entry.*, sage_batch.status, sage_batch.description FROM sage_entry
JOIN sage_batch ON sage_batch.kind = sage_entry.kind AND sage_batch.number = sage_entry.batch
WHERE status NOT IN ('Deleted', 'Posted') AND customer = ?"""
_ENTERED_BY_NUMBER = _ENTERED + " AND document_number = ?"
_ENTERED_BY_REFERENCE = _ENTERED + " AND reference = ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchNames:
    """How one kind of batch calls what the store needs to find it."""

    kind: str
    description: str = "Description"
    status: str = "BatchStatus"
    width: int = 0  # digits of a zero-padded number; 0: a JSON number

    def number(self, value: int, width: int | None = None) -> int | str:
        """A batch's (or, with *width*, another) number as this kind writes it."""
        return f"{value:0{width or self.width}d}" if self.width else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An entry with where it stands."""

    kind: str
    batch: int
    entry: int
    status: str
    description: str
    sequence: int
    body: Record


class SageStore:
    """Writes happen inside `db.transaction()`, which callers hold for a whole request."""

    def __init__(self, path: Path) -> None:
        self.db = Database(path, SCHEMA)
        if self.db.row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'batch'"):
            with self.db.transaction() as conn:
                for statement in filter(str.strip, _ADOPT.split(";")):
                    conn.execute(statement)

    # -- settings

    def setting(self, name: str, default: Any = None) -> Any:
        row = self.db.row("SELECT value FROM setting WHERE name = ?", name)
        return default if row is None else loads(row["value"])

    def set_setting(self, name: str, value: Any) -> None:
        with self.db.transaction() as conn:
            conn.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, dumps(value)))

    def next_number(self, name: str) -> int:
        """Count up the numbering *name*, from 1."""
        with self.db.transaction():
            number = int(self.setting(name, 0)) + 1
            self.set_setting(name, number)
        return number

    # -- set-up records

    def record(self, resource: str, key: str) -> Record | None:
        row = self.db.row("SELECT body FROM record WHERE resource = ? AND key = ?", resource, key)
        return None if row is None else _body(row)

    def records(self, resource: str) -> list[Record]:
        rows = self.db.rows("SELECT body FROM record WHERE resource = ? ORDER BY key", resource)
        return [_body(row) for row in rows]

    def save_record(self, resource: str, key: str, body: Record) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (resource, key, dumps(body))
            )

    def delete_record(self, resource: str, key: str) -> None:
        with self.db.transaction() as conn:
            conn.execute("DELETE FROM record WHERE resource = ? AND key = ?", (resource, key))

    # -- batches and their entries

    def add_batch(self, names: BatchNames, body: Record) -> int:
        with self.db.transaction() as conn:
            number = self.next_number(f"batch:{names.kind}")
            body = body | {"BatchNumber": names.number(number)}
            conn.execute(
                "INSERT INTO sage_batch VALUES (?, ?, ?, ?, ?)",
                (names.kind, number, body[names.description], body[names.status], dumps(body)),
            )
        return number

    def save_batch(self, names: BatchNames, body: Record) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE sage_batch SET description = ?, status = ?, body = ?"
                " WHERE kind = ? AND number = ?",
                (
                    body[names.description],
                    body[names.status],
                    dumps(body),
                    names.kind,
                    int(body["BatchNumber"]),
                ),
            )

    def delete_batch(self, names: BatchNames, number: int) -> None:
        """Undo an insert; the number stays used."""
        with self.db.transaction() as conn:
            key = (names.kind, number)
            conn.execute(
                "DELETE FROM stored WHERE sequence IN"
                " (SELECT sequence FROM sage_entry WHERE kind = ? AND batch = ?)",
                key,
            )
            conn.execute("DELETE FROM sage_entry WHERE kind = ? AND batch = ?", key)
            conn.execute("DELETE FROM sage_batch WHERE kind = ? AND number = ?", key)

    def batch(self, names: BatchNames, number: int) -> Record | None:
        """The batch without its entries."""
        row = self.db.row(
            "SELECT body FROM sage_batch WHERE kind = ? AND number = ?", names.kind, number
        )
        return None if row is None else _body(row)

    def batch_counts(self) -> list[tuple[str, str, int]]:
        """How many batches there are of each kind in each status."""
        rows = self.db.rows(
            "SELECT kind, status, count(*) AS many FROM sage_batch GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [(row["kind"], row["status"], row["many"]) for row in rows]

    def newest_batches(self, names: BatchNames, limit: int) -> list[Record]:
        """The last *limit* batches without their entries, newest first."""
        rows = self.db.rows(
            "SELECT body FROM sage_batch WHERE kind = ? ORDER BY number DESC LIMIT ?",
            names.kind,
            limit,
        )
        return [_body(row) for row in rows]

    def batches(
        self, names: BatchNames, *, description: str | None = None, status: str | None = None
    ) -> list[Record]:
        """Batches without their entries, by number."""
        # two statements: with `IS NULL OR` the index on the description would not be used
        sql = _BATCHES if description is None else _BATCHES + " AND description = ?3"
        values = (names.kind, status) + (() if description is None else (description,))
        rows = self.db.rows(sql + " ORDER BY number", *values)
        return [_body(row) for row in rows]

    def note_stored(self, kind: str, customer: str, document_number: str) -> int:
        """Number a document in the order of storing; the number."""
        with self.db.transaction() as conn:
            made = conn.execute(
                "INSERT INTO stored (at, kind, customer, document_number) VALUES (?, ?, ?, ?)",
                (datetime.now(UTC).isoformat(), kind, customer, document_number),
            )
            return int(made.lastrowid or 0)

    def stored_order(self) -> list[Record]:
        """Every document ever stored, in that order, with whether it still stands."""
        rows = self.db.rows(
            # of an entry and its copy in an error batch, SQLite takes the row of the maximum
            "SELECT stored.*, max(sage_entry.batch) AS batch, sage_entry.entry AS entry,"
            " sage_batch.status AS batch_status"
            " FROM stored LEFT JOIN sage_entry USING (sequence) LEFT JOIN sage_batch"
            " ON sage_batch.kind = sage_entry.kind AND sage_batch.number = sage_entry.batch"
            " GROUP BY stored.sequence ORDER BY stored.sequence"
        )
        return [dict(row) for row in rows]

    def save_entry(
        self,
        names: BatchNames,
        body: Record,
        *,
        document_number: str,
        reference: str = "",
        sequence: int,
    ) -> None:
        """*reference* is another number the entry is found by: a receipt's check number."""
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO sage_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    names.kind,
                    int(body["BatchNumber"]),
                    int(body["EntryNumber"]),
                    body.get("CustomerNumber") or "",
                    document_number,
                    reference,
                    sequence,
                    dumps(body),
                ),
            )

    def delete_entry(self, names: BatchNames, batch: int, entry: int) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "DELETE FROM sage_entry WHERE kind = ? AND batch = ? AND entry = ?",
                (names.kind, batch, entry),
            )

    def entries(self, names: BatchNames, batch: int) -> list[Record]:
        rows = self.db.rows(
            "SELECT body FROM sage_entry WHERE kind = ? AND batch = ? ORDER BY entry",
            names.kind,
            batch,
        )
        return [_body(row) for row in rows]

    def sequence(self, names: BatchNames, batch: int, entry: int) -> int:
        """The place of an entry in the order of storing."""
        row = self.db.row(
            "SELECT sequence FROM sage_entry WHERE kind = ? AND batch = ? AND entry = ?",
            names.kind,
            batch,
            entry,
        )
        return 0 if row is None else int(row["sequence"])

    def found_entries(self, search: str = "", limit: int = -1) -> list[Found]:
        """Entries of batches that are not deleted, in the order they were stored.

        An entry that posting moved to an error batch is given there, not where it came from.
        """
        like = f"%{search}%"
        rows = self.db.rows(
            "SELECT sage_entry.*, sage_batch.status, sage_batch.description"
            " FROM sage_entry JOIN sage_batch"
            " ON sage_batch.kind = sage_entry.kind AND sage_batch.number = sage_entry.batch"
            " WHERE status <> 'Deleted'"
            " AND (?1 = '%%' OR document_number LIKE ?1 OR reference LIKE ?1 OR customer LIKE ?1)"
            " ORDER BY sequence, batch DESC LIMIT ?2",
            like,
            limit,
        )
        found: dict[int, Found] = {}
        for row in rows:
            found.setdefault(row["sequence"], _found(row))
        return list(found.values())

    def entered(self, customer: str, number: str, *, reference: bool = False) -> list[Found]:
        """Entries of this document in batches that are neither deleted nor posted."""
        sql = _ENTERED_BY_REFERENCE if reference else _ENTERED_BY_NUMBER
        rows = self.db.rows(sql, customer, number)
        return [_found(row) for row in rows]

    # -- what was posted

    def add_posted(self, body: Record) -> bool:
        """Keep a posted document; False when the customer already has one of that number."""
        with self.db.transaction() as conn:
            made = conn.execute(
                "INSERT OR IGNORE INTO posted VALUES (?, ?, ?)",
                (body["CustomerNumber"], body["DocumentNumber"], dumps(body)),
            )
            return made.rowcount == 1

    def save_posted(self, body: Record) -> None:
        """Change a posted document: its balance."""
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE posted SET body = ? WHERE customer = ? AND document_number = ?",
                (dumps(body), body["CustomerNumber"], body["DocumentNumber"]),
            )

    def posted(self, customer: str, document_number: str) -> Record | None:
        found = self.posted_documents(customer=customer, document_number=document_number)
        return found[0] if found else None

    def posted_documents(
        self, *, customer: str | None = None, document_number: str | None = None
    ) -> list[Record]:
        rows = self.db.rows(
            "SELECT body FROM posted WHERE (?1 IS NULL OR customer = ?1)"
            " AND (?2 IS NULL OR document_number = ?2) ORDER BY customer, document_number",
            customer,
            document_number,
        )
        return [_body(row) for row in rows]

    def add_posted_line(self, resource: str, body: Record, *, customer: str = "") -> None:
        """Keep a posted receipt or a line of a posted journal."""
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO posted_line (resource, customer, body) VALUES (?, ?, ?)",
                (resource, customer, dumps(body)),
            )

    def posted_lines(self, resource: str, *, customer: str | None = None) -> list[Record]:
        rows = self.db.rows(
            "SELECT body FROM posted_line WHERE resource = ?1"
            " AND (?2 IS NULL OR customer = ?2) ORDER BY id",
            resource,
            customer,
        )
        return [_body(row) for row in rows]


def _body(row: sqlite3.Row) -> Record:
    body: Record = loads(row["body"])
    return body


def _found(row: sqlite3.Row) -> Found:
    return Found(
        kind=row["kind"],
        batch=row["batch"],
        entry=row["entry"],
        status=row["status"],
        description=row["description"],
        sequence=row["sequence"],
        body=_body(row),
    )
