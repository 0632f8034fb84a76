"""What the push writes: intents before anything leaves, outcomes after, many documents a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from iman.domain.attempt import Claim, Finished, batch_token, push_token
from iman.domain.document import DocumentKey, DocumentState, EntryType, ErpSyncStatus
from iman.domain.outcome import OUTCOME_NAMES, Absent, NotTried, Refused, Unknown
from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from iman.ledger import causes, rollups
from iman.ledger.dependencies import let_children_go
from iman.ledger.ids import Ids
from iman.ledger.outbox import StatusChange, queue_write_backs
from iman.ledger.queries import first_row, queries
from iman.ledger.receiving import apply_waiting_revisions
from iman.ledger.reconciling import looked_up
from iman.ledger.utc import from_db, to_db

_SQL = queries("pushing")

#: What is shown of a document whose push the daemon's own end cut short, until it is looked up.
NO_ANSWER_YET = (
    "No answer yet: the daemon stopped before it came. Sage 300 is being asked whether it holds "
    "the document."
)

#: Claims into units; a unit of several is one batch.
Together = Callable[[Sequence[Claim]], list[list[Claim]]]


def alone(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Each by itself."""
    return [[claim] for claim in claims]


def claim(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    *,
    ledger_id: str,
    generation: str = "",
    limit: int,
    now: datetime,
    together: Together,
    plans: bool = False,
) -> list[list[Claim]]:
    """Take up to *limit* due documents, oldest first; their intents are in the same commit.

    *together* says which share a batch; those are given its token before anything leaves.
    *plans*: whether an invoice is told of the repayment plan that waits for it.
    """
    rows = conn.execute(_SQL["due_documents"], {"now": to_db(now), "limit": limit}).fetchall()
    due = [_with_parent(conn, _claim(row, ids, ledger_id, now)) for row in rows]
    if plans:
        due = _with_plans(conn, due)
    units = [_marked(unit, ledger_id, generation) for unit in together(due)]
    claims = [claim for unit in units for claim in unit]
    if not claims:
        return []
    conn.execute(
        _SQL["mark_syncing"],
        {
            "ids": [c.document_id for c in claims],
            "tokens": [c.token for c in claims],
            "now": to_db(now),
        },
    )
    pushes = [c for c in claims if not c.asks]
    if pushes:
        conn.execute(_SQL["insert_attempts"], _intents(pushes, now))
    return units


def _with_parent(conn: duckdb.DuckDBPyConnection, claim: Claim) -> Claim:
    """A repayment plan goes into its invoice's batch, so it must know which that is."""
    if claim.key.entry_type is not EntryType.REPAYMENT_PLAN:
        return claim
    row = first_row(conn, _SQL["parent_reference"], {"id": claim.document_id})
    return claim if row is None else replace(claim, parent=row[0])


def _with_plans(conn: duckdb.DuckDBPyConnection, claims: Sequence[Claim]) -> list[Claim]:
    """Posting closes an invoice's payment schedule, so what waits to overwrite it must be known."""
    parents = [str(c.key) for c in claims if c.key.entry_type is EntryType.INVOICE]
    if not parents:
        return list(claims)
    plans = dict(conn.execute(_SQL["waiting_plans"], {"parents": parents}).fetchall())
    return [replace(c, plan=plans.get(str(c.key))) for c in claims]


def _marked(unit: list[Claim], ledger_id: str, generation: str) -> list[Claim]:
    if len(unit) == 1:
        return unit
    token = batch_token(ledger_id, unit[0].attempt_id, generation)
    return [replace(claim, token=token) for claim in unit]


def _claim(row: tuple[Any, ...], ids: Ids, ledger_id: str, now: datetime) -> Claim:
    (document_id, company, entry_type, number, revision, payload, state, round_, attempt, trigger,
     pushed_at, crashed, token, owed) = row  # fmt: skip
    key = DocumentKey(company=company, entry_type=EntryType(entry_type), number=number)
    asks = state == DocumentState.UNKNOWN or token is not None or owed is not None
    return Claim(
        attempt_id=ids.take("attempt"),
        document_id=document_id,
        key=key,
        revision=revision,
        payload=payload,
        round=round_,
        number=attempt + 1,
        trigger="lookup" if asks else trigger,
        token=(token if asks else None) or push_token(ledger_id, key, revision),
        started_at=now,
        asks=asks,
        pushed_at=from_db(owed or pushed_at) if asks else None,
        anywhere=owed is not None,
        crashed=(bool(crashed) or owed is not None) and asks,
    )


def _intents(claims: Sequence[Claim], now: datetime) -> dict[str, Any]:
    return {
        "attempt_id": [c.attempt_id for c in claims],
        "document_id": [c.document_id for c in claims],
        "revision": [c.revision for c in claims],
        "round": [c.round for c in claims],
        "number": [c.number for c in claims],
        "trigger": [c.trigger for c in claims],
        "token": [c.token for c in claims],
        "now": to_db(now),
    }


