"""The pages of the Sage 300 sandbox: the set-up finance adds, and what has arrived."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from iman.sandbox import sage_company, seed
from iman.sandbox.faults import Faults, Switchboard
from iman.sandbox.pages import (
    PageNotFound,
    Render,
    add_page_routes,
    refuse_foreign_form,
    renderer,
    see,
)
from iman.sandbox.presets import FAULT_WORDS, PRESETS, switch_on
from iman.sandbox.sage_batch_kinds import KINDS
from iman.sandbox.sage_batches import document_kind, shown_number
from iman.sandbox.sage_payload import Record, shown_day, whole
from iman.sandbox.sage_posting import posting_error
from iman.sandbox.sage_resources import DEFAULTS
from iman.sandbox.sage_rules import LEDGERS
from iman.sandbox.sage_schema import INVOICE
from iman.sandbox.sage_store import SageStore
from iman.sandbox.sage_web import LOCKS

_OWN_FORM = [Depends(refuse_foreign_form)]
_TERMS_CODE = re.compile(r"[A-Z0-9]{1,6}")
_ACCOUNT = re.compile(r"[A-Z0-9]{1,45}")
_SHOWN = 300  # rows of a list; the rest is reached by searching


def add_pages(app: FastAPI, store: SageStore, switchboard: Switchboard) -> None:
    """Give *app* its pages."""
    render = renderer("sage300", company=store.setting("company"), shown=_SHOWN)
    add_page_routes(app, render)
    for routes in (_home, _terms, _accounts, _customers, _codes, _calendar, _batches):
        router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        routes(router, store, render)
        app.include_router(router)
    _faults(app, switchboard, render)


def _home(router: APIRouter, store: SageStore, render: Render) -> None:
    @router.get("/")
    def home() -> Response:
        return render(
            "home",
            terms=len(store.records("ARTerms")),
            accounts=len(store.records("GLAccounts")),
            customers=len(store.records("ARCustomers")),
            batches=store.batch_counts(),
            kinds=KINDS,
        )


def _today() -> date:
    return datetime.now(UTC).date()


def _change(store: SageStore, resource: str, key: str, change: str) -> None:
    """Inactivate or activate a record, as its screen would."""
    found = store.record(resource, key)
    if found is None:
        raise PageNotFound(f"record {key}")
    if change not in {"activate", "inactivate"}:
        raise PageNotFound(f"action {change}")
    active = change == "activate"
    status: Record = {"Status": "Active" if active else "Inactive"}
    if "InactiveDate" in found:
        status["InactiveDate"] = None if active else shown_day(_today())
    store.save_record(resource, key, found | status)


def _terms(router: APIRouter, store: SageStore, render: Render) -> None:
    def page(problem: str = "", status: int = 200, **typed: str) -> Response:
        given = {"code": "", "description": "", "payments": "1"} | typed
        return render("terms", status, terms=store.records("ARTerms"), problem=problem, given=given)

    @router.get("/terms")
    def terms() -> Response:
        return page()

    @router.post("/terms", dependencies=_OWN_FORM)
    def add_terms(
        code: Annotated[str, Form()] = "",
        description: Annotated[str, Form()] = "",
        payments: Annotated[str, Form()] = "1",
    ) -> Response:
        code, description = code.strip().upper(), description.strip()
        typed = {"code": code, "description": description, "payments": payments}
        if not _TERMS_CODE.fullmatch(code):
            return page("A terms code is 1 to 6 letters or digits.", 422, **typed)
        if len(description) > 60:
            return page("A description is at most 60 characters.", 422, **typed)
        if not (payments.isascii() and payments.isdigit() and 1 <= int(payments) <= 360):
            return page("The number of payments is 1 to 360.", 422, **typed)
        if store.record("ARTerms", code) is not None:
            return page(f'Terms Code "{code}" already exists.', 409, **typed)
        plan = int(payments) > 1
        term = seed.Term(
            code=code,
            description=description,
            due_type="DayOfNextMonth" if plan else "DaysFromInvoiceDate",
            due_number=int(plan),
            payments=int(payments),
        )
        store.save_record("ARTerms", code, sage_company.terms_record(term, _today()))
        return see("/terms")

    @router.post("/terms/{code}/{change}", dependencies=_OWN_FORM)
    def change_terms(code: str, change: str) -> Response:
        _change(store, "ARTerms", code, change)
        return see("/terms")


def _accounts(router: APIRouter, store: SageStore, render: Render) -> None:
    def page(search: str = "", problem: str = "", status: int = 200, **typed: str) -> Response:
        wanted = search.strip().lower()
        found = [
            account
            for account in store.records("GLAccounts")
            if wanted in f"{account['UnformattedAccount']} {account['Description']}".lower()
        ]
        given = {"number": "", "description": ""} | typed
        return render(
            "accounts", status, accounts=found, search=search, problem=problem, given=given
        )

    @router.get("/accounts")
    def accounts(search: str = "") -> Response:
        return page(search)

    @router.post("/accounts", dependencies=_OWN_FORM)
    def add_account(
        number: Annotated[str, Form()] = "", description: Annotated[str, Form()] = ""
    ) -> Response:
        number, description = number.strip().upper(), description.strip()
        typed = {"number": number, "description": description}
        if not _ACCOUNT.fullmatch(number):
            return page("", "An account number is 1 to 45 letters or digits.", 422, **typed)
        if len(description) > 60:
            return page("", "A description is at most 60 characters.", 422, **typed)
        if store.record("GLAccounts", number) is not None:
            return page("", f'Account "{number}" already exists.', 409, **typed)
        account = seed.Account(number=number, description=description)
        store.save_record("GLAccounts", number, sage_company.account_record(account))
        return see(f"/accounts?search={number}")

    @router.post("/accounts/{number}/{change}", dependencies=_OWN_FORM)
    def change_account(number: str, change: str) -> Response:
        _change(store, "GLAccounts", number, change)
        return see(f"/accounts?search={number}")


def _customers(router: APIRouter, store: SageStore, render: Render) -> None:
    def page(problem: str = "", status: int = 200) -> Response:
        found = store.records("ARCustomers")[:_SHOWN]
        return render("customers", status, customers=found, problem=problem)

    @router.get("/customers")
    def customers() -> Response:
        return page()

    @router.post("/customers", dependencies=_OWN_FORM)
    def add_customer(
        number: Annotated[str, Form()] = "", name: Annotated[str, Form()] = ""
    ) -> Response:
        number = number.strip().upper()
        if not re.fullmatch(r"[A-Z0-9-]{1,12}", number) or len(name) > 60:
            return page("A customer number is 1 to 12 letters, digits or hyphens.", 422)
        if store.record("ARCustomers", number) is not None:
            return page(f'Customer "{number}" already exists.', 409)
        record: Record = {"CustomerNumber": number, "CustomerName": name.strip()}
        record |= {"GroupCode": seed.CUSTOMER_GROUP, "Terms": "IMM", "TaxGroup": seed.TAX_GROUP}
        record |= {"CurrencyCode": seed.CURRENCY, "ShortName": name.strip()[:10]}
        store.save_record("ARCustomers", number, DEFAULTS["ARCustomers"] | record)
        return see("/customers")

    @router.post("/customers/{number}/hold", dependencies=_OWN_FORM)
    def hold(number: str, on_hold: Annotated[str, Form()] = "") -> Response:
        found = store.record("ARCustomers", number)
        if found is None:
            raise PageNotFound(f"customer {number}")
        store.save_record(
            "ARCustomers", number, found | {"OnHold": "Yes" if on_hold == "Yes" else "No"}
        )
        return see("/customers")

    @router.post("/customers/{number}/{change}", dependencies=_OWN_FORM)
    def change_customer(number: str, change: str) -> Response:
        _change(store, "ARCustomers", number, change)
        return see("/customers")


def _codes(router: APIRouter, store: SageStore, render: Render) -> None:
    """Payment codes and banks: a code, a description, active or not."""

    def page(path: str, problem: str = "", status: int = 200) -> Response:
        kind = _CODES[path]
        rows = store.records(kind.resource)
        return render("codes", status, path=path, kind=kind, rows=rows, problem=problem)

    def known(path: str) -> "_CodeKind":
        if path not in _CODES:
            raise PageNotFound(f"page /codes/{path}")
        return _CODES[path]

    @router.get("/codes/{path}")
    def codes(path: str) -> Response:
        known(path)
        return page(path)

    @router.post("/codes/{path}", dependencies=_OWN_FORM)
    def add_code(
        path: str, code: Annotated[str, Form()] = "", description: Annotated[str, Form()] = ""
    ) -> Response:
        kind, code = known(path), code.strip().upper()
        if not re.fullmatch(rf"[A-Z0-9]{{1,{kind.width}}}", code) or len(description) > 60:
            problem = f"A {kind.thing} is 1 to {kind.width} letters or digits."
            return page(path, problem, 422)
        if store.record(kind.resource, code) is not None:
            return page(path, f'{kind.thing.capitalize()} "{code}" already exists.', 409)
        record: Record = {kind.key: code, "Description": description.strip()}
        store.save_record(kind.resource, code, DEFAULTS[kind.resource] | record)
        return see(f"/codes/{path}")

    @router.post("/codes/{path}/{code}/{change}", dependencies=_OWN_FORM)
    def change_code(path: str, code: str, change: str) -> Response:
        _change(store, known(path).resource, code, change)
        return see(f"/codes/{path}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _CodeKind:
    title: str
    thing: str
    resource: str
    key: str
    width: int


_CODES = {
    "payment-codes": _CodeKind(
        title="A/R Payment Codes",
        thing="payment code",
        resource="ARPaymentCodes",
        key="PaymentCodeKey",
        width=12,
    ),
    "banks": _CodeKind(
        title="Banks", thing="bank code", resource="BKBanks", key="BankCode", width=8
    ),
    "distribution-codes": _CodeKind(
        title="A/R Distribution Codes",
        thing="distribution code",
        resource="ARDistributionCodes",
        key="DistributionCodeKey",
        width=6,
    ),
}


def _calendar(router: APIRouter, store: SageStore, render: Render) -> None:
    @router.get("/calendar")
    def calendar() -> Response:
        years = [row["FiscalYear"] for row in store.records("CSFiscalCalendars")]
        periods = [f"{year}-{number:02d}" for year in years[-3:] for number in range(1, 13)]
        return render(
            "calendar", periods=periods, ledgers=LEDGERS, locked=set(store.setting(LOCKS, []))
        )

    @router.post("/calendar", dependencies=_OWN_FORM)
    def lock(period: Annotated[str, Form()] = "", locked: Annotated[str, Form()] = "") -> Response:
        if not re.fullmatch(r"(AR|GL):[0-9]{4}-(0[1-9]|1[0-2])", period):
            raise PageNotFound(f"period {period}")
        with store.db.transaction():
            locks = set(store.setting(LOCKS, [])) - {period}
            store.set_setting(LOCKS, sorted(locks | ({period} if locked == "Yes" else set())))
        return see("/calendar")


def _batches(router: APIRouter, store: SageStore, render: Render) -> None:
    @router.get("/batches")
    def batches(kind: str = "invoice") -> Response:
        if kind not in KINDS:
            raise PageNotFound(f"kind of batch {kind}")
        chosen = KINDS[kind]
        rows = store.newest_batches(chosen.names, _SHOWN)
        found = [whole(chosen.entity, row) for row in rows]
        return render("batches", batches=found, kind=chosen, kinds=KINDS)

    @router.get("/batches/{number}")
    def invoice_batch(number: str) -> Response:
        return batch("invoice", number)

    @router.get("/batches/{kind}/{number}")
    def batch(kind: str, number: str) -> Response:
        known = KINDS.get(kind)
        valid = known is not None and re.fullmatch(r"[0-9]{1,9}", number)
        found = store.batch(known.names, int(number)) if known is not None and valid else None
        if known is None or found is None:
            raise PageNotFound(f"{kind} batch {number}")
        entity = known.entity.properties[known.entries].details or INVOICE
        entries = [whole(entity, entry) for entry in store.entries(known.names, int(number))]
        problems = {
            entry["EntryNumber"]: store.setting(
                posting_error(known, int(number), int(entry["EntryNumber"]))
            )
            for entry in entries
        }
        page = "batch" if kind == "invoice" else "other_batch"
        shown = whole(known.entity, found)
        return render(page, batch=shown, kind=known, entries=entries, problems=problems)

    @router.get("/documents")
    def documents(search: str = "") -> Response:
        found = [
            {
                "kind": document_kind(KINDS[one.kind], one.body),
                "number": shown_number(KINDS[one.kind], one.body),
                "customer": one.body.get("CustomerNumber") or "",
                "amount": KINDS[one.kind].total_of(one.body),
                "batch": f"/batches/{one.kind}/{one.batch}",
                "place": f"{one.batch}-{one.entry}",
                "status": one.status,
            }
            for one in store.found_entries(search.strip(), limit=_SHOWN)
        ]
        total = sum((row["amount"] for row in found), Decimal(0))
        return render("documents", documents=found, search=search, total=total)


def _faults(app: FastAPI, switchboard: Switchboard, render: Render) -> None:
    def page(text: str, problem: str = "", status: int = 200, *, saved: bool = False) -> Response:
        return render(
            "faults",
            status,
            text=text,
            problem=problem,
            saved=saved,
            presets=PRESETS,
            kinds=FAULT_WORDS,
        )

    def show() -> Response:
        return page(switchboard.get().model_dump_json(indent=2))

    # the same address answers JSON to a program: sage300.py asks what the caller accepts
    app.state.faults_page = show

    @app.post("/sandbox/faults", dependencies=_OWN_FORM, include_in_schema=False)
    def set_faults(faults: Annotated[str, Form()] = "") -> Response:
        try:
            switchboard.put(Faults.model_validate_json(faults or "{}"))
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            return page(faults, f"{where} {first['msg']}", 422)
        return page(switchboard.get().model_dump_json(indent=2), saved=True)

    @app.post("/sandbox/faults/{preset}", dependencies=_OWN_FORM, include_in_schema=False)
    def add_preset(preset: str) -> Response:
        """Switch one thing on beside what is in force."""
        if preset not in PRESETS:
            raise PageNotFound(f"preset {preset}")
        switch_on(switchboard, preset)
        return page(switchboard.get().model_dump_json(indent=2), saved=True)
