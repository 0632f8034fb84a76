"""Checklists: every tick, note and choice is an event of its own, added by the one writer.

So two people never overwrite each other: what the second does is added to what the first did, and
an edit says which version of a note it saw.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import duckdb

from iman.domain.checklist import (
    OPEN_PHASES,
    Checklist,
    Event,
    EventKind,
    Evidence,
    Note,
    Phase,
    StepState,
    standing,
    still_matters,
)
from iman.domain.people import EVERYWHERE, Reach
from iman.domain.playbook import Step, filled
from iman.errors import DaemonRefused, NotFound
from iman.ledger.cause_reading import rows
from iman.ledger.ids import Ids
from iman.ledger.playbook_shelf import keep_text, kept_text
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db
from iman.playbooks import PlaybookText

_SQL = queries("checklists")

_KEPT = (
    "company", "error_type", "entity_kind", "entity", "template", "cause_id", "document_id",
    "title", "opened_at", "opened_by", "changed_at",
)  # fmt: skip
LARGEST_ATTACHMENT = 2 * 2**20  # bytes
LARGEST_TOGETHER = 20 * 2**20
#: Endings that no system runs; anything else is kept as .bin.
_INERT = frozenset(
    {
        "bmp", "csv", "docx", "eml", "gif", "jpeg", "jpg", "json", "log", "md", "msg", "pdf",
        "png", "toml", "txt", "webp", "xlsx", "xml",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a checklist is about: everything a cause holds up, or one document."""

    company: str
    error_type: str
    entity_kind: str = ""
    entity: str = ""
    template: str = ""
    cause_id: int | None = None
    document_id: int | None = None


def load(conn: duckdb.DuckDBPyConnection, checklist_id: int) -> Checklist:
    """Raises ``NotFound``."""
    found = rows(conn, _SQL["checklist"], {"id": checklist_id})
    if not found:
        raise NotFound(f"There is no checklist {checklist_id}.")
    row = found[0]
    text = kept_text(conn, row["playbook"], row["error_type"])
    events = [
        Event(
            version=version, at=from_db(at), who=who, kind=EventKind(kind), step=step,
            body=json.loads(body),
        )
        for version, at, who, kind, step, body in conn.execute(
            _SQL["events"], {"id": checklist_id}
        ).fetchall()
    ]  # fmt: skip
    kept = {name: row[name] for name in _KEPT}
    return Checklist(
        id=checklist_id, **kept, playbook=text.playbook, digest=row["playbook"],
        origin=text.origin, events=events, standing=standing(text.playbook, events),
    )  # fmt: skip


def step_of(checklist: Checklist, step_id: str) -> Step:
    """Raises ``NotFound``."""
    found = checklist.playbook.step(step_id)
    if found is None:
        raise NotFound(f"This checklist has no step {step_id}.")
    return found


def running_on(conn: duckdb.DuckDBPyConnection, subject: Subject) -> int | None:
    """The open checklist on the same thing, if there is one."""
    row = first_row(
        conn,
        _SQL["running"],
        {
            "company": subject.company, "error_type": subject.error_type,
            "entity_kind": subject.entity_kind, "entity": subject.entity,
            "template": subject.template, "document_id": subject.document_id,
        },
    )  # fmt: skip
    return None if row is None else int(row[0])


def begin(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    subject: Subject,
    text: PlaybookText,
    *,
    who: str,
    now: datetime,
) -> tuple[int, bool]:
    """Start one, or answer the one that runs already; its id, and whether it is new."""
    known = running_on(conn, subject)
    if known is not None:
        if subject.cause_id is not None:
            conn.execute(_SQL["link_cause"], {"id": known, "cause_id": subject.cause_id})
        return known, False
    checklist_id = ids.take("checklist")
    title = filled(text.playbook.title, {"entity": subject.entity})
    conn.execute(
        _SQL["insert_checklist"],
        {
            "id": checklist_id, "company": subject.company, "error_type": subject.error_type,
            "entity_kind": subject.entity_kind, "entity": subject.entity,
            "template": subject.template, "cause_id": subject.cause_id,
            "document_id": subject.document_id, "playbook": keep_text(conn, text, now=now),
            "title": title, "who": who, "now": to_db(now),
        },
    )  # fmt: skip
    add(conn, checklist_id, EventKind.OPENED, who=who, now=now)
    return checklist_id, True


