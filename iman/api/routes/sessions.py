"""Signing in and out, who I am, and whether the daemon is well."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from iman.api.routes.asking import Viewer, ledger, people, reader, token
from iman.api.wire import Health, Me, Preference, Session, SignIn
from iman.ledger import figures

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


@router.get("/me/preferences")
def preferences(request: Request, person: Viewer) -> dict[str, str]:
    """What this person chose for themselves."""
    return figures.preferences(reader(request), person.name)


@router.put("/me/preferences/{name}", status_code=204)
def prefer(
    request: Request,
    person: Viewer,
    name: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
    body: Preference,
) -> Response:
    """Remember it for this person."""
    ledger(request).write(
        lambda conn: figures.save_preference(conn, person.name, name, body.value)
    ).result()
    return Response(status_code=204)


@router.get("/openapi.json")
def openapi(request: Request, _: Viewer) -> dict[str, Any]:
    """This interface's own description."""
    described: dict[str, Any] = request.app.openapi()
    return described
