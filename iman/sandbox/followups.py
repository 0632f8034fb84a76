"""What follows a sale in byondpro: customer, credit note, receipt, refund, repayment plan.

Each function makes the documents, puts them in the outbox and returns their numbers. One that is
not allowed raises `ValueError` with the sentence the page shows.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from iman.sandbox import sales, seed
from iman.sandbox.arithmetic import cents, months_later
from iman.sandbox.byondpro_store import Body, ByondproStore
from iman.sandbox.byondpro_wire import (
    Address,
    CodeRef,
    CustomerRef,
    Document,
    Instalment,
    Line,
    ParentRef,
    Receipt,
    Refund,
    SiteRef,
)

REASONS = ("Wrong payment term", "Wrong item or account", "Cancelled by the family", "Other")


def prepare_customer(store: ByondproStore, number: str, *, day: date, booking: str = "") -> str:
    """Make an applicant a finance customer; the reference number the page shows."""
    customer = store.setup("customer", number)
    if customer is None:
        raise ValueError(f"There is no applicant {number}.")
    if store.document("customer", number) is not None or customer.get("prepared", True):
        raise ValueError(f"{customer['name']} is a finance customer already.")
    with store.db.transaction():
        store.add_document(customer_document(store, customer, day=day, booking=booking))
        body = {key: customer[key] for key in customer.keys() - {"code", "active"}}
        store.save_setup("customer", number, body | {"prepared": True})
        if booking:
            store.track(booking, sales.USER, f"{customer['name']} prepared as {number}")
    return number


def customer_document(
    store: ByondproStore, customer: Body, *, day: date, booking: str = ""
) -> Document:
    """The customer as the feed carries it, not stored."""
    term = store.setup("term", customer["terms"])
    site = store.setup("site", customer["site"])
    if term is None or site is None:
        raise ValueError("The customer's term or site is not set up.")
    number = customer["code"]
    address = customer.get("address") or {
        "line1": f"{int(number[-3:]) or 1} Banksia Street",
        "city": "Wattle Creek",
        "state": "NSW",
        "postcode": "2570",
        "country": "Australia",
        "phone": f"02 5550 {number[-4:]}",
    }
    return Document(
        entry_type="customer",
        number=number,
        revision=1,
        company=seed.BYONDPRO_COMPANY,
        site=sales.site_of(store, customer["site"]),
        gl_segment_rule=seed.SEGMENT_RULE,
        booking=booking,
        description=f"Finance customer {customer['name']}"[:60],
        customer=sales.customer_of(customer),
        date=day,
        terms=CodeRef(code=term["code"], description=term["description"]),
        currency=seed.CURRENCY,
        tax_group=seed.TAX_GROUP,
        amount=Decimal("0.00"),
        parent=None,
        address=Address.model_validate(address),
    )


def number_stem(booking: str) -> str:
    """What numbers of a booking's documents begin with, behind their letters."""
    return f"{int(booking):06d}" if booking.isdigit() else booking


def taken_over(parent: Mapping[str, Any]) -> dict[str, Any]:
    """What a document takes over from the one it follows."""
    return {
        "revision": 1,
        "company": parent["company"],
        "site": SiteRef.model_validate(parent["site"]),
        "gl_segment_rule": parent["gl_segment_rule"],
        "booking": parent["booking"],
        "customer": CustomerRef.model_validate(parent["customer"]),
        "currency": parent["currency"],
    }


def parent_of(parent: Mapping[str, Any]) -> ParentRef:
    """How a document names the one it follows."""
    return ParentRef(entry_type=parent["entry_type"], number=parent["number"])


def invoice_body(store: ByondproStore, number: str) -> Body:
    """The invoice *number* as the feed carries it. Raises `ValueError`."""
    found = store.document("invoice", number)
    if found is None:
        raise ValueError(f"There is no invoice {number}.")
    body: Body = found["body"]
    return body


def balance(store: ByondproStore, invoice: str) -> Decimal:
    """What is still owed on an invoice, by byondpro's own books."""
    left = Decimal(invoice_body(store, invoice)["amount"])
    for child in store.children("invoice", invoice):
        if child["entry_type"] in {"receipt", "credit_note"}:
            left -= Decimal(child["body"]["amount"])
    return left


# -- credit notes


def create_credit_note(store: ByondproStore, invoice: str, *, reason: str, day: date) -> str:
    """Credit the whole invoice, with its term and lines as they are; the credit note's number."""
    body = invoice_body(store, invoice)
    if any(c["entry_type"] == "credit_note" for c in store.children("invoice", invoice)):
        raise ValueError(f"Invoice {invoice} has been credited already.")
    stem = number_stem(body["booking"])
    with store.db.transaction():
        number = store.free_number("credit_note", f"CN-{stem}")
        order = _next_order(store, stem)
        document = credit_note_document(body, number=number, reason=reason, day=day, order=order)
        _save_order(store, order, "Credit Note", document)
        store.add_document(document, order=order)
        store.track(body["booking"], sales.USER, f"Credit note {number} for {invoice}: {reason}")
    return number


