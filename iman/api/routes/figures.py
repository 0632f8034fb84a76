"""Counts, trends and what lies underneath."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from iman.api.routes.asking import Viewer, as_asked, reader
from iman.api.wire import AwareMoment, Durations, Overview, Queue, Table
from iman.domain.document import EntryType
from iman.ledger import figures, read_model
from iman.ledger import queue as queues

router = APIRouter(tags=["figures"])
Hours = Annotated[int, Query(ge=1, le=24 * 400, description="How long the window is")]
Zone = Annotated[str, Query(max_length=64, description="IANA zone whose days are counted")]


@cache
def _zones() -> frozenset[str]:
    """``localtime`` is the server's own, and DuckDB does not know it."""
    return frozenset(available_timezones() - {"localtime"})


def known_zone(zone: Zone = "UTC") -> str:
    """Raises what the API answers as not valid."""
    if zone not in _zones():
        wrong = {"type": "value_error", "loc": ("query", "zone"), "msg": "No such time zone"}
        raise RequestValidationError([wrong])
    return zone


def scope(
    entry_type: EntryType | None = None,
    site: Annotated[str | None, Query(max_length=200)] = None,
    company: Annotated[str | None, Query(max_length=60)] = None,
) -> read_model.Scope:
    """Which documents the figures speak of."""
    return read_model.Scope(entry_type=entry_type, site=site or None, company=company or None)


def window(
    request: Request,
    zone: Annotated[str, Depends(known_zone)],
    hours: Hours = 24,
    until: Annotated[
        AwareMoment | None, Query(description="Its end, a moment with an offset; absent: now")
    ] = None,
) -> read_model.Window:
    return read_model.Window(hours, request.app.state.now(), until, zone)


Scope = Annotated[read_model.Scope, Depends(scope)]
Window = Annotated[read_model.Window, Depends(window)]


@router.get("/overview")
def overview(request: Request, _: Viewer, window: Window, scope: Scope) -> Overview:
    return Overview.model_validate(read_model.overview(reader(request), window, scope))


@router.get("/durations")
def durations(request: Request, _: Viewer, window: Window, scope: Scope) -> Durations:
    """How long syncing and remedies took."""
    return Durations.model_validate(figures.durations(reader(request), window, scope))


@router.get("/counts", response_model=Table)
def counts(request: Request, _: Viewer) -> Response:
    """Level 1: every entry type with its counts by state."""
    return as_asked(request, read_model.counts(reader(request)))


@router.get("/queue")
def queue(request: Request, _: Viewer) -> Queue:
    """How many documents are on their way, and when none is left at the present rate."""
    return Queue.model_validate(queues.queue(reader(request), now=request.app.state.now()))


@router.get("/failures", response_model=Table)
def failures(request: Request, _: Viewer, window: Window, scope: Scope) -> Response:
    """Refused attempts per bucket and error type: hourly up to 72 hours, daily beyond."""
    return as_asked(request, read_model.failures(reader(request), window, scope))


@router.get("/series", response_model=Table)
def series(request: Request, _: Viewer, window: Window, scope: Scope) -> Response:
    """First attempts, refusals, what was synced and how long it took, per bucket."""
    return as_asked(request, read_model.series(reader(request), window, scope))


@router.get("/history", response_model=Table)
def history(request: Request, _: Viewer, window: Window, scope: Scope) -> Response:
    """What stood open at the beginning of each bucket."""
    return as_asked(request, figures.history(reader(request), window, scope))


@router.get("/busy-hours", response_model=Table)
def busy_hours(request: Request, _: Viewer, window: Window, scope: Scope) -> Response:
    """Refused attempts by weekday and hour of the zone."""
    return as_asked(request, figures.busy_hours(reader(request), window, scope))


@router.get("/retries", response_model=Table)
def retries(request: Request, _: Viewer, window: Window, scope: Scope) -> Response:
    """Attempts refused after an earlier one of their round, by error type."""
    return as_asked(request, figures.retries(reader(request), window, scope))


@router.get("/met-causes", response_model=Table)
def met_causes(request: Request, _: Viewer, window: Window, scope: Scope) -> Response:
    """What documents were refused for in the window, the commonest first."""
    return as_asked(request, figures.met_causes(reader(request), window, scope))


@router.get("/period-end", response_model=Table)
def period_end(request: Request, _: Viewer, scope: Scope, due: date) -> Response:
    """What is dated on or before a day and is not in Sage 300, by state and cause."""
    return as_asked(request, figures.period_end(reader(request), due=due, scope=scope))


@router.get("/marks", response_model=Table)
def marks(request: Request, _: Viewer, window: Window) -> Response:
    """Outages, releases, causes resolved and set-ups mirrored, newest first."""
    return as_asked(request, figures.marks(reader(request), window))


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


@router.get("/companies")
def companies(request: Request, _: Viewer) -> list[str]:
    return figures.companies(reader(request))


@router.get("/intake-problems", response_model=Table)
def intake_problems(request: Request, _: Viewer) -> Response:
    """Events from byondpro that could not be read, newest first."""
    return as_asked(request, read_model.intake_problems(reader(request)))
