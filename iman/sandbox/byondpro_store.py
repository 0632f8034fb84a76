"""What the byondpro sandbox remembers: set-ups, bookings, orders, documents, the outbox.

A document's body is the wire's JSON, written once when it is created: once invoiced, an order
cannot be edited. New entry types need no new table.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iman.sandbox.byondpro_wire import Document, StatusReport, stamp
from iman.sandbox.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setup (
    kind TEXT, code TEXT, active INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, code));
CREATE TABLE IF NOT EXISTS booking (
    booking TEXT PRIMARY KEY, kind TEXT NOT NULL, site TEXT NOT NULL, customer TEXT NOT NULL,
    opened TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sales_order (
    number TEXT PRIMARY KEY, booking TEXT NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sales_order_booking ON sales_order (booking);
CREATE TABLE IF NOT EXISTS document (
    entry_type TEXT, number TEXT, sales_order TEXT NOT NULL, booking TEXT NOT NULL,
    revision INTEGER NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending',
    message TEXT, erp_reference TEXT, attempts INTEGER NOT NULL DEFAULT 0, status_at TEXT,
    PRIMARY KEY (entry_type, number));
CREATE INDEX IF NOT EXISTS document_order ON document (sales_order);
CREATE INDEX IF NOT EXISTS document_booking ON document (booking);
CREATE INDEX IF NOT EXISTS document_parent ON document (json_extract(body, '$.parent.number'));
CREATE TABLE IF NOT EXISTS outbox (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tracking (
    id INTEGER PRIMARY KEY, booking TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL,
    details TEXT NOT NULL, field TEXT, old TEXT, new TEXT);
CREATE INDEX IF NOT EXISTS tracking_booking ON tracking (booking);
"""

Body = dict[str, Any]


class UnknownDocument(Exception):
    """A status report names a document byondpro does not have."""

    def __init__(self, number: str) -> None:
        super().__init__(f"byondpro has no document {number}")
        self.number = number


