"""Causes kept in step with the open documents: who joined, who left, what came back.

A document belongs to the cause of its newest refusal. The ERP being unwell does not move it, and a
resync does not take it out: it leaves when it is closed, or when byondpro sends a new revision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from iman.domain.cause import UNKNOWN_TYPE, CauseKey
from iman.errors import NotFound
from iman.ledger.ids import Ids
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("causes")

#: A refusal's text to what tells unknown texts apart.
TemplateOf = Callable[[str], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciled:
    """What one reconciling changed."""

    joined: int = 0
    left: int = 0
    resolved: int = 0


@dataclass(frozen=True, slots=True)
class _Joining:
    document_id: int
    key: CauseKey
    text: str
    was_in: int | None
    joined_at: datetime | None
    first_failed_at: datetime
    last_tried_at: datetime


def out_of_step(conn: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is anything to reconcile; cheap, and for a reader's cursor."""
    return any(conn.execute(_SQL[name]).fetchall() for name in ("joining", "leaving", "seen_again"))


def reconcile(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    *,
    template_of: TemplateOf,
    now: datetime,
    moved_by: str = "other_cause",
) -> Reconciled:
    """Bring causes in step with ``open_documents``. Reads what is open, never history.

    *moved_by*: why documents go to another cause, ``other_cause`` or ``reclassified``.
    """
    gone = conn.execute(_SQL["leaving"]).fetchall()
    joining = [_joining(row, template_of) for row in conn.execute(_SQL["joining"]).fetchall()]
    return _bring(conn, ids, gone, joining, lambda: conn.execute(_SQL["seen_again"]), now, moved_by)


def follow(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    document_ids: Sequence[int],
    *,
    templates: Mapping[str, str],
    now: datetime,
) -> Reconciled:
    """As ``reconcile``, for *document_ids* alone, in the transaction that moved them.

    So no refusal is overlooked because another outcome came right behind it. *templates* are of
    the texts that were just classified; what is not among them is left to ``reconcile``.
    """
    these = {"ids": list(document_ids)}
    gone = conn.execute(_SQL["leaving_of"], these).fetchall()
    joining = [
        _joining(row, templates.__getitem__)
        for row in conn.execute(_SQL["joining_of"], these).fetchall()
        if not _by_template(row[2], row[4]) or templates.get(row[5])
    ]
    return _bring(conn, ids, gone, joining, lambda: conn.execute(_SQL["seen_again_of"], these), now)


def _bring(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    gone: Sequence[tuple[Any, ...]],
    joining: Sequence[_Joining],
    seen_again: Callable[[], duckdb.DuckDBPyConnection],
    now: datetime,
    moved_by: str = "other_cause",
) -> Reconciled:
    if gone:
        _leave(conn, gone, now)
    joined = _join(conn, ids, joining, now, moved_by) if joining else 0
    seen = seen_again().fetchall()
    if seen:
        conn.execute(
            _SQL["mark_seen"],
            {"cause_id": [row[0] for row in seen], "seen_at": [row[1] for row in seen]},
        )
    resolved = 0
    if gone or any(j.was_in is not None for j in joining):
        told = first_row(conn, _SQL["resolve"], {"now": to_db(now)})
        resolved = int(told[0]) if told else 0
    return Reconciled(joined=joined, left=len(gone), resolved=resolved)


def cause_of(conn: duckdb.DuckDBPyConnection, document_id: int) -> int | None:
    """The cause that holds the document up now."""
    row = first_row(conn, _SQL["cause_of_document"], {"id": document_id})
    return None if row is None else int(row[0])


def documents_of(
    conn: duckdb.DuckDBPyConnection, cause_id: int, *, since: datetime | None = None
) -> list[int]:
    """What it holds up now; with *since*, also what has left it since, not for another cause."""
    if since is None:
        rows = conn.execute(_SQL["documents_now"], {"id": cause_id}).fetchall()
    else:
        rows = conn.execute(
            _SQL["documents_since"], {"id": cause_id, "since": to_db(since)}
        ).fetchall()
    return [row[0] for row in rows]


def set_owner(conn: duckdb.DuckDBPyConnection, cause_id: int, owner: str) -> None:
    """Raises ``NotFound``."""
    changed = first_row(conn, _SQL["set_owner"], {"id": cause_id, "owner": owner})
    if not changed or not changed[0]:
        raise NotFound(f"There is no cause {cause_id}.")


def _joining(row: tuple[Any, ...], template_of: TemplateOf) -> _Joining:
    (document_id, company, error_type, kind, entity, text, was_in, joined_at, first, last) = row
    key = CauseKey(
        company=company,
        error_type=error_type,
        entity_kind=kind,
        entity=entity,
        template=template_of(text) if _by_template(error_type, entity) else "",
    )
    return _Joining(document_id, key, text, was_in, joined_at, first, last)


