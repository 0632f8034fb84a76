"""What the Sage 300 sandbox remembers: set-up records, invoice batches, posted documents."""

import sqlite3
from pathlib import Path
from typing import Any

from iman.sandbox.database import Database
from iman.sandbox.sage_payload import Record, dumps, loads

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    resource TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (resource, key));
CREATE TABLE IF NOT EXISTS batch (
    number INTEGER PRIMARY KEY AUTOINCREMENT, description TEXT NOT NULL, status TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS batch_description ON batch (description);
CREATE INDEX IF NOT EXISTS batch_status ON batch (status);
CREATE TABLE IF NOT EXISTS entry (
    batch INTEGER, entry INTEGER, customer TEXT NOT NULL, document_number TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (batch, entry));
CREATE INDEX IF NOT EXISTS entry_document ON entry (document_number, customer);
CREATE TABLE IF NOT EXISTS posted (
    customer TEXT, document_number TEXT, body TEXT NOT NULL,
    PRIMARY KEY (customer, document_number));
"""


class SageStore:
    """Writes happen inside `db.transaction()`, which callers hold for a whole request."""

    def __init__(self, path: Path) -> None:
        self.db = Database(path, SCHEMA)

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

    def add_batch(self, body: Record) -> int:
        with self.db.transaction() as conn:
            made = conn.execute(
                "INSERT INTO batch (description, status, body) VALUES (?, ?, ?)",
                (body["Description"], body["BatchStatus"], dumps(body)),
            )
            number = int(made.lastrowid or 0)
            self.save_batch(body | {"BatchNumber": number})
        return number

    def save_batch(self, body: Record) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE batch SET description = ?, status = ?, body = ? WHERE number = ?",
                (body["Description"], body["BatchStatus"], dumps(body), body["BatchNumber"]),
            )

    def delete_batch(self, number: int) -> None:
        """Undo an insert; the number stays used."""
        with self.db.transaction() as conn:
            conn.execute("DELETE FROM entry WHERE batch = ?", (number,))
            conn.execute("DELETE FROM batch WHERE number = ?", (number,))

    def batch(self, number: int) -> Record | None:
        """The batch without its entries."""
        row = self.db.row("SELECT body FROM batch WHERE number = ?", number)
        return None if row is None else _body(row)

    def batch_counts(self) -> list[tuple[str, int]]:
        """How many batches there are in each status."""
        rows = self.db.rows("SELECT status, count(*) AS many FROM batch GROUP BY 1 ORDER BY 1")
        return [(row["status"], row["many"]) for row in rows]

    def newest_batches(self, limit: int) -> list[Record]:
        """The last *limit* batches without their entries, newest first."""
        rows = self.db.rows("SELECT body FROM batch ORDER BY number DESC LIMIT ?", limit)
        return [_body(row) for row in rows]

    def batches(self, *, description: str | None = None, status: str | None = None) -> list[Record]:
        """Batches without their entries, by number."""
        rows = self.db.rows(
            "SELECT body FROM batch WHERE (?1 IS NULL OR description = ?1)"
            " AND (?2 IS NULL OR status = ?2) ORDER BY number",
            description,
            status,
        )
        return [_body(row) for row in rows]

    def save_entry(self, body: Record) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)",
                (
                    body["BatchNumber"],
                    body["EntryNumber"],
                    body["CustomerNumber"],
                    body["DocumentNumber"],
                    dumps(body),
                ),
            )

    def delete_entry(self, batch: int, entry: int) -> None:
        with self.db.transaction() as conn:
            conn.execute("DELETE FROM entry WHERE batch = ? AND entry = ?", (batch, entry))

    def entries(self, batch: int) -> list[Record]:
        rows = self.db.rows("SELECT body FROM entry WHERE batch = ? ORDER BY entry", batch)
        return [_body(row) for row in rows]

    def stored_entries(self, search: str = "", limit: int = -1) -> list[Record]:
        """Entries of batches that are not deleted, each with `BatchStatus` and `BatchDescription`.

        A failed entry that posting copied to an error batch is there twice, as in Sage.
        """
        rows = self.db.rows(
            "SELECT entry.body, batch.status, batch.description"
            " FROM entry JOIN batch ON batch.number = entry.batch"
            " WHERE batch.status <> 'Deleted' AND (document_number LIKE ?1 OR customer LIKE ?1)"
            " ORDER BY entry.batch, entry.entry LIMIT ?2",
            f"%{search}%",
            limit,
        )
        return [
            _body(row) | {"BatchStatus": row["status"], "BatchDescription": row["description"]}
            for row in rows
        ]

    def is_entered(self, customer: str, document_number: str) -> bool:
        """Whether an unposted batch that is not deleted holds this document."""
        return (
            self.db.row(
                "SELECT 1 FROM entry JOIN batch ON batch.number = entry.batch WHERE customer = ?"
                " AND document_number = ? AND batch.status NOT IN ('Deleted', 'Posted')",
                customer,
                document_number,
            )
            is not None
        )

    # -- posted documents

    def add_posted(self, body: Record) -> bool:
        """Keep a posted document; False when the customer already has one of that number."""
        with self.db.transaction() as conn:
            made = conn.execute(
                "INSERT OR IGNORE INTO posted VALUES (?, ?, ?)",
                (body["CustomerNumber"], body["DocumentNumber"], dumps(body)),
            )
            return made.rowcount == 1

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


def _body(row: sqlite3.Row) -> Record:
    body: Record = loads(row["body"])
    return body
