"""Old audit events move into Parquet files beside the ledger, and the chain goes through them.

As with attempts each file is whole before the ledger knows it. One transaction then checks that the
stretch fits the chain, deletes its rows, keeps its last hash as the anchor of what follows, and
writes an audit event that tells of it: so the anchor is covered by the chain itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb

from iman.errors import LedgerError
from iman.ledger import audit
from iman.ledger.archives import in_sql
from iman.ledger.backup import sha256, sync_folder, sync_written
from iman.ledger.disk import archive_folder
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("audit")
_ALL = 2**62
PART = 100_000  # events in one file, moved in one transaction


def past_age(conn: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """How many events a run would move out now."""
    return _stretch(conn, before, _ALL)[0]


def move_out(
    ledger: DuckDBLedger,
    before: datetime,
    *,
    now: datetime,
    progress: Callable[[str, int], None],
    part: int = PART,
) -> int:
    """Returns how many events were moved. Raises ``LedgerError`` where the chain is broken."""
    moved = 0
    cursor = ledger.new_reader()
    try:
        while taken := _move(ledger, cursor, before, now, part, progress):
            moved += taken
            progress("audit events moved", moved)
    finally:
        cursor.close()
    return moved


def _stretch(conn: duckdb.DuckDBPyConnection, before: datetime, limit: int) -> tuple[int, int]:
    """How many events, and the last one's id."""
    row = first_row(conn, _SQL["old"], {"before": to_db(before), "limit": limit})
    return (int(row[0]), int(row[1] or 0)) if row else (0, 0)


def _move(
    ledger: DuckDBLedger,
    cursor: duckdb.DuckDBPyConnection,
    before: datetime,
    now: datetime,
    part: int,
    progress: Callable[[str, int], None],
) -> int:
    count, last = _stretch(cursor, before, part)
    if not count:
        return 0
    folder = archive_folder(ledger.path)
    if set(str(folder)) & set("*?["):
        raise LedgerError(f"Audit events cannot be moved out: {folder} holds one of * ? [.")
    folder.mkdir(exist_ok=True)
    file = folder / f"audit-{last:012}-{secrets.token_hex(4)}.parquet"
    partial = file.with_name(file.name + ".partial")
    path = str(partial).replace("'", "''")
    cursor.execute(f"COPY ({_SQL['stretch']}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)",
                   {"last": last})  # fmt: skip
    sync_written(partial)
    partial.replace(file)
    sync_folder(folder)
    progress("audit file named", count)

    def work(conn: duckdb.DuckDBPyConnection) -> None:
        _exchange(conn, ledger, file, last=last, now=now)
        progress("rows exchanged", count)

    ledger.write(work).result()
    progress("committed", count)
    return count


def _exchange(
    conn: duckdb.DuckDBPyConnection, ledger: DuckDBLedger, file: Path, *, last: int, now: datetime
) -> None:
    """In the writer's transaction. What does not fit the chain stays where it can be seen."""
    held = f"SELECT * FROM read_parquet({in_sql([file])})"  # noqa: S608 -- our own file's name
    if _digest(conn, held) != _digest(conn, _SQL["stretch"], last):
        raise LedgerError(f"The file {file.name} does not say what the ledger says.")
    known = audit.archives(conn)
    before = audit.Head(
        events=sum(one.events for one in known),
        hash=known[-1].last_hash if known else audit.BEGINNING,
    )
    head, broken = audit.walk(audit.links_of(conn, file), before, None)
    if broken is not None:
        raise LedgerError(
            f"The audit trail is broken at event {broken.event_id}: {broken.why}. Nothing of it is "
            "moved out; see `iman audit verify`."
        )
    first = first_row(conn, f"SELECT min(event_id) FROM read_parquet({in_sql([file])})")  # noqa: S608 -- as above
    conn.execute(_SQL["delete_stretch"], {"last": last})
    conn.execute(
        _SQL["insert_archive"],
        {
            "file": file.name, "first_event": first[0] if first else last, "last_event": last,
            "events": head.events - before.events, "last_hash": head.hash,
            "bytes": file.stat().st_size, "sha256": sha256(file), "now": to_db(now),
        },
    )  # fmt: skip
    event = audit.AuditEvent(
        who="iman", role="", action="archive_audit", target=file.name, allowed=True,
        reason="past its age", origin="retention", after=str(head),
    )  # fmt: skip
    audit.write_audit(conn, ledger.ids, event, now=now)


def _digest(conn: duckdb.DuckDBPyConnection, rows: str, last: int | None = None) -> tuple[int, int]:
    row = first_row(
        conn,
        f"SELECT count(*), coalesce(bit_xor(hash(t)), 0) FROM ({rows}) t",  # noqa: S608 -- our own query
        None if last is None else {"last": last},
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)
