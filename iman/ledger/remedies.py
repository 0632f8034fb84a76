"""The ledger as probing, the mirror and releasing see it: awaited reads and writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import duckdb

from iman.domain.checklist import Checklist, Evidence
from iman.domain.remedy import InUse, Related, SubjectDocument
from iman.domain.setup import ByondproSetups, Gap, SageCode, SetupKind
from iman.ledger import by_hand, causes, checklists, releases, remedy_facts, setups
from iman.ledger.duckdb_ledger import DuckDBLedger

T = TypeVar("T")
Reading = Callable[[duckdb.DuckDBPyConnection], T]


class RemedyLedger:
    """Reads on a thread's own cursor, so they hold up no push; writes through the one writer."""

    def __init__(self, ledger: DuckDBLedger, template_of: causes.TemplateOf) -> None:
        self._ledger = ledger
        self._template_of = template_of

    # -- checklists

    async def open_checklists(self) -> list[Checklist]:
        return await self._read(
            lambda conn: [checklists.load(conn, one) for one in checklists.open_ids(conn)]
        )

    async def checklist(self, checklist_id: int) -> Checklist:
        return await self._read(lambda conn: checklists.load(conn, checklist_id))

    async def subject(self, checklist: Checklist) -> list[SubjectDocument]:
        return await self._read(
            lambda conn: remedy_facts.subject_documents(
                conn, remedy_facts.subject_ids(conn, checklist)
            )
        )

    async def credit_notes(self, documents: Sequence[SubjectDocument]) -> list[Related]:
        return await self._read(lambda conn: remedy_facts.credit_notes(conn, documents))

    async def re_invoices(
        self, documents: Sequence[SubjectDocument], *, entity_kind: str, entity: str
    ) -> list[Related]:
        return await self._read(
            lambda conn: remedy_facts.re_invoices(
                conn, documents, entity_kind=entity_kind, entity=entity
            )
        )

    async def in_use(self, *, entity_kind: str, entity: str) -> list[InUse]:
        return await self._read(
            lambda conn: remedy_facts.in_use(conn, entity_kind=entity_kind, entity=entity)
        )

    async def saw(
        self, seen: Sequence[tuple[int, str, Evidence, bool]], *, now: datetime, asked: bool
    ) -> bool:
        def work(conn: duckdb.DuckDBPyConnection) -> bool:
            changed = False
            for checklist_id, step, evidence, locked in seen:
                before = checklists.load(conn, checklist_id).standing.version
                after = checklists.saw(
                    conn, checklist_id, step, evidence, locked=locked, who="iman", now=now,
                    asked=asked,
                )  # fmt: skip
                changed = changed or after.standing.version != before
            return changed

        return await self._write(work)

    # -- set-ups

    async def tax_groups_used(self, *, since: datetime) -> list[str]:
        return await self._read(lambda conn: setups.tax_groups_used(conn, since=since))

    async def save_setups(
        self,
        byondpro: ByondproSetups,
        sage: Mapping[SetupKind, Mapping[str, SageCode]],
        gaps: Sequence[Gap],
        trouble: Mapping[SetupKind, str],
        *,
        now: datetime,
    ) -> tuple[int, int]:
        carried = await self._read(lambda conn: setups.carried_by(conn, gaps, now=now))
        return await self._write(
            lambda conn: setups.save(
                conn, self._ledger.ids, byondpro, sage, gaps, trouble, carried=carried, now=now
            )
        )

    # -- causes and releases

    async def causes_out_of_step(self) -> bool:
        return await self._read(causes.out_of_step)

    async def reconcile_causes(self, *, now: datetime) -> causes.Reconciled:
        return await self._write(
            lambda conn: causes.reconcile(
                conn, self._ledger.ids, template_of=self._template_of, now=now
            )
        )

    async def releases_to_move(self, *, now: datetime) -> list[int]:
        return await self._read(lambda conn: releases.to_move(conn, now=now))

    async def move_release(self, release_id: int, *, now: datetime) -> int:
        return await self._write(
            lambda conn: releases.move(conn, self._ledger.ids, release_id, now=now)
        )

    async def end_parkings(self, *, now: datetime) -> int:
        due = await self._read(lambda conn: by_hand.any_due(conn, now=now))
        if not due:
            return 0
        return await self._write(lambda conn: by_hand.end_parkings(conn, self._ledger.ids, now=now))

    async def _read(self, reading: Reading[T]) -> T:
        return await asyncio.to_thread(lambda: reading(self._ledger.reader()))

    async def _write(self, work: Reading[T]) -> T:
        return await asyncio.wrap_future(self._ledger.write(work))
