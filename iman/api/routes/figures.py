"""Counts, trends and what lies underneath."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from iman.api.routes.asking import Viewer, as_asked, needs, reader
from iman.api.wire import Durations, Overview, Table
from iman.domain.document import EntryType
from iman.domain.people import Permission, Person
from iman.ledger import read_model

router = APIRouter(tags=["figures"])
Hours = Annotated[int, Query(ge=1, le=24 * 400, description="The window ends now")]


def scope(
    entry_type: EntryType | None = None,
    site: Annotated[str | None, Query(max_length=200)] = None,
) -> read_model.Scope:
    """Which documents the figures speak of."""
    return read_model.Scope(entry_type=entry_type, site=site or None)


Scope = Annotated[read_model.Scope, Depends(scope)]


@router.get("/overview")
def overview(request: Request, _: Viewer, scope: Scope, hours: Hours = 24) -> Overview:
    now = request.app.state.now()
    found = read_model.overview(reader(request), hours=hours, now=now, scope=scope)
    return Overview.model_validate(found)


@router.get("/durations")
def durations(request: Request, _: Viewer, scope: Scope, hours: Hours = 24) -> Durations:
    """How long syncing and remedies took."""
    now = request.app.state.now()
    found = read_model.durations(reader(request), hours=hours, now=now, scope=scope)
    return Durations.model_validate(found)


@router.get("/counts", response_model=Table)
def counts(request: Request, _: Viewer) -> Response:
    """Level 1: every entry type with its counts by state."""
    return as_asked(request, read_model.counts(reader(request)))


@router.get("/failures", response_model=Table)
def failures(request: Request, _: Viewer, scope: Scope, hours: Hours = 24) -> Response:
    """Refused attempts per bucket and error type: hourly up to 72 hours, daily beyond."""
    now = request.app.state.now()
    found = read_model.failures(reader(request), hours=hours, now=now, scope=scope)
    return as_asked(request, found)


@router.get("/series", response_model=Table)
def series(request: Request, _: Viewer, scope: Scope, hours: Hours = 24) -> Response:
    """First attempts, refusals and what was synced, per bucket."""
    now = request.app.state.now()
    found = read_model.series(reader(request), hours=hours, now=now, scope=scope)
    return as_asked(request, found)


@router.get("/standing", response_model=Table)
def standing(request: Request, _: Viewer, scope: Scope) -> Response:
    """What is not in Sage 300, by entry type, site and age band."""
    now = request.app.state.now()
    return as_asked(request, read_model.standing(reader(request), now=now, scope=scope))


@router.get("/open-errors", response_model=Table)
def open_errors(request: Request, _: Viewer, scope: Scope) -> Response:
    """One row per error type and entity, with the documents and money it holds up."""
    return as_asked(request, read_model.open_errors(reader(request), scope))


@router.get("/sites")
def sites(request: Request, _: Viewer) -> list[str]:
    return read_model.sites(reader(request))


@router.get("/intake-problems", response_model=Table)
def intake_problems(request: Request, _: Viewer) -> Response:
    """Events from byondpro that could not be read, newest first."""
    return as_asked(request, read_model.intake_problems(reader(request)))


@router.get("/audit", response_model=Table)
def audit(
    request: Request,
    _: Annotated[Person, Depends(needs(Permission.VIEW_AUDIT))],
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> Response:
    """Who did what, newest first."""
    return as_asked(request, read_model.audit(reader(request), limit=limit))
