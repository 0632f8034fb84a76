"""Reading history again when the rules have changed: what is to change, and changing it.

``history.py`` takes it step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import duckdb

from iman.domain.attempt import Verdict
from iman.ledger import causes, rollups
from iman.ledger.ids import Ids
from iman.ledger.merging import merge_emptied
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("rules")

#: Error text, HTTP status and code to what they mean.
Read = Callable[[str, int | None, str | None], Verdict]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """How far history has been read by one set of rules."""

    id: int
    rules: str
    started_at: datetime
    finished_at: datetime | None
    up_to: int  # newest attempt when it began
    left_to: int
    documents_done: bool
    texts: int
    attempts: int  # how many say something else now
    documents: int  # likewise, of open ones

    @property
    def looked_at(self) -> int:
        return self.up_to - self.left_to


class _Text(NamedTuple):
    http_status: int | None
    code: str | None
    text: str


class Change(NamedTuple):
    of: _Text
    old_type: str
    new: Verdict


def newest(conn: duckdb.DuckDBPyConnection) -> Pass | None:
    """The pass that counts; None in a ledger no rules have looked at yet."""
    row = first_row(conn, _SQL["newest_pass"])
    if row is None:
        return None
    pass_id, rules, started, finished, up_to, left_to, done, texts, attempts, documents = row
    return Pass(
        id=pass_id, rules=rules, started_at=from_db(started),
        finished_at=None if finished is None else from_db(finished), up_to=up_to, left_to=left_to,
        documents_done=done, texts=texts, attempts=attempts, documents=documents,
    )  # fmt: skip


def begin(conn: duckdb.DuckDBPyConnection, ids: Ids, fingerprint: str, now: datetime) -> Pass:
    values = {"id": ids.take("reclassification"), "rules": fingerprint, "now": to_db(now)}
    conn.execute(_SQL["insert_pass"], values)
    return again(conn)


def again(conn: duckdb.DuckDBPyConnection) -> Pass:
    found = newest(conn)
    assert found is not None  # noqa: S101 -- written in this transaction
    return found


# -- attempts -------------------------------------------------------------------------------------


def changes_between(
    conn: duckdb.DuckDBPyConnection, first: int, last: int, read: Read
) -> tuple[int, list[Change]]:
    """How many texts those attempts have, and which of them mean something else now."""
    rows = conn.execute(_SQL["texts_between"], {"first": first, "last": last}).fetchall()
    verdicts: dict[_Text, Verdict] = {}
    found = []
    for http_status, code, text, old_type, kind, entity in rows:
        of = _Text(http_status, code, text)
        if of not in verdicts:
            verdicts[of] = read(text, http_status, code)
        new = verdicts[of]
        if (old_type, kind, entity) != (new.error_type, new.entity_kind, new.entity):
            found.append(Change(of, old_type, new))
    return len(verdicts), found


def apply(conn: duckdb.DuckDBPyConnection, first: int, last: int, changes: Sequence[Change]) -> int:
    """How many attempts say something else now."""
    if not changes:
        return 0
    between = {"first": first, "last": last}
    pairs = list({(c.of, c.old_type): c for c in changes}.values())
    conn.execute(
        _SQL["moved"],
        between | _keys([c.of for c in pairs]) | {
            "old_type": [c.old_type for c in pairs],
            "error_type": [c.new.error_type for c in pairs],
        },
    )  # fmt: skip
    conn.execute(_SQL["count_anew"])
    conn.execute(_SQL["count_retries_anew"])
    conn.execute(_SQL["count_refusals_anew"])
    oldest = first_row(conn, "SELECT min(hour) FROM moved")
    if oldest and oldest[0] is not None:
        rollups.unfold(conn, oldest[0])
    each = list({c.of: c for c in changes}.values())
    row = first_row(
        conn,
        _SQL["read_anew"],
        between | _keys([c.of for c in each]) | _verdicts([c.new for c in each]),
    )
    return int(row[0]) if row else 0


def _keys(texts: Sequence[_Text]) -> dict[str, Any]:
    return {
        "http_status": [one.http_status for one in texts],
        "error_code": [one.code for one in texts],
        "error_text": [one.text for one in texts],
    }


def _verdicts(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "error_type": [one.error_type for one in verdicts],
        "entity_kind": [one.entity_kind for one in verdicts],
        "entity": [one.entity for one in verdicts],
    }


# -- open documents and their causes --------------------------------------------------------------


def open_changes(conn: duckdb.DuckDBPyConnection, read: Read) -> list[tuple[int, str, Verdict]]:
    changed = []
    for document_id, http_status, code, text, *old in conn.execute(_SQL["open_texts"]).fetchall():
        new = read(text, http_status, code)
        if tuple(old) != (new.error_type, new.entity_kind, new.entity):
            changed.append((document_id, text, new))
    return changed


def move_documents(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    known: Pass,
    changed: Sequence[tuple[int, str, Verdict]],
    read: Read,
    now: datetime,
    *,
    last: bool,
) -> None:
    """Give documents their new reading, and take them to the cause it speaks of."""
    if changed:
        conn.execute(
            _SQL["open_anew"],
            {
                "document_id": [one[0] for one in changed],
                "error_text": [one[1] for one in changed],
                **_verdicts([one[2] for one in changed]),
            },
        )
    if last:
        conn.execute(_SQL["look_again"])
    causes.reconcile(
        conn, ids, template_of=lambda text: read(text, None, None).template, now=now,
        moved_by="reclassified",
    )  # fmt: skip
    if last:
        merge_emptied(conn, since=known.started_at, now=now)
