"""What routes depend on: the parts of the app, the person, and the shape of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import duckdb
import pyarrow as pa
from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from iman.api.client import ARROW
from iman.api.door import SIGNED_IN
from iman.api.people import People
from iman.api.wire import Table
from iman.domain.people import Permission, Person
from iman.errors import NotSignedIn
from iman.ledger.duckdb_ledger import DuckDBLedger

_BEARER = HTTPBearer(auto_error=False)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


def people(request: Request) -> People:
    found: People = request.app.state.people
    return found


def ledger(request: Request) -> DuckDBLedger:
    found: DuckDBLedger = request.app.state.ledger
    return found


def reader(request: Request) -> duckdb.DuckDBPyConnection:
    return ledger(request).reader()


def origin(request: Request) -> str:
    """Where a call came from: what the caller calls itself, and its address."""
    address = request.client.host if request.client else "?"
    name = request.headers.get("x-iman-origin", "api")[:20]
    return f"{name} {address}"


def token(credentials: Credentials) -> str:
    """Raises ``NotSignedIn``."""
    if credentials is None or not credentials.credentials:
        raise NotSignedIn("Sign in first: send the session's token as a bearer token.")
    return credentials.credentials


def needs(permission: Permission) -> Callable[..., Person]:
    """The person, who must carry *permission*; a refusal is written to the audit trail."""

    def person(request: Request, credentials: Credentials) -> Person:
        who = people(request).me(token(credentials))
        request.scope["state"][SIGNED_IN] = True  # its calls are counted for it, not its address
        found = Person(name=who.name, role=who.role)
        people(request).require(found, permission, target=request.url.path, origin=origin(request))
        return found

    return person


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
