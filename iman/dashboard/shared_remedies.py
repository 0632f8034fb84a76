"""One answer about remedies for everybody who looks within seconds; see ``shared.py``."""

from __future__ import annotations

from collections.abc import Sequence

from iman.api.wire_checklists import (
    ChecklistRow,
    ChecklistView,
    FollowUp,
    PlaybookDetail,
    PlaybookEdit,
    PlaybookRow,
)
from iman.api.wire_remedies import (
    Cause,
    CauseDetail,
    Culprits,
    Parked,
    Release,
    Settlement,
    SetupGaps,
)
from iman.api.wire_rules import Rereading, RuleEdit, RuleListing
from iman.dashboard.shared import Memory
from iman.reading.remedies import RemediesReading


class SharedRemedies:
    """A ``RemediesReading`` that asks *reading* once in a while, however many look."""

    def __init__(self, reading: RemediesReading, memory: Memory) -> None:
        self._reading = reading
        self._memory = memory

    def causes(self, *, hours: int = 24) -> list[Cause]:
        ask = self._reading.causes
        return self._memory.get(("causes", hours), 1.9, lambda: ask(hours=hours))

    def cause(self, cause_id: int, *, hours: int = 168) -> CauseDetail:
        ask = self._reading.cause
        return self._memory.get(("cause", cause_id, hours), 1.9, lambda: ask(cause_id, hours=hours))

    def culprits(self, document_id: int) -> Culprits:
        ask = self._reading.culprits
        return self._memory.get(("culprits", document_id), 5.0, lambda: ask(document_id))

    def checklists(
        self,
        *,
        phases: Sequence[str] = (),
        owner: str | None = None,
        cause_id: int | None = None,
        document_id: int | None = None,
    ) -> list[ChecklistRow]:
        ask = self._reading.checklists
        return self._memory.get(
            ("checklists", tuple(phases), owner, cause_id, document_id),
            1.5,
            lambda: ask(phases=phases, owner=owner, cause_id=cause_id, document_id=document_id),
        )

    def checklist(self, checklist_id: int) -> ChecklistView:
        ask = self._reading.checklist
        return self._memory.get(("checklist", checklist_id), 0.7, lambda: ask(checklist_id))

    def follow_ups(self) -> list[FollowUp]:
        return self._memory.get("follow_ups", 2.0, self._reading.follow_ups)

    def release(self, release_id: int, *, rows: int | None = None) -> Release:
        ask, key = self._reading.release, ("release", release_id, rows)
        return self._memory.get(key, 0.7, lambda: ask(release_id, rows=rows))

    def releases(self, *, cause_id: int | None = None) -> list[Release]:
        ask = self._reading.releases
        return self._memory.get(("releases", cause_id), 1.5, lambda: ask(cause_id=cause_id))

    def setup_gaps(self) -> SetupGaps:
        return self._memory.get("setup_gaps", 2.0, self._reading.setup_gaps)

    def parked(self) -> list[Parked]:
        return self._memory.get("parked", 2.0, self._reading.parked)

    def settled(self, *, document_id: int | None = None) -> list[Settlement]:
        ask = self._reading.settled
        return self._memory.get(("settled", document_id), 1.5, lambda: ask(document_id=document_id))

    def rules(self) -> RuleListing:
        return self._memory.get("rules", 1.0, self._reading.rules)

    def rereading(self) -> Rereading:
        return self._memory.get("rereading", 1.0, self._reading.rereading)

    def rule_edits(self) -> list[RuleEdit]:
        return self._memory.get("rule_edits", 2.0, self._reading.rule_edits)

    def playbooks(self) -> list[PlaybookRow]:
        return self._memory.get("playbooks", 2.0, self._reading.playbooks)

    def playbook(self, error_type: str) -> PlaybookDetail:
        ask = self._reading.playbook
        return self._memory.get(("playbook", error_type), 1.0, lambda: ask(error_type))

    def playbook_edits(self, error_type: str) -> list[PlaybookEdit]:
        ask = self._reading.playbook_edits
        return self._memory.get(("playbook_edits", error_type), 2.0, lambda: ask(error_type))
