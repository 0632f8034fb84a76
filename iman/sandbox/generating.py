"""Plausible documents of every type in any number: parents first, dates in order, repeatable."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from iman.sandbox import followups, journals, sales, seed
from iman.sandbox.arithmetic import cents
from iman.sandbox.byondpro_store import Body, ByondproStore
from iman.sandbox.byondpro_wire import Document, Mix

_DAYS = 10  # how far back documents are dated
_PLANS = {"F12": 12, "F24": 24, "F36": 36, "F48": 48}
_MISSING_TERM = "F48"
_MISSING_ACCOUNT = ("HGH", "M-6000")  # 6000 with Highview's segment is 6030
_CENT = Decimal("0.01")
_JOURNALS: tuple[journals.JournalKind, ...] = ("redemption", "redemption", "reversal", "revenue")
# memorials are left out: their revenue at Highview is the account Sage 300 lacks
_REDEEMABLE = [c for c in seed.CATEGORIES if "pre_need" in c.accounts and c.code != "600"]
_MEANS = ("CASH", "CHEQUE", "EFTPOS", "EFTPOS", "VISA", "MC", "DD", "OPUS")
_STREETS = ("Banksia", "Wattle", "Acacia", "Elm", "Station", "Church")
_FIRST = ("Anna", "Bruno", "Carla", "Dinh", "Elsie", "Farid", "Gemma", "Hugo", "Irene", "Jonas")
_LAST = ("Abbott", "Brady", "Costa", "Dimech", "Evans", "Farrugia", "Grech", "Hall", "Ivanov")


class TooFewParents(Exception):
    """A mix asks for more children than there are documents they could belong to."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A document and the moment it was made, in days; its children come after it."""

    body: Body
    moment: float


def generate(
    store: ByondproStore, mix: Mix, *, random_seed: int, bad: float, today: date
) -> dict[str, int]:
    """Make the documents of *mix* in one transaction; how many there are of each type.

    The share *bad* of customers, invoices and journals carries a term or an account Sage 300
    lacks; their children share their fate. Parents are those of the mix, then those in the store.
    Raises `TooFewParents`, and then nothing was made.
    """
    rng = Random(random_seed)  # noqa: S311 -- demo documents, repeatable
    with store.db.transaction():
        maker = _Maker(store, rng, bad, today)
        maker.customers_and_invoices(mix)
        maker.credit_notes(mix.credit_note)
        maker.receipts(mix.receipt)
        maker.refunds(mix.refund)
        maker.plans(mix.repayment_plan)
        maker.journals(mix.journal)
        for _, document, order in sorted(maker.documents, key=lambda made: made[0]):
            store.add_document(document, order=order)
    return mix.model_dump()


