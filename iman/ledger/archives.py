"""Old attempts in Parquet files beside the ledger, and the views that read both as one.

A file is whole before the ledger knows it, and is never changed afterwards. The views name only
files that the ledger's own table names, so what a kill left behind counts nowhere.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import structlog

from iman.domain.retention import Archive
from iman.ledger.disk import archive_folder
from iman.ledger.queries import first_row, queries

_SQL = queries("retention")

#: The columns of each of the three, as the files hold them and as the tables do.
COLUMNS = {
    "attempts": (
        "attempt_id", "document_id", "revision", "round", "number", "trigger", "token",
        "started_at",
    ),
    "outcomes": (
        "attempt_id", "document_id", "ended_at", "outcome", "burnt", "http_status", "error_code",
        "error_text", "error_type", "entity_kind", "entity", "reference", "duration_ms",
    ),
    "bodies": ("attempt_id", "document_id", "sent", "answered"),
}  # fmt: skip

log = structlog.get_logger()


def archives(conn: duckdb.DuckDBPyConnection) -> list[Archive]:
    """What was moved out, the oldest month first."""
    return [
        Archive(file=file, month=month, attempts=attempts, bytes=size, sha256=digest)
        for file, month, attempts, size, digest in conn.execute(_SQL["archives"]).fetchall()
    ]


def files_of(conn: duckdb.DuckDBPyConnection, document_id: int) -> list[str]:
    """The files that may hold attempts of *document_id*; one that is gone is left out."""
    names = [row[0] for row in conn.execute(_SQL["archives_of"], {"id": document_id}).fetchall()]
    if not names:
        return []
    row = first_row(conn, queries("backup")["own_file"])
    folder = archive_folder(Path(str(row[0]))) if row else Path()
    return [str(folder / name) for name in names if (folder / name).is_file()]


def make_views(conn: duckdb.DuckDBPyConnection, ledger: Path) -> None:
    """Make ``all_attempts``, ``all_outcomes`` and ``all_bodies`` anew, in *conn*'s transaction.

    A file that is gone is left out and told of in the log: the rest must be readable.
    """
    folder = archive_folder(ledger)
    there = []
    for one in archives(conn):
        if (folder / one.file).is_file():
            there.append(folder / one.file)
        else:
            log.error("archive_missing", file=one.file)
    for name, columns in COLUMNS.items():
        listed = ", ".join(columns)
        both = f"SELECT {listed} FROM {name}"  # noqa: S608 -- our own names
        if there:
            some = " WHERE sent IS NOT NULL OR answered IS NOT NULL" if name == "bodies" else ""
            both += f" UNION ALL SELECT {listed} FROM read_parquet({in_sql(there)}){some}"  # noqa: S608 -- as above
        conn.execute(f"CREATE OR REPLACE VIEW all_{name} AS {both}")


def in_sql(files: list[Path]) -> str:
    """A list of files as DuckDB's SQL writes it; a view's text takes no parameter."""
    return "[" + ", ".join("'" + str(one).replace("'", "''") + "'" for one in files) + "]"
