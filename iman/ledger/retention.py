"""Moves old attempts into Parquet files month by month, and deletes bodies that are past their age.

The audit trail's turn comes last (``audit_retention.py``).

Each file: written beside its name, read back, given its name; then one transaction of the writer
checks that it still says what the tables say, deletes those rows, and has the views read the file.
A kill before that transaction leaves a file that nobody counts, and after it one that everybody
does: nothing is lost, and nothing is there twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb

from iman.domain.retention import Ages, Archive, Done, Plan
from iman.errors import LedgerError
from iman.ledger.archives import in_sql, make_views
from iman.ledger.audit_retention import move_out, past_age
from iman.ledger.backup import sha256, sync_folder, sync_written
from iman.ledger.disk import archive_folder
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("retention")
PART = 200_000  # attempts in one file, moved in one transaction
_BODIES = 20_000  # deleted in one transaction

#: Told as the work goes on: what was done, and how many attempts or bodies so far.
Progress = Callable[[str, int], None]


def plan(conn: duckdb.DuckDBPyConnection, ages: Ages, *, now: datetime) -> Plan:
    """What is past its age; changes nothing."""
    months: list[tuple[date, int]] = []
    if before := ages.attempts_before(now):
        months = conn.execute(_SQL["archivable"], {"before": to_db(before)}).fetchall()
    bodies = (0, 0)
    if before := ages.bodies_before(now):
        bodies = first_row(conn, _SQL["old_bodies"], {"before": to_db(before)}) or bodies
    return Plan(
        months=tuple((month, int(count)) for month, count in months),
        bodies=int(bodies[0]),
        body_bytes=int(bodies[1]),
        events=past_age(conn, before) if (before := ages.audit_before(now)) else 0,
    )


def apply(
    ledger: DuckDBLedger,
    ages: Ages,
    *,
    now: datetime,
    progress: Progress = lambda _doing, _done: None,
    part: int = PART,
) -> Done:
    """Do what ``plan`` says. May be broken off anywhere; the next run goes on."""
    deleted = _delete_bodies(ledger, ages, now, progress)
    moved = 0
    cursor = ledger.new_reader()
    try:
        for month, _ in plan(cursor, ages, now=now).months:
            while taken := _move(ledger, cursor, month, now, part, progress):
                moved += taken
                progress(f"{month:%Y-%m} moved", moved)
    finally:
        cursor.close()
    events = 0
    if before := ages.audit_before(now):
        events = move_out(ledger, before, now=now, progress=progress)
    told = {"now": to_db(now), "moved": moved, "deleted": deleted, "events": events}
    ledger.write(lambda conn: conn.execute(_SQL["insert_run"], told)).result()
    return Done(attempts=moved, bodies=deleted, events=events)


def last_run(conn: duckdb.DuckDBPyConnection) -> tuple[datetime, Done] | None:
    row = first_row(conn, _SQL["last_run"])
    if row is None:
        return None
    return from_db(row[0]), Done(attempts=row[1], bodies=row[2], events=row[3])


def _delete_bodies(ledger: DuckDBLedger, ages: Ages, now: datetime, progress: Progress) -> int:
    before = ages.bodies_before(now)
    if before is None:
        return 0
    deleted = 0
    values = {"before": to_db(before), "limit": _BODIES}

    def work(conn: duckdb.DuckDBPyConnection) -> int:
        row = first_row(conn, _SQL["delete_old_bodies"], values)
        return int(row[0]) if row else 0

    while gone := ledger.write(work).result():
        deleted += gone
        progress("bodies deleted", deleted)
    return deleted


def _move(
    ledger: DuckDBLedger,
    cursor: duckdb.DuckDBPyConnection,
    month: date,
    now: datetime,
    part: int,
    progress: Progress,
) -> int:
    """Move one file's worth of *month*; how many attempts that were."""
    folder = archive_folder(ledger.path)
    if set(str(folder)) & set("*?["):
        raise LedgerError(f"Attempts cannot be moved out: {folder} holds one of * ? [.")
    folder.mkdir(exist_ok=True)
    for left in folder.glob("*.partial"):
        left.unlink()
    chosen = {"month": month, "limit": part}
    cursor.execute(_SQL["choose"], chosen)
    wanted = _digest(cursor, _SQL["leaving"])
    if not wanted[0]:
        return 0
    # a name of its own, for ever: a ledger that was put aside may still read another one's file
    file = folder / f"{month:%Y-%m}-{secrets.token_hex(4)}.parquet"
    partial = file.with_name(file.name + ".partial")
    path = str(partial).replace("'", "''")
    cursor.execute(
        f"COPY ({_SQL['leaving']}) TO '{path}' "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 10000)"
    )
    progress("file written", wanted[0])
    sync_written(partial)
    if _digest(cursor, f"SELECT * FROM read_parquet({in_sql([partial])})") != wanted:  # noqa: S608 -- our own file's name
        raise LedgerError(f"The file {file.name} does not say what the ledger says.")
    partial.replace(file)
    sync_folder(folder)
    progress("file named", wanted[0])
    archive = Archive(
        file=file.name, month=month, attempts=wanted[0], bytes=file.stat().st_size,
        sha256=sha256(file),
    )  # fmt: skip

    def work(conn: duckdb.DuckDBPyConnection) -> None:
        _exchange(conn, ledger.path, file, archive, now, wanted)
        progress("rows exchanged", wanted[0])

    ledger.write(work).result()
    progress("committed", wanted[0])
    return wanted[0]


def _exchange(
    conn: duckdb.DuckDBPyConnection,
    ledger: Path,
    file: Path,
    archive: Archive,
    now: datetime,
    wanted: tuple[int, int],
) -> None:
    """In the writer's transaction: out of the tables, into the views."""
    moved = f"SELECT attempt_id FROM read_parquet({in_sql([file])})"  # noqa: S608 -- our own file's name
    conn.execute(f"CREATE OR REPLACE TEMP TABLE leaving AS {moved}")
    if _digest(conn, _SQL["leaving"]) != wanted:
        raise LedgerError("Something changed while it was moved out; the next run takes it.")
    first, last = first_row(conn, _SQL["documents_in"]) or (None, None)
    for name in ("delete_attempts", "delete_outcomes", "delete_bodies"):
        conn.execute(_SQL[name])
    conn.execute(
        _SQL["insert_archive"],
        {
            "file": archive.file, "month": archive.month, "attempts": archive.attempts,
            "bytes": archive.bytes, "sha256": archive.sha256, "now": to_db(now),
            "first": first, "last": last,
        },
    )  # fmt: skip
    make_views(conn, ledger)


def _digest(conn: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, int]:
    """How many rows, and of what content, in any order."""
    row = first_row(conn, f"SELECT count(*), coalesce(bit_xor(hash(t)), 0) FROM ({rows}) t")  # noqa: S608 -- our own query
    return (int(row[0]), int(row[1])) if row else (0, 0)
