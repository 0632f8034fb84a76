"""What A/R checks and fills in when a customer is inserted or changed."""

from iman.sandbox.sage_payload import Record
from iman.sandbox.sage_resources import DEFAULTS
from iman.sandbox.sage_rules import Rules

_FROM_GROUP = (
    "AccountSet",
    "BillingCycle",
    "InterestProfile",
    "Terms",
    "TaxGroup",
    "AccountType",
    "PrintStatements",
    "TaxClassCode1",
    "CurrencyCode",
)


def complete(rules: Rules, given: Record, *, today: str) -> Record:
    """A new customer: *given*, then what its group says, then A/R's own. Raises `SageError`."""
    group = rules.customer_group(given.get("GroupCode"))
    check(rules, given)
    profile = rules.store.record("CSCompanyProfile", "1") or {}
    own = DEFAULTS["ARCustomers"] | {"CurrencyCode": profile.get("FunctionalCurrency")}
    of_group = {name: group[name] for name in _FROM_GROUP if group.get(name) is not None}
    named = {name: value for name, value in given.items() if value is not None}
    customer = own | of_group | named | {"DateLastMaintained": today}
    # what the group passed on must still be there
    check(rules, {name: customer.get(name) for name in ("Terms", "TaxGroup", "AccountSet")})
    if not customer.get("ShortName"):
        customer["ShortName"] = str(customer.get("CustomerName") or "")[:10]
    return customer


def check(rules: Rules, given: Record) -> None:
    """The codes a payload names are set up and active. Raises `SageError`."""
    checks = (
        ("GroupCode", rules.customer_group),
        ("Terms", rules.terms),
        ("TaxGroup", rules.tax_group),
        ("AccountSet", rules.account_set),
        ("PaymentCode", rules.payment_code),
    )
    for name, rule in checks:
        if given.get(name):
            rule(given[name])
