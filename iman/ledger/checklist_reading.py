"""Checklists as pages and the API ask for them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from iman.domain.checklist import (
    OPEN_PHASES,
    Checklist,
    EventKind,
    StepState,
    StepStatus,
    ready_to_release,
)
from iman.domain.playbook import Choice, Step, filled
from iman.domain.remedy import SubjectDocument, still_in_use
from iman.ledger import remedy_facts
from iman.ledger.cause_reading import rows
from iman.ledger.checklists import load, open_ids
from iman.ledger.queries import queries
from iman.ledger.reach import reach_of
from iman.ledger.read_model import Facts, Row, facts

_SQL = queries("checklists")
_SHOWN = 200  # documents listed in one view; the totals count all


def checklists(
    conn: duckdb.DuckDBPyConnection,
    *,
    phases: Sequence[str] = (),
    owner: str | None = None,
    cause_id: int | None = None,
    document_id: int | None = None,
    error_type: str | None = None,
    entity: str | None = None,
    limit: int = 200,
) -> list[Row]:
    """Summaries; open ones first, the nearest due date first."""
    found = rows(
        conn,
        _SQL["checklists"],
        {
            "phases": list(phases) or None, "owner": owner, "cause_id": cause_id,
            "document_id": document_id, "error_type": error_type, "entity": entity,
            "limit": limit,
        },
    )  # fmt: skip
    return [
        {
            "id": row["checklist_id"],
            **{name: value for name, value in row.items() if name not in _HIDDEN},
        }
        for row in found
    ]


_HIDDEN = frozenset({"checklist_id", "playbook", "template"})


def view(conn: duckdb.DuckDBPyConnection, checklist_id: int, *, newest_digest: str = "") -> Row:
    """Everything of one checklist. *newest_digest*: of the playbook that counts now."""
    checklist = load(conn, checklist_id)
    documents = remedy_facts.subject_documents(conn, remedy_facts.subject_ids(conn, checklist))
    known = facts(conn)
    words = remedy_facts.words_for(checklist, documents, company=known.values.get("company", ""))
    now_at, book = checklist.standing, checklist.playbook
    ready, missing = ready_to_release(book, now_at)
    lock = _lock(conn, checklist)
    checks = {row["step"]: row for row in rows(conn, _SQL["probe_results"], {"id": checklist_id})}
    return {
        "id": checklist.id,
        "company": checklist.company,
        "error_type": checklist.error_type,
        "entity_kind": checklist.entity_kind or None,
        "entity": checklist.entity or None,
        "cause_id": checklist.cause_id,
        "document_id": checklist.document_id,
        "title": filled(book.title, words),
        "summary": filled(book.summary, words),
        "question": filled(book.question, words),
        "opened_at": checklist.opened_at,
        "opened_by": checklist.opened_by,
        "changed_at": checklist.changed_at,
        "version": now_at.version,
        "phase": now_at.phase,
        "owner": now_at.owner or None,
        "due": now_at.due,
        "branch": now_at.branch or None,
        "branch_reason": now_at.branch_reason,
        "closed_reason": now_at.closed_reason,
        "branches": [
            {"id": one.id, "title": filled(one.title, words), "when": filled(one.when, words),
             "result": filled(one.result, words)}
            for one in book.branches
        ],
        "choices": [
            _choice(one, checklist, words)
            for one in book.choices
            if not one.branches or now_at.branch in one.branches
        ],
        "steps": [
            _step(
                step, now_at.steps[step.id], words=words, lock=lock if step.locked_while else "",
                check=checks.get(step.id), known=known, documents=documents, checklist=checklist,
            )
            for step in book.steps
        ],
        "steps_done": now_at.done,
        "steps_wanted": now_at.wanted,
        "ready_to_release": ready,
        "blocking_steps": list(missing),
        "documents": [
            {"id": one.id, "entry_type": one.entry_type, "number": one.number,
             "booking": one.booking, "customer_name": one.customer_name, "amount": one.amount,
             "state": one.state}
            for one in documents[:_SHOWN]
        ],
        "documents_total": len(documents),
        "amount": sum((one.amount for one in documents), Decimal(0)),
        "notes": [
            {"id": one.id, "version": one.version, "text": one.text, "step": one.step or None,
             "by": one.by, "at": one.at, "edited_by": one.edited_by or None,
             "edited_at": one.edited_at}
            for one in now_at.notes
        ],
        "attachments": [
            {"id": row["id"], "name": row["name"], "bytes": row["bytes"],
             "sha256": row["digest"], **_attached(checklist, row["id"])}
            for row in rows(conn, _SQL["attachments"], {"id": checklist_id})
        ],
        "history": [
            {"version": one.version, "at": one.at, "who": one.who, "kind": one.kind,
             "step": one.step or None, "told": _told(one.body)}
            for one in reversed(checklist.events)
        ],
        "playbook": {
            "version": book.version, "origin": checklist.origin, "digest": checklist.digest,
            "newer": bool(newest_digest) and newest_digest != checklist.digest,
        },
    }  # fmt: skip


def follow_ups(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> list[Row]:
    """What remedies left for later and is not done, the oldest first."""
    found: list[Row] = []
    for checklist_id in open_ids(conn):
        checklist = load(conn, checklist_id)
        through = [
            status.at
            for step in checklist.playbook.steps
            if (status := checklist.standing.steps[step.id]).at is not None
            and (step.releases or step.verify == "documents_synced")
            and status.state is StepState.DONE
        ]
        blocking = [one for one in checklist.playbook.steps if one.verify == "documents_synced"]
        done = all(checklist.standing.steps[one.id].settled for one in blocking)
        if not through or not done:
            continue  # the documents come first
        since = max(moment for moment in through if moment is not None)
        words = _words(conn, checklist)
        lock = _lock(conn, checklist)
        for step in checklist.playbook.steps:
            status = checklist.standing.steps[step.id]
            if not step.follow_up or status.settled:
                continue
            found.append(
                {
                    "checklist_id": checklist.id, "step": step.id, "who": step.who,
                    "do": filled(step.do, words), "title": checklist.title,
                    "entity": checklist.entity or None, "state": status.state, "since": since,
                    "age_hours": round((now - since).total_seconds() / 3600, 1),
                    "owner": status.owner or checklist.standing.owner or None,
                    "due": checklist.standing.due, "warning": status.warning,
                    "locked": _first(checklist, status) or (lock if step.locked_while else ""),
                }
            )  # fmt: skip
    return sorted(found, key=lambda row: row["since"])


def _words(conn: duckdb.DuckDBPyConnection, checklist: Checklist) -> dict[str, str]:
    documents = remedy_facts.subject_documents(conn, remedy_facts.subject_ids(conn, checklist))
    return remedy_facts.words_for(
        checklist, documents, company=facts(conn).values.get("company", "")
    )


def lock_of(conn: duckdb.DuckDBPyConnection, checklist: Checklist, step: Step) -> str:
    """Why the step must not be taken yet; '' where nothing stands against it."""
    return _lock(conn, checklist) if step.locked_while else ""


def _lock(conn: duckdb.DuckDBPyConnection, checklist: Checklist) -> str:
    if checklist.standing.phase not in OPEN_PHASES:
        return ""
    asked = {"entity_kind": checklist.entity_kind, "entity": checklist.entity}
    using = remedy_facts.in_use(conn, **asked)
    if not using and reach_of(conn).limited:
        with contextlib.closing(conn.cursor()) as unlimited:
            elsewhere = remedy_facts.in_use(unlimited, **asked)
        return "Documents of other sites still use it." if elsewhere else ""
    return still_in_use(using)


def _first(checklist: Checklist, status: StepStatus) -> str:
    if not status.first:
        return ""
    named = [checklist.playbook.step(one) for one in status.first]
    return "First: " + ", ".join(one.id for one in named if one is not None) + "."


def _step(
    step: Step,
    status: StepStatus,
    *,
    words: Mapping[str, str],
    lock: str,
    check: Row | None,
    known: Facts,
    documents: Sequence[SubjectDocument],
    checklist: Checklist,
) -> Row:
    open_step = status.state in {StepState.TODO, StepState.UNDECIDED}
    locked = (lock or _first(checklist, status)) if open_step else ""
    warning = status.warning
    if locked and check is not None and check["verdict"] == "yes":
        warning = f"Done too early. {check['evidence']} {filled(step.out_of_order, words)}"
    return {
        "id": step.id,
        "who": step.who,
        "do": filled(step.do, words),
        "where": filled(step.where, words),
        "link": remedy_facts.step_link(step.link, known, documents),
        "why": filled(step.why, words),
        "out_of_order": filled(step.out_of_order, words),
        "verify": step.verify,
        "optional": step.optional,
        "follow_up": step.follow_up,
        "releases": step.releases,
        "state": status.state,
        "done_by": status.who or None,
        "done_at": status.at,
        "how": status.how,
        "evidence": status.evidence,
        "reason": status.reason,
        "warning": warning,
        "locked": locked,
        "owner": status.owner or None,
        "check": None
        if check is None
        else {
            "at": check["checked_at"],
            "verdict": check["verdict"],
            "evidence": check["evidence"],
        },
    }


def _choice(choice: Choice, checklist: Checklist, words: Mapping[str, str]) -> Row:
    return {
        "id": choice.id,
        "question": filled(choice.question, words),
        "help": filled(choice.help, words),
        "options": [
            {"id": one.id, "title": filled(one.title, words), "help": filled(one.help, words)}
            for one in choice.options
        ],
        "answer": checklist.standing.choices.get(choice.id),
    }


def _attached(checklist: Checklist, attachment_id: int) -> Row:
    for event in checklist.events:
        if event.kind is EventKind.ATTACHED and event.body["attachment"] == attachment_id:
            return {"by": event.who, "at": event.at, "step": event.step or None}
    return {"by": "", "at": checklist.opened_at, "step": None}


def _told(body: Mapping[str, Any]) -> str:
    """An event's body in a line; a note's text is shown with the note."""
    parts = (
        "branch", "choice", "answer", "how", "evidence", "reason", "owner", "due", "name",
    )  # fmt: skip
    return "; ".join(f"{part}: {body[part]}" for part in parts if body.get(part))
