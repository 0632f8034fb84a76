"""The scenarios byondpro's sandbox can start from; Sage 300's side is in `sage_scenarios`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from iman.sandbox import followups, journals, sales, seed
from iman.sandbox.byondpro_store import ByondproStore

Plant = Callable[[ByondproStore, date], object]
LOST_INVOICE = "INV-010610"
_REDEMPTION = 10660


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Sales, and what follows them."""

    name: str
    sales: tuple[seed.Sale, ...]
    then: tuple[Plant, ...] = ()


def locked_month(today: date) -> date:
    """The first day of the month that `locked` finds locked: two months back."""
    year, month = divmod(today.year * 12 + today.month - 1 - 2, 12)
    return date(year, month + 1, 1)


def _sale(booking: int, customer: str, terms: str, items: str, description: str) -> seed.Sale:
    return seed.sale(booking, customer, terms, items, "Sales Order", description, 1)


def _known(*bookings: int) -> tuple[seed.Sale, ...]:
    return tuple(sale for sale in seed.SCENARIOS["reference"] if sale.booking in bookings)


def _back_dated_receipt(store: ByondproStore, today: date) -> None:
    day = locked_month(today).replace(day=15)
    amount = Decimal("260.00")
    followups.take_receipt(store, "INV-010602", kind="EFTPOS", amount=amount, day=day)


def _receipt_of_f48(store: ByondproStore, today: date) -> None:
    amount = Decimal("500.00")
    followups.take_receipt(store, "INV-010319", kind="EFTPOS", amount=amount, day=today)


def _credit_of_f48(store: ByondproStore, today: date) -> None:
    followups.create_credit_note(store, "INV-010319", reason="Wrong payment term", day=today)


def _plan_of_f48(store: ByondproStore, _today: date) -> None:
    followups.send_plan(store, followups.invoice_body(store, "INV-010319"))


def _receipt_of_a_new_type(store: ByondproStore, today: date) -> None:
    code, description = seed.NEW_RECEIPT_TYPE
    store.save_setup("receipt_type", code, {"description": description, "surcharge": "0"})
    amount = Decimal("400.00")
    followups.take_receipt(store, "INV-010640", kind=code, amount=amount, day=today)


def _redemption(store: ByondproStore, today: date) -> None:
    """A memorial bought years ago, before there was a sync: its invoice is in no outbox."""
    sold = today - timedelta(days=1200)
    booking = str(_REDEMPTION)
    store.add_booking(
        booking=booking, kind="Memorial", site="CVM", customer="CVM-002214", day=sold.isoformat()
    )
    customer = store.setup("customer", "CVM-002214")
    if customer is None:
        raise ValueError("The customer of the redemption is not set up.")
    of = {
        "company": seed.BYONDPRO_COMPANY,
        "site": sales.site_of(store, "CVM"),
        "gl_segment_rule": seed.SEGMENT_RULE,
        "booking": booking,
        "customer": sales.customer_of(customer),
        "currency": seed.CURRENCY,
    }
    document = journals.journal_document(
        of,
        number="JE-010660-1",
        kind="redemption",
        debit=("2560", False),
        credit=("6000", True),
        amount=Decimal("535.45"),
        description="Bronze plaque 280 × 380",
        day=today,
        parent=False,
    )
    store.add_document(document)
    store.track(booking, sales.USER, f"Journal {document.number}: redemption")


_CLEAN = _known(10321)
_LOCKED = _sale(10602, "HGH-004518", "IMM", "C-2000", "Chapel service")
_LOST = _sale(10610, "HGH-004530", "IMM", "R-1010 I-1000", "Grave and interment")
_OUTAGE = tuple(
    _sale(10620 + n, customer.number, customer.terms, "C-2000", "Chapel service")
    for n, customer in enumerate(seed.CUSTOMERS[:12])
)
_NEW_TYPE = _sale(10640, "CO-0001", "EOM", "F-1000", "Function room")
_PACKAGE = _sale(10650, "HGH-004523", "IMM", "P-1000", "Lawn burial package")

_LIST = (
    *(Scenario(name=name, sales=planted) for name, planted in seed.SCENARIOS.items()),
    Scenario(name="f48", sales=_known(10319) + _CLEAN),
    Scenario(name="gl6030", sales=_known(10324) + _CLEAN),
    Scenario(name="cvm", sales=_known(10327) + _CLEAN),
    Scenario(name="f36", sales=_known(10331) + _CLEAN),
    Scenario(name="locked", sales=(_LOCKED, *_CLEAN), then=(_back_dated_receipt,)),
    Scenario(name="waiting", sales=_known(10319) + _CLEAN, then=(_receipt_of_f48,)),
    Scenario(name="credit", sales=_known(10319) + _CLEAN, then=(_credit_of_f48,)),
    Scenario(name="plan", sales=_known(10319) + _CLEAN, then=(_plan_of_f48,)),
    Scenario(name="outage", sales=_OUTAGE),
    Scenario(name="lost", sales=(_LOST, *_CLEAN)),
    Scenario(name="newtype", sales=(_NEW_TYPE, *_CLEAN), then=(_receipt_of_a_new_type,)),
    Scenario(name="package", sales=(_PACKAGE, *_CLEAN)),
    Scenario(name="redeem", sales=_CLEAN, then=(_redemption,)),
    Scenario(
        name="all",
        sales=(
            *seed.SCENARIOS["reference"],
            *seed.SCENARIOS["clump"],
            *(_LOCKED, _LOST, *_OUTAGE, _NEW_TYPE, _PACKAGE),
        ),
        then=(
            _back_dated_receipt,
            _receipt_of_f48,
            _credit_of_f48,
            _plan_of_f48,
            _receipt_of_a_new_type,
            _redemption,
        ),
    ),
)
SCENARIOS = {scenario.name: scenario for scenario in _LIST}


def scenario_of(name: str) -> Scenario:
    """The scenario *name*. Raises `ValueError` that names the known ones."""
    if name not in SCENARIOS:
        known = ", ".join(sorted(SCENARIOS))
        raise ValueError(f"There is no scenario {name!r}; choose one of {known}.")
    return SCENARIOS[name]


def fill(store: ByondproStore, scenario: Scenario, *, today: date) -> None:
    """Write the demo company and *scenario*, once: a filled store is left alone."""
    if store.setting("scenario") is not None:
        return
    with store.db.transaction():
        sales.fill_setups(store)
        for sale in scenario.sales:
            sales.make_sale(store, sale, today=today)
        for plant in scenario.then:
            plant(store, today)
        store.set_setting("scenario", scenario.name)
