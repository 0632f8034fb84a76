"""The set-up mirror."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from fastapi import APIRouter, Request

from iman.api.routes.asking import Viewer, ledger, reader
from iman.api.routes.causes import start
from iman.api.routes.remedy_asking import Id, Worker, event_of, moment, remedies
from iman.api.wire_checklists import Started
from iman.api.wire_remedies import Refreshed, SetupCode, SetupGap, SetupGaps
from iman.domain.cause import CauseKey
from iman.ledger import cause_reading, setups
from iman.ledger.audit import write_audit
from iman.ledger.checklists import Subject
from iman.ledger.queries import first_row, queries

router = APIRouter(tags=["set-ups"])


@router.get("/setup-gaps")
def gaps(request: Request, _: Viewer) -> SetupGaps:
    """What byondpro uses and Sage 300 lacks, with what it holds up and what it would."""
    conn = reader(request)
    found = setups.gaps(conn, now=moment(request))
    return SetupGaps.model_validate({"gaps": found, "readings": setups.readings(conn)})


@router.post("/setup-gaps/refresh")
def refresh(request: Request, person: Worker) -> Refreshed:
    """Compare both systems now. 409 where one of them cannot be read."""
    before = len(setups.gaps(ledger(request).reader(), now=moment(request)))
    open_gaps, new = remedies(request).compare()
    held, now = ledger(request), moment(request)
    event = event_of(request, person, "compare_setups", "", f"{new} new")
    told = replace(event, before=f"{before} gaps", after=f"{open_gaps} gaps")
    held.write(lambda conn: write_audit(conn, held.ids, told, now=now)).result()
    return Refreshed(gaps=open_gaps, new=new)


@router.get("/setup-gaps/{gap_id}")
def gap(request: Request, _: Viewer, gap_id: Id) -> SetupGap:
    return SetupGap.model_validate(setups.gap(reader(request), gap_id, now=moment(request)))


@router.post("/setup-gaps/{gap_id}/checklist", status_code=201)
def start_on_gap(request: Request, person: Worker, gap_id: Id) -> Started:
    """Start the right checklist before anything fails; where something has, on its cause."""
    conn = reader(request)
    row = setups.gap(conn, gap_id, now=moment(request))
    key = _key_of(conn, row)
    subject = Subject(
        company=key.company, error_type=key.error_type, entity_kind=key.entity_kind,
        entity=key.entity, cause_id=row["cause_id"],
    )  # fmt: skip
    return start(request, person, subject)


@router.get("/setups/{side}")
def codes(request: Request, _: Viewer, side: Literal["byondpro", "sage"]) -> list[SetupCode]:
    """One side's set-ups as they were last read."""
    return [SetupCode.model_validate(row) for row in setups.codes(reader(request), side)]


def _key_of(conn: Any, row: dict[str, Any]) -> CauseKey:
    """As the cause has it, where there is one: its company and kind are those of the documents."""
    if row["cause_id"] is not None:
        cause = cause_reading.cause(conn, row["cause_id"])
        return CauseKey(
            company=cause["company"], error_type=cause["error_type"],
            entity_kind=cause["entity_kind"] or "", entity=cause["entity"] or "",
        )  # fmt: skip
    company = first_row(conn, queries("setups")["a_company"])
    return CauseKey(
        company=str(company[0]) if company else "", error_type=row["error_type"],
        entity_kind=row["entity_kind"], entity=row["code"],
    )  # fmt: skip
