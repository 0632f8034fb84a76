"""The byondpro sandbox: the feed Iman reads, the status it writes back, and pages for people."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, params
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import TypeAdapter

from iman.sandbox import byondpro_pages, generating, sales, scenarios, seed
from iman.sandbox import byondpro_wire as wire
from iman.sandbox.byondpro_store import Body, ByondproStore, UnknownDocument

API = "/api/integration/v1"
_EVENTS = TypeAdapter(list[wire.Event])


def create_app(
    store_path: Path,
    *,
    token: str,
    seed: int = 1,
    scenario: str = "reference",
    sage_url: str | None = None,
) -> FastAPI:
    """The byondpro sandbox on the file *store_path*, filled with *scenario* when it is new.

    *sage_url* only makes a link on the pages. Raises `ValueError` for an unknown scenario.
    """
    plan = scenarios.scenario_of(scenario)
    store = ByondproStore(store_path)
    scenarios.fill(store, plan, today=sales.today())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        store.db.close()

    app = FastAPI(
        title="byondpro integration feed",
        version="1",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    check_token = _token_check(token)
    _add_problems(app)
    _add_feed(app, store, check_token)
    _add_switches(app, store, check_token, seed)
    byondpro_pages.add_pages(app, store, sage_url=sage_url)
    return app


def _token_check(token: str) -> params.Depends:
    bearer = HTTPBearer(auto_error=False, description="The integration's token")

    def check(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> None:
        if given is None or not hmac.compare_digest(given.credentials.encode(), token.encode()):
            raise HTTPException(
                401, "The bearer token is missing or wrong.", {"WWW-Authenticate": "Bearer"}
            )

    return params.Depends(check)


def _add_problems(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, exc: RequestValidationError) -> JSONResponse:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        problem = {"error": "invalid_request", "message": f"{where}: {first['msg']}"}
        return JSONResponse(problem, status_code=422)

    @app.exception_handler(UnknownDocument)
    def unknown(_request: Request, exc: UnknownDocument) -> JSONResponse:
        problem = {"error": "unknown_document", "message": str(exc), "number": exc.number}
        return JSONResponse(problem, status_code=404)


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": wire.Problem, "description": "The bearer token is missing or wrong"},
    422: {"model": wire.Problem, "description": "The request does not follow the contract"},
}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": wire.Problem, "description": "byondpro does not know this document"}
}


def _add_feed(app: FastAPI, store: ByondproStore, token: params.Depends) -> None:
    @app.get(
        f"{API}/outbox",
        dependencies=[token],
        responses=_PROBLEMS,
        response_model_exclude_unset=True,
    )
    def outbox(
        after: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> wire.Outbox:
        """Events after the cursor, oldest first, each delivered at least once."""
        start = int(after or 0)
        found = store.events(start, limit + 1)
        events, more = found[:limit], len(found) > limit
        cursor = events[-1]["cursor"] if events else str(start)
        return wire.Outbox(events=_EVENTS.validate_python(events), next=cursor, more=more)

    @app.post(f"{API}/sync-status", dependencies=[token], responses=_PROBLEMS | _NOT_FOUND)
    def sync_status(reports: wire.StatusReports) -> wire.Accepted:
        """Store sync statuses; the newest `at` of a document wins."""
        return wire.Accepted(accepted=store.take_statuses(reports.statuses))

    @app.get(f"{API}/setups", dependencies=[token], responses=_PROBLEMS)
    def setups() -> wire.SetUps:
        """The codes documents refer to."""
        return wire.SetUps(
            terms=_set_ups(store, "term"),
            categories=[
                wire.CategorySetUp(**_shown(row), accounts=row["accounts"])
                for row in store.setups("category")
            ],
            sites=[
                wire.SiteSetUp(**_shown(row), gl_segment=row["gl_segment"])
                for row in store.setups("site")
            ],
            tax_codes=_set_ups(store, "tax_code"),
            customer_groups=_set_ups(store, "customer_group"),
            receipt_types=_set_ups(store, "receipt_type"),
            configuration={"ProductGLCodeSiteSegment": seed.SEGMENT_RULE},
        )

    @app.get(
        f"{API}/documents/{{entry_type}}/{{number}}",
        dependencies=[token],
        responses=_PROBLEMS | _NOT_FOUND,
        response_model_exclude_unset=True,
    )
    def document(entry_type: wire.EntryType, number: str) -> wire.Document:
        """One document as it stands now."""
        known = store.document(entry_type, number)
        if known is None:
            raise UnknownDocument(number)
        return wire.Document.model_validate(known["body"])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("code", "description", "active")}


def _set_ups(store: ByondproStore, kind: str) -> list[wire.SetUp]:
    return [wire.SetUp.model_validate(_shown(row)) for row in store.setups(kind)]


def _add_switches(
    app: FastAPI, store: ByondproStore, token: params.Depends, default_seed: int
) -> None:
    @app.post(
        "/sandbox/generate",
        dependencies=[token],
        include_in_schema=False,
        response_model_exclude_unset=True,
    )
    def generate(wanted: wire.Generate) -> wire.Generated:
        random_seed = default_seed if wanted.seed is None else wanted.seed
        today = sales.today()
        if wanted.mix is not None:
            try:
                counts = generating.generate(
                    store, wanted.mix, random_seed=random_seed, bad=wanted.bad, today=today
                )
            except generating.TooFewParents as exc:
                raise HTTPException(422, str(exc)) from exc
            return wire.Generated(invoices=counts["invoice"], documents=counts)
        made = sales.generate(
            store,
            invoices=wanted.invoices or 0,
            random_seed=random_seed,
            bad=wanted.bad,
            today=today,
        )
        return wire.Generated(invoices=len(made), first=made[0], last=made[-1])

    @app.get("/sandbox/state", dependencies=[token], include_in_schema=False)
    def state() -> wire.State:
        return wire.State(documents=[_state_of(row) for row in store.documents()])


def _state_of(row: Body) -> wire.DocumentState:
    body = row["body"]
    return wire.DocumentState(
        entry_type=row["entry_type"],
        number=row["number"],
        status=row["status"],
        message=row["message"],
        erp_reference=row["erp_reference"],
        attempts=row["attempts"],
        revision=row["revision"],
        amount=body["amount"],
        customer=body["customer"]["number"],
        terms=(body.get("terms") or {"code": ""})["code"],
        booking=row["booking"],
        parent=(body.get("parent") or {"number": None})["number"],
    )