class _Maker:
    """Makes documents of all types first; they are stored in the order of their moments."""

    def __init__(self, store: ByondproStore, rng: Random, bad: float, today: date) -> None:
        self.store, self.rng, self.bad = store, rng, bad
        self.now = float(today.toordinal()) + 0.999
        self.documents: list[tuple[float, Document, str]] = []
        self.invoices: list[_Made] = []
        self.credited: list[_Made] = []
        self.numbers: dict[str, int] = {}

    def put(self, document: Document, moment: float, order: str = "") -> _Made:
        self.documents.append((moment, document, order))
        return _Made(document.body(), moment)

    def faltering(self) -> bool:
        return self.rng.random() < self.bad

    def some_time(self) -> float:
        """A moment within the last days."""
        return self.now - self.rng.random() * _DAYS

    def after(self, parent: _Made) -> float:
        """A moment after *parent*, not after today."""
        return parent.moment + 1e-5 + self.rng.random() * max(self.now - parent.moment, 0.0)

    def number(self, entry_type: str, prefix: str, booking: str) -> str:
        """The next number of a type for a booking, as in RC-020001-2."""
        base = f"{prefix}-{int(booking):06d}"
        count = self.numbers.get(base, 0) + 1
        while self.store.document(entry_type, f"{base}-{count}") is not None:
            count += 1
        self.numbers[base] = count
        return f"{base}-{count}"

    # -- customers and invoices

    def customers_and_invoices(self, mix: Mix) -> None:
        last = int(self.store.setting("generated_customers") or 0)
        made = [self.customer(last + n) for n in range(1, mix.customer + 1)]
        self.store.set_setting("generated_customers", str(last + mix.customer))
        first = self.store.next_booking(sales.FIRST_GENERATED)
        # new customers buy first; plans take the last, so that customers can be bad on their own
        for n in range(mix.invoice):
            customer = made[n] if n < len(made) else None
            plan = mix.invoice - n <= mix.repayment_plan
            self.invoices.append(self.invoice(first + n, customer, plan=plan))
        if not mix.invoice:
            self.invoices = self._stored("invoice")

    def customer(self, count: int) -> _Made:
        rng, site = self.rng, self.rng.choice(seed.SITES)
        number = f"{site.code}-9{count:05d}"
        body: Body = {
            "number": number,
            "name": f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
            "site": site.code,
            "kind": "person",
            "group": seed.CUSTOMER_GROUP,
            "terms": _MISSING_TERM if self.faltering() else "IMM",
            "prepared": True,
            "address": {
                "line1": f"{rng.randrange(1, 200)} {rng.choice(_STREETS)} Street",
                "city": "Wattle Creek",
                "state": "NSW",
                "postcode": f"2{rng.randrange(100, 999)}",
                "country": "Australia",
                "phone": f"02 5550 {rng.randrange(1000, 9999)}",
                "email": f"{number.lower()}@example.com",
            },
        }
        self.store.save_setup("customer", number, body)
        moment = self.some_time()
        customer = body | {"code": number}
        return self.put(followups.customer_document(self.store, customer, day=_day(moment)), moment)

    def invoice(self, booking: int, buyer: _Made | None, *, plan: bool) -> _Made:
        rng, bad = self.rng, self.faltering()
        by_account = bad and not plan and buyer is None and rng.random() < 0.5
        if buyer is not None:
            site, customer, terms = buyer.body["site"]["code"], buyer.body["number"], "IMM"
        else:
            known = [c for c in seed.CUSTOMERS if c.kind == "person" or not (plan or bad)]
            if by_account:
                known = [c for c in known if c.site == _MISSING_ACCOUNT[0]]
            chosen = rng.choice(known)
            site, customer, terms = chosen.site, chosen.number, chosen.terms
        wanted = [item.code for item in seed.ITEMS if seed.is_mirrored(item, site)]
        items = rng.sample(wanted, rng.choice((1, 1, 2, 2, 3)))
        if plan:
            terms = rng.choice(("F12", "F24"))
        if by_account:
            items.insert(0, _MISSING_ACCOUNT[1])
        elif bad:
            terms, items = _MISSING_TERM, list(dict.fromkeys(["R-1010", *items]))
        moment = self.some_time() if buyer is None else self.after(buyer)
        order: Body = {
            "number": f"SO-{booking:06d}",
            "booking": str(booking),
            "site": site,
            "customer": customer,
            "terms": terms,
            "date": _day(moment).isoformat(),
            "description": next(i.description for i in seed.ITEMS if i.code == items[0]),
            "items": [[code, 1] for code in items],
        }
        return self._stored_sale(order, moment, promoted=buyer is not None)

    def _stored_sale(self, order: Body, moment: float, *, promoted: bool) -> _Made:
        document = sales.invoice_of(self.store, order, promoted=promoted)
        number, booking, day = order["number"], order["booking"], order["date"]
        self.store.add_booking(
            booking=booking,
            kind="Sales Order",
            site=order["site"],
            customer=order["customer"],
            day=day,
        )
        body = {key: order[key] for key in order.keys() - {"number", "booking"}}
        made = document.body()
        body |= {"total": made["amount"], "lines": made["lines"]}
        self.store.save_order(number, booking, "Invoice", body)
        return self.put(document, moment, number)

    def _stored(self, entry_type: str) -> list[_Made]:
        """Documents of earlier days, for mixes that bring no parents of their own."""
        found = [row["body"] for row in self.store.documents() if row["entry_type"] == entry_type]
        return [_Made(body, float(date.fromisoformat(body["date"]).toordinal())) for body in found]

    # -- what follows

    def credit_notes(self, count: int) -> None:
        free = [made for made in self.invoices if not self._has_child(made, "credit_note")]
        for invoice in self._sample(free, count, "credit notes", "invoices"):
            moment = self.after(invoice)
            document = followups.credit_note_document(
                invoice.body,
                number=self.number("credit_note", "CN", invoice.body["booking"]),
                reason=self.rng.choice(followups.REASONS),
                day=_day(moment),
            )
            self.credited.append(self.put(document, moment))

    def receipts(self, count: int) -> None:
        """Each invoice is paid by as many receipts as fall to it, in equal parts."""
        if count and not self.invoices:
            raise TooFewParents("There are no invoices that receipts could pay.")
        paid: dict[int, int] = {}
        chosen = [self.rng.randrange(len(self.invoices)) for _ in range(count)]
        for index in chosen:
            paid[index] = paid.get(index, 0) + 1
        for index in chosen:
            invoice = self.invoices[index]
            moment = self.after(invoice)
            number = self.number("receipt", "RC", invoice.body["booking"])
            document = followups.receipt_document(
                invoice.body,
                number=number,
                kind=self.rng.choice(_MEANS),
                amount=max(cents(Decimal(invoice.body["amount"]) / (paid[index] + 1)), _CENT),
                day=_day(moment),
                reference=str(self.rng.randrange(100_000, 999_999)),
            )
            self.put(document, moment)

    def refunds(self, count: int) -> None:
        credited = self.credited or self._stored("credit_note")
        free = [made for made in credited if not self._has_child(made, "refund")]
        for credit in self._sample(free, count, "refunds", "credit notes"):
            moment = self.after(credit)
            number = self.number("refund", "RF", credit.body["booking"])
            amount = max(cents(Decimal(credit.body["amount"]) / 2), _CENT)
            document = followups.refund_document(
                credit.body, number=number, amount=amount, day=_day(moment)
            )
            self.put(document, moment)

    def plans(self, count: int) -> None:
        free = [made for made in self.invoices if made.body["terms"]["code"] in _PLANS]
        for invoice in self._sample(free, count, "repayment plans", "invoices with instalments"):
            document = followups.plan_document(
                invoice.body,
                number=self.number("repayment_plan", "RP", invoice.body["booking"]),
                payments=_PLANS[invoice.body["terms"]["code"]],
                deposit=cents(Decimal(self.rng.choice((0, 0, 50, 100)))),
                day_of_month=self.rng.randrange(1, 29),
            )
            self.put(document, self.after(invoice))

    def journals(self, count: int) -> None:
        if count and not self.invoices:
            raise TooFewParents("There are no invoices that journals could belong to.")
        for _ in range(count):
            invoice, bad = self.rng.choice(self.invoices), self.faltering()
            of, moment = invoice.body, self.after(invoice)
            kind = self.rng.choice(_JOURNALS)
            category = self.rng.choice(_REDEEMABLE)
            revenue = "6099" if bad else category.accounts["revenue"]
            document = journals.journal_document(
                of,
                number=self.number("journal", "JE", of["booking"]),
                kind=kind,
                debit=(category.accounts["pre_need"], False),
                credit=(revenue, not bad),
                amount=cents(Decimal(self.rng.randrange(10_000, 400_000)) / 100),
                description=category.description,
                day=_day(moment),
                parent=self.rng.random() < 0.7,
            )
            self.put(document, moment)

    def _has_child(self, made: _Made, entry_type: str) -> bool:
        children = self.store.children(made.body["entry_type"], made.body["number"])
        return any(child["entry_type"] == entry_type for child in children)

    def _sample(self, free: list[_Made], count: int, wanted: str, parents: str) -> list[_Made]:
        if count > len(free):
            raise TooFewParents(f"{count} {wanted} need as many {parents}; there are {len(free)}.")
        return self.rng.sample(free, count)


def _day(moment: float) -> date:
    return date.fromordinal(int(moment))
