"""Signing in and out, who I am, and whether the daemon is well."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from iman.api.routes.asking import Viewer, people, token
from iman.api.wire import Health, Me, Session, SignIn

router = APIRouter(tags=["sessions"])


@router.get("/health")
def health(request: Request) -> Health:
    """Open to everybody: is the daemon alive and are its loops coming round."""
    found: Health = request.app.state.daemon.health()
    return found


@router.post("/sessions", status_code=201)
def sign_in(request: Request, body: SignIn) -> Session:
    """Open to everybody; slowed down after five wrong passwords in a minute."""
    address = request.client.host if request.client else "?"
    return people(request).sign_in(body.name, body.password, address=address)


@router.delete("/sessions/current", status_code=204)
def sign_out(request: Request, session: Annotated[str, Depends(token)]) -> Response:
    """Ends the session of the token sent. The token is worth nothing afterwards."""
    people(request).me(session)
    people(request).sign_out(session)
    return Response(status_code=204)


@router.get("/me")
def me(request: Request, session: Annotated[str, Depends(token)]) -> Me:
    return people(request).me(session)


@router.get("/openapi.json")
def openapi(request: Request, _: Viewer) -> dict[str, Any]:
    """This interface's own description."""
    described: dict[str, Any] = request.app.openapi()
    return described
