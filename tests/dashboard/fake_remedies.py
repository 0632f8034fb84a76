"""Remedies that behave: the real playbooks and the domain's own arithmetic, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from iman.api.wire_checklists import ChecklistRow, ChecklistView, FollowUp, Started
from iman.api.wire_remedies import (
    ByHand,
    Cause,
    CauseDetail,
    Culprits,
    Parked,
    Refreshed,
    Release,
    ReleasePreview,
    Selection,
    Settlement,
    SetupGaps,
    StartRelease,
)
from iman.domain.cause import CauseState
from iman.domain.checklist import (
    OPEN_PHASES,
    Event,
    EventKind,
    StepState,
    ready_to_release,
    standing,
)
from iman.domain.document import DocumentState
from iman.domain.playbook import Playbook, filled
from iman.errors import DaemonRefused, NotFound
from iman.playbooks import built_in
from tests.dashboard.fake_causes import WORDS, make_cause
from tests.dashboard.fake_playbooks import FakePlaybooks
from tests.dashboard.fake_rules import FakeRules
from tests.dashboard.fakes import HOSTILE, NO_6030, SeededReading


class SeededRemedies(FakeRules, FakePlaybooks):
    """Causes F48 and 6030, a mirror with three gaps; ``true`` holds what a probe would see."""

    def __init__(self, reading: SeededReading | None = None, who: str = "ada") -> None:
        self.reading = reading or SeededReading()
        self.who = who
        self.true: set[str] = set()
        self.events: dict[int, list[Event]] = {}
        self.subject: dict[int, tuple[str, int | None, int | None]] = {}
        self.released: list[StartRelease] = []
        self.release_state = "grace"
        self.done_by_hand: list[tuple[Any, ...]] = []
        self.compared = 0
        self.attachments: dict[int, list[dict[str, Any]]] = {}

    # -- reading

    def causes(self, *, hours: int = 24) -> list[Cause]:
        running = {cause: i for i, (_, cause, _) in self.subject.items() if cause is not None}
        worked = {"checklist_id": running.get(1), "owner": "sam"} if 1 in running else {}
        return [
            make_cause(
                id=2, error_type="gl_account_missing", entity_kind="gl_account", entity="6030",
                sample=f"{NO_6030} {HOSTILE}", documents=6, amount=Decimal("46500.00"),
                state=CauseState.CAME_BACK, times_back=1,
            ),
            make_cause(state=CauseState.BEING_FIXED if worked else CauseState.OPEN, **worked),
            make_cause(
                id=3, error_type="period_closed", entity_kind="period", entity="2026-01",
                state=CauseState.RESOLVED, documents=0, amount=Decimal(),
                resolved_at=datetime.now(UTC),
            ),
        ]  # fmt: skip

    def cause(self, cause_id: int, *, hours: int = 168) -> CauseDetail:
        found = next((one for one in self.causes() if one.id == cause_id), None)
        if found is None:
            raise NotFound("There is no such cause.")
        place = {
            "kind": "category", "code": "600", "description": f"Memorials {HOSTILE}",
            "active": True, "account_field": "revenue", "stored_account": "6000", "site": "HGH",
            "site_name": "Highview Remembrance Park", "link": "http://127.0.0.1:8602/categories/600",
        }  # fmt: skip
        return CauseDetail.model_validate(
            {
                "cause": found, "places": [place], "documents": self._documents(found.entity),
                "checklists": [found.checklist_id] if found.checklist_id else [], "releases": [],
                "playbook_title": "Sage 300 does not accept the terms code",
            }
        )  # fmt: skip

    def _documents(self, entity: str | None) -> list[dict[str, Any]]:
        return [
            {
                "id": d.id, "entry_type": d.entry_type, "number": d.number, "booking": d.booking,
                "customer_name": d.customer_name, "site": d.site, "amount": d.amount,
                "state": d.state,
            }
            for d in self.reading.known.values()
            if d.entity == entity
        ]  # fmt: skip

    def culprits(self, document_id: int) -> Culprits:
        document = self.reading.known.get(document_id)
        culprit: dict[str, Any] = dict.fromkeys(
            ("item", "item_description", "category", "category_description", "account_field",
             "stored_account", "site_segment"), "",
        ) | {"line": None, "links": {}, "site": "HGH", "site_name": "Highview"}  # fmt: skip
        if document is None or document.entity not in ("F48", "6030"):
            return Culprits(document_id=document_id, cause_id=None, culprits=[])
        if document.entity == "F48":
            culprit |= {
                "place": "header", "field": "terms", "code": "F48",
                "description": f"48 Month Repayment Plan {HOSTILE}",
                "links": {"term": "http://127.0.0.1:8602/terms/F48"},
            }  # fmt: skip
        else:
            culprit |= {
                "place": "line", "field": "gl_account", "code": "6030", "description": "",
                "line": 1, "item": "M-6000", "item_description": "Memorial boulder",
                "category": "600", "category_description": "Memorials", "account_field": "revenue",
                "stored_account": "6000", "site_segment": "30",
                "links": {"category": "http://127.0.0.1:8602/categories/600"},
            }  # fmt: skip
        cause = 1 if document.entity == "F48" else 2
        return Culprits.model_validate(
            {"document_id": document_id, "cause_id": cause, "culprits": [culprit]}
        )

    def checklists(
        self,
        *,
        phases: Sequence[str] = (),
        owner: str | None = None,
        cause_id: int | None = None,
        document_id: int | None = None,
    ) -> list[ChecklistRow]:
        rows = []
        for i, (error_type, cause, document) in self.subject.items():
            view = self.checklist(i)
            wanted = document_id in (None, document) and cause_id in (None, cause)
            if wanted and (not phases or view.phase in phases):
                rows.append(
                    ChecklistRow(
                        id=i, company="SAMLTD", error_type=error_type, entity_kind="terms_code",
                        entity="F48", cause_id=cause, document_id=document, title=view.title,
                        opened_at=view.opened_at, opened_by=view.opened_by, version=view.version,
                        changed_at=view.changed_at, branch=view.branch or "",
                        owner=view.owner or "", due_on=view.due, phase=view.phase,
                        steps=view.steps_wanted, steps_done=view.steps_done,
                    )
                )  # fmt: skip
        return rows

    def checklist(self, checklist_id: int) -> ChecklistView:
        if checklist_id not in self.events:
            raise NotFound("There is no such checklist.")
        events, book = self.events[checklist_id], self._book(checklist_id)
        at = standing(book, events)
        ready, missing = ready_to_release(book, at)
        documents = [{k: v for k, v in d.items() if k != "site"} for d in self._documents("F48")]
        steps = []
        for step in book.steps:
            status = at.steps[step.id]
            locked = "First: " + ", ".join(status.first) + "." if status.first else ""
            steps.append(
                {
                    "id": step.id, "who": step.who, "do": filled(step.do, WORDS),
                    "where": filled(step.where, WORDS), "link": "http://127.0.0.1:8603/terms",
                    "why": step.why, "out_of_order": step.out_of_order, "verify": step.verify,
                    "optional": step.optional, "follow_up": step.follow_up,
                    "releases": step.releases, "state": status.state,
                    "done_by": status.who or None, "done_at": status.at, "how": status.how,
                    "evidence": status.evidence, "reason": status.reason,
                    "warning": status.warning, "locked": locked if status.state == "todo" else "",
                    "owner": status.owner or None, "check": None,
                }
            )  # fmt: skip
        return ChecklistView.model_validate(
            {
                "id": checklist_id, "company": "SAMLTD", "error_type": book.error_type,
                "entity_kind": "terms_code", "entity": "F48",
                "cause_id": self.subject[checklist_id][1],
                "document_id": self.subject[checklist_id][2],
                "title": filled(book.title, WORDS), "summary": book.summary,
                "question": filled(book.question, WORDS), "opened_at": events[0].at,
                "opened_by": events[0].who, "changed_at": events[-1].at, "version": at.version,
                "phase": at.phase, "owner": at.owner or None, "due": at.due,
                "branch": at.branch or None, "branch_reason": at.branch_reason,
                "closed_reason": at.closed_reason,
                "branches": [
                    {"id": b.id, "title": b.title, "when": b.when, "result": b.result}
                    for b in book.branches
                ],
                "choices": [
                    {
                        "id": c.id, "question": filled(c.question, WORDS),
                        "help": filled(c.help, WORDS), "answer": at.choices.get(c.id),
                        "options": [
                            {"id": o.id, "title": o.title, "help": o.help} for o in c.options
                        ],
                    }
                    for c in book.choices
                    if not c.branches or at.branch in c.branches
                ],
                "steps": steps, "steps_done": at.done, "steps_wanted": at.wanted,
                "ready_to_release": ready, "blocking_steps": list(missing), "documents": documents,
                "documents_total": len(documents), "amount": Decimal("3760.00"),
                "notes": [
                    {
                        "id": n.id, "version": n.version, "text": n.text, "step": n.step or None,
                        "by": n.by, "at": n.at, "edited_by": n.edited_by or None,
                        "edited_at": n.edited_at,
                    }
                    for n in at.notes
                ],
                "attachments": self.attachments.get(checklist_id, []),
                "history": [
                    {
                        "version": e.version, "at": e.at, "who": e.who, "kind": e.kind,
                        "step": e.step or None, "told": str(e.body.get("reason", "")),
                    }
                    for e in reversed(events)
                ],
                "playbook": {"version": 1, "origin": "built-in", "digest": "d", "newer": False},
            }
        )  # fmt: skip

    def follow_ups(self) -> list[FollowUp]:
        found = []
        for i in self.events:
            view = self.checklist(i)
            if view.phase == "follow_up":
                found += [
                    FollowUp(
                        checklist_id=i, step=s.id, who=s.who, do=s.do, title=view.title,
                        entity=view.entity, state=s.state, since=view.changed_at, age_hours=30.5,
                        owner=s.owner, due=view.due, warning=s.warning, locked=s.locked,
                    )
                    for s in view.steps
                    if s.follow_up and s.state is StepState.TODO
                ]  # fmt: skip
        return found

    def releases(self, *, cause_id: int | None = None) -> list[Release]:
        found = [self.release(i) for i in range(1, len(self.released) + 1)]
        return [one for one in found if cause_id in (None, one.cause_id)]

    def release(self, release_id: int, *, rows: int | None = None) -> Release:
        order, now = self.released[release_id - 1], datetime.now(UTC)
        done = self.release_state == "done"
        return Release.model_validate(
            {
                "id": release_id, "cause_id": 1 if order.filter is None else None,
                "checklist_id": order.checklist_id,
                "title": "F48" if order.filter is None else f"Failed {HOSTILE}",
                "asked_by": self.who, "asked_at": now, "reason": order.reason,
                "origin": "dashboard", "starts_at": now + timedelta(seconds=10), "canary": 2,
                "state": self.release_state, "state_since": now, "note": "", "documents": 1,
                "amount": Decimal("3760.00"), "sent": int(done), "synced": int(done), "failed": 0,
                "untouched": 0,
                "results": [
                    {
                        "id": 1, "entry_type": "invoice", "number": "INV-010319",
                        "customer_name": "Margaret Ellison", "booking": "10319", "place": 1,
                        "amount": Decimal("3760.00"), "result": "synced" if done else "planned",
                        "state": "synced" if done else "failed",
                        "detail": f"In Sage 300 as 29-1. {HOSTILE}" if done else "",
                        "changed_at": now,
                    }
                ],
            }
        )  # fmt: skip

    def setup_gaps(self) -> SetupGaps:
        now = datetime.now(UTC)
        place = {
            "kind": "category", "code": "600", "description": f"Memorials {HOSTILE}",
            "account_field": "revenue", "stored_account": "6000", "site": "HGH",
            "site_name": "Highview Remembrance Park",
        }  # fmt: skip
        kinds = (
            ("account", "6030", "missing", 6, 0),
            ("term", "F36", "inactive", 0, 2),
            ("tax_group", "ATO", "mismatched", 0, 0),
        )
        return SetupGaps.model_validate(
            {
                "gaps": [
                    {
                        "id": i, "kind": kind, "code": code, "problem": problem,
                        "message": f"Sage 300 has no {code}.", "places": [place] * 8,
                        "found_at": now, "seen_at": now, "gone_at": None, "error_type": "other",
                        "entity_kind": kind, "cause_id": None, "blocked_documents": blocked,
                        "blocked_amount": Decimal(3100 * blocked), "would_fail_documents": would,
                        "would_fail_amount": Decimal(100 * would), "recent_documents": 0,
                        "recent_amount": Decimal(), "examples": [],
                    }
                    for i, (kind, code, problem, blocked, would) in enumerate(kinds, 1)
                ],
                "readings": [
                    {"side": "byondpro", "kind": "all", "read_at": now, "trouble": ""},
                    {"side": "sage", "kind": "tax_group", "read_at": now, "trouble": "HTTP 404"},
                ],
            }
        )  # fmt: skip

    def parked(self) -> list[Parked]:
        return []

    def settled(self, *, document_id: int | None = None) -> list[Settlement]:
        return []

    # -- doing, as ``RemediesClient``

    def start_on_cause(self, cause_id: int) -> Started:
        return self._start("terms_missing", cause_id, None)

    def start_on_document(self, document_id: int) -> Started:
        return self._start("terms_missing", None, document_id)

    def start_on_gap(self, gap_id: int) -> Started:
        return self._start("gl_account_missing", None, None)

    def choose_branch(
        self, checklist_id: int, branch: str, reason: str, *, seen: str = "", request_id: str = ""
    ) -> ChecklistView:
        if (self.checklist(checklist_id).branch or "") != seen:
            raise DaemonRefused("Somebody chose another way meanwhile.")
        return self._add(checklist_id, EventKind.BRANCH, branch=branch, reason=reason)

    def answer(self, checklist_id: int, choice: str, answer: str) -> ChecklistView:
        return self._add(checklist_id, EventKind.CHOICE, choice=choice, answer=answer)

    def verify(self, checklist_id: int, step: str) -> ChecklistView:
        if step in self.true:
            self._add(checklist_id, EventKind.TICKED, step, how="probe", evidence="It is there.")
        return self.checklist(checklist_id)

    def tick(
        self, checklist_id: int, step: str, *, reason: str = "", request_id: str = ""
    ) -> ChecklistView:
        found = next(s for s in self.checklist(checklist_id).steps if s.id == step)
        if found.locked:
            raise DaemonRefused(found.locked)
        if found.verify is None:
            return self._add(checklist_id, EventKind.TICKED, step, how="person", reason=reason)
        if reason:
            return self._add(checklist_id, EventKind.TICKED, step, how="override", reason=reason)
        if step not in self.true:
            raise DaemonRefused(
                "Sage 300 has no terms code F48. Give a reason to tick it all the same."
            )
        return self.verify(checklist_id, step)

    def untick(self, checklist_id: int, step: str) -> ChecklistView:
        return self._add(checklist_id, EventKind.UNTICKED, step, how="person")

    def skip(self, checklist_id: int, step: str, *, reason: str = "") -> ChecklistView:
        if not reason:
            raise DaemonRefused("This step is not optional; give a reason to leave it out.")
        return self._add(checklist_id, EventKind.SKIPPED, step, how="person", reason=reason)

    def set_owner(
        self, checklist_id: int, owner: str, *, step: str = "", reason: str = ""
    ) -> ChecklistView:
        return self._add(checklist_id, EventKind.OWNER, step, owner=owner, reason=reason)

    def set_due(self, checklist_id: int, due: date | None) -> ChecklistView:
        return self._add(checklist_id, EventKind.DUE, due=due.isoformat() if due else "")

    def note(
        self, checklist_id: int, text: str, *, step: str = "", request_id: str = ""
    ) -> ChecklistView:
        return self._add(checklist_id, EventKind.NOTED, step, text=text)

    def edit_note(
        self, checklist_id: int, note_id: int, text: str, *, version: int
    ) -> ChecklistView:
        note = next(n for n in self.checklist(checklist_id).notes if n.id == note_id)
        if note.version != version:
            raise DaemonRefused("Somebody changed this note meanwhile.")
        return self._add(checklist_id, EventKind.NOTE_EDITED, note=note_id, text=text)

    def close(self, checklist_id: int, reason: str) -> ChecklistView:
        return self._add(checklist_id, EventKind.CLOSED, reason=reason)

    def reopen_checklist(self, checklist_id: int) -> ChecklistView:
        return self._add(checklist_id, EventKind.REOPENED)

    def preview_release(self, selection: Selection) -> ReleasePreview:
        ready = selection.filter is not None or self._ready(selection.checklist_id or 0)
        planned = {
            "id": 1, "entry_type": "invoice", "number": "INV-010319", "booking": "10319",
            "customer_name": f"Margaret Ellison {HOSTILE}", "amount": Decimal("3760.00"),
            "currency": "AUD", "state": DocumentState.FAILED, "why": "",
        }  # fmt: skip
        return ReleasePreview.model_validate(
            {
                "title": "F48", "documents": 1, "amount": Decimal("3760.00"), "touched": [planned],
                "untouched": [{**planned, "id": 41, "number": "CN-000118", "why": "It goes on."}],
                "digest": "d1", "ready": ready, "untouched_documents": 1,
                "not_ready": "Not done yet: add-in-sage.", "canary": 2, "grace_seconds": 10,
            }
        )  # fmt: skip

    def _ready(self, checklist_id: int) -> bool:
        return self.checklist(checklist_id).ready_to_release

    def start_release(self, order: StartRelease) -> Release:
        self.released.append(order)
        return self.release(len(self.released))

    def stop_release(self, release_id: int) -> Release:
        self.release_state = "undone"
        return self.release(release_id)

    def compare_setups(self) -> Refreshed:
        self.compared += 1
        return Refreshed(gaps=3, new=1)

    def park(
        self, document_id: int, reason: str, *, until: datetime | None, request_id: str
    ) -> ByHand:
        return self._by_hand("park", document_id, DocumentState.PARKED, reason, until)

    def unpark(self, document_id: int) -> ByHand:
        return self._by_hand("unpark", document_id, DocumentState.FAILED)

    def settle(
        self, document_id: int, how: str, *, reason: str, reference: str, request_id: str
    ) -> ByHand:
        if how == "already_in_sage" and not reference:
            raise DaemonRefused("Sage 300 was asked: INV-010319 is not there under its number.")
        return self._by_hand("settle", document_id, DocumentState.SETTLED, how, reason, reference)

    def reopen(self, document_id: int, reason: str) -> ByHand:
        return self._by_hand("reopen", document_id, DocumentState.PENDING, reason)

    # -- how

    def _by_hand(self, what: str, document_id: int, state: DocumentState, *told: Any) -> ByHand:
        self.done_by_hand.append((what, document_id, *told))
        known = self.reading.known
        known[document_id] = known[document_id].model_copy(update={"state": state})
        number = known[document_id].number
        return ByHand(document_id=document_id, number=number, state=state, message=what)

    def _start(self, error_type: str, cause: int | None, document: int | None) -> Started:
        i = len(self.events) + 1
        self.subject[i] = (error_type, cause, document)
        opened = Event(version=1, at=datetime.now(UTC), who=self.who, kind=EventKind.OPENED)
        self.events[i] = [opened]
        return Started(checklist_id=i, new=True)

    def _add(
        self, checklist_id: int, kind: EventKind, step: str = "", **body: Any
    ) -> ChecklistView:
        events = self.events[checklist_id]
        assert self.checklist(checklist_id).phase in OPEN_PHASES or kind is EventKind.REOPENED
        events.append(
            Event(
                version=len(events) + 1, at=datetime.now(UTC), who=self.who, kind=kind, step=step,
                body=body,
            )
        )  # fmt: skip
        return self.checklist(checklist_id)

    def _book(self, checklist_id: int) -> Playbook:
        return built_in()[self.subject[checklist_id][0]].playbook


class EmptyRemedies(SeededRemedies):
    """A new installation."""

    own: list[Any] = []  # noqa: RUF012 -- an empty one, which nobody appends to
    history = ()
    far = {"state": "done"}  # noqa: RUF012 -- likewise

    def causes(self, *, hours: int = 24) -> list[Cause]:
        return []

    def setup_gaps(self) -> SetupGaps:
        return SetupGaps(gaps=[], readings=[])
