"""What the push writes: intents before anything leaves, outcomes after, many documents a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from iman.domain.attempt import Claim, Finished, Verdict, batch_token, push_token
from iman.domain.document import DocumentKey, DocumentState, EntryType, ErpSyncStatus
from iman.domain.outcome import OUTCOME_NAMES, Absent, NotTried, Refused, Unknown
from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from iman.ledger import causes
from iman.ledger.appending import append
from iman.ledger.counting import Held, count_arrivals, count_attempts, count_outcomes, hour_of
from iman.ledger.dependencies import let_children_go
from iman.ledger.ids import Ids
from iman.ledger.outbox import StatusChange, queue_write_backs
from iman.ledger.queries import first_row, queries
from iman.ledger.receiving import apply_waiting_revisions
from iman.ledger.reconciling import looked_up
from iman.ledger.utc import from_db, to_db

_SQL = queries("pushing")

_STOPPED = "The daemon stopped before the answer came."
#: What is shown of a document whose push the daemon's own end cut short, until it is looked up.
NO_ANSWER_YET = (
    "No answer yet: the daemon stopped before it came. Sage 300 is being asked whether it holds "
    "the document."
)

_TYPES = {kind.value: kind for kind in EntryType}
_NO_VERDICT = Verdict(error_type="", entity_kind=None, entity=None)

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
    rows = _due(conn, limit, now)
    if not rows:
        return []
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
        append(conn, "attempts", _intents(pushes, now))
    return units


def _due(conn: duckdb.DuckDBPyConnection, limit: int, now: datetime) -> list[tuple[Any, ...]]:
    """What ``_claim`` is made of: of the document, of its state, and what it is owed since when."""
    rows = conn.execute(_SQL["due"], {"now": to_db(now), "limit": limit}).fetchall()
    if not rows:
        return []
    these = {"ids": [row[0] for row in rows]}
    told = {row[0]: row for row in conn.execute(_SQL["documents"], these).fetchall()}
    owed: dict[int, datetime] = {}
    if rows[0][8]:
        owed = dict(conn.execute(_SQL["owed"], these).fetchall())
    return [(*told[row[0]], *row[1:8], owed.get(row[0])) for row in rows]


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
    key = DocumentKey(company=company, entry_type=_TYPES[entry_type], number=number)
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


def _intents(claims: Sequence[Claim], now: datetime) -> list[tuple[Any, ...]]:
    started = to_db(now)
    return [
        (c.attempt_id, c.document_id, c.revision, c.round, c.number, c.trigger, c.token, started)
        for c in claims
    ]


def finish(
    conn: duckdb.DuckDBPyConnection, ids: Ids, finished: Sequence[Finished], *, now: datetime
) -> None:
    """Record outcomes and move the documents, all of it or none.

    A look-up that could not tell is not an attempt: its document goes back to ``unknown``.
    A claim that was finished before, or that another has taken over since, changes nothing.
    """
    standing = _held(conn, finished)
    held = standing.held
    finished = [
        f
        for f in finished
        if (one := held.get(f.claim.document_id)) and one.since == to_db(f.claim.started_at)
    ]
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
        append(conn, "attempts", _intents(asked, started))
    append(conn, "outcomes", [_outcome(f) for f in told])
    bodies = [f for f in told if f.sent is not None or f.answered is not None]
    if bodies:
        append(
            conn,
            "bodies",
            [(f.claim.attempt_id, f.claim.document_id, f.sent, f.answered) for f in bodies],
        )
    if restored := [f.claim.document_id for f in told if f.claim.anywhere]:
        looked_up(conn, restored)
    count_outcomes(conn, told, held)
    queue_write_backs(conn, ids, [c for f in told if (c := _status_change(f))], now=now)
    closed = [f for f in told if isinstance(f.next, Done)]
    if closed:
        _close(conn, ids, closed, standing)
    moved = [f for f in told if not isinstance(f.next, Done)]
    if moved:
        conn.execute(_SQL["move_open"], _moves(moved))
    _follow_causes(conn, ids, told, held, now)
    if not standing.revisions:
        return
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


@dataclass(frozen=True, slots=True)
class _Standing:
    """By document, what stands syncing: the claim it was taken by is the only licence to decide.

    And how many documents wait for their parent, and how many revisions for their document.
    """

    held: dict[int, Held]
    children: int = 0
    revisions: int = 0


def _held(conn: duckdb.DuckDBPyConnection, finished: Sequence[Finished]) -> _Standing:
    rows = conn.execute(
        _SQL["held"],
        {
            "document_id": [f.claim.document_id for f in finished],
            "ended_at": [to_db(f.ended_at) for f in finished],
        },
    ).fetchall()
    if not rows:
        return _Standing({})
    return _Standing({row[0]: Held(*row[1:11]) for row in rows}, *rows[0][11:])


def _follow_causes(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    told: Sequence[Finished],
    held: Mapping[int, Held],
    now: datetime,
) -> None:
    """What went through at once never had a cause: most outcomes cost nothing here."""
    concerned = [f for f in told if f.verdict is not None or held[f.claim.document_id].erred]
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


def _outcome(f: Finished) -> tuple[Any, ...]:
    verdict = f.verdict or _NO_VERDICT
    return (
        f.claim.attempt_id, f.claim.document_id, to_db(f.ended_at), OUTCOME_NAMES[type(f.outcome)],
        _burnt(f), getattr(f.outcome, "http_status", None), _code(f), _text(f),
        verdict.error_type or None, verdict.entity_kind, verdict.entity,
        getattr(f.outcome, "reference", None),
        round((f.ended_at - f.claim.started_at).total_seconds() * 1000),
    )  # fmt: skip


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


def _close(
    conn: duckdb.DuckDBPyConnection, ids: Ids, finished: Sequence[Finished], standing: _Standing
) -> None:
    document_ids = [f.claim.document_id for f in finished]
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
    count_arrivals(conn, finished, standing.held)
    conn.execute(queries("intake")["delete_open"], {"ids": document_ids})
    if standing.children:
        latest = max(f.ended_at for f in finished)
        let_children_go(conn, [f.claim.key for f in finished], now=latest)


def recover(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> int:
    """Settle what an earlier process left behind; returns how many documents must be looked up.

    Each intent without an outcome is given ``unknown``: it may have reached Sage 300.
    """
    ids = [row[0] for row in conn.execute(_SQL["all_syncing"]).fetchall()]
    return _left_behind(conn, ids, now) if ids else 0


def give_up(conn: duckdb.DuckDBPyConnection, claims: Sequence[Claim], *, now: datetime) -> None:
    """Nobody works at *claims*, for their commit was told to have failed: look them up where it
    came about all the same."""
    if not claims:
        return
    ids = [claim.document_id for claim in claims]
    since = {row[0]: row[1] for row in conn.execute(_SQL["syncing_since"], {"ids": ids}).fetchall()}
    stand = [c.document_id for c in claims if since.get(c.document_id) == to_db(c.started_at)]
    if stand:
        _left_behind(conn, stand, now)


def _left_behind(
    conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int], now: datetime
) -> int:
    these = {"ids": list(document_ids)}
    rows = conn.execute(_SQL["interrupted"], these).fetchall()
    if rows:
        append(
            conn,
            "outcomes",
            [
                (
                    row[0], row[1], to_db(now), "unknown", False, None, None, _STOPPED, None, None,
                    None, None, round((to_db(now) - row[2]).total_seconds() * 1000),
                )
                for row in rows
            ],
        )  # fmt: skip
        counted: Counter[tuple[Any, ...]] = Counter(
            (hour_of(now), row[3], row[4], row[5], "unknown", "", row[6] == 1 and row[7] == 1)
            for row in rows
        )
        count_attempts(conn, counted)
    told = {"now": to_db(now), "no_answer": NO_ANSWER_YET}
    marked = first_row(conn, _SQL["mark_interrupted"], these | told)
    return int(marked[0]) if marked else 0