def credit_note_document(
    invoice: Mapping[str, Any], *, number: str, reason: str, day: date, order: str = ""
) -> Document:
    """The credit note of *invoice*, not stored."""
    return Document(
        **taken_over(invoice),
        entry_type="credit_note",
        number=number,
        sales_order=order,
        description=f"Credit of {invoice['number']}",
        date=day,
        terms=CodeRef.model_validate(invoice["terms"]),
        tax_group=invoice["tax_group"],
        amount=Decimal(invoice["amount"]),
        tax=Decimal(invoice["tax"]),
        parent=parent_of(invoice),
        reason=reason,
        lines=[Line.model_validate(line) for line in invoice["lines"]],
    )


def _next_order(store: ByondproStore, stem: str) -> str:
    count = 2
    while store.order(f"SO-{stem}-{count}") is not None:
        count += 1
    return f"SO-{stem}-{count}"


def _save_order(store: ByondproStore, number: str, status: str, document: Document) -> None:
    terms = document.terms.code if document.terms else ""
    body = {
        "site": document.site.code,
        "customer": document.customer.number,
        "terms": terms,
        "date": document.date.isoformat(),
        "description": document.description,
        "total": str(document.amount),
        "lines": [line.model_dump(mode="json") for line in document.lines],
    }
    store.save_order(number, document.booking, status, body)


def reinvoice(store: ByondproStore, credit_note: str, *, terms: str, day: date) -> str:
    """A new order and invoice for what was credited; its accounts are the categories' of today."""
    found = store.document("credit_note", credit_note)
    term = store.setup("term", terms)
    if found is None:
        raise ValueError(f"There is no credit note {credit_note}.")
    if term is None or not term["active"]:
        raise ValueError(f"Choose a term that is active: {terms or 'none'} is not.")
    credited = invoice_body(store, found["body"]["parent"]["number"])
    source = store.order(credited["sales_order"])
    if source is None:
        raise ValueError(f"There is no sales order {credited['sales_order']}.")
    with store.db.transaction():
        order = _next_order(store, number_stem(credited["booking"]))
        kept = {key: source[key] for key in source.keys() - {"number", "booking", "status"}}
        body = kept | {"terms": terms, "date": day.isoformat(), "redeemed": {}}
        store.save_order(order, credited["booking"], "Quote", body)
        store.track(credited["booking"], sales.USER, f"Re-invoice of {credited['number']}")
        return sales.create_invoice(store, order)


# -- receipts and refunds


def take_receipt(
    store: ByondproStore,
    invoice: str,
    *,
    kind: str,
    amount: Decimal,
    day: date,
    reference: str = "",
) -> list[str]:
    """Receive *amount* for an invoice; a card's surcharge makes a debit note with its own receipt.

    The numbers of the documents, the receipt first.
    """
    body = invoice_body(store, invoice)
    receipt_type = store.setup("receipt_type", kind)
    if receipt_type is None or not receipt_type["active"]:
        raise ValueError(f"Choose a payment type that is active: {kind or 'none'} is not.")
    owed = balance(store, invoice)
    if not 0 < amount <= owed:
        raise ValueError(f"The amount has to be more than nothing and at most {owed:.2f}.")
    if day > sales.today():
        raise ValueError("The receipt date cannot be in the future.")
    surcharge = cents(amount * Decimal(receipt_type.get("surcharge", "0")) / 100)
    with store.db.transaction():
        documents = [_next_receipt(store, body, kind, amount, day, reference)]
        if surcharge:
            debit = _debit_note(store, body, surcharge, day)
            store.add_document(debit)
            documents += [
                debit,
                _next_receipt(store, debit.body(), kind, surcharge, day, reference),
            ]
        total = amount + surcharge
        store.track(body["booking"], sales.USER, f"Receipt of {total:.2f} by {kind}")
    return [document.number for document in documents]


def _next_receipt(
    store: ByondproStore, parent: Body, kind: str, amount: Decimal, day: date, reference: str
) -> Document:
    number = store.free_number("receipt", f"RC-{number_stem(parent['booking'])}", first="-1")
    document = receipt_document(
        parent, number=number, kind=kind, amount=amount, day=day, reference=reference
    )
    store.add_document(document)
    return document


def receipt_document(
    parent: Mapping[str, Any],
    *,
    number: str,
    kind: str,
    amount: Decimal,
    day: date,
    reference: str = "",
) -> Document:
    """A receipt for the invoice or debit note *parent*, not stored."""
    payer = parent["customer"]["name"]
    return Document(
        **taken_over(parent),
        entry_type="receipt",
        number=number,
        description=f"Receipt for {parent['number']}",
        date=day,
        amount=amount,
        parent=parent_of(parent),
        receipt=Receipt(type=kind, reference=reference, bank=seed.BANK, payer=payer),
    )