def add(
    conn: duckdb.DuckDBPyConnection,
    checklist_id: int,
    kind: EventKind,
    *,
    who: str,
    now: datetime,
    step: str = "",
    body: Mapping[str, Any] | None = None,
    request_id: str = "",
    playbook: str | None = None,
    reach: Reach = EVERYWHERE,
) -> Checklist:
    """Add one event and bring the summary up to date. The same *request_id* again adds nothing.

    *reach*: of who does it; a note is for those who see as much, or by who sees everything.
    """
    before = load(conn, checklist_id)
    if request_id:
        seen = {"id": checklist_id, "request_id": request_id}
        if first_row(conn, _SQL["same_request"], seen) is not None:
            return before
    conn.execute(
        _SQL["insert_event"],
        {
            "id": checklist_id, "version": before.standing.version + 1, "now": to_db(now),
            "who": who, "kind": kind.value, "step": step, "request_id": request_id,
            "body": json.dumps(dict(body or {}), ensure_ascii=False),
            "companies": list(reach.companies), "sites": list(reach.sites),
        },
    )  # fmt: skip
    if playbook is not None:
        conn.execute(_SQL["move_playbook"], {"id": checklist_id, "playbook": playbook})
    after = load(conn, checklist_id)
    now_at = after.standing
    conn.execute(
        _SQL["summarise"],
        {
            "id": checklist_id, "version": now_at.version, "now": to_db(now),
            "branch": now_at.branch, "owner": now_at.owner, "due_on": now_at.due,
            "phase": now_at.phase.value, "steps": now_at.wanted, "steps_done": now_at.done,
            "playbook": after.digest,
        },
    )  # fmt: skip
    return after


def must_be_open(loaded: Checklist) -> None:
    """Raises ``DaemonRefused``."""
    if loaded.standing.phase is Phase.CLOSED:
        raise DaemonRefused("This checklist is closed; open it again first.")


def choose_branch(
    conn: duckdb.DuckDBPyConnection, checklist_id: int, branch: str, *, seen: str, **event: Any
) -> Checklist:
    """*seen* is the branch the person saw chosen: two who choose at once do not overrule another.

    *event*: reason, who, now, request_id. Raises ``NotFound`` and ``DaemonRefused``.
    """
    loaded = load(conn, checklist_id)
    must_be_open(loaded)
    if loaded.playbook.branch(branch) is None:
        raise NotFound(f"This checklist has no branch {branch}.")
    chosen = loaded.standing.branch
    if chosen == branch:
        return loaded
    if chosen != seen:
        raise DaemonRefused("Somebody has just chosen another branch; look at their reason first.")
    reason = event.pop("reason")
    body = {"branch": branch, "reason": reason}
    return add(conn, checklist_id, EventKind.BRANCH, body=body, **event)


def answer(
    conn: duckdb.DuckDBPyConnection, checklist_id: int, choice_id: str, told: str, **event: Any
) -> Checklist:
    """Answer a question of the branch. Raises ``NotFound`` and ``DaemonRefused``."""
    loaded = load(conn, checklist_id)
    must_be_open(loaded)
    choice = loaded.playbook.choice(choice_id)
    if choice is None:
        raise NotFound(f"This checklist has no question {choice_id}.")
    if choice.options and told not in {option.id for option in choice.options}:
        raise DaemonRefused(f"{told!r} is no answer to: {choice.question}")
    if loaded.standing.choices.get(choice_id) == told:
        return loaded
    body = {"choice": choice_id, "answer": told}
    return add(conn, checklist_id, EventKind.CHOICE, body=body, **event)


def mark(
    conn: duckdb.DuckDBPyConnection,
    checklist_id: int,
    step_id: str,
    kind: EventKind,
    *,
    body: Mapping[str, Any],
    **event: Any,
) -> Checklist:
    """Tick, untick or skip. What is so already is left as it is, whoever did it.

    Raises ``NotFound``, and ``DaemonRefused`` where the step is not to be done (yet).
    """
    loaded = load(conn, checklist_id)
    must_be_open(loaded)
    step_of(loaded, step_id)
    status = loaded.standing.steps[step_id]
    wanted = {
        EventKind.TICKED: StepState.DONE,
        EventKind.SKIPPED: StepState.SKIPPED,
        EventKind.UNTICKED: StepState.TODO,
    }[kind]
    if status.state is wanted and not (kind is EventKind.TICKED and status.warning):
        return loaded
    may_tick(loaded, step_id, early=kind is not EventKind.TICKED)
    return add(conn, checklist_id, kind, step=step_id, body=body, **event)


def may_tick(loaded: Checklist, step_id: str, *, early: bool = False) -> None:
    """Raises ``DaemonRefused`` where the step is not to be done, or, unless *early*, not yet."""
    status, step = loaded.standing.steps[step_id], step_of(loaded, step_id)
    if status.state is StepState.NOT_NEEDED:
        raise DaemonRefused("This step does not belong to the way that was chosen.")
    if status.state is StepState.UNDECIDED:
        raise DaemonRefused("Answer the question that says whether this step is needed first.")
    if status.first and not early:
        first = ", ".join(status.first)
        raise DaemonRefused(f"First: {first}. {step.out_of_order}".strip())


def note(conn: duckdb.DuckDBPyConnection, checklist_id: int, text: str, **event: Any) -> Checklist:
    return add(conn, checklist_id, EventKind.NOTED, body={"text": text}, **event)


def note_of(loaded: Checklist, note_id: int) -> Note:
    """Raises ``NotFound``."""
    known = next((one for one in loaded.standing.notes if one.id == note_id), None)
    if known is None:
        raise NotFound(f"This checklist has no note {note_id}.")
    return known


