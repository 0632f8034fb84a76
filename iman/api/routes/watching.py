"""For supervisors and monitoring systems: alive, ready, and figures for Prometheus."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from iman.api.routes.asking import needs
from iman.api.watching import CONTENT_TYPE, Answer, MetricsView, reason
from iman.domain.people import Permission, Person

router = APIRouter(tags=["watching"])


@router.get("/health/alive", responses={503: {"model": Answer}})
def alive(request: Request, response: Response) -> Answer:
    """Open to everybody: 503 where the daemon's loop has stood still for half a minute.

    Only a new start helps then. A sick Sage 300, a full disk or a pause leave it alive.
    """
    if request.app.state.daemon.stuck():
        response.status_code = 503
        return Answer(status="stuck", reason="Its loop stands still; start it again.")
    return Answer(status="alive", reason="")


@router.get("/health/ready", responses={503: {"model": Answer}})
def ready(request: Request, response: Response) -> Answer:
    """Open to everybody: 503 while it starts or stops; degraded is ready, and says why."""
    health = request.app.state.daemon.health()
    if health.status in ("starting", "stopping"):
        response.status_code = 503
    return Answer(status=health.status, reason=reason(health))


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, _: Annotated[Person, Depends(needs(Permission.WATCH))]) -> Response:
    """Prometheus' text exposition: counters in memory, and what is open; history is not read."""
    view: MetricsView = request.app.state.metrics
    text = view.text(request.app.state.daemon.health())
    return Response(text, media_type=CONTENT_TYPE)
