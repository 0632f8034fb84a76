"""How byondpro turns a sale into a booking, a sales order and an invoice."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from iman.sandbox import seed
from iman.sandbox.arithmetic import cents, tax_on, tax_within
from iman.sandbox.byondpro_store import Body, ByondproStore
from iman.sandbox.byondpro_wire import CodeRef, CustomerRef, Document, Line, ParentRef, SiteRef

USER = "jo.clark"  # who works in the sandbox: there is no log-in
FIRST_GENERATED = 20_001
FIRST_BY_HAND = 10_501
_GOOD_TERMS = ("IMM", "IMM", "IMM", "F12", "F24")


def today() -> date:
    """The business date of the sandbox, UTC."""
    return datetime.now(UTC).date()


def fill_setups(store: ByondproStore) -> None:
    """The demo company's set-up."""
    for term in seed.TERMS:
        body = {
            "description": term.description,
            "due_type": term.due_type,
            "payments": term.payments,
            "restricted_to": term.restricted_to,
            "minimum": str(term.minimum),
        }
        store.save_setup("term", term.code, body)
    for category in seed.CATEGORIES:
        store.save_setup("category", category.code, asdict(category))
    for item in (*seed.ITEMS, *seed.MORE_ITEMS):
        body = asdict(item) | {"price": str(item.price)}
        store.save_setup("item", item.code, body, active=item.on_sale)
    for site in seed.SITES:
        body = {"description": site.name, "gl_segment": site.gl_segment}
        store.save_setup("site", site.code, body)
    for customer in (*seed.CUSTOMERS, *seed.APPLICANTS):
        store.save_setup("customer", customer.number, asdict(customer))
    for code, description, percent, tax_class in seed.TAX_CODES:
        tax = {"description": description, "percent": str(percent), "tax_class": tax_class}
        store.save_setup("tax_code", code, tax)
    for code, description in seed.CUSTOMER_GROUPS:
        store.save_setup("customer_group", code, {"description": description})
    for code, description in seed.RECEIPT_TYPES:
        surcharge = str(seed.SURCHARGES.get(code, Decimal(0)))
        body = {"description": description, "surcharge": surcharge}
        store.save_setup("receipt_type", code, body)


def make_sale(store: ByondproStore, sale: seed.Sale, *, today: date) -> str:
    """Make the booking, its order and, unless it stays a quote, the invoice; the order's number."""
    booking = str(sale.booking)
    number = f"SO-{sale.booking:06d}"
    day = today - timedelta(days=sale.days_ago)
    with store.db.transaction():
        store.add_booking(
            booking=booking,
            kind=sale.kind,
            site=sale.site,
            customer=sale.customer,
            day=day.isoformat(),
        )
        lines = lines_of(store, sale.items, pre_need=sale.pre_need)
        body: Body = {
            "items": [list(item) for item in sale.items],
            "pre_need": sale.pre_need,
            "site": sale.site,
            "customer": sale.customer,
            "terms": sale.terms,
            "date": day.isoformat(),
            "description": sale.description,
            "total": str(sum((line.amount for line in lines), Decimal(0))),
            "lines": [line.model_dump(mode="json") for line in lines],
        }
        store.save_order(number, booking, "Quote", body)
        store.track(booking, USER, f"Sales order {number} created")
        if not sale.quote:
            create_invoice(store, number)
    return number


def lines_of(
    store: ByondproStore, items: Iterable[tuple[str, int]], *, pre_need: bool = False
) -> list[Line]:
    """The lines of *items*; a package becomes its items and a line with the difference."""
    lines: list[Line] = []
    for code, quantity in items:
        item = store.setup("item", code)
        if item is None:
            raise ValueError(f"Item {code} is not set up.")
        parts = item.get("package") or [code]
        exploded = [
            line_of(store, len(lines) + n, part, quantity, pre_need=pre_need)
            for n, part in enumerate(parts, 1)
        ]
        lines += exploded
        if item.get("package"):
            price = Decimal(item["price"]) * quantity
            difference = price - sum((line.amount for line in exploded), Decimal(0))
            lines.append(_variance(store, len(lines) + 1, item, difference))
    return lines


def _variance(store: ByondproStore, number: int, item: Body, difference: Decimal) -> Line:
    line = line_of(store, number, item["code"], 1, price=difference)
    words = f"{item['description']}, variance"
    return line.model_copy(
        update={
            "description": words,
            "account_field": "variance",
            "gl_account": item["variance"],
        }
    )


def line_of(
    store: ByondproStore,
    number: int,
    code: str,
    quantity: int,
    *,
    pre_need: bool = False,
    price: Decimal | None = None,
) -> Line:
    """One line; *price* replaces the item's. Raises `ValueError` for an item without set-up."""
    item = store.setup("item", code)
    category = store.setup("category", item["category"]) if item else None
    tax = store.setup("tax_code", item["tax_code"]) if item else None
    if item is None or category is None or tax is None:
        raise ValueError(f"Item {code} is not set up.")
    price = Decimal(item["price"]) if price is None else price
    percent, extended = Decimal(tax["percent"]), price * quantity
    if category["tax_included"]:
        amount, tax_amount = cents(extended), tax_within(extended, percent)
    else:
        tax_amount = tax_on(extended, percent)
        amount = cents(extended) + tax_amount
    field = "pre_need" if pre_need and "pre_need" in category["accounts"] else "revenue"
    return Line(
        line=number,
        item=code,
        description=item["description"],
        category=CodeRef(code=category["code"], description=category["description"]),
        account_field=field,
        gl_account=category["accounts"][field],
        quantity=Decimal(quantity),
        unit_price=price,
        amount=amount,
        tax_code=item["tax_code"],
        tax_class=tax["tax_class"],
        tax_included=category["tax_included"],
        tax=tax_amount,
    )