def finish(
    conn: duckdb.DuckDBPyConnection, ids: Ids, finished: Sequence[Finished], *, now: datetime
) -> None:
    """Record outcomes and move the documents, all of it or none.

    A look-up that could not tell is not an attempt: its document goes back to ``unknown``.
    A claim that was finished before, or that another has taken over since, changes nothing.
    """
    finished, erred = _still_held(conn, finished)
    undecided = [f for f in finished if f.claim.asks and isinstance(f.next, AskSage)]
    if undecided:
        conn.execute(
            _SQL["move_back"],
            {
                "document_id": [f.claim.document_id for f in undecided],
                "due_at": [to_db(f.next.moment) for f in undecided if isinstance(f.next, AskSage)],
                "now": to_db(now),
            },
        )
    told = [f for f in finished if not (f.claim.asks and isinstance(f.next, AskSage))]
    if not told:
        return
    for started in {f.claim.started_at for f in told if f.claim.asks}:
        asked = [f.claim for f in told if f.claim.asks and f.claim.started_at == started]
        conn.execute(_SQL["insert_attempts"], _intents(asked, started))
    conn.execute(_SQL["insert_outcomes"], _outcomes(told))
    bodies = [f for f in told if f.sent is not None or f.answered is not None]
    if bodies:
        conn.execute(
            _SQL["insert_bodies"],
            {
                "attempt_id": [f.claim.attempt_id for f in bodies],
                "document_id": [f.claim.document_id for f in bodies],
                "sent": [f.sent for f in bodies],
                "answered": [f.answered for f in bodies],
            },
        )
    if restored := [f.claim.document_id for f in told if f.claim.anywhere]:
        looked_up(conn, restored)
    _count(conn, told)
    queue_write_backs(conn, ids, [c for f in told if (c := _status_change(f))], now=now)
    closed = [f for f in told if isinstance(f.next, Done)]
    if closed:
        _close(conn, ids, closed)
    moved = [f for f in told if not isinstance(f.next, Done)]
    if moved:
        conn.execute(_SQL["move_open"], _moves(moved))
    _follow_causes(conn, ids, told, erred, now)
    settled = [f for f in told if not isinstance(f.next, AskSage)]
    apply_waiting_revisions(
        conn,
        ids,
        [f.claim.document_id for f in settled],
        closed=frozenset(
            f.claim.document_id for f in told if f.entered or isinstance(f.next, Done)
        ),
        now=now,
    )


def _still_held(
    conn: duckdb.DuckDBPyConnection, finished: Sequence[Finished]
) -> tuple[list[Finished], frozenset[int]]:
    """Those whose document is still syncing under that claim: it is the only licence to decide.

    And which documents have met an error before.
    """
    ids = [f.claim.document_id for f in finished]
    rows = conn.execute(_SQL["syncing_since"], {"ids": ids}).fetchall()
    held = {row[0]: row[1] for row in rows}
    return (
        [f for f in finished if held.get(f.claim.document_id) == to_db(f.claim.started_at)],
        frozenset(row[0] for row in rows if row[2]),
    )


def _follow_causes(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    told: Sequence[Finished],
    erred: frozenset[int],
    now: datetime,
) -> None:
    """What went through at once never had a cause: most outcomes cost nothing here."""
    concerned = [f for f in told if f.verdict is not None or f.claim.document_id in erred]
    if not concerned:
        return
    templates = {_text(f) or "": f.verdict.template for f in concerned if f.verdict is not None}
    causes.follow(conn, ids, [f.claim.document_id for f in concerned], templates=templates, now=now)


def _burnt(finished: Finished) -> bool:
    match finished.next:
        case RetryAt(burnt=burnt):
            return burnt
        case GiveUp() | Done():
            return True
        case AskSage():
            return False


def _outcomes(finished: Sequence[Finished]) -> dict[str, Any]:
    return {
        "attempt_id": [f.claim.attempt_id for f in finished],
        "document_id": [f.claim.document_id for f in finished],
        "ended_at": [to_db(f.ended_at) for f in finished],
        "outcome": [OUTCOME_NAMES[type(f.outcome)] for f in finished],
        "burnt": [_burnt(f) for f in finished],
        "http_status": [getattr(f.outcome, "http_status", None) for f in finished],
        "error_code": [_code(f) for f in finished],
        "error_text": [_text(f) for f in finished],
        "error_type": [f.verdict.error_type if f.verdict else None for f in finished],
        "entity_kind": [f.verdict.entity_kind if f.verdict else None for f in finished],
        "entity": [f.verdict.entity if f.verdict else None for f in finished],
        "reference": [getattr(f.outcome, "reference", None) for f in finished],
        "duration_ms": [
            round((f.ended_at - f.claim.started_at).total_seconds() * 1000) for f in finished
        ],
    }