def edit_note(
    conn: duckdb.DuckDBPyConnection,
    checklist_id: int,
    note_id: int,
    text: str,
    *,
    seen: int,
    **event: Any,
) -> Checklist:
    """*seen* is the version that was edited; an empty *text* takes the note away.

    Raises ``NotFound``, and ``DaemonRefused`` where somebody changed it meanwhile.
    """
    known = note_of(load(conn, checklist_id), note_id)
    if known.version != seen:
        by = known.edited_by or known.by
        raise DaemonRefused(f"{by} has changed this note meanwhile; nothing was overwritten.")
    body = {"note": note_id, "text": text}
    row = first_row(conn, _SQL["event_reach"], {"id": checklist_id, "version": note_id})
    companies, sites = row or (None, None)  # whoever edits it: for those it was written for
    event["reach"] = Reach(companies=tuple(companies or ()), sites=tuple(sites or ()))
    return add(conn, checklist_id, EventKind.NOTE_EDITED, body=body, step=known.step, **event)


def attach(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    checklist_id: int,
    *,
    name: str,
    media_type: str,
    content: bytes,
    **event: Any,
) -> tuple[int, Checklist]:
    """Keep evidence; its id. Raises ``DaemonRefused`` where it is too large."""
    if len(content) > LARGEST_ATTACHMENT:
        raise DaemonRefused(f"An attachment has at most {LARGEST_ATTACHMENT // 2**20} MB.")
    held = first_row(conn, _SQL["attached_bytes"], {"id": checklist_id})
    if held is not None and held[0] + len(content) > LARGEST_TOGETHER:
        raise DaemonRefused(
            f"A checklist's attachments have at most {LARGEST_TOGETHER // 2**20} MB together."
        )
    attachment_id = ids.take("attachment")
    kept = inert_name(name)
    conn.execute(
        _SQL["insert_attachment"],
        {
            "id": attachment_id, "checklist_id": checklist_id, "name": kept,
            "media_type": media_type[:100], "bytes": len(content), "content": content,
            "digest": hashlib.sha256(content).hexdigest(),
        },
    )  # fmt: skip
    body = {"attachment": attachment_id, "name": kept}
    return attachment_id, add(conn, checklist_id, EventKind.ATTACHED, body=body, **event)


def attachment(
    conn: duckdb.DuckDBPyConnection, checklist_id: int, attachment_id: int
) -> tuple[str, bytes]:
    """Name and bytes. Raises ``NotFound``."""
    row = first_row(conn, _SQL["attachment"], {"id": checklist_id, "attachment_id": attachment_id})
    if row is None:
        raise NotFound(f"There is no attachment {attachment_id}.")
    return str(row[0]), bytes(row[2])


def set_due(
    conn: duckdb.DuckDBPyConnection, checklist_id: int, due: date | None, **event: Any
) -> Checklist:
    body = {"due": due.isoformat() if due else None}
    return add(conn, checklist_id, EventKind.DUE, body=body, **event)


def saw(
    conn: duckdb.DuckDBPyConnection,
    checklist_id: int,
    step_id: str,
    evidence: Evidence,
    *,
    locked: bool,
    who: str,
    now: datetime,
    asked: bool = False,
) -> Checklist:
    """Record what a probe saw; the step ticks itself, or unticks with a warning.

    *locked* steps never tick. *asked*: a person wanted it looked at, so it may tick again what a
    person took the tick from. A probe that could not tell changes no tick.
    """
    key = {"id": checklist_id, "step": step_id}
    conn.execute(_SQL["drop_probe_result"], key)
    told = {"verdict": evidence.verdict, "evidence": evidence.text, "now": to_db(now)}
    conn.execute(_SQL["insert_probe_result"], key | told)
    loaded = load(conn, checklist_id)
    status = loaded.standing.steps.get(step_id)
    if status is None or loaded.standing.phase not in OPEN_PHASES:
        return loaded
    body = {"how": "probe", "evidence": evidence.text}
    todo = status.state is StepState.TODO and (asked or not status.by_hand)
    if evidence.holds is True and todo and not status.first and not locked:
        return add(conn, checklist_id, EventKind.TICKED, step=step_id, body=body, who=who, now=now)
    undone = evidence.holds is False and status.state is StepState.DONE and status.how == "probe"
    if undone and still_matters(loaded.playbook, loaded.standing, step_id):
        return add(
            conn, checklist_id, EventKind.UNTICKED, step=step_id, body=body, who=who, now=now
        )
    return loaded


def open_ids(conn: duckdb.DuckDBPyConnection) -> list[int]:
    """Checklists that are worked on."""
    phases = [phase.value for phase in OPEN_PHASES]
    values = {
        "phases": phases, "owner": None, "cause_id": None, "document_id": None, "entity": None,
        "error_type": None, "limit": 1000,
    }  # fmt: skip
    return [row["checklist_id"] for row in rows(conn, _SQL["checklists"], values)]


def inert_name(name: str) -> str:
    """A file name that is only a name, and whose ending nothing runs."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    kept = "".join(sign if sign.isalnum() or sign in "._- " else "_" for sign in last)
    kept = kept.strip(" .")[:80] or "attachment"
    ending = kept.rpartition(".")[2].lower() if "." in kept else ""
    return kept if ending in _INERT else f"{kept}.bin"
