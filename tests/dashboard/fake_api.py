"""A control API that behaves, over ``SeededReading``: real HTTP, on a thread or as a process.

``python -m tests.dashboard.fake_api PORT`` serves it for looking at the pages by hand.
"""

from __future__ import annotations

import io
import secrets
import sys
import threading
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from iman.api.wire import Me
from iman.domain.document import DocumentState, EntryType
from iman.domain.people import Permission, Role
from iman.errors import NotFound
from iman.reading.reading import DocumentFilter, Window
from tests.dashboard.fake_people import make_user
from tests.dashboard.fakes import SeededReading, make_health, make_me

PASSWORD = "correct horse"
PEOPLE = {"ada": Role.ADMIN, "sam": Role.SUPPORT, "mia": Role.MANAGER}


class FakeApi:
    """Sessions and documents in memory; ``revoke`` ends every session at once."""

    def __init__(self) -> None:
        self.reading = SeededReading()
        self.sessions: dict[str, Me] = {}
        self.tries = 0
        self.asked: list[str] = []

    def revoke(self) -> None:
        self.sessions.clear()

    def app(self) -> Starlette:
        base = "/api/v1"
        routes = [
            ("/sessions", self._sign_in, "POST"),
            ("/sessions/current", self._sign_out, "DELETE"),
            ("/me", self._me, "GET"),
            ("/health", self._health, "GET"),
            ("/overview", self._overview, "GET"),
            ("/documents/{id:int}", self._document, "GET"),
            ("/documents/{id:int}/neighbours", self._neighbours, "GET"),
            ("/documents/{id:int}/resync", self._resync, "POST"),
            ("/users", self._users, "GET"),
            ("/users", self._add_user, "POST"),
            ("/tokens", self._tokens, "GET"),
            ("/sites", self._sites, "GET"),
            ("/documents", self._documents, "GET"),
            ("/exports/documents", self._export, "GET"),
            ("/counts", self._table, "GET"),
            ("/failures", self._table, "GET"),
            ("/series", self._table, "GET"),
            ("/history", self._table, "GET"),
            ("/busy-hours", self._table, "GET"),
            ("/retries", self._table, "GET"),
            ("/met-causes", self._table, "GET"),
            ("/marks", self._table, "GET"),
            ("/standing", self._table, "GET"),
            ("/companies", self._companies, "GET"),
            ("/me/preferences", self._preferences, "GET"),
            ("/views", self._views, "GET"),
            ("/open-errors", self._table, "GET"),
            ("/intake-problems", self._table, "GET"),
        ]
        return Starlette(
            routes=[Route(base + path, at, methods=[method]) for path, at, method in routes]
        )

    async def _sign_in(self, request: Request) -> Response:
        body = await request.json()
        if self.tries >= 50:
            return _problem(429, "too_many", "Too many wrong passwords; wait 60 seconds.")
        if body["name"] not in PEOPLE or body["password"] != PASSWORD:
            self.tries += 1
            return _problem(401, "not_signed_in", "Wrong name or password.")
        me = make_me(PEOPLE[body["name"]], body["name"])
        token = secrets.token_urlsafe(32)
        self.sessions[token] = me
        return JSONResponse(
            {
                "token": token,
                "name": me.name,
                "role": me.role,
                "expires_at": me.expires_at.isoformat(),
            }
        )

    async def _sign_out(self, request: Request) -> Response:
        self.sessions.pop(_token(request), None)
        return Response(status_code=204)

    async def _me(self, request: Request) -> Response:
        person = self._person(request)
        return _json(person) if person else _stranger()

    async def _health(self, request: Request) -> Response:
        return _json(make_health())

    async def _overview(self, request: Request) -> Response:
        if not self._person(request):
            return _stranger()
        return _json(self.reading.overview(_window(request)))

    async def _document(self, request: Request) -> Response:
        if not self._person(request):
            return _stranger()
        try:
            return _json(self.reading.document(request.path_params["id"]))
        except NotFound as exc:
            return _problem(404, "not_found", str(exc))

    async def _neighbours(self, request: Request) -> Response:
        if not self._person(request):
            return _stranger()
        before, after = self.reading.document_neighbours(
            wanted_of(request.query_params), request.path_params["id"]
        )
        return JSONResponse({"before": before, "after": after})

    async def _resync(self, request: Request) -> Response:
        person = self._person(request)
        if not person:
            return _stranger()
        if Permission.RESYNC not in person.permissions:
            return _problem(403, "not_allowed", "Only an administrator may press Resync.")
        body, number = await request.json(), request.path_params["id"]
        started = self.reading.resync(number, reason=body["reason"], request_id=body["request_id"])
        threading.Timer(3, self.reading.finish, [number]).start()
        return _json(started)

    async def _users(self, request: Request) -> Response:
        users = [make_user(name, role) for name, role in PEOPLE.items()]
        return JSONResponse([u.model_dump(mode="json") for u in users])

    async def _add_user(self, request: Request) -> Response:
        body = await request.json()
        PEOPLE[body["name"]] = Role(body["role"])
        return _json(make_user(body["name"], Role(body["role"])))

    async def _tokens(self, request: Request) -> Response:
        return JSONResponse([]) if self._person(request) else _stranger()

    async def _sites(self, request: Request) -> Response:
        return JSONResponse(self.reading.sites()) if self._person(request) else _stranger()

    async def _export(self, request: Request) -> Response:
        person = self._person(request)
        if not person:
            return _stranger()
        if person.name == "mia":  # as if her role could not
            return _problem(403, "not_allowed", "Your role may not export.")
        return Response(f"{request.url.query}\n" * 1000, media_type="text/csv")

    async def _companies(self, request: Request) -> Response:
        return JSONResponse(self.reading.companies()) if self._person(request) else _stranger()

    async def _preferences(self, request: Request) -> Response:
        return JSONResponse({}) if self._person(request) else _stranger()

    async def _views(self, request: Request) -> Response:
        return JSONResponse([]) if self._person(request) else _stranger()

    async def _documents(self, request: Request) -> Response:
        if not self._person(request):
            return _stranger()
        asked = request.query_params
        page = self.reading.documents(
            wanted_of(asked), limit=int(asked["limit"]), offset=int(asked["offset"])
        )
        return _arrow(page.frame, {"x-iman-total": str(page.total)})

    async def _table(self, request: Request) -> Response:
        if not self._person(request):
            return _stranger()
        name = request.url.path.rsplit("/", 1)[1].replace("-", "_")
        given = (_window(request),) if "hours" in request.query_params else ()
        return _arrow(getattr(self.reading, name)(*given))

    def _person(self, request: Request) -> Me | None:
        self.asked.append(request.url.path)
        return self.sessions.get(_token(request))


