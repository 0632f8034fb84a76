"""Which playbook counts: one an administrator edited, then a file of theirs, then the built-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from iman.errors import DaemonRefused, NotFound
from iman.ledger.ids import Ids
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db
from iman.playbooks import PlaybookError, PlaybookText, built_in, parsed

_SQL = queries("checklists")

#: An administrator's own files, by error type.
Files = Mapping[str, PlaybookText]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One version an administrator saved; an empty text withdraws what was edited before."""

    id: int
    version: int
    text: str
    by: str
    at: datetime


def playbooks(conn: duckdb.DuckDBPyConnection, files: Files) -> dict[str, PlaybookText]:
    """The one that counts, of every error type."""
    found = {**built_in(), **files}
    for error_type, _, text, _, _ in conn.execute(_SQL["newest_edits"]).fetchall():
        if text:
            found[error_type] = PlaybookText(error_type=error_type, text=text, origin="edited")
    return found


def playbook_for(conn: duckdb.DuckDBPyConnection, files: Files, error_type: str) -> PlaybookText:
    """Raises ``NotFound``."""
    found = playbooks(conn, files).get(error_type)
    if found is None:
        raise NotFound(f"There is no playbook for {error_type}.")
    return found


def edits(conn: duckdb.DuckDBPyConnection, error_type: str) -> list[Edit]:
    """Newest first."""
    rows = conn.execute(_SQL["edits"], {"error_type": error_type}).fetchall()
    return [
        Edit(id=row[0], version=row[1], text=row[2], by=row[3], at=from_db(row[4])) for row in rows
    ]


def save_edit(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    files: Files,
    error_type: str,
    text: str,
    *,
    instead_of: str,
    who: str,
    now: datetime,
) -> PlaybookText:
    """*instead_of* is the digest of the text the editor saw; '' for *text* withdraws the edit.

    Raises ``DaemonRefused`` where somebody saved another meanwhile, or the text is not valid.
    """
    current = playbook_for(conn, files, error_type)
    if current.digest != instead_of:
        raise DaemonRefused("Somebody saved another version meanwhile; look at it first.")
    version = 0
    if text:
        try:
            playbook = parsed(text)
        except PlaybookError as exc:
            raise DaemonRefused(f"The playbook is not valid: {' '.join(exc.faults)}") from exc
        if playbook.error_type != error_type:
            raise DaemonRefused(f"The text is about {playbook.error_type}, not {error_type}.")
        version = playbook.version
    conn.execute(
        _SQL["insert_edit"],
        {
            "id": ids.take("playbook_edit"), "error_type": error_type, "version": version,
            "text": text, "who": who, "now": to_db(now),
        },
    )  # fmt: skip
    return playbook_for(conn, files, error_type)


def keep_text(conn: duckdb.DuckDBPyConnection, text: PlaybookText, *, now: datetime) -> str:
    """Keep what a checklist runs on, for good; its digest."""
    conn.execute(
        _SQL["insert_playbook_text"],
        {
            "digest": text.digest, "error_type": text.error_type, "text": text.text,
            "version": text.playbook.version, "origin": text.origin, "now": to_db(now),
        },
    )  # fmt: skip
    return text.digest


def kept_text(conn: duckdb.DuckDBPyConnection, digest: str, error_type: str) -> PlaybookText:
    """Raises ``NotFound``."""
    row = first_row(conn, _SQL["playbook_text"], {"digest": digest})
    if row is None:
        raise NotFound("The checklist's playbook is not kept any more.")
    return PlaybookText(error_type=error_type, text=row[0], origin=row[1])