def create_invoice(store: ByondproStore, sales_order: str) -> str:
    """Freeze the order and put its invoice in the outbox; the invoice's number.

    The accounts are those the categories hold at this moment.
    """
    with store.db.transaction():
        order = store.order(sales_order)
        if order is None or order["status"] != "Quote":
            raise ValueError(f"Sales order {sales_order} cannot be invoiced.")
        document = invoice_of(store, order)
        if document.amount < 0:
            raise ValueError("The total of an invoice cannot be negative.")
        store.add_document(document, order=sales_order)
        body = {key: order[key] for key in order.keys() - {"number", "booking", "status"}}
        body["lines"] = [line.model_dump(mode="json") for line in document.lines]
        store.save_order(sales_order, order["booking"], "Invoice", body)
        store.track(
            order["booking"],
            USER,
            f"Invoice {document.number} created",
            ("Document Type", "Quote", "Invoice"),
        )
    return document.number


def invoice_of(store: ByondproStore, order: Body, *, promoted: bool | None = None) -> Document:
    """The invoice of *order*, not stored. Raises `ValueError` when it cannot be invoiced.

    *promoted* says whether the customer is one the feed carries; None looks it up.
    """
    customer = store.setup("customer", order["customer"])
    term = store.setup("term", order["terms"])
    if customer is None or term is None:
        raise ValueError("The order's customer or term is not set up.")
    if not customer.get("prepared", True):
        raise ValueError("Prepare the applicant as a finance customer first.")
    items = order.get("items") or [
        (line["item"], int(Decimal(line["quantity"]))) for line in order["lines"]
    ]
    pre_need = bool(order.get("pre_need"))
    lines = lines_of(store, [(code, count) for code, count in items], pre_need=pre_need)
    if promoted is None:
        promoted = store.document("customer", customer["code"]) is not None
    parent = ParentRef(entry_type="customer", number=customer["code"]) if promoted else None
    every_line = {line.account_field for line in lines} == {"pre_need"}
    number = f"INV-{order['number'].removeprefix('SO-')}"
    return Document(
        entry_type="invoice",
        number=number,
        kind="invoice",
        revision=1,
        company=seed.BYONDPRO_COMPANY,
        site=site_of(store, order["site"]),
        # unearned income is a balance sheet account: no site is written over it
        gl_segment_rule="N" if every_line else seed.SEGMENT_RULE,
        booking=order["booking"],
        sales_order=order["number"],
        description=order["description"],
        customer=customer_of(customer),
        date=date.fromisoformat(order["date"]),
        terms=CodeRef(code=term["code"], description=term["description"]),
        currency=seed.CURRENCY,
        tax_group=seed.TAX_GROUP,
        amount=sum((line.amount for line in lines), Decimal(0)),
        tax=sum((line.tax for line in lines), Decimal(0)),
        parent=parent,
        lines=lines,
    )


def site_of(store: ByondproStore, code: str) -> SiteRef:
    site = store.setup("site", code)
    if site is None:
        raise ValueError(f"Site {code} is not set up.")
    return SiteRef(code=site["code"], name=site["description"], gl_segment=site["gl_segment"])


def customer_of(customer: Body) -> CustomerRef:
    return CustomerRef(
        number=customer["code"],
        name=customer["name"],
        kind=customer["kind"],
        group=customer["group"],
    )


def new_sale(
    store: ByondproStore,
    *,
    site: str,
    customer: str,
    term: str,
    items: Sequence[str],
    quote: bool,
    today: date,
    pre_need: bool = False,
) -> str:
    """Make a booking and order from a form, invoiced unless it stays a *quote*; its number."""
    with store.db.transaction():
        item = store.setup("item", items[0])
        sale = seed.Sale(
            booking=store.next_booking(FIRST_BY_HAND),
            site=site,
            customer=customer,
            terms=term,
            items=tuple((code, items.count(code)) for code in dict.fromkeys(items)),
            kind="Sales Order",
            description=item["description"] if item else "",
            days_ago=0,
            quote=quote,
            pre_need=pre_need,
        )
        return make_sale(store, sale, today=today)


def generate(
    store: ByondproStore, *, invoices: int, random_seed: int, bad: float, today: date
) -> list[str]:
    """Make *invoices* plausible invoices in one transaction; the share *bad* carries F48."""
    rng = Random(random_seed)  # noqa: S311 -- demo sales, repeatable
    made = []
    with store.db.transaction():
        first = store.next_booking(FIRST_GENERATED)
        for booking in range(first, first + invoices):
            sale = _random_sale(rng, booking, faltering=rng.random() < bad)
            made.append(make_sale(store, sale, today=today))
    return [number.replace("SO-", "INV-") for number in made]


def _random_sale(rng: Random, booking: int, *, faltering: bool) -> seed.Sale:
    customer = rng.choice([c for c in seed.CUSTOMERS if c.kind == "person" or not faltering])
    wanted = [item for item in seed.ITEMS if seed.is_mirrored(item, customer.site)]
    count = rng.choice((1, 1, 2, 2, 3, 4))
    items = [(item.code, 1) for item in rng.sample(wanted, count)]
    terms = customer.terms if customer.kind == "company" else rng.choice(_GOOD_TERMS)
    if faltering:
        terms, items = "F48", [("R-1010", 1), *((c, n) for c, n in items if c != "R-1010")]
    return seed.Sale(
        booking=booking,
        site=customer.site,
        customer=customer.number,
        terms=terms,
        items=tuple(items),
        kind="Burial",
        description=next(i.description for i in seed.ITEMS if i.code == items[0][0]),
        days_ago=rng.randrange(3),
    )