def _debit_note(store: ByondproStore, invoice: Body, amount: Decimal, day: date) -> Document:
    line = sales.line_of(store, 1, seed.SURCHARGE_ITEM, 1, price=amount)
    number = store.free_number("invoice", f"DN-{number_stem(invoice['booking'])}", first="-1")
    rule = {"gl_segment_rule": seed.SEGMENT_RULE}
    return Document(
        **(taken_over(invoice) | rule),
        entry_type="invoice",
        kind="debit_note",
        number=number,
        sales_order=invoice["sales_order"],
        description=f"Card surcharge on {invoice['number']}",
        date=day,
        terms=CodeRef.model_validate(invoice["terms"]),
        tax_group=invoice["tax_group"],
        amount=line.amount,
        tax=line.tax,
        parent=parent_of(invoice),
        lines=[line],
    )


def refund(store: ByondproStore, credit_note: str, *, day: date) -> str:
    """Give back a credit note by opuspay, at most what the original receipt brought."""
    found = store.document("credit_note", credit_note)
    if found is None:
        raise ValueError(f"There is no credit note {credit_note}.")
    body = found["body"]
    if store.children("credit_note", credit_note):
        raise ValueError(f"Credit note {credit_note} has been refunded already.")
    receipts = [
        Decimal(child["body"]["amount"])
        for child in store.children("invoice", body["parent"]["number"])
        if child["entry_type"] == "receipt"
    ]
    if not receipts:
        raise ValueError("Nothing was received for the invoice, so nothing can be refunded.")
    amount = min(Decimal(body["amount"]), receipts[0])
    with store.db.transaction():
        number = store.free_number("refund", f"RF-{number_stem(body['booking'])}", first="-1")
        store.add_document(refund_document(body, number=number, amount=amount, day=day))
        store.track(body["booking"], sales.USER, f"Refund {number} of {amount:.2f}")
    return number


def refund_document(
    credit_note: Mapping[str, Any], *, number: str, amount: Decimal, day: date
) -> Document:
    """The refund of a credit note, not stored."""
    return Document(
        **taken_over(credit_note),
        entry_type="refund",
        number=number,
        description=f"Refund of {credit_note['number']}",
        date=day,
        amount=amount,
        parent=parent_of(credit_note),
        refund=Refund(type="OPUS", reference=f"opuspay {number[3:]}", bank=seed.BANK),
    )


# -- repayment plans


def sync_plan(
    store: ByondproStore, invoice: str, *, deposit: Decimal = Decimal(0), day_of_month: int = 1
) -> str:
    """Send the instalments of an invoice; refused until the invoice is in Sage 300."""
    found = store.document("invoice", invoice)
    if found is None:
        raise ValueError(f"There is no invoice {invoice}.")
    if found["status"] != "processed":
        words = {"pending": "sync pending", "failed": "sync failed"}[found["status"]]
        raise ValueError(
            f"The repayment plan cannot be synced: the original sync status of {invoice} is"
            f" {words}. Sync the invoice first."
        )
    return send_plan(store, found["body"], deposit=deposit, day_of_month=day_of_month)


def send_plan(
    store: ByondproStore, invoice: Body, *, deposit: Decimal = Decimal(0), day_of_month: int = 1
) -> str:
    """Put a repayment plan in the outbox, whatever became of the invoice; its number."""
    term = store.setup("term", invoice["terms"]["code"])
    payments = int(term["payments"]) if term else 1
    if payments < 2:
        raise ValueError(f"{invoice['terms']['description']} has no repayment plan.")
    if not 0 <= deposit < Decimal(invoice["amount"]):
        raise ValueError("The deposit has to be less than the invoice.")
    if not 1 <= day_of_month <= 28:
        raise ValueError("The day of the month is 1 to 28.")
    number = store.free_number("repayment_plan", f"RP-{number_stem(invoice['booking'])}")
    document = plan_document(
        invoice, number=number, payments=payments, deposit=deposit, day_of_month=day_of_month
    )
    with store.db.transaction():
        store.add_document(document)
        store.track(invoice["booking"], sales.USER, f"Repayment plan {number} synced")
    return number


def plan_document(
    invoice: Mapping[str, Any],
    *,
    number: str,
    payments: int,
    deposit: Decimal = Decimal(0),
    day_of_month: int = 1,
) -> Document:
    """A plan of *payments* equal instalments after a deposit, not stored. Raises `ValueError`."""
    total, start = Decimal(invoice["amount"]), date.fromisoformat(invoice["date"])
    share = cents((total - deposit) / payments)
    amounts = [share] * (payments - 1)
    amounts.append(total - deposit - sum(amounts, Decimal(0)))
    rows = [(months_later(start, n, day_of_month), a) for n, a in enumerate(amounts, 1)]
    if deposit:
        rows.insert(0, (start, deposit))
    return Document(
        **taken_over(invoice),
        entry_type="repayment_plan",
        number=number,
        description=f"Repayment plan of {invoice['number']}",
        date=start,
        amount=total,
        parent=parent_of(invoice),
        schedule=[
            Instalment(number=n, due=due, amount=amount) for n, (due, amount) in enumerate(rows, 1)
        ],
    )
