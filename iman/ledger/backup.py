"""A consistent copy of the ledger while it is written to: through the database, never by its file.

On POSIX, closing any handle of the ledger's file drops DuckDB's lock on it, and a second writer
gets in. So one transaction of a reader's cursor copies what is committed, table by table, into a
database attached beside it; pushing goes on meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from iman import __version__
from iman.domain.backup import BackupMade, Contents, Manifest
from iman.domain.retention import Archive
from iman.errors import LedgerError
from iman.ledger import audit
from iman.ledger.archives import archives
from iman.ledger.disk import archive_folder
from iman.ledger.migrate import schema_version
from iman.ledger.queries import first_row, queries

_SQL = queries("backup")
_COPY = "iman_copy"
#: Of a fact that every backup differs in from what it was made of.
MARK = "copied_at"
#: Beside backups: the months that were moved out of their ledger.
ARCHIVE = "archive"
LAST = "last_backup"


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is: rows copied or compared, of how many; what is done at the moment."""

    doing: str
    done: int
    of: int


Progress = Callable[[Step], None]


def back_up(
    conn: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    now: datetime,
    progress: Progress = lambda _: None,
) -> tuple[Path, Manifest]:
    """Copy what *conn* sees into *folder*, verify the copy, and give it its name.

    *conn* is a cursor nobody else uses meanwhile. A copy that is cut short keeps the ending
    ``.partial``, and is cleared away by the next. Raises ``LedgerError``: no room, no right to
    write there, or a copy that does not hold what the ledger held.
    """
    company, ledger_id = _fact(conn, "company") or "ledger", _fact(conn, "ledger_id") or ""
    name = f"iman-{company}-{now:%Y%m%dT%H%M%S}Z.duckdb"
    target, partial = folder / name, folder / f"{name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"iman-{company}-*.partial*"):
            left.unlink()
        if target.exists():
            raise LedgerError(f"{name} is there already.")
        tables = _copy(conn, partial, progress, now)
        schema = schema_version(conn)
        _verify(partial, tables, progress)
        progress(Step("copying", 1, 1))
        manifest = Manifest(
            company=company,
            ledger_id=ledger_id,
            schema=schema,
            iman=__version__,
            taken_at=now,
            bytes=partial.stat().st_size,
            sha256=sha256(partial),
            tables=tables,
            archives=_copy_archives(conn, folder / ARCHIVE),
        )
        sync_written(partial)
        beside = manifest_path(target)
        beside.write_text(manifest.to_json(), encoding="utf-8")
        sync_written(beside)
        partial.replace(target)
        sync_folder(folder)
    except (OSError, duckdb.Error) as exc:
        for left in (partial, partial.with_name(partial.name + ".wal")):
            with suppress(OSError):
                left.unlink(missing_ok=True)
        raise LedgerError(f"The backup into {folder} failed: {exc}") from exc
    return target, manifest


def manifest_path(backup: Path) -> Path:
    """The checksum file that belongs to a backup."""
    return backup.with_name(backup.name + ".json")


def remember(conn: duckdb.DuckDBPyConnection, made: BackupMade) -> None:
    conn.execute(_SQL["save_fact"], {"name": LAST, "value": made.to_json()})


def last_backup(conn: duckdb.DuckDBPyConnection) -> BackupMade | None:
    """The last one made of this very ledger, or of the one it was restored from."""
    told = _fact(conn, LAST)
    return None if told is None else BackupMade.from_json(told)


def forget_older(folder: Path, *, ledger_id: str, keep: int) -> list[str]:
    """Delete all but the newest *keep* backups of the ledger *ledger_id*; their names.

    Only files with a checksum file of that ledger's beside them are touched.
    """
    ours = []
    for beside in folder.glob("iman-*.duckdb.json"):
        with suppress(OSError, ValueError):
            manifest = Manifest.from_json(beside.read_text(encoding="utf-8"))
            if manifest.ledger_id == ledger_id:
                ours.append((manifest.taken_at, beside))
    gone = []
    for _, beside in sorted(ours)[: -keep or None]:
        backup = beside.with_name(beside.name.removesuffix(".json"))
        backup.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
        gone.append(backup.name)
    return gone


