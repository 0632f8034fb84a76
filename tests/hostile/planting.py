"""Hostile strings in a ledger's file, by the code that writes there in earnest."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iman.domain.checklist import EventKind
from iman.domain.feed import FeedEvent
from iman.domain.retry import GiveUp
from iman.gateways.answers import storable
from iman.gateways.byondpro_feed import read_page
from iman.ledger import checklists
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.builders import make_event, make_finished, make_payload, refused
from tests.hostile.strings import CARRIED

SITE = "HOSTILE"
EACH = 3  # strings in one document: its customer's name, its term, what Sage 300 said


@dataclass(frozen=True)
class Planted:
    """What a page must show, as a browser has it."""

    customers: list[str]
    terms: list[str]
    errors: list[str]
    document: int  # one of them
    checklist: int | None


def plant(path: Path) -> Planted:
    """The daemon must be away. A checklist that is there gets all of them as notes."""
    now = datetime.now(UTC)
    ledger = DuckDBLedger(path, now=now, inline=True)
    try:
        thirds = [CARRIED[place : place + EACH] for place in range(0, len(CARRIED), EACH)]
        asyncio.run(_documents(ledger, thirds, now))
        for who, target, reason in (one for one in thirds if len(one) == EACH):
            event = AuditEvent(
                who=who, role="admin", action="note", target=target, allowed=True, reason=reason,
                origin=reason, before=target, after=who,
            )  # fmt: skip
            ledger.write(lambda conn, e=event: write_audit(conn, ledger.ids, e, now=now)).result()
        rows = _rows(
            ledger,
            "SELECT d.document_id, d.customer_name, d.terms_description, o.error_text "
            "FROM documents d JOIN open_documents o ON o.document_id = d.document_id "
            "WHERE d.site = 'HOSTILE'",
        )
        found = _rows(ledger, "SELECT max(checklist_id) FROM checklists")[0][0]
        if found is not None:
            _notes(ledger, found, now)
        return Planted(
            customers=[as_drawn(row[1]) for row in rows],
            terms=[as_drawn(row[2]) for row in rows],
            errors=[as_drawn(row[3]) for row in rows if row[3]],
            document=rows[0][0],
            checklist=found,
        )
    finally:
        ledger.close()


def as_drawn(words: str) -> str:
    """HTML knows one kind of line's end."""
    return words.replace("\r\n", "\n").replace("\r", "\n")


async def _documents(ledger: DuckDBLedger, thirds: list[list[str]], now: datetime) -> None:
    said: dict[str, str] = {}
    events: list[FeedEvent] = []
    for place, three in enumerate(thirds):
        name, term, error = (*three, "x", "x")[:EACH]
        number = f"HOS-{place:04}"
        said[number] = storable(error)  # as Sage 300's answers are read
        payload = make_payload(
            number, company="SERDAT", site={"code": SITE, "name": term, "gl_segment": "30"},
            booking=name[:60] or "x", description=error,
            customer={"number": "C", "name": name or "x", "kind": "person", "group": "FAMILY"},
        )  # fmt: skip
        payload["terms"] = {"code": "F48", "description": term}
        page = read_page({"events": [make_event(payload, cursor=str(place + 1))]})
        events += page.events
    await ledger.receive(events, source="hostile", cursor="1", now=now)
    claims = [one for unit in await ledger.claim(limit=2000, now=now) for one in unit]
    await ledger.finish(
        [
            make_finished(
                claim, refused(text=said[claim.key.number]), GiveUp(), ended_at=now,
                sent=said[claim.key.number], answered=said[claim.key.number],
            )
            for claim in claims
            if claim.key.number in said
        ],
        now=now,
    )  # fmt: skip


def _notes(ledger: DuckDBLedger, checklist_id: int, now: datetime) -> None:
    for place in range(0, len(CARRIED), 40):
        words = "\n\n".join(CARRIED[place : place + 40])[:4000]

        def work(conn: Any, words: str = words) -> None:
            checklists.add(
                conn, checklist_id, EventKind.NOTED, who="eve", now=now, body={"text": words}
            )

        ledger.write(work).result()


def _rows(ledger: DuckDBLedger, sql: str) -> list[Any]:
    return ledger.reader().execute(sql).fetchall()
