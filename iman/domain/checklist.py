"""A playbook at work. A checklist is what its events say: they are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from iman.domain.playbook import Check, Playbook, Step


class EventKind(StrEnum):
    """What happened to a checklist."""

    OPENED = "opened"
    BRANCH = "branch"  # which way, and why
    CHOICE = "choice"  # a question inside the branch answered
    TICKED = "ticked"
    UNTICKED = "unticked"
    SKIPPED = "skipped"  # an optional step, or one left out with a reason
    NOTED = "noted"
    NOTE_EDITED = "note_edited"
    ATTACHED = "attached"
    OWNER = "owner"  # of the whole, or of one step
    DUE = "due"
    CLOSED = "closed"  # before everything was done, with a reason
    REOPENED = "reopened"
    PLAYBOOK = "playbook"  # moved to a newer text of its playbook


class How(StrEnum):
    """What a tick rests on."""

    PERSON = "person"  # nothing to verify, or somebody's word
    PROBE = "probe"  # Iman looked and saw it
    OVERRIDE = "override"  # a person's word against, or without, what Iman saw


class StepState(StrEnum):
    """Where a step stands."""

    TODO = "todo"
    DONE = "done"
    SKIPPED = "skipped"
    NOT_NEEDED = "not_needed"  # another branch or option was chosen
    UNDECIDED = "undecided"  # waits for an answer that says whether it is needed


class Phase(StrEnum):
    """Where a checklist stands."""

    CHOOSING = "choosing"  # which branch?
    WORKING = "working"
    FOLLOW_UP = "follow_up"  # the documents are through; what was left for later remains
    COMPLETE = "complete"
    CLOSED = "closed"  # given up, with a reason


OPEN_PHASES = frozenset({Phase.CHOOSING, Phase.WORKING, Phase.FOLLOW_UP})


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened. *version* counts from 1 within a checklist."""

    version: int
    at: datetime
    who: str
    kind: EventKind
    step: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepStatus:
    """One step as its events left it."""

    id: str
    state: StepState
    who: str = ""
    at: datetime | None = None
    how: How | None = None
    evidence: str = ""
    reason: str = ""
    warning: str = ""  # it was done and is not so any more
    owner: str = ""
    first: tuple[str, ...] = ()  # steps that have to come before
    by_hand: bool = False  # a person took its tick away; only a person, or asking, puts it back

    @property
    def settled(self) -> bool:
        return self.state in {StepState.DONE, StepState.SKIPPED, StepState.NOT_NEEDED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """*version* is the event that last changed it: an edit names the one it saw."""

    id: int
    version: int
    text: str
    step: str
    by: str
    at: datetime
    edited_by: str = ""
    edited_at: datetime | None = None
    removed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What one verification saw. *holds*: None when it could not tell."""

    holds: bool | None
    text: str

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "no", None: "unclear"}[self.holds]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Everything a checklist's events add up to."""

    version: int
    branch: str
    branch_reason: str
    choices: Mapping[str, str]
    steps: Mapping[str, StepStatus]
    notes: tuple[Note, ...]
    attachments: tuple[int, ...]
    owner: str
    due: date | None
    phase: Phase
    closed_reason: str = ""

    @property
    def done(self) -> int:
        done = {StepState.DONE, StepState.SKIPPED}
        return sum(step.state in done for step in self.steps.values())

    @property
    def wanted(self) -> int:
        return sum(step.state is not StepState.NOT_NEEDED for step in self.steps.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Checklist:
    """A checklist with everything that makes it up."""

    id: int
    company: str
    error_type: str
    entity_kind: str
    entity: str
    template: str
    cause_id: int | None
    document_id: int | None
    title: str
    opened_at: datetime
    opened_by: str
    changed_at: datetime
    playbook: Playbook
    digest: str  # of the playbook's text
    origin: str  # of the playbook's text
    events: Sequence[Event]
    standing: Standing


def in_words(checklist: Checklist, *, step: str = "", note: int = 0) -> str:
    """How it stands, for the audit trail; of *step* and of the note *note* more exactly."""
    now = checklist.standing
    told = [one.text for one in now.notes if one.id == note]
    if step in now.steps:
        one = now.steps[step]
        told += [" ".join(part for part in (step, one.state, one.how or "", one.owner) if part)]
    told += [str(now.phase), f"way {now.branch or 'not chosen'}"]
    told += [f"{name} {answer}" for name, answer in sorted(now.choices.items())]
    told += [f"{now.done} of {now.wanted} steps", f"owner {now.owner or 'nobody'}"]
    told += [f"due {now.due or 'never'}", f"{len(now.notes)} notes"]
    told += [f"{len(now.attachments)} attachments", f"playbook {checklist.digest[:12]}"]
    return "; ".join(told)


@dataclass(slots=True)
class _Gathered:
    branch: str = ""
    branch_reason: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    marks: dict[str, StepStatus] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    attachments: list[int] = field(default_factory=list)
    owner: str = ""
    step_owners: dict[str, str] = field(default_factory=dict)
    due: date | None = None
    closed: str | None = None
    version: int = 0


def standing(playbook: Playbook, events: Iterable[Event]) -> Standing:
    """Where the checklist stands after *events*, in order."""
    g = _Gathered()
    for event in events:
        _apply(g, event)
    steps = _steps(playbook, g)
    return Standing(
        version=g.version,
        branch=g.branch,
        branch_reason=g.branch_reason,
        choices=dict(g.choices),
        steps=steps,
        notes=tuple(note for note in g.notes.values() if not note.removed),
        attachments=tuple(g.attachments),
        owner=g.owner,
        due=g.due,
        phase=_phase(playbook, g, steps),
        closed_reason=g.closed or "",
    )


def _apply(g: _Gathered, event: Event) -> None:
    body = event.body
    g.version = event.version
    match event.kind:
        case EventKind.BRANCH:
            g.branch, g.branch_reason = str(body["branch"]), str(body.get("reason", ""))
        case EventKind.CHOICE:
            g.choices[str(body["choice"])] = str(body["answer"])
        case EventKind.TICKED:
            g.marks[event.step] = _mark(event, StepState.DONE)
        case EventKind.SKIPPED:
            g.marks[event.step] = _mark(event, StepState.SKIPPED)
        case EventKind.UNTICKED:
            by_probe = body.get("how") == How.PROBE
            g.marks[event.step] = replace(
                _mark(event, StepState.TODO),
                warning=str(body.get("evidence", "")) if by_probe else "",
                by_hand=not by_probe,
            )
        case EventKind.NOTED:
            g.notes[event.version] = Note(
                id=event.version, version=event.version, text=str(body["text"]),
                step=event.step, by=event.who, at=event.at,
            )  # fmt: skip
        case EventKind.NOTE_EDITED:
            note = g.notes[int(body["note"])]
            g.notes[note.id] = replace(
                note, version=event.version, text=str(body["text"]), edited_by=event.who,
                edited_at=event.at, removed=not body["text"],
            )  # fmt: skip
        case EventKind.ATTACHED:
            g.attachments.append(int(body["attachment"]))
        case EventKind.OWNER:
            if event.step:
                g.step_owners[event.step] = str(body["owner"])
            else:
                g.owner = str(body["owner"])
        case EventKind.DUE:
            g.due = date.fromisoformat(body["due"]) if body.get("due") else None
        case EventKind.CLOSED:
            g.closed = str(body.get("reason", ""))
        case EventKind.REOPENED:
            g.closed = None
        case EventKind.OPENED | EventKind.PLAYBOOK:
            pass


def _mark(event: Event, state: StepState) -> StepStatus:
    how = event.body.get("how")
    return StepStatus(
        id=event.step,
        state=state,
        who=event.who,
        at=event.at,
        how=How(how) if how else None,
        evidence=str(event.body.get("evidence", "")),
        reason=str(event.body.get("reason", "")),
    )


def _steps(playbook: Playbook, g: _Gathered) -> dict[str, StepStatus]:
    found: dict[str, StepStatus] = {}
    for step in playbook.steps:
        status = g.marks.get(step.id, StepStatus(id=step.id, state=StepState.TODO))
        needed = _needed(playbook, step, g)
        if needed is not StepState.TODO:
            status = StepStatus(id=step.id, state=needed)
        first = tuple(one for one in step.after if one in found and not found[one].settled)
        found[step.id] = replace(status, owner=g.step_owners.get(step.id, ""), first=first)
    return found


def _needed(playbook: Playbook, step: Step, g: _Gathered) -> StepState:
    """``TODO`` where the step belongs to the way chosen."""
    if step.branches and g.branch not in step.branches:
        return StepState.NOT_NEEDED if g.branch else StepState.UNDECIDED
    if playbook.branches and not g.branch:
        return StepState.UNDECIDED
    for choice, option in step.only_if.items():
        if choice not in g.choices:
            return StepState.UNDECIDED
        if g.choices[choice] != option:
            return StepState.NOT_NEEDED
    return StepState.TODO


def _phase(playbook: Playbook, g: _Gathered, steps: Mapping[str, StepStatus]) -> Phase:
    if g.closed is not None:
        return Phase.CLOSED
    if playbook.branches and not g.branch:
        return Phase.CHOOSING
    later = {step.id for step in playbook.steps if step.follow_up or step.optional}
    open_steps = [step for step in steps.values() if not step.settled]
    if any(step.id not in later for step in open_steps):
        return Phase.WORKING
    follow_up = {step.id for step in playbook.steps if step.follow_up}
    if any(step.id in follow_up for step in open_steps):
        return Phase.FOLLOW_UP
    return Phase.COMPLETE


def verifiable(playbook: Playbook, now_at: Standing) -> list[tuple[Step, Check]]:
    """Steps a probe should look at: not done yet, or done by a probe and perhaps no longer so.

    What a person ticked on their word, or took the tick from, is left to people.
    """
    if now_at.phase not in OPEN_PHASES:
        return []
    found = []
    for step in playbook.steps:
        status = now_at.steps[step.id]
        if step.verify is None:
            continue
        if (status.state is StepState.TODO and not status.by_hand) or (
            status.state is StepState.DONE
            and status.how is How.PROBE
            and still_matters(playbook, now_at, step.id)
        ):
            found.append((step, step.verify))
    return found


def still_matters(playbook: Playbook, now_at: Standing, step_id: str) -> bool:
    """Whether it would harm if a done step were so no more.

    A code created on purpose is made inactive by the same remedy: once all that was to come after
    a step is done, it has served.
    """
    following = [step.id for step in playbook.steps if step_id in step.after]
    needed = [now_at.steps[one] for one in following]
    needed = [one for one in needed if one.state is not StepState.NOT_NEEDED]
    return not needed or any(not one.settled for one in needed)


def ready_to_release(playbook: Playbook, now_at: Standing) -> tuple[bool, Sequence[str]]:
    """Whether the blocking steps of the way chosen are done; else which are not."""
    blocking = [
        step.id
        for step in playbook.steps
        if step.releases and now_at.steps[step.id].state is not StepState.NOT_NEEDED
    ]
    missing = [one for one in blocking if not now_at.steps[one].settled]
    return not missing, missing
