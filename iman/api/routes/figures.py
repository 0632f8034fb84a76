"""Counts, trends and what lies underneath."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from iman.api.routes.asking import Viewer, as_asked, needs, reader
from iman.api.wire import Overview, Table
from iman.domain.people import Permission, Person
from iman.ledger import read_model

router = APIRouter(tags=["figures"])
Hours = Annotated[int, Query(ge=1, le=24 * 400, description="The window ends now")]


@router.get("/overview")
def overview(request: Request, _: Viewer, hours: Hours = 24) -> Overview:
    now = request.app.state.now()
    found = read_model.overview(reader(request), hours=hours, now=now)
    return Overview.model_validate(found)


@router.get("/counts", response_model=Table)
def counts(request: Request, _: Viewer) -> Response:
    """Level 1: every entry type with its counts by state."""
    return as_asked(request, read_model.counts(reader(request)))


@router.get("/failures", response_model=Table)
def failures(request: Request, _: Viewer, hours: Hours = 24) -> Response:
    """Refused attempts per bucket and error type: hourly up to 72 hours, daily beyond."""
    now = request.app.state.now()
    return as_asked(request, read_model.failures(reader(request), hours=hours, now=now))


@router.get("/open-errors", response_model=Table)
def open_errors(request: Request, _: Viewer) -> Response:
    """One row per error type and entity, with the documents and money it holds up."""
    return as_asked(request, read_model.open_errors(reader(request)))


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
