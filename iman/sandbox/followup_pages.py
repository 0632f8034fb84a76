"""Pages of what follows a sale: customers, credit notes, receipts, refunds, plans, journals."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from iman.sandbox import followups, journals, sales
from iman.sandbox.arithmetic import cents
from iman.sandbox.byondpro_store import Body, ByondproStore
from iman.sandbox.pages import PageNotFound, Render, refuse_foreign_form, see

# where the page of a document is, by its entry type
PATHS = {
    "customer": "/customers",
    "invoice": "/invoices",
    "credit_note": "/credit-notes",
    "receipt": "/receipts",
    "refund": "/refunds",
    "repayment_plan": "/repayment-plans",
    "journal": "/journals",
}
TYPES = {path.removeprefix("/"): entry_type for entry_type, path in PATHS.items()}
WORDS = {
    "customer": "Customer",
    "invoice": "Invoice",
    "credit_note": "Credit Note",
    "receipt": "Receipt",
    "refund": "Refund",
    "repayment_plan": "Repayment Plan",
    "journal": "Journal",
}
_OWN_FORM = [Depends(refuse_foreign_form)]


def found(store: ByondproStore, entry_type: str, number: str) -> Body:
    """The document. Raises `PageNotFound`."""
    document = store.document(entry_type, number)
    if document is None:
        raise PageNotFound(f"{WORDS[entry_type].lower()} {number}")
    return document


def invoice_values(store: ByondproStore, number: str) -> dict[str, object]:
    """What the invoice's page shows beside the document itself."""
    body = followups.invoice_body(store, number)
    order = store.order(body["sales_order"]) or {}
    types = [row for row in store.setups("receipt_type") if row["active"]]
    term = store.setup("term", body["terms"]["code"])
    return {
        "children": store.children("invoice", number),
        "balance": followups.balance(store, number),
        "reasons": followups.REASONS,
        "receipt_types": types,
        "redeemed": order.get("redeemed") or {},
        "payments": int(term["payments"]) if term else 1,
        "today": sales.today().isoformat(),
    }


def add_document_pages(router: APIRouter, store: ByondproStore, render: Render) -> None:
    def attempt(title: str, back: str, work: Callable[[], str]) -> Response:
        """Do *work*, which returns where to go; show its refusal."""
        try:
            return see(work())
        except ValueError as exc:
            return render("message", 409, title=title, message=str(exc), back=back)

    _add_customers(router, store, render)
    _add_invoice_actions(router, store, attempt)
    _add_credit_note_actions(router, store, attempt)

    @router.get("/credit-notes/{number}")
    def credit_note(number: str) -> Response:
        document = found(store, "credit_note", number)
        return render(
            "credit_note",
            document=document,
            children=store.children("credit_note", number),
            terms=[term for term in store.setups("term") if term["active"]],
        )

    def other(entry_type: str, number: str) -> Response:
        document = found(store, entry_type, number)
        children = store.children(entry_type, number)
        return render("other_document", document=document, children=children)

    @router.get("/receipts/{number}")
    def receipt(number: str) -> Response:
        return other("receipt", number)

    @router.get("/refunds/{number}")
    def refund(number: str) -> Response:
        return other("refund", number)

    @router.get("/repayment-plans/{number}")
    def repayment_plan(number: str) -> Response:
        return other("repayment_plan", number)

    @router.get("/journals/{number}")
    def journal(number: str) -> Response:
        return other("journal", number)

    @router.post("/{path}/{number}/resync", dependencies=_OWN_FORM)
    def resync(path: str, number: str) -> Response:
        if path not in TYPES:
            raise PageNotFound(f"page /{path}")
        entry_type = TYPES[path]
        document = found(store, entry_type, number)
        words = WORDS[entry_type]
        if store.request_resync(entry_type, number, by=sales.USER):
            message, status = "The resync has been started.", 200
        else:
            state = {"pending": "Sync pending", "processed": "Processed"}[document["status"]]
            article = "an" if words == "Invoice" else "a"
            message = f"Only {article} {words.lower()} that failed can be resynced;"
            message, status = f"{message} this one is: {state}.", 409
        title = f"Resync {words}"
        return render("message", status, title=title, message=message, back=f"/{path}/{number}")


Attempt = Callable[[str, str, Callable[[], str]], Response]