class Served:
    """*api* on a free loopback port, as a context manager; ``stop`` takes the daemon away."""

    def __init__(self, api: FakeApi, port: int = 0) -> None:
        config = uvicorn.Config(
            api.app(), host="127.0.0.1", port=port, log_level="error", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Served:
        self._thread.start()
        end = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < end
            time.sleep(0.01)
        return self

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def __exit__(self, *_: object) -> None:
        self.stop()


def wanted_of(asked: Any) -> DocumentFilter:
    return DocumentFilter(
        entry_type=EntryType(asked["entry_type"]) if asked.get("entry_type") else None,
        states=tuple(DocumentState(s) for s in asked.getlist("state")),
        error_type=asked.get("error_type") or None,
        entity=asked.get("entity") or None,
        site=asked.get("site") or None,
        search=asked.get("search", ""),
    )


def _window(request: Request) -> Window:
    return Window(hours=int(request.query_params["hours"]))


def _token(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _json(model: Any) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")


def _problem(status: int, error: str, message: str) -> Response:
    return JSONResponse({"error": error, "message": message}, status)


def _stranger() -> Response:
    return _problem(401, "not_signed_in", "Sign in first.")


def _arrow(frame: pd.DataFrame, headers: dict[str, str] | None = None) -> Response:
    money = {"amount", "open_amount", "failed_amount", "synced_amount"} & set(frame.columns)
    table = pa.Table.from_pandas(frame.astype(dict.fromkeys(money, object)), preserve_index=False)
    for name in money:
        column = pa.array([Decimal(x) for x in frame[name]], pa.decimal128(19, 3))
        table = table.set_column(table.schema.get_field_index(name), name, column)
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return Response(out.getvalue(), headers=headers)


if __name__ == "__main__":
    with Served(FakeApi(), int(sys.argv[1])) as served, suppress(KeyboardInterrupt):
        print(served.url, flush=True)  # noqa: T201 -- an entry point
        while True:
            time.sleep(3600)
