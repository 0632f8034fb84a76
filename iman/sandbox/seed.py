"""The demo company both sandboxes start from: South East Regional Cemeteries and its set-up.

Codes, prices and people are made up around the few values byondpro's guide names: term F48,
booking 10319, item M-6000, account 6030, the sites and the tax codes.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from iman.sandbox.arithmetic import posted_account

BYONDPRO_COMPANY = "SERC"
SAGE_COMPANY = "SERDAT"
TERRITORY = "South East Regional Cemeteries"
SEGMENT_RULE = "E2"  # byondpro's ProductGLCodeSiteSegment
TAX_GROUP = "ATO"
CURRENCY = "AUD"
CUSTOMER_GROUP = "FAMILY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    code: str
    name: str
    gl_segment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    code: str
    description: str
    due_type: str = "DaysFromInvoiceDate"
    due_number: int = 0  # days, or the day of the month
    payments: int = 1
    restricted_to: str = "both"  # person, company or both
    minimum: Decimal = Decimal(0)
    in_sage: bool = True
    active_in_sage: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    code: str
    description: str
    accounts: dict[str, str]
    tax_included: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    code: str
    description: str
    category: str
    price: Decimal  # including tax where the category is tax inclusive
    tax_code: str = "AUS-GST"
    package: tuple[str, ...] = ()  # the items a package explodes into
    variance: str = ""  # the account of what a package costs more or less than its items
    on_sale: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    number: str
    name: str
    site: str
    kind: str = "person"
    group: str = CUSTOMER_GROUP
    terms: str = "IMM"
    prepared: bool = True  # a finance customer already


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """One booking with its order; invoiced unless *quote*."""

    booking: int
    site: str
    customer: str
    terms: str
    items: tuple[tuple[str, int], ...]  # item code and quantity; a negative quantity gives back
    kind: str
    description: str
    days_ago: int
    quote: bool = False
    pre_need: bool = False


def _land(revenue: str, pre_need: str) -> dict[str, str]:
    return {
        "revenue": revenue,
        "pre_need": pre_need,
        "land_valuation": "1610",
        "capital_improvement": "1620",
        "cogs": "5010",
        "valuations_clearing": "1690",
    }


SITES = (
    Site(code="CVM", name="Clearview Cemetery & Mausolea", gl_segment="10"),
    Site(code="RVB", name="Riverbend Lawn Cemetery", gl_segment="20"),
    Site(code="HGH", name="Highview Remembrance Park", gl_segment="30"),
    Site(code="SLT", name="Saltmarsh Crematorium", gl_segment="40"),
)


def _plan(
    months: int,
    *,
    minimum: Decimal = Decimal(0),
    in_sage: bool = True,
    active_in_sage: bool = True,
) -> Term:
    return Term(
        code=f"F{months}",
        description=f"{months} Month Repayment Plan",
        due_type="DayOfNextMonth",
        due_number=1,
        payments=months,
        restricted_to="person",
        minimum=minimum,
        in_sage=in_sage,
        active_in_sage=active_in_sage,
    )


TERMS = (
    Term(code="IMM", description="Immediate Payment"),
    Term(code="N14", description="14 Days", due_number=14, restricted_to="company"),
    Term(code="N30", description="30 Days", due_number=30, restricted_to="company"),
    Term(
        code="EOM",
        description="End of Next Month",
        due_type="EndOfNextMonth",
        restricted_to="company",
    ),
    _plan(12),
    _plan(24),
    _plan(36, active_in_sage=False),
    _plan(48, minimum=Decimal(2000), in_sage=False),
)

CATEGORIES = (
    Category(code="100", description="Right of Interment – Lawn", accounts=_land("4000", "2510")),
    Category(
        code="110", description="Right of Interment – Cremation", accounts=_land("4100", "2511")
    ),
    Category(code="120", description="Mausoleum Crypts", accounts=_land("4200", "2512")),
    Category(
        code="200",
        description="Interment Services",
        accounts={"revenue": "4300", "pre_need": "2520"},
    ),
    Category(
        code="300",
        description="Cremation Services",
        accounts={"revenue": "4400", "pre_need": "2530"},
    ),
    Category(
        code="310",
        description="Chapel & Functions",
        accounts={"revenue": "4500", "pre_need": "2531"},
    ),
    Category(code="600", description="Memorials", accounts={"revenue": "6000", "pre_need": "2560"}),
    Category(code="700", description="Permits & Administration", accounts={"revenue": "4700"}),
    Category(
        code="800", description="Government Levy", accounts={"revenue": "2350"}, tax_included=False
    ),
    Category(code="900", description="Surcharges", accounts={"revenue": "4900"}),
    Category(
        code="950",
        description="Packages",
        accounts={"revenue": "5900", "variance": "5900"},
    ),
)


def _item(code: str, description: str, category: str, price: str) -> Item:
    return Item(code=code, description=description, category=category, price=Decimal(price))


ITEMS = (
    _item("R-1000", "Lawn grave, single depth, perpetual", "100", "3245.00"),
    _item("R-1010", "Lawn grave, double depth, perpetual", "100", "3760.00"),
    _item("R-2000", "Rose garden cremation position, 25 years", "110", "1078.00"),
    _item("R-2100", "Columbarium niche, perpetual", "110", "922.00"),
    _item("R-3000", "Mausoleum crypt, level 2", "120", "21500.00"),
    _item("I-1000", "Burial interment, weekday", "200", "2115.00"),
    _item("I-1100", "Second interment, re-open", "200", "1721.00"),
    _item("I-1900", "Saturday surcharge, burial", "200", "650.00"),
    _item("I-2000", "Ash interment", "200", "269.00"),
    _item("C-1000", "Cremation, adult", "300", "960.00"),
    _item("C-2000", "Chapel service", "310", "260.00"),
    _item("F-1000", "Function room, 2 hours", "310", "400.00"),
    _item("M-5000", "Bronze plaque 280 × 380", "600", "589.00"),
    _item("M-6000", "Memorial boulder", "600", "3100.00"),
    _item("A-1000", "Monument permit", "700", "104.50"),
    _item("L-1000", "Interment levy, burial", "800", "156.00"),
)
SURCHARGE_ITEM = "S-0001"
# not in ITEMS: generated sales of a seed are to stay what they were
MORE_ITEMS = (
    Item(
        code=SURCHARGE_ITEM,
        description="Card surcharge",
        category="900",
        price=Decimal(0),
        on_sale=False,
    ),
    Item(
        code="P-1000",
        description="Lawn burial package",
        category="950",
        price=Decimal("5400.00"),
        package=("R-1000", "I-1000", "C-2000"),
        variance="5900",
    ),
)


def _company(number: str, name: str, site: str, terms: str) -> Customer:
    return Customer(number=number, name=name, site=site, kind="company", group="COMP", terms=terms)


CUSTOMERS = (
    Customer(number="HGH-004512", name="Margaret Ellison", site="HGH"),
    Customer(number="HGH-004518", name="Peter O'Halloran", site="HGH"),
    Customer(number="HGH-004523", name="Thi Lan Nguyen", site="HGH"),
    Customer(number="HGH-004530", name="Rosa Castellano", site="HGH"),
    Customer(number="CVM-002201", name="George Papadakis", site="CVM"),
    Customer(number="CVM-002214", name="Helen Whitlock", site="CVM"),
    Customer(number="CVM-002230", name="Amarjit Singh Gill", site="CVM"),
    Customer(number="RVB-001877", name="Dorothy Maclean", site="RVB"),
    Customer(number="RVB-001903", name="Joseph Vella", site="RVB"),
    Customer(number="SLT-000961", name="Ingrid Sørensen", site="SLT"),
    Customer(number="SLT-000974", name="Walter Brandt", site="SLT"),
    _company("FD-0007", "Hartley & Sons Funeral Directors", "HGH", "N30"),
    _company("FD-0012", "Bayside Funeral Services", "SLT", "N30"),
    _company("MM-0003", "Stonecroft Memorials", "HGH", "N14"),
    _company("MM-0005", "Granite & Bronze Monumental", "CVM", "N14"),
    _company("CO-0001", "Shire of Wattle Creek", "RVB", "EOM"),
)

# people who have bought nothing yet: Prepare Applicant as Finance Customer makes them customers
APPLICANTS = (
    Customer(number="HGH-004601", name="Eleanor Marsh", site="HGH", prepared=False),
    Customer(number="CVM-002301", name="Dimitri Kostas", site="CVM", prepared=False),
    Customer(number="RVB-001950", name="Grace Tapsell", site="RVB", prepared=False),
)

CUSTOMER_GROUPS = ((CUSTOMER_GROUP, "Family"), ("COMP", "Companies"))
TAX_CODES = (
    ("AUS-GST", "GST 10 %", Decimal(10), 1),
    ("GST-FREE", "GST free", Decimal(0), 2),
)
RECEIPT_TYPES = (
    ("CASH", "Cash"),
    ("CHEQUE", "Cheque"),
    ("EFTPOS", "EFTPOS"),
    ("VISA", "Visa"),
    ("MC", "Mastercard"),
    ("AMEX", "American Express"),
    ("DD", "Direct deposit"),
    ("OPUS", "opuspay"),
)
SURCHARGES = {"AMEX": Decimal("1.75")}  # percent of what is paid
NEW_RECEIPT_TYPE = ("BPAY", "BPAY")  # which Sage 300 has no payment code for
BANK = "CBA"  # where receipts are banked
BANKS = (("CBA", "Operating account", "1050"), ("NAB", "Trust account", "1060"))


def sale(
    booking: int, customer: str, terms: str, items: str, kind: str, description: str, days_ago: int
) -> Sale:
    """A row of the table below; *items* is written as `R-1000 I-1900*-1`."""
    pairs = [part.partition("*") for part in items.split()]
    site = next(c.site for c in CUSTOMERS if c.number == customer)
    return Sale(
        booking=booking,
        site=site,
        customer=customer,
        terms=terms,
        items=tuple((code, int(count or 1)) for code, _, count in pairs),
        kind=kind,
        description=description,
        days_ago=days_ago,
    )


CLEAN_SALES = (
    sale(10301, "FD-0007", "N30", "I-1000 L-1000", "Burial", "Interment and levy", 9),
    sale(10303, "CVM-002201", "F24", "R-3000", "Right of interment", "Mausoleum crypt", 9),
    sale(10304, "SLT-000961", "IMM", "C-1000 C-2000", "Cremation", "Cremation with chapel", 8),
    sale(10306, "RVB-001877", "F12", "R-1000", "Right of interment", "Right of interment", 7),
    sale(10309, "MM-0003", "N14", "A-1000", "Monument permit", "Monument permit", 6),
    sale(10311, "HGH-004518", "IMM", "C-2000", "Chapel service", "Chapel service", 6),
    sale(10312, "CO-0001", "EOM", "F-1000*2", "Function", "Function room", 5),
    sale(10314, "RVB-001903", "IMM", "I-1100 I-1900 I-1900*-1", "Burial", "Second interment", 4),
    sale(10316, "FD-0012", "N30", "C-1000*3", "Cremation", "Cremations", 3),
    sale(10321, "CVM-002214", "IMM", "R-2100 I-2000", "Cremated remains", "Niche and ashes", 1),
    sale(10322, "SLT-000974", "F12", "R-2000 I-2000", "Cremated remains", "Rose garden", 1),
    sale(10336, "HGH-004530", "IMM", "R-1010 I-1000 L-1000", "Burial", "Grave and interment", 0),
    sale(10327, "CVM-002230", "IMM", "M-6000", "Memorial", "Memorial boulder", 1),
)
FALTERING_SALES = (
    # Sage 300 has no terms code F48: the guide's own example
    sale(10319, "HGH-004512", "F48", "R-1010", "Burial", "Right of interment", 1),
    # 6000 with Highview's segment 30 is 6030, which Sage 300 lacks
    sale(10324, "HGH-004523", "IMM", "M-6000", "Memorial", "Memorial boulder", 1),
    # F36 exists in Sage 300 but is inactive
    sale(10331, "RVB-001877", "F36", "R-1010 I-1000", "Burial", "Grave and interment", 0),
)
QUOTES = (
    Sale(
        booking=10340,
        site="HGH",
        customer="HGH-004518",
        terms="F24",
        items=(("R-1000", 1), ("I-1000", 1)),
        kind="Burial",
        description="Grave and interment",
        days_ago=0,
        quote=True,
    ),
)
CLUMP_SALES = tuple(
    sale(10401 + n, "HGH-004523", "IMM", "M-6000", "Memorial", "Memorial boulder", (24 - n) // 4)
    for n in range(25)
)

SCENARIOS: dict[str, tuple[Sale, ...]] = {
    "reference": tuple(
        sorted((*CLEAN_SALES, *FALTERING_SALES, *QUOTES), key=lambda sale: sale.booking)
    ),
    "clean": tuple(sorted((*CLEAN_SALES, *QUOTES), key=lambda sale: sale.booking)),
    "empty": (),
    "clump": CLUMP_SALES,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    number: str
    description: str
    kind: str = field(default="IncomeStatement")


MISSING_ACCOUNTS = frozenset({"6030"})


def sage_accounts() -> list[Account]:
    """Every account a category can post to at a site, but for `MISSING_ACCOUNTS`."""
    found = {
        "1050": Account(number="1050", description="Operating bank account", kind="BalanceSheet"),
        "1060": Account(number="1060", description="Trust bank account", kind="BalanceSheet"),
        "1100": Account(number="1100", description="Receivables control", kind="BalanceSheet"),
        "2300": Account(number="2300", description="GST collected", kind="BalanceSheet"),
    }
    for category in CATEGORIES:
        for purpose, stored in category.accounts.items():
            kind = "BalanceSheet" if stored[0] in "12" else "IncomeStatement"
            label = f"{category.description}, {purpose.replace('_', ' ')}"
            found.setdefault(stored, Account(number=stored, description=label, kind=kind))
            for site in SITES:
                number = stored[:-2] + site.gl_segment
                description = f"{label}, {site.code}"
                found.setdefault(number, Account(number=number, description=description, kind=kind))
    return [account for number, account in sorted(found.items()) if number not in MISSING_ACCOUNTS]


def is_mirrored(item: Item, site: str) -> bool:
    """Whether the account *item* posts to at *site* is in Sage 300 from the start."""
    category = next(c for c in CATEGORIES if c.code == item.category)
    segment = next(s.gl_segment for s in SITES if s.code == site)
    return posted_account(category.accounts["revenue"], segment, SEGMENT_RULE) not in (
        MISSING_ACCOUNTS
    )