def _code(finished: Finished) -> str | None:
    return finished.outcome.code if isinstance(finished.outcome, Refused) else None


def _text(finished: Finished) -> str | None:
    if isinstance(finished.outcome, Refused):
        return finished.outcome.text
    return getattr(finished.outcome, "reason", None)


def _moves(finished: Sequence[Finished]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            "document_id", "state", "ended_at", "attempt", "next_trigger", "due_at", "http_status",
            "told", "entered", "failed", "error_code", "error_text", "error_type", "entity_kind",
            "entity",
        )
    }  # fmt: skip
    for f in finished:
        used = f.claim.number if _burnt(f) else f.claim.number - 1
        state, due, trigger = _stand(f, used)
        row = {
            "document_id": f.claim.document_id,
            "state": state.value,
            "ended_at": to_db(f.ended_at),
            "attempt": used,
            "next_trigger": trigger,
            "due_at": to_db(due) if due else None,
            "http_status": getattr(f.outcome, "http_status", None),
            "entered": f.entered,
            "told": not isinstance(f.outcome, Absent | NotTried),
            "failed": isinstance(f.outcome, Refused | Unknown) or _burnt(f),
            "error_code": _code(f),
            "error_text": _text(f),
            "error_type": f.verdict.error_type if f.verdict else None,
            "entity_kind": f.verdict.entity_kind if f.verdict else None,
            "entity": f.verdict.entity if f.verdict else None,
        }
        for name, value in row.items():
            columns[name].append(value)
    return columns


def _stand(finished: Finished, used: int) -> tuple[DocumentState, datetime | None, str]:
    """The state it moves to, when its next step is due, and what that step will be called."""
    match finished.next:
        case RetryAt(moment=moment):
            if used:
                return DocumentState.RETRYING, moment, "retry"
            again = finished.claim.trigger
            return DocumentState.PENDING, moment, "recovery" if again == "lookup" else again
        case AskSage(moment=moment):
            return DocumentState.UNKNOWN, moment, "recovery"
        case GiveUp() | Done():
            return DocumentState.FAILED, None, "resync"


def _status_change(finished: Finished) -> StatusChange | None:
    """What byondpro is told; nothing where only the ERP or the network faltered."""
    claim = finished.claim
    match finished.next:
        case Done(reference=reference):
            return StatusChange(
                key=claim.key, revision=claim.revision, status=ErpSyncStatus.PROCESSED,
                reference=reference, attempts=claim.number,
            )  # fmt: skip
        case GiveUp():
            status = ErpSyncStatus.FAILED
        case RetryAt(burnt=True):
            status = ErpSyncStatus.PENDING
        case _:
            return None
    code, text = _code(finished), _text(finished) or ""
    return StatusChange(
        key=claim.key, revision=claim.revision, status=status,
        message=f"{code} - {text}" if code else text, attempts=claim.number,
    )  # fmt: skip


def _close(conn: duckdb.DuckDBPyConnection, ids: Ids, finished: Sequence[Finished]) -> None:
    document_ids = [f.claim.document_id for f in finished]
    ended = {f.claim.document_id: f.ended_at for f in finished}
    conn.execute(
        _SQL["insert_closings"],
        {
            "closing_id": [ids.take("closing") for _ in finished],
            "document_id": document_ids,
            "revision": [f.claim.revision for f in finished],
            "ended_at": [to_db(f.ended_at) for f in finished],
            "reference": [f.next.reference for f in finished if isinstance(f.next, Done)],
            "round": [f.claim.round for f in finished],
            "attempt": [f.claim.number for f in finished],
        },
    )
    conn.execute(
        _SQL["insert_duration_rollup"],
        {"document_id": document_ids, "ended_at": [to_db(f.ended_at) for f in finished]},
    )
    documents: Counter[tuple[Any, ...]] = Counter()
    amounts: dict[tuple[Any, ...], Decimal] = {}
    for document_id, company, site, entry_type, amount, _ in _summary(conn, document_ids):
        hour = _hour(ended[document_id])
        where = (hour, company, site, entry_type, DocumentState.SYNCED.value)
        documents[where] += 1
        amounts[where] = amounts.get(where, Decimal(0)) + amount
    count_closed(conn, [(*where, count, amounts[where]) for where, count in documents.items()])
    conn.execute(queries("intake")["delete_open"], {"ids": document_ids})
    latest = max(f.ended_at for f in finished)
    let_children_go(conn, [f.claim.key for f in finished], now=latest)