def _by_template(error_type: str, entity: str) -> bool:
    return error_type == UNKNOWN_TYPE and not entity


def _leave(conn: duckdb.DuckDBPyConnection, gone: Sequence[tuple[Any, ...]], now: datetime) -> None:
    closed = [row[0] for row in gone if not row[3]]
    states = dict(conn.execute(_SQL["how_closed"], {"ids": closed}).fetchall()) if closed else {}
    conn.execute(_SQL["drop_members"], {"ids": [row[0] for row in gone]})
    conn.execute(
        _SQL["insert_leavings"],
        {
            "cause_id": [row[1] for row in gone],
            "document_id": [row[0] for row in gone],
            "joined_at": [row[2] for row in gone],
            "how": ["revised" if row[3] else states.get(row[0], "synced") for row in gone],
            "now": to_db(now),
        },
    )


def _join(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    joining: Sequence[_Joining],
    now: datetime,
    moved_by: str,
) -> int:
    known = _known(conn, ids, joining)
    moved = [j for j in joining if j.was_in is not None and j.was_in != known[j.key]]
    conn.execute(_SQL["drop_members"], {"ids": [j.document_id for j in joining]})
    if moved:
        conn.execute(
            _SQL["insert_leavings"],
            {
                "cause_id": [j.was_in for j in moved],
                "document_id": [j.document_id for j in moved],
                "joined_at": [j.joined_at for j in moved],
                "how": [moved_by] * len(moved),
                "now": to_db(now),
            },
        )
    stays = {j.document_id for j in joining if j.was_in == known[j.key]}
    conn.execute(
        _SQL["insert_members"],
        {
            "document_id": [j.document_id for j in joining],
            "cause_id": [known[j.key] for j in joining],
            "joined_at": [j.joined_at if j.document_id in stays else to_db(now) for j in joining],
            "error_type": [j.key.error_type for j in joining],
            "entity_kind": [j.key.entity_kind for j in joining],
            "entity": [j.key.entity for j in joining],
            "error_text": [j.text for j in joining],
        },
    )
    news = [j for j in joining if j.document_id not in stays]
    if news:
        _count(conn, known, news)
        conn.execute(
            _SQL["count_joined"],
            {
                "document_id": [j.document_id for j in news],
                "cause_id": [known[j.key] for j in news],
                "now": to_db(now),
            },
        )
    return len(news)


def _known(
    conn: duckdb.DuckDBPyConnection, ids: Ids, joining: Sequence[_Joining]
) -> dict[CauseKey, int]:
    """The id of every cause wanted; new ones are made."""
    entities = sorted({j.key.entity for j in joining})
    rows = conn.execute(_SQL["known_causes"], {"entities": entities}).fetchall()
    known = {
        CauseKey(company=row[1], error_type=row[2], entity_kind=row[3], entity=row[4],
                 template=row[5]): int(row[0])
        for row in rows
    }  # fmt: skip
    made: dict[CauseKey, list[_Joining]] = {}
    for j in joining:
        if j.key not in known:
            made.setdefault(j.key, []).append(j)
    for key in made:
        known[key] = ids.take("cause")
    if made:
        conn.execute(
            _SQL["insert_causes"],
            {
                "cause_id": [known[key] for key in made],
                "company": [key.company for key in made],
                "error_type": [key.error_type for key in made],
                "entity_kind": [key.entity_kind for key in made],
                "entity": [key.entity for key in made],
                "template": [key.template for key in made],
                "sample": [js[0].text for js in made.values()],
                "first_seen_at": [min(j.first_failed_at for j in js) for js in made.values()],
                "last_seen_at": [max(j.last_tried_at for j in js) for js in made.values()],
            },
        )
    return known


def _count(
    conn: duckdb.DuckDBPyConnection, known: dict[CauseKey, int], news: Sequence[_Joining]
) -> None:
    joined: Counter[int] = Counter()
    newest: dict[int, datetime] = {}
    oldest: dict[int, datetime] = {}
    for j in news:
        cause, moment = known[j.key], j.last_tried_at
        joined[cause] += 1
        newest[cause] = max(newest.get(cause, moment), moment)
        oldest[cause] = min(oldest.get(cause, moment), moment)
    conn.execute(
        _SQL["joined"],
        {
            "cause_id": list(joined),
            "joined": list(joined.values()),
            "seen_at": [newest[cause] for cause in joined],
            "began_at": [oldest[cause] for cause in joined],
        },
    )