def sha256(file: Path) -> str:
    """Never of the ledger's own file while it is open: reading it would drop its lock."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def contents(conn: duckdb.DuckDBPyConnection, table: str, *, database: str = "") -> Contents:
    """Of a table of the database *conn* is in, or of an attached one."""
    name = (f"{_quoted(database)}." if database else "") + f"main.{_quoted(table)}"
    row = first_row(conn, f"SELECT count(*), coalesce(bit_xor(hash(t)), 0) FROM {name} t")  # noqa: S608 -- a table's name cannot be bound; it is quoted
    return (
        Contents(rows=int(row[0]), digest=f"{row[1]:016x}") if row else Contents(rows=0, digest="")
    )


def _copy(
    conn: duckdb.DuckDBPyConnection, to: Path, progress: Progress, now: datetime
) -> dict[str, Contents]:
    database = str(_first(conn, "SELECT current_database()"))
    here = _quoted(database)
    with _attached(conn, to):
        conn.execute("BEGIN")
        try:
            sizes = conn.execute(_SQL["tables"], {"database": database}).fetchall()
            whole = sum(size for _, size in sizes)
            _ask_for_room(to.parent, conn)
            conn.execute(f"COPY FROM DATABASE {here} TO {_COPY} (SCHEMA)")
            held, done = {}, 0
            for table, size in sizes:
                progress(Step("copying", done, whole))
                name = _quoted(table)
                conn.execute(f"INSERT INTO {_COPY}.main.{name} SELECT * FROM {here}.main.{name}")  # noqa: S608 -- as above
                held[table] = contents(conn, table)
                done += size
            conn.execute(_SQL["mark_copy"], {"now": now.isoformat()})
            held["facts"] = contents(conn, "facts", database=_COPY)
            conn.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                conn.execute("ROLLBACK")
            raise
    return held


@contextmanager
def _attached(conn: duckdb.DuckDBPyConnection, to: Path) -> Iterator[None]:
    path = str(to).replace("'", "''")
    conn.execute(f"ATTACH '{path}' AS {_COPY}")
    try:
        yield
    finally:
        conn.execute(f"DETACH {_COPY}")  # folds its log in, so that the copy is one file


def _verify(copy: Path, held: dict[str, Contents], progress: Progress) -> None:
    """Read the copy back from its file: every table must hold what the ledger's held."""
    whole, done = sum(one.rows for one in held.values()), 0
    with duckdb.connect(str(copy), read_only=True) as conn:
        for table, expected in held.items():
            progress(Step("verifying", done, whole))
            if contents(conn, table) != expected:
                raise LedgerError(f"The copy is not the ledger: table {table} differs.")
            done += expected.rows


def _copy_archives(conn: duckdb.DuckDBPyConnection, to: Path) -> dict[str, str]:
    """What was moved out is copied once: a file keeps its name, and never changes."""
    known: list[Archive | audit.AuditArchive] = [*archives(conn), *audit.archives(conn)]
    there = archive_folder(Path(str(_first(conn, _SQL["own_file"]))))
    for one in known:
        target = to / one.file
        if target.is_file() and target.stat().st_size == one.bytes:
            continue
        to.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        shutil.copyfile(there / one.file, partial)
        if sha256(partial) != one.sha256:
            raise LedgerError(f"The archive {one.file} is damaged.")
        sync_written(partial)
        partial.replace(target)
    return {one.file: one.sha256 for one in known}


def _ask_for_room(folder: Path, conn: duckdb.DuckDBPyConnection) -> None:
    row = first_row(
        conn,
        "SELECT sum(block_size * used_blocks) FROM pragma_database_size() "
        "WHERE database_name = current_database()",
    )
    needed, free = int(row[0] or 0) if row else 0, shutil.disk_usage(folder).free
    if free < needed * 1.1:
        raise LedgerError(
            f"The backup needs about {needed / 1e6:,.0f} MB, and {folder} has {free / 1e6:,.0f}."
        )


def sync_written(file: Path) -> None:
    """Returns once it outlives a power cut."""
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Likewise of the names in it; Windows keeps them by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fact(conn: duckdb.DuckDBPyConnection, name: str) -> str | None:
    row = first_row(conn, _SQL["fact"], {"name": name})
    return None if row is None else str(row[0])


def _first(conn: duckdb.DuckDBPyConnection, sql: str) -> object | None:
    row = first_row(conn, sql)
    return None if row is None else row[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