def count_closed(conn: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]) -> None:
    """*rows*: hour, company, site, entry type, state, documents, amount."""
    names = ("hour", "company", "site", "entry_type", "state", "documents", "amount")
    conn.execute(_SQL["insert_closing_rollup"], _columns(names, rows))
    add_closed_totals(conn, [row[1:6] for row in rows])


def add_closed_totals(conn: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]) -> None:
    """*rows*: company, site, entry type, state, documents."""
    if rows:
        names = ("company", "site", "entry_type", "state", "documents")
        conn.execute(_SQL["insert_closed_totals"], _columns(names, rows))


def _count(conn: duckdb.DuckDBPyConnection, finished: Sequence[Finished]) -> None:
    """Append to the rollups what these outcomes add to them."""
    facts = {row[0]: row[1:] for row in _summary(conn, [f.claim.document_id for f in finished])}
    counted: Counter[tuple[Any, ...]] = Counter()
    again: Counter[tuple[Any, ...]] = Counter()
    for f in finished:
        company, site, entry_type, _, _ = facts[f.claim.document_id]
        kind = f.verdict.error_type if f.verdict else ""
        if isinstance(f.outcome, Refused) and f.claim.number > 1:
            again[_hour(f.ended_at), company, site, entry_type, kind] += 1
        counted[
            _hour(f.ended_at),
            company,
            site,
            entry_type,
            OUTCOME_NAMES[type(f.outcome)],
            kind,
            f.claim.round == 1 and f.claim.number == 1 and not f.claim.asks,
        ] += 1
    insert_attempt_rollup(conn, counted)
    _count_refusals(conn, [f for f in finished if isinstance(f.outcome, Refused)])
    if again:
        names = ("hour", "company", "site", "entry_type", "error_type", "attempts")
        rows = [(*where, count) for where, count in again.items()]
        conn.execute(_SQL["insert_retry_rollup"], _columns(names, rows))


def _count_refusals(conn: duckdb.DuckDBPyConnection, refused: Sequence[Finished]) -> None:
    counted = Counter(_refusal(f) for f in refused)
    if counted:
        names = ("quarter", "document_id", "error_type", "attempts")
        rows = [(*where, count) for where, count in counted.items()]
        conn.execute(_SQL["insert_refusals"], _columns(names, rows))


def _refusal(finished: Finished) -> tuple[datetime, int, str]:
    """The quarter of an hour, the document and the error type of what was refused."""
    moment = to_db(finished.ended_at)
    quarter = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    kind = finished.verdict.error_type if finished.verdict else ""
    return quarter, finished.claim.document_id, kind


def insert_attempt_rollup(
    conn: duckdb.DuckDBPyConnection, counted: Counter[tuple[Any, ...]]
) -> None:
    names = (
        "hour", "company", "site", "entry_type", "outcome", "error_type", "is_first", "attempts",
    )  # fmt: skip
    if counted:
        rollups.unfold(conn, min(where[0] for where in counted))
    rows = [(*where, count) for where, count in counted.items()]
    conn.execute(_SQL["insert_attempt_rollup"], _columns(names, rows))


def _summary(conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    return conn.execute(_SQL["open_summary"], {"ids": list(document_ids)}).fetchall()


def _hour(moment: datetime) -> datetime:
    return to_db(moment).replace(minute=0, second=0, microsecond=0)


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[position] for row in rows] for position, name in enumerate(names)}


def recover(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> int:
    """Settle what an earlier process left behind; returns how many documents must be looked up.

    Each intent without an outcome is given ``unknown``: it may have reached Sage 300.
    """
    rows = conn.execute(_SQL["interrupted"]).fetchall()
    if rows:
        conn.execute(
            _SQL["insert_outcomes"],
            {
                "attempt_id": [row[0] for row in rows],
                "document_id": [row[1] for row in rows],
                "ended_at": [to_db(now)] * len(rows),
                "outcome": ["unknown"] * len(rows),
                "burnt": [False] * len(rows),
                "error_text": ["The daemon stopped before the answer came."] * len(rows),
                "duration_ms": [
                    round((to_db(now) - row[2]).total_seconds() * 1000) for row in rows
                ],
                **{
                    name: [None] * len(rows)
                    for name in (
                        "http_status", "error_code", "error_type", "entity_kind", "entity",
                        "reference",
                    )
                },
            },
        )  # fmt: skip
        counted: Counter[tuple[Any, ...]] = Counter(
            (_hour(now), row[3], row[4], row[5], "unknown", "", row[6] == 1 and row[7] == 1)
            for row in rows
        )
        insert_attempt_rollup(conn, counted)
    told = {"now": to_db(now), "no_answer": NO_ANSWER_YET}
    marked = first_row(conn, _SQL["mark_interrupted"], told)
    return int(marked[0]) if marked else 0
