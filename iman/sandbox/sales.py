"""How byondpro turns a sale into a booking, a sales order and an invoice."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from iman.sandbox import seed
from iman.sandbox.arithmetic import cents, tax_on, tax_within
from iman.sandbox.byondpro_store import Body, ByondproStore
from iman.sandbox.byondpro_wire import CodeRef, CustomerRef, Document, Line, SiteRef

USER = "jo.clark"  # who works in the sandbox: there is no log-in
FIRST_GENERATED = 20_001
FIRST_BY_HAND = 10_501
_GOOD_TERMS = ("IMM", "IMM", "IMM", "F12", "F24")


def today() -> date:
    """The business date of the sandbox, UTC."""
    return datetime.now(UTC).date()


def fill(store: ByondproStore, *, scenario: str, today: date) -> None:
    """Write the demo company and the sales of *scenario*, once: a filled store is left alone."""
    if store.setting("scenario") is not None:
        return
    with store.db.transaction():
        _fill_setups(store)
        for sale in seed.SCENARIOS[scenario]:
            make_sale(store, sale, today=today)
        store.set_setting("scenario", scenario)


def _fill_setups(store: ByondproStore) -> None:
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
    for item in seed.ITEMS:
        store.save_setup("item", item.code, asdict(item) | {"price": str(item.price)})
    for site in seed.SITES:
        body = {"description": site.name, "gl_segment": site.gl_segment}
        store.save_setup("site", site.code, body)
    for customer in seed.CUSTOMERS:
        store.save_setup("customer", customer.number, asdict(customer))
    for code, description, percent, tax_class in seed.TAX_CODES:
        tax = {"description": description, "percent": str(percent), "tax_class": tax_class}
        store.save_setup("tax_code", code, tax)
    for code, description in seed.CUSTOMER_GROUPS:
        store.save_setup("customer_group", code, {"description": description})
    for code, description in seed.RECEIPT_TYPES:
        store.save_setup("receipt_type", code, {"description": description})


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
        lines = _lines(store, sale.items)
        body: Body = {
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


def _lines(store: ByondproStore, items: Iterable[tuple[str, int]]) -> list[Line]:
    return [
        _line(store, number, code, quantity) for number, (code, quantity) in enumerate(items, 1)
    ]


def _line(store: ByondproStore, number: int, code: str, quantity: int) -> Line:
    item = store.setup("item", code)
    category = store.setup("category", item["category"]) if item else None
    tax = store.setup("tax_code", item["tax_code"]) if item else None
    if item is None or category is None or tax is None:
        raise ValueError(f"Item {code} is not set up.")
    price, percent = Decimal(item["price"]), Decimal(tax["percent"])
    extended = price * quantity
    if category["tax_included"]:
        amount, tax_amount = cents(extended), tax_within(extended, percent)
    else:
        tax_amount = tax_on(extended, percent)
        amount = cents(extended) + tax_amount
    return Line(
        line=number,
        item=code,
        description=item["description"],
        category=CodeRef(code=category["code"], description=category["description"]),
        account_field="revenue",
        gl_account=category["accounts"]["revenue"],
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
        document = _invoice(store, order)
        if document.amount < 0:
            raise ValueError("The total of an invoice cannot be negative.")
        store.add_document(document)
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


def _invoice(store: ByondproStore, order: Body) -> Document:
    site = store.setup("site", order["site"])
    customer = store.setup("customer", order["customer"])
    term = store.setup("term", order["terms"])
    if site is None or customer is None or term is None:
        raise ValueError("The order's site, customer or term is not set up.")
    lines = _lines(
        store, [(line["item"], int(Decimal(line["quantity"]))) for line in order["lines"]]
    )
    return Document(
        entry_type="invoice",
        number=f"INV-{int(order['booking']):06d}",
        revision=1,
        company=seed.BYONDPRO_COMPANY,
        site=SiteRef(code=site["code"], name=site["description"], gl_segment=site["gl_segment"]),
        gl_segment_rule=seed.SEGMENT_RULE,
        booking=order["booking"],
        sales_order=order["number"],
        description=order["description"],
        customer=CustomerRef(
            number=customer["number"],
            name=customer["name"],
            kind=customer["kind"],
            group=customer["group"],
        ),
        date=date.fromisoformat(order["date"]),
        terms=CodeRef(code=term["code"], description=term["description"]),
        currency=seed.CURRENCY,
        tax_group=seed.TAX_GROUP,
        amount=sum((line.amount for line in lines), Decimal(0)),
        tax=sum((line.tax for line in lines), Decimal(0)),
        parent=None,
        lines=lines,
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
