"""Signing in and out, who I am, and whether the daemon is well."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from iman.api.routes.asking import (
    Viewer,
    address,
    ledger,
    origin,
    people,
    reader,
    signed_in,
    single_sign_on,
)
from iman.api.wire import Health, Me, Preference, ProviderSignIn, Session, SignIn
from iman.api.wire_people import PasswordChange
from iman.domain.people import SERVICE, Person
from iman.errors import DaemonRefused
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
    return people(request).sign_in(body.name, body.password, address=address(request))


@router.post("/sessions/oidc", status_code=201)
def sign_in_through_provider(request: Request, body: ProviderSignIn) -> Session:
    """Open to everybody: the identity provider's signed ID token, fresh and used once. 403 where
    none of the person's groups has a role, 409 where no provider is set up or it is away."""
    return single_sign_on(request).sign_in(body.id_token, address=address(request))


@router.delete("/sessions/current", status_code=204)
def sign_out(request: Request, session: Annotated[str, Depends(signed_in)]) -> Response:
    """Ends the session of the token sent. The token is worth nothing afterwards."""
    if people(request).me(session).role == SERVICE:
        raise DaemonRefused("A service token does not sign out; it is revoked.")
    people(request).sign_out(session)
    return Response(status_code=204)


@router.put("/me/password", status_code=204)
def change_password(
    request: Request, session: Annotated[str, Depends(signed_in)], body: PasswordChange
) -> Response:
    """One's own password; every other session of that person ends. 401 where the old is wrong."""
    if people(request).me(session).single_sign_on:
        raise DaemonRefused("You sign in through single sign-on: your password is the provider's.")
    people(request).change_password(
        _account(request, session), session, body.password, body.new_password,
        address=address(request), origin=origin(request),
    )  # fmt: skip
    return Response(status_code=204)


@router.delete("/me/sessions", status_code=204)
def sign_out_everywhere(request: Request, session: Annotated[str, Depends(signed_in)]) -> Response:
    """Ends all of one's sessions, this one too."""
    people(request).sign_out_everywhere(_account(request, session), origin=origin(request))
    return Response(status_code=204)


def _account(request: Request, session: str) -> Person:
    me = people(request).me(session)
    if me.role == SERVICE:
        raise DaemonRefused("A service token has no account.")
    return Person(name=me.name, role=me.role, reach=me.reach)


@router.get("/me")
def me(request: Request, session: Annotated[str, Depends(signed_in)]) -> Me:
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
