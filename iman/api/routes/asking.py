"""What routes depend on: the parts of the app, the person, and the shape of a table."""

from __future__ import annotations

import contextlib
import re
from ipaddress import ip_address
from typing import Annotated, Any

import duckdb
import pyarrow as pa
from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from iman.api.client import ARROW
from iman.api.door import SIGNED_IN
from iman.api.people import People
from iman.api.single_sign_on import SingleSignOn
from iman.api.wire import Table
from iman.domain.people import Permission, Person
from iman.errors import NotSignedIn
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.proxies import Proxies

_BEARER = HTTPBearer(auto_error=False)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


#: What a route's address may name that lies in some people's reach and not in others'.
NAMED = {
    "document_id": "document",
    "cause_id": "cause",
    "checklist_id": "checklist",
    "release_id": "release",
}
_LARGEST_ID = 2**63 - 1


def people(request: Request) -> People:
    found: People = request.app.state.people
    return found


def single_sign_on(request: Request) -> SingleSignOn:
    found: SingleSignOn = request.app.state.single_sign_on
    return found


def ledger(request: Request) -> DuckDBLedger:
    found: DuckDBLedger = request.app.state.ledger
    return found


def reader(request: Request) -> duckdb.DuckDBPyConnection:
    """The ledger as far as the person who asks may see it; for routes that know who that is."""
    asking: Person = request.state.person
    return ledger(request).reader(asking.reach)


def origin(request: Request) -> str:
    """Where a call came from: what the caller calls itself, and its address."""
    address = request.client.host if request.client else "?"
    name = request.headers.get("x-iman-origin", "api")[:20]
    return f"{name} {address}"


def address(request: Request) -> str:
    """Where a person sits. A dashboard on this machine, or on one that is trusted, says it of its
    browser."""
    here = request.client.host if request.client else "?"
    proxies: Proxies = request.app.state.proxies
    with contextlib.suppress(ValueError):
        if ip_address(here).is_loopback or proxies.trusts(here):
            return str(ip_address(request.headers.get("x-iman-address", here)))
    return here


def token(credentials: Credentials) -> str:
    """Raises ``NotSignedIn``."""
    if credentials is None or not credentials.credentials:
        raise NotSignedIn("Sign in first: send the session's token as a bearer token.")
    return credentials.credentials


def signed_in(request: Request, credentials: Credentials) -> str:
    """The token of somebody known, whatever they may. Raises ``NotSignedIn``."""
    found = token(credentials)
    people(request).me(found)
    request.scope["state"][SIGNED_IN] = True
    return found


class Needs:
    """The person, who must carry *permission* and reach what the address names.

    A refusal is written to the audit trail.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request, credentials: Credentials) -> Person:
        found, asked = people(request).person(token(credentials)), people(request)
        target, came_from = request.url.path, origin(request)
        asked.require(found, self.permission, target=target, origin=came_from)
        for name, what in NAMED.items():
            given = str(request.path_params.get(name, ""))
            if re.fullmatch(r"-?[0-9]+", given):  # what is no number the route refuses itself
                number = max(-_LARGEST_ID, min(int(given), _LARGEST_ID))
                asked.reach_check(found, what, number, target=target, origin=came_from)
        request.state.person = found
        request.scope["state"][SIGNED_IN] = True  # its calls are counted for it, not its address
        return found


def needs(permission: Permission) -> Needs:
    """What a route depends on for its person; it is that route's rule."""
    return Needs(permission)


Viewer = Annotated[Person, Depends(needs(Permission.VIEW))]


def as_asked(request: Request, table: pa.Table, total: int | None = None) -> Response:
    """Arrow IPC where the caller takes it, else JSON."""
    total = table.num_rows if total is None else total
    if ARROW in request.headers.get("accept", ""):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return Response(
            sink.getvalue().to_pybytes(), media_type=ARROW, headers={"x-iman-total": str(total)}
        )
    rows: list[dict[str, Any]] = table.to_pylist()
    return JSONResponse(Table(rows=rows, total=total).model_dump(mode="json"))