def _add_customers(router: APIRouter, store: ByondproStore, render: Render) -> None:
    @router.get("/customers")
    def customers() -> Response:
        rows = [
            (customer, store.document("customer", customer["code"]))
            for customer in store.setups("customer")[:300]
        ]
        return render("customers", rows=rows)

    @router.get("/customers/{number}")
    def customer(number: str) -> Response:
        known = store.setup("customer", number)
        if known is None:
            raise PageNotFound(f"customer {number}")
        return render("customer", customer=known, document=store.document("customer", number))

    @router.post("/customers/{number}/prepare", dependencies=_OWN_FORM)
    def prepare(number: str, booking: Annotated[str, Form()] = "") -> Response:
        if store.setup("customer", number) is None:
            raise PageNotFound(f"customer {number}")
        page = f"/customers/{number}"
        title = "Prepare Applicant as Finance Customer"
        try:
            reference = followups.prepare_customer(
                store, number, day=sales.today(), booking=booking.strip()
            )
        except ValueError as exc:
            return render("message", 409, title=title, message=str(exc), back=page)
        message = f"The finance customer's reference number is {reference}."
        return render("message", title=title, message=message, back=page)


def _add_invoice_actions(router: APIRouter, store: ByondproStore, attempt: Attempt) -> None:
    def page(number: str) -> str:
        found(store, "invoice", number)
        return f"/invoices/{number}"

    @router.post("/invoices/{number}/credit-note", dependencies=_OWN_FORM)
    def create_credit_note(number: str, reason: Annotated[str, Form()] = "Other") -> Response:
        def work() -> str:
            today = sales.today()
            made = followups.create_credit_note(store, number, reason=reason[:60], day=today)
            return f"/credit-notes/{made}"

        return attempt("Create Credit Note", page(number), work)

    @router.post("/invoices/{number}/receipts", dependencies=_OWN_FORM)
    def create_receipt(
        number: str,
        kind: Annotated[str, Form()] = "",
        amount: Annotated[str, Form()] = "",
        day: Annotated[str, Form()] = "",
        reference: Annotated[str, Form()] = "",
    ) -> Response:
        def work() -> str:
            made = followups.take_receipt(
                store,
                number,
                kind=kind,
                amount=_amount(amount),
                day=_day(day),
                reference=reference.strip()[:24],
            )
            return f"/receipts/{made[0]}"

        return attempt("Create Sales Receipt", page(number), work)

    @router.post("/invoices/{number}/repayment-plan", dependencies=_OWN_FORM)
    def sync_plan(
        number: str,
        deposit: Annotated[str, Form()] = "0",
        day_of_month: Annotated[str, Form()] = "1",
    ) -> Response:
        def work() -> str:
            month_day = int(day_of_month) if day_of_month.isdecimal() else 0
            made = followups.sync_plan(
                store, number, deposit=_amount(deposit or "0"), day_of_month=month_day
            )
            return f"/repayment-plans/{made}"

        return attempt("Sync Repayment Plan", page(number), work)

    @router.post("/invoices/{number}/lines/{line}/redeem", dependencies=_OWN_FORM)
    def redeem(number: str, line: int, reason: Annotated[str, Form()] = "") -> Response:
        def work() -> str:
            today = sales.today()
            made = journals.redeem(store, number, line, day=today, reason=reason.strip())
            return f"/journals/{made}"

        return attempt("REDEEM", page(number), work)

    @router.post("/invoices/{number}/lines/{line}/reverse", dependencies=_OWN_FORM)
    def reverse(number: str, line: int) -> Response:
        def work() -> str:
            made = journals.reverse_redemption(store, number, line, day=sales.today())
            return f"/journals/{made}"

        return attempt("Reverse Redemption", page(number), work)


def _add_credit_note_actions(router: APIRouter, store: ByondproStore, attempt: Attempt) -> None:
    def page(number: str) -> str:
        found(store, "credit_note", number)
        return f"/credit-notes/{number}"

    @router.post("/credit-notes/{number}/reinvoice", dependencies=_OWN_FORM)
    def reinvoice(number: str, term: Annotated[str, Form()] = "") -> Response:
        def work() -> str:
            return f"/invoices/{followups.reinvoice(store, number, terms=term, day=sales.today())}"

        return attempt("Re-invoice", page(number), work)

    @router.post("/credit-notes/{number}/refund", dependencies=_OWN_FORM)
    def refund(number: str) -> Response:
        def work() -> str:
            return f"/refunds/{followups.refund(store, number, day=sales.today())}"

        return attempt("Refund", page(number), work)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.replace(",", "").strip())
    except InvalidOperation as exc:
        raise ValueError(f"{text or 'Nothing'} is not an amount.") from exc
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise ValueError("An amount has at most two decimals.")
    return cents(amount)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else sales.today()
    except ValueError as exc:
        raise ValueError(f"{text} is not a date.") from exc
