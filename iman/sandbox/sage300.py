"""The Sage 300 sandbox: its Web API over a company of its own, switches, and pages for people."""

import base64
import binascii
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request, Response, params
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from iman.sandbox import presets, sage_company, sage_documents, sage_pages, sage_scenarios
from iman.sandbox.faults import WEB_API, Faults, Switchboard
from iman.sandbox.faulty_app import FaultyApp, Sessions
from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import dumps
from iman.sandbox.sage_store import SageStore
from iman.sandbox.sage_web import Call, WebApi

_JSON = "application/json; charset=utf-8"
_log = logging.getLogger(__name__)


def create_app(
    store_path: Path,
    *,
    company: str = "SERDAT",
    user: str = "WEBAPI",
    password: str,
    seed: int = 1,  # noqa: ARG001 -- both sandboxes are started alike; nothing here is random
    scenario: str = "reference",
) -> FaultyApp:
    """The Sage 300 sandbox on the file *store_path*, with the demo company's set-up when new.

    *user* has the Web API right; `ADMIN` and `CLERK`, with the same password, do not. *scenario*
    is what the new company lacks or suffers from. Raises `ValueError` for an unknown one.
    """
    state = sage_scenarios.state_of(scenario)
    store = SageStore(store_path)
    today = datetime.now(UTC).date()
    if sage_company.fill(store, company=company.upper(), today=today):
        sage_scenarios.apply(store, state, today=today)
    switchboard = Switchboard(store)

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        yield
        store.db.close()

    app = FaultyApp(
        title="Sage 300 sandbox", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.switchboard = switchboard
    app.sessions = Sessions()
    app.state.store = store
    users = Users(user=user.upper(), password=password)
    _add_web_api(app, WebApi(store=store, switchboard=switchboard, company=company.upper()), users)
    _add_switches(app, store, switchboard, users)
    sage_pages.add_pages(app, store, switchboard)
    return app


@dataclass(frozen=True, kw_only=True, slots=True)
class Users:
    user: str
    password: str
    without_right: frozenset[str] = frozenset({"ADMIN", "CLERK"})

    def check(self, authorization: str) -> None:
        """Raises `SageError` Unauthorized or Forbidden. User ids know no case; passwords do."""
        name, password = _credentials(authorization)
        name = name.upper()
        known = name == self.user or name in self.without_right
        right = hmac.compare_digest(password.encode(), self.password.encode())
        if not (known and right):
            raise SageError("Unauthorized", "The user name or password is not correct.")
        if name != self.user:
            raise SageError("Forbidden", f"User {name} is not authorized to use the Web API.")


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _, coded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _add_web_api(app: FaultyApp, api: WebApi, users: Users) -> None:
    async def web_api(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, api, users, request, body)

    async def elsewhere(_request: Request) -> Response:
        return _refusal(SageError("ResourceNotFound", "The specified resource cannot be found."))

    verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app.add_route(
        f"{WEB_API}/v1.0/-/{{company}}/{{module}}/{{address:path}}",
        web_api,
        methods=verbs,
    )
    app.add_route(f"{WEB_API}/{{rest:path}}", elsewhere, methods=verbs)
    app.state.posting = api.posting["AR"]  # held while a batch is posted


def _answer(api: WebApi, users: Users, request: Request, body: bytes) -> Response:
    try:
        users.check(request.headers.get("authorization", ""))
        _check_content_type(request, body)
        call = Call(
            verb=request.method,
            company=request.path_params["company"],
            module=request.path_params["module"],
            address=request.path_params["address"],
            query=request.url.query,
            body=body,
            origin=f"{request.url.scheme}://{request.url.netloc}",
        )
        status, answer = api.answer(call)
    except SageError as exc:
        return _refusal(exc)
    except Exception:  # noqa: BLE001 -- a client shall meet Sage's envelope, not a stack trace
        _log.exception("the sandbox itself failed")
        return _refusal(SageError("InternalServerError", "An unexpected error has occurred."))
    return _response(status, answer)


def _check_content_type(request: Request, body: bytes) -> None:
    # the original wants it on every request and answers 500; clients in use send it on bodies
    kind = request.headers.get("content-type", "")
    if body and not kind.lower().startswith("application/json"):
        raise SageError("InternalServerError", "Content-Type has to be application/json.")


def _refusal(exc: SageError) -> Response:
    headers = {"WWW-Authenticate": "Basic"} if exc.status == 401 else {}
    return Response(dumps(exc.body()), status_code=exc.status, media_type=_JSON, headers=headers)


def _response(status: int, answer: Any) -> Response:
    if answer is None:
        return Response(status_code=status)
    if isinstance(answer, str):
        return Response(answer, status_code=status, media_type="application/xml")
    return Response(
        dumps(answer),
        status_code=status,
        media_type=_JSON,
        headers={"OData-Version": "4.0"},
    )


def _known_switch(name: str) -> None:
    if name not in presets.SWITCHES:
        raise HTTPException(404, "There is no such switch.")


def _add_switches(app: FaultyApp, store: SageStore, switchboard: Switchboard, users: Users) -> None:
    def check(request: Request) -> None:
        try:
            users.check(request.headers.get("authorization", ""))
        except SageError as exc:
            raise HTTPException(exc.status, exc.message) from exc

    known: list[params.Depends] = [params.Depends(check)]

    @app.get("/sandbox/faults")
    def faults(request: Request) -> Response:
        """JSON for a program, the page for a browser."""
        if "text/html" in request.headers.get("accept", ""):
            page: Response = request.app.state.faults_page()
            return page
        check(request)
        return JSONResponse(switchboard.get().model_dump(mode="json"))

    @app.put("/sandbox/faults", dependencies=known)
    def put_faults(faults: Faults) -> Faults:
        switchboard.put(faults)
        return switchboard.get()

    @app.get("/sandbox/switches", dependencies=known)
    def switches() -> list[dict[str, Any]]:
        return presets.listed(switchboard.get())

    @app.put("/sandbox/switches/{name}", dependencies=known)
    def on(name: str) -> list[dict[str, Any]]:
        """Beside what is in force."""
        _known_switch(name)
        presets.switch_on(switchboard, name)
        return presets.listed(switchboard.get())

    @app.delete("/sandbox/switches/{name}", dependencies=known)
    def off(name: str) -> list[dict[str, Any]]:
        _known_switch(name)
        presets.switch_off(switchboard, name)
        return presets.listed(switchboard.get())

    @app.delete("/sandbox/switches", dependencies=known)
    def all_off() -> list[dict[str, Any]]:
        switchboard.put(Faults())
        return presets.listed(switchboard.get())

    @app.get("/sandbox/counts", dependencies=known)
    async def counts() -> dict[str, dict[str, int]]:
        return switchboard.counts()

    @app.get("/sandbox/documents", dependencies=known)
    def documents() -> Response:
        return Response(dumps(sage_documents.documents(store)), media_type=_JSON)

    @app.get("/sandbox/order", dependencies=known)
    def order() -> Response:
        return Response(dumps(sage_documents.order(store)), media_type=_JSON)