class ByondproStore:
    """Every public method that writes is one transaction, durable when it returns."""

    def __init__(self, path: Path) -> None:
        self.db = Database(path, SCHEMA)

    # -- settings and set-ups

    def setting(self, name: str) -> str | None:
        row = self.db.row("SELECT value FROM setting WHERE name = ?", name)
        return None if row is None else str(row["value"])

    def set_setting(self, name: str, value: str) -> None:
        with self.db.transaction() as conn:
            conn.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def save_setup(self, kind: str, code: str, body: Body, *, active: bool = True) -> None:
        with self.db.transaction() as conn:
            row = (kind, code, int(active), json.dumps(body))
            conn.execute(
                "INSERT INTO setup VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET active = excluded.active, body = excluded.body",
                row,
            )

    def setup(self, kind: str, code: str) -> Body | None:
        row = self.db.row("SELECT * FROM setup WHERE kind = ? AND code = ?", kind, code)
        return None if row is None else _setup(row)

    def setups(self, kind: str) -> list[Body]:
        rows = self.db.rows("SELECT * FROM setup WHERE kind = ? ORDER BY rowid", kind)
        return [_setup(row) for row in rows]

    def set_active(self, kind: str, code: str, *, active: bool) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "UPDATE setup SET active = ? WHERE kind = ? AND code = ?",
                (int(active), kind, code),
            )

    # -- bookings and orders

    def add_booking(self, *, booking: str, kind: str, site: str, customer: str, day: str) -> None:
        with self.db.transaction() as conn:
            row = (booking, kind, site, customer, day)
            conn.execute("INSERT INTO booking VALUES (?, ?, ?, ?, ?)", row)

    def booking(self, booking: str) -> Body | None:
        row = self.db.row("SELECT * FROM booking WHERE booking = ?", booking)
        return None if row is None else dict(row)

    def bookings(self, search: str = "", limit: int = 200) -> list[Body]:
        """Newest first; *search* is part of the booking number or of the customer's."""
        like = f"%{search}%"
        rows = self.db.rows(
            "SELECT * FROM booking WHERE booking LIKE ? OR customer LIKE ?"
            " ORDER BY CAST(booking AS INTEGER) DESC LIMIT ?",
            like,
            like,
            limit,
        )
        return [dict(row) for row in rows]

    def next_booking(self, start: int) -> int:
        """The next free booking number that is not below *start*."""
        row = self.db.row("SELECT max(CAST(booking AS INTEGER)) AS top FROM booking")
        return max(start, (row["top"] or 0) + 1) if row else start

    def save_order(self, number: str, booking: str, status: str, body: Body) -> None:
        with self.db.transaction() as conn:
            row = (number, booking, status, json.dumps(body))
            conn.execute("INSERT OR REPLACE INTO sales_order VALUES (?, ?, ?, ?)", row)

    def order(self, number: str) -> Body | None:
        row = self.db.row("SELECT * FROM sales_order WHERE number = ?", number)
        return None if row is None else _order(row)

    def orders_of(self, booking: str) -> list[Body]:
        rows = self.db.rows("SELECT * FROM sales_order WHERE booking = ? ORDER BY number", booking)
        return [_order(row) for row in rows]

    # -- documents and the outbox

    def add_document(self, document: Document, *, order: str = "") -> None:
        """Store a new document and put it in the outbox; *order* is the sales order it closes."""
        body = document.body()
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO document (entry_type, number, sales_order, booking, revision, body)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    document.entry_type,
                    document.number,
                    order,
                    document.booking,
                    document.revision,
                    json.dumps(body),
                ),
            )
            self._publish({"type": "document", "document": body})

    def _publish(self, body: Body) -> None:
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO outbox (at, body) VALUES (?, ?)",
                (stamp(datetime.now(UTC)), json.dumps(body)),
            )

    def document(self, entry_type: str, number: str) -> Body | None:
        row = self.db.row(
            "SELECT * FROM document WHERE entry_type = ? AND number = ?", entry_type, number
        )
        return None if row is None else _document(row)

    def document_of_order(self, sales_order: str) -> Body | None:
        row = self.db.row("SELECT * FROM document WHERE sales_order = ?", sales_order)
        return None if row is None else _document(row)

    def children(self, entry_type: str, number: str) -> list[Body]:
        """The documents that depend on this one, in the order they were made."""
        rows = self.db.rows(
            "SELECT * FROM document WHERE json_extract(body, '$.parent.number') = ?"
            " AND json_extract(body, '$.parent.entry_type') = ? ORDER BY rowid",
            number,
            entry_type,
        )
        return [_document(row) for row in rows]

    def documents_of_booking(self, booking: str) -> list[Body]:
        """In the order they were made."""
        rows = self.db.rows("SELECT * FROM document WHERE booking = ? ORDER BY rowid", booking)
        return [_document(row) for row in rows]

    def free_number(self, entry_type: str, base: str, *, first: str = "") -> str:
        """*base* with *first*, or with the first of `-2`, `-3`, … that no document has."""
        number, count = f"{base}{first}", 1
        while self.document(entry_type, number) is not None:
            count += 1
            number = f"{base}-{count}"
        return number

    def documents(
        self, status: str | None = None, entry_type: str | None = None, limit: int = -1
    ) -> list[Body]:
        """In the order they were made; *limit* -1 means all."""
        rows = self.db.rows(
            "SELECT * FROM document WHERE (?1 IS NULL OR status = ?1)"
            " AND (?2 IS NULL OR entry_type = ?2) ORDER BY rowid LIMIT ?3",
            status,
            entry_type,
            limit,
        )
        return [_document(row) for row in rows]

    def counts(self) -> list[tuple[str, str, int]]:
        """How many documents there are by entry type and sync status."""
        rows = self.db.rows(
            "SELECT entry_type, status, count(*) AS many FROM document GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [(row["entry_type"], row["status"], row["many"]) for row in rows]

    def events(self, after: int, limit: int) -> list[Body]:
        """Up to *limit* events whose cursor is greater than *after*, oldest first."""
        rows = self.db.rows(
            "SELECT * FROM outbox WHERE cursor > ? ORDER BY cursor LIMIT ?", after, limit
        )
        return [
            {"cursor": str(row["cursor"]), "at": row["at"]} | json.loads(row["body"])
            for row in rows
        ]

    def take_statuses(self, reports: Iterable[StatusReport]) -> int:
        """Store what the integration reports; all of it or, on `UnknownDocument`, none of it."""
        taken = 0
        with self.db.transaction() as conn:
            for report in reports:
                known = self.document(report.entry_type, report.number)
                if known is None or known["body"]["company"] != report.company:
                    raise UnknownDocument(report.number)
                taken += 1
                at = stamp(report.at)
                if known["status_at"] is not None and known["status_at"] >= at:
                    continue  # an older or repeated report changes nothing
                conn.execute(
                    "UPDATE document SET status = ?, message = ?, erp_reference = ?, attempts = ?,"
                    " status_at = ? WHERE entry_type = ? AND number = ?",
                    (
                        report.status,
                        report.message,
                        report.erp_reference,
                        report.attempts,
                        at,
                        report.entry_type,
                        report.number,
                    ),
                )
        return taken

    def request_resync(self, entry_type: str, number: str, *, by: str) -> bool:
        """Ask for another round; False when the document is not failed.

        The status goes to pending here, under the old report's time: the next report wins.
        """
        with self.db.transaction() as conn:
            known = self.document(entry_type, number)
            if known is None or known["status"] != "failed":
                return False
            conn.execute(
                "UPDATE document SET status = 'pending' WHERE entry_type = ? AND number = ?",
                (entry_type, number),
            )
            company = known["body"]["company"]
            event = {"entry_type": entry_type, "number": number, "company": company, "by": by}
            self._publish({"type": "resync_requested"} | event)
            self.track(known["booking"], by, f"Resync of {number} started")
        return True

    # -- tracking

    def track(
        self, booking: str, by: str, details: str, change: tuple[str, str, str] | None = None
    ) -> None:
        """Note who did what; *change* is field caption, old value, new value."""
        caption, old, new = change or (None, None, None)
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO tracking (booking, at, by, details, field, old, new)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (booking, stamp(datetime.now(UTC)), by, details, caption, old, new),
            )

    def tracking(self, booking: str) -> list[Body]:
        rows = self.db.rows("SELECT * FROM tracking WHERE booking = ? ORDER BY id DESC", booking)
        return [dict(row) for row in rows]


def _setup(row: Any) -> Body:
    body: Body = json.loads(row["body"])
    return body | {"code": row["code"], "active": bool(row["active"])}


def _order(row: Any) -> Body:
    body: Body = json.loads(row["body"])
    return body | {"number": row["number"], "booking": row["booking"], "status": row["status"]}


def _document(row: Any) -> Body:
    return dict(row) | {"body": json.loads(row["body"])}
