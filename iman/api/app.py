"""The control API: the only way to ask the daemon for anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from iman import __version__
from iman.api.backups import BackupsView, NoBackups
from iman.api.door import STATUSES, Door, Rules
from iman.api.people import Passwords, People
from iman.api.remedies import NoRemedies, RemediesView
from iman.api.retention import NoRetention, RetentionView
from iman.api.routes import (
    audit,
    documents,
    exports,
    figures,
    holding,
    remedy_routes,
    sandbox,
    sessions,
    settings,
    users,
    views,
)
from iman.api.routes import backups as backup_routes
from iman.api.routes import retention as retention_routes
from iman.api.routes import storage as storage_routes
from iman.api.routes import watching as watching_routes
from iman.api.rules_of_routes import declare
from iman.api.sandbox import NoSandbox, SandboxView
from iman.api.single_sign_on import IdentityProvider, SingleSignOn
from iman.api.storage import NoStorage, StorageView
from iman.api.watching import MetricsView, NoMetrics
from iman.api.wire import ErrorBody, Health
from iman.domain.single_sign_on import GroupRole
from iman.errors import (
    DaemonRefused,
    ImanError,
    LedgerError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooManySignIns,
)
from iman.ledger.audit import current_request
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.sync.ports import Now

PREFIX = "/api/v1"

#: Which answer each of our exceptions becomes: status and stable word.
ANSWERS: dict[type[ImanError], tuple[int, str]] = {
    NotSignedIn: (401, "not_signed_in"),
    NotAllowed: (403, "not_allowed"),
    NotFound: (404, "not_found"),
    DaemonRefused: (409, "refused"),
    TooManySignIns: (429, "too_many_sign_ins"),
    LedgerError: (503, "ledger"),
}

_PARTS = (
    sessions, figures, audit, documents, exports, holding, backup_routes, storage_routes,
    retention_routes, watching_routes, sandbox, settings, users, views,
)  # fmt: skip

log = structlog.get_logger()


class DaemonView(Protocol):
    """What the API shows of, and asks from, the daemon around it."""

    def health(self) -> Health: ...

    def stuck(self) -> bool:
        """Its loop has stood still for longer than anything it does may take."""

    def wake(self) -> None:
        """Something is due now."""


def create_app(
    *,
    ledger: DuckDBLedger,
    daemon: DaemonView,
    now: Now,
    remedies: RemediesView | None = None,
    switches: SandboxView | None = None,
    rules: Rules | None = None,
    backups: BackupsView | None = None,
    storage: StorageView | None = None,
    retention: RetentionView | None = None,
    metrics: MetricsView | None = None,
    provider: IdentityProvider | None = None,
    mapping: Sequence[GroupRole] = (),
    passwords: Passwords | None = None,
) -> FastAPI:
    """Every route but health and sign-in wants a session's token.

    Without *remedies* nothing is verified, looked up or compared; without *switches* there is no
    sandbox whose faults could be switched; all else works. *rules*: who may call, and how often.
    *provider* and *mapping*: single sign-on; *passwords*: who may sign in with one beside it.
    """
    app = FastAPI(
        title="Iman control API",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # served below, to people who signed in
        responses={
            status: {"model": ErrorBody}
            for status in sorted({status for status, _ in ANSWERS.values()} | STATUSES | {422})
        },
    )
    app.state.ledger = ledger
    app.state.daemon = daemon
    app.state.now = now
    app.state.people = People(ledger, now, passwords)
    app.state.single_sign_on = SingleSignOn(app.state.people, ledger, now, provider, mapping)
    app.state.remedies = remedies or NoRemedies()
    app.state.sandbox = switches or NoSandbox()
    app.state.backups = backups or NoBackups()
    app.state.storage = storage or NoStorage()
    app.state.retention = retention or NoRetention()
    app.state.metrics = metrics or NoMetrics()
    for part in (*_PARTS, *remedy_routes.PARTS):
        declare(part.router)
        app.include_router(part.router, prefix=PREFIX)
    app.state.proxies = (rules or Rules()).proxies
    app.add_middleware(Door, rules=rules or Rules())
    app.add_exception_handler(ImanError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _broke)
    return app


def _answer(status: int, error: str, message: str) -> JSONResponse:
    return JSONResponse(ErrorBody(error=error, message=message).model_dump(), status)


def _ours(request: Request, exc: Exception) -> JSONResponse:
    for kind in type(exc).__mro__:
        if kind in ANSWERS:
            status, word = ANSWERS[kind]
            return _answer(status, word, str(exc))
    return _broke(request, exc)


def _invalid(_: Request, exc: Exception) -> JSONResponse:
    faults = exc.errors() if isinstance(exc, RequestValidationError) else []
    told = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults[:3]
    )
    return _answer(422, "invalid", told or "The request is not valid.")


def _plain(_: Request, exc: Exception) -> JSONResponse:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    words = {404: "not_found", 405: "method_not_allowed"}
    messages = {404: "There is no such route.", 405: "This route does not take that method."}
    return _answer(
        status, words.get(status, "http"), messages.get(status, getattr(exc, "detail", ""))
    )


def _broke(request: Request, exc: Exception) -> JSONResponse:
    log.error("api_broke", path=request.url.path, request=current_request.get(), exc_info=exc)
    return _answer(500, "broke", "Iman itself failed; its log says how.")
