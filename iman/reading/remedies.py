"""What a page may ask about remedies: over the API, or from the file while the daemon is away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

import duckdb

from iman.api.playbook_wire import playbook_detail, playbook_edit, playbook_row
from iman.api.remedies_client import RemediesClient
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
from iman.api.wire_rules import Rereading, RuleEdit, RuleListing, rule_edit
from iman.classify import RulesInForce
from iman.domain.people import EVERYWHERE, Reach
from iman.errors import DaemonUnavailable, LedgerLocked
from iman.ledger import (
    by_hand,
    cause_reading,
    causes,
    checklist_reading,
    playbook_shelf,
    releases,
    remedy_reading,
    rule_reading,
    rule_shelf,
    setups,
)
from iman.ledger.offline import read_only

T = TypeVar("T")


class RemediesReading(Protocol):
    """Never writes. Raises ``DaemonUnavailable`` or ``LedgerError`` without any answer."""

    def causes(self, *, hours: int = 24) -> list[Cause]: ...

    def cause(self, cause_id: int, *, hours: int = 168) -> CauseDetail: ...

    def culprits(self, document_id: int) -> Culprits: ...

    def checklists(
        self,
        *,
        phases: Sequence[str] = (),
        owner: str | None = None,
        cause_id: int | None = None,
        document_id: int | None = None,
    ) -> list[ChecklistRow]: ...

    def checklist(self, checklist_id: int) -> ChecklistView: ...

    def follow_ups(self) -> list[FollowUp]: ...

    def release(self, release_id: int, *, rows: int | None = None) -> Release: ...

    def releases(self, *, cause_id: int | None = None) -> list[Release]: ...

    def setup_gaps(self) -> SetupGaps: ...

    def parked(self) -> list[Parked]: ...

    def settled(self, *, document_id: int | None = None) -> list[Settlement]: ...

    def rules(self) -> RuleListing: ...

    def rereading(self) -> Rereading: ...

    def rule_edits(self) -> list[RuleEdit]: ...

    def playbooks(self) -> list[PlaybookRow]: ...

    def playbook(self, error_type: str) -> PlaybookDetail: ...

    def playbook_edits(self, error_type: str) -> list[PlaybookEdit]: ...


class RemediesFromLedger:
    """From the file, opened for one question at a time."""

    def __init__(self, path: Path, reach: Reach = EVERYWHERE) -> None:
        self._path = path
        self._reach = reach

    def causes(self, *, hours: int = 24) -> list[Cause]:
        now = datetime.now(UTC)

        def work(conn: duckdb.DuckDBPyConnection) -> list[Cause]:
            found = cause_reading.causes(conn, now=now)
            ids = [row["id"] for row in found]
            trend = cause_reading.trend(conn, ids, hours=hours, now=now)
            return [Cause.model_validate({**row, "trend": trend[row["id"]]}) for row in found]

        return self._ask(work)

    def cause(self, cause_id: int, *, hours: int = 168) -> CauseDetail:
        now = datetime.now(UTC)
        return CauseDetail.model_validate(
            self._ask(
                lambda conn: remedy_reading.cause(conn, cause_id, files={}, hours=hours, now=now)
            )
        )

    def culprits(self, document_id: int) -> Culprits:
        return self._ask(
            lambda conn: Culprits.model_validate(
                {
                    "document_id": document_id,
                    "cause_id": causes.cause_of(conn, document_id),
                    "culprits": cause_reading.culprits_of(conn, document_id),
                }
            )
        )

    def checklists(
        self,
        *,
        phases: Sequence[str] = (),
        owner: str | None = None,
        cause_id: int | None = None,
        document_id: int | None = None,
    ) -> list[ChecklistRow]:
        found = self._ask(
            lambda conn: checklist_reading.checklists(
                conn, phases=phases, owner=owner, cause_id=cause_id, document_id=document_id
            )
        )
        return [ChecklistRow.model_validate(row) for row in found]

    def checklist(self, checklist_id: int) -> ChecklistView:
        found = self._ask(lambda conn: checklist_reading.view(conn, checklist_id))
        return ChecklistView.model_validate(found)

    def follow_ups(self) -> list[FollowUp]:
        now = datetime.now(UTC)
        found = self._ask(lambda conn: checklist_reading.follow_ups(conn, now=now))
        return [FollowUp.model_validate(row) for row in found]

    def release(self, release_id: int, *, rows: int | None = None) -> Release:
        found = self._ask(
            lambda conn: releases.shown(releases.release(conn, release_id), rows=rows)
        )
        return Release.model_validate(found)

    def releases(self, *, cause_id: int | None = None) -> list[Release]:
        found = self._ask(lambda conn: releases.releases(conn, cause_id=cause_id))
        return [Release.model_validate(row) for row in found]

    def setup_gaps(self) -> SetupGaps:
        now = datetime.now(UTC)
        return self._ask(
            lambda conn: SetupGaps.model_validate(
                {"gaps": setups.gaps(conn, now=now), "readings": setups.readings(conn)}
            )
        )

    def parked(self) -> list[Parked]:
        return [Parked.model_validate(row) for row in self._ask(by_hand.parked)]

    def settled(self, *, document_id: int | None = None) -> list[Settlement]:
        found = self._ask(lambda conn: by_hand.settlements(conn, document_id=document_id))
        return [Settlement.model_validate(row) for row in found]

    def rules(self) -> RuleListing:
        """Without those of a folder: only the daemon knows where it is."""

        def work(conn: duckdb.DuckDBPyConnection) -> RuleListing:
            own = rule_shelf.newest(conn).rules
            current = RulesInForce().with_own(own)
            return RuleListing.model_validate(rule_reading.listing(conn, current))

        return self._ask(work)

    def rereading(self) -> Rereading:
        return self.rules().rereading

    def rule_edits(self) -> list[RuleEdit]:
        return [rule_edit(one) for one in self._ask(rule_shelf.edits)]

    def playbooks(self) -> list[PlaybookRow]:
        found = self._ask(lambda conn: playbook_shelf.playbooks(conn, {}))
        return [playbook_row(text) for text in found.values()]

    def playbook(self, error_type: str) -> PlaybookDetail:
        return playbook_detail(
            self._ask(lambda conn: playbook_shelf.playbook_for(conn, {}, error_type))
        )

    def playbook_edits(self, error_type: str) -> list[PlaybookEdit]:
        found = self._ask(lambda conn: playbook_shelf.edits(conn, error_type))
        return [playbook_edit(one) for one in found]

    def _ask(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        try:
            with read_only(self._path, self._reach) as conn:
                return question(conn)
        except LedgerLocked as exc:
            raise DaemonUnavailable("The daemon is there but does not answer.") from exc


class EitherRemedies:
    """Asks the daemon first, every time: it may be back."""

    def __init__(self, api: RemediesClient, ledger: RemediesFromLedger) -> None:
        self._api = api
        self._ledger = ledger

    def causes(self, *, hours: int = 24) -> list[Cause]:
        return self._ask(lambda one: one.causes(hours=hours))

    def cause(self, cause_id: int, *, hours: int = 168) -> CauseDetail:
        return self._ask(lambda one: one.cause(cause_id, hours=hours))

    def culprits(self, document_id: int) -> Culprits:
        return self._ask(lambda one: one.culprits(document_id))

    def checklists(
        self,
        *,
        phases: Sequence[str] = (),
        owner: str | None = None,
        cause_id: int | None = None,
        document_id: int | None = None,
    ) -> list[ChecklistRow]:
        return self._ask(
            lambda one: one.checklists(
                phases=phases, owner=owner, cause_id=cause_id, document_id=document_id
            )
        )

    def checklist(self, checklist_id: int) -> ChecklistView:
        return self._ask(lambda one: one.checklist(checklist_id))

    def follow_ups(self) -> list[FollowUp]:
        return self._ask(lambda one: one.follow_ups())

    def release(self, release_id: int, *, rows: int | None = None) -> Release:
        return self._ask(lambda one: one.release(release_id, rows=rows))

    def releases(self, *, cause_id: int | None = None) -> list[Release]:
        return self._ask(lambda one: one.releases(cause_id=cause_id))

    def setup_gaps(self) -> SetupGaps:
        return self._ask(lambda one: one.setup_gaps())

    def parked(self) -> list[Parked]:
        return self._ask(lambda one: one.parked())

    def settled(self, *, document_id: int | None = None) -> list[Settlement]:
        return self._ask(lambda one: one.settled(document_id=document_id))

    def rules(self) -> RuleListing:
        return self._ask(lambda one: one.rules())

    def rereading(self) -> Rereading:
        return self._ask(lambda one: one.rereading())

    def rule_edits(self) -> list[RuleEdit]:
        return self._ask(lambda one: one.rule_edits())

    def playbooks(self) -> list[PlaybookRow]:
        return self._ask(lambda one: one.playbooks())

    def playbook(self, error_type: str) -> PlaybookDetail:
        return self._ask(lambda one: one.playbook(error_type))

    def playbook_edits(self, error_type: str) -> list[PlaybookEdit]:
        return self._ask(lambda one: one.playbook_edits(error_type))

    def _ask(self, question: Callable[[RemediesReading], T]) -> T:
        try:
            return question(self._api)
        except DaemonUnavailable:
            return question(self._ledger)


def open_remedies(
    client: RemediesClient, ledger: Path | None, reach: Reach = EVERYWHERE
) -> RemediesReading:
    """For one person; *ledger* is read within *reach* while the daemon is away."""
    return client if ledger is None else EitherRemedies(client, RemediesFromLedger(ledger, reach))
