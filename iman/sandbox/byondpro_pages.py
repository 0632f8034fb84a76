"""The pages of the byondpro sandbox, in byondpro's own words. Plain forms, no script."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, Response
from fastapi.responses import HTMLResponse

from iman.sandbox import followup_pages, sales
from iman.sandbox.byondpro_store import Body, ByondproStore
from iman.sandbox.pages import (
    PageNotFound,
    Render,
    add_page_routes,
    refuse_foreign_form,
    renderer,
    see,
)

STATUS_WORDS = {"pending": "Sync pending", "failed": "Sync failed", "processed": "Processed"}
ENTRY_TYPES = (
    ("invoice", "Invoices"),
    ("credit_note", "Credit Notes"),
    ("receipt", "Receipts"),
    ("refund", "Refunds"),
    ("customer", "Customers"),
    ("repayment_plan", "Repayment Plans"),
    ("journal", "Journals"),
)
TABS = ("Summary", "Sales", "Receipts", "Pre-Need Items", "Tracking")


def add_pages(app: FastAPI, store: ByondproStore, *, sage_url: str | None) -> None:
    """Give *app* its pages; *sage_url* is a link in the header, or None."""
    render = renderer(
        "byondpro",
        status_words=STATUS_WORDS,
        entry_types=dict(ENTRY_TYPES),
        words=followup_pages.WORDS,
        paths=followup_pages.PATHS,
        sage_url=sage_url,
    )
    add_page_routes(app, render)
    own = (_bookings, _documents, _catalogue, _terms, _new_sale)
    for routes in (*own, followup_pages.add_document_pages):
        router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        routes(router, store, render)
        app.include_router(router)


_OWN_FORM = [Depends(refuse_foreign_form)]


def _found(body: Body | None, what: str) -> Body:
    if body is None:
        raise PageNotFound(what)
    return body


def _bookings(router: APIRouter, store: ByondproStore, render: Render) -> None:
    @router.get("/")
    @router.get("/bookings")
    def bookings(search: str = "") -> Response:
        found = store.bookings(search.strip())
        customers = {row["code"]: row for row in store.setups("customer")}
        return render("bookings", bookings=found, search=search, customers=customers)

    @router.get("/bookings/{booking}")
    def booking(booking: str, tab: str = "Summary") -> Response:
        known = _found(store.booking(booking), f"booking {booking}")
        orders = store.orders_of(booking)
        return render(
            "booking",
            booking=known,
            tabs=TABS,
            tab=tab if tab in TABS else "Summary",
            site=store.setup("site", known["site"]),
            customer=store.setup("customer", known["customer"]),
            orders=[(order, store.document_of_order(order["number"])) for order in orders],
            documents=store.documents_of_booking(booking),
            tracking=store.tracking(booking),
        )

    @router.get("/sales-orders/{sales_order}")
    def sales_order(sales_order: str) -> Response:
        order = _found(store.order(sales_order), f"sales order {sales_order}")
        return render(
            "sales_order",
            order=order,
            site=store.setup("site", order["site"]),
            customer=store.setup("customer", order["customer"]),
            term=store.setup("term", order["terms"]),
            document=store.document_of_order(sales_order),
        )

    @router.post("/sales-orders/{sales_order}/invoice", dependencies=_OWN_FORM)
    def create_invoice(sales_order: str) -> Response:
        _found(store.order(sales_order), f"sales order {sales_order}")
        try:
            number = sales.create_invoice(store, sales_order)
        except ValueError as exc:
            return render(
                "message",
                409,
                title="Not invoiced",
                message=str(exc),
                back=f"/sales-orders/{sales_order}",
            )
        return see(f"/invoices/{number}")


def _documents(router: APIRouter, store: ByondproStore, render: Render) -> None:
    @router.get("/documents")
    def documents(status: str = "", entry_type: str = "") -> Response:
        state = status if status in STATUS_WORDS else None
        kind = entry_type if entry_type in followup_pages.PATHS else None
        return render(
            "documents",
            counts=store.counts(),
            documents=store.documents(state, kind, limit=300),
            status=state or "",
            kind=kind or "",
        )

    @router.get("/invoices/{number}")
    def invoice(number: str) -> Response:
        document = followup_pages.found(store, "invoice", number)
        return render("invoice", document=document, **followup_pages.invoice_values(store, number))


def _catalogue(router: APIRouter, store: ByondproStore, render: Render) -> None:
    @router.get("/items/{item}")
    def item(item: str) -> Response:
        known = _found(store.setup("item", item), f"item {item}")
        category = store.setup("category", known["category"])
        return render("item", item=known, category=category, sites=store.setups("site"))

    @router.get("/categories")
    def categories() -> Response:
        return render("categories", categories=store.setups("category"))

    @router.get("/categories/{category}")
    def category(category: str) -> Response:
        known = _found(store.setup("category", category), f"category {category}")
        items = [row for row in store.setups("item") if row["category"] == category]
        return render("category", category=known, items=items, problem="")

    @router.post("/categories/{category}", dependencies=_OWN_FORM)
    def correct_account(
        category: str, field: Annotated[str, Form()] = "", account: Annotated[str, Form()] = ""
    ) -> Response:
        known = _found(store.setup("category", category), f"category {category}")
        account = account.strip()
        if field not in known["accounts"] or not account.isalnum() or len(account) > 45:
            items = [row for row in store.setups("item") if row["category"] == category]
            problem = "A GL account is 1 to 45 letters or digits."
            return render("category", 422, category=known, items=items, problem=problem)
        body = {key: known[key] for key in known.keys() - {"active"}}
        body["accounts"] = known["accounts"] | {field: account}
        store.save_setup("category", category, body, active=known["active"])
        return see(f"/categories/{category}")

    @router.post("/categories/{category}/{change}", dependencies=_OWN_FORM)
    def change_category(category: str, change: str) -> Response:
        _change(store, "category", category, change)
        return see(f"/categories/{category}")


def _change(store: ByondproStore, kind: str, code: str, change: str) -> None:
    _found(store.setup(kind, code), f"{kind} {code}")
    if change not in {"activate", "inactivate"}:
        raise PageNotFound(f"action {change}")
    store.set_active(kind, code, active=change == "activate")


def _terms(router: APIRouter, store: ByondproStore, render: Render) -> None:
    @router.get("/terms")
    def terms() -> Response:
        return render("terms", terms=store.setups("term"))

    @router.get("/terms/{code}")
    def term(code: str) -> Response:
        return render("term", term=_found(store.setup("term", code), f"term {code}"))

    @router.post("/terms/{code}/{change}", dependencies=_OWN_FORM)
    def change_term(code: str, change: str) -> Response:
        _change(store, "term", code, change)
        return see(f"/terms/{code}")


def _new_sale(router: APIRouter, store: ByondproStore, render: Render) -> None:
    def form(problem: str = "", status: int = 200) -> Response:
        choices = {kind: store.setups(kind) for kind in ("site", "customer", "item", "term")}
        return render("new_sale", status, choices=choices, problem=problem)

    @router.get("/new-sale")
    def new_sale() -> Response:
        return form()

    @router.post("/new-sale", dependencies=_OWN_FORM)
    def make(
        site: Annotated[str, Form()] = "",
        customer: Annotated[str, Form()] = "",
        term: Annotated[str, Form()] = "",
        item: Annotated[list[str] | None, Form()] = None,
        invoice: Annotated[str, Form()] = "",
        pre_need: Annotated[str, Form()] = "",
    ) -> Response:
        chosen = [code for code in item or [] if code]
        problem = _sale_problem(store, site, customer, term, chosen)
        if problem:
            return form(problem, 422)
        try:
            order = sales.new_sale(
                store,
                site=site,
                customer=customer,
                term=term,
                items=chosen,
                quote=not invoice,
                today=sales.today(),
                pre_need=bool(pre_need),
            )
        except ValueError as exc:
            return form(str(exc), 422)
        return see(f"/sales-orders/{order}")


def _sale_problem(
    store: ByondproStore, site: str, customer: str, term: str, items: list[str]
) -> str:
    if not items:
        return "Choose at least one item."
    wanted = [("site", site), ("customer", customer), ("term", term)]
    wanted += [("item", code) for code in items]
    for kind, code in wanted:
        known = store.setup(kind, code)
        if known is None or not known["active"]:
            return f"Choose a {kind} that is active: {code or 'none'} is not."
    return ""
