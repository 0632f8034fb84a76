"""What A/R checks when an invoice entry is inserted, in Sage's order and with its sentences."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from iman.sandbox.sage_errors import MissingCode, SageError, not_defined
from iman.sandbox.sage_payload import Record, day_of
from iman.sandbox.sage_store import SageStore

Severity = Literal["Ignore", "Warning", "Error"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The checks of one company. Each raises `SageError`; none of them writes."""

    store: SageStore
    missing: MissingCode = MissingCode.NOT_FOUND_404
    locked_periods: frozenset[str] = frozenset()  # as in 2026-01, locked for A/R

    def customer(self, number: str | None) -> Record:
        """The customer, if invoices may be entered for it."""
        if not number:
            raise SageError("FieldInvalid", "Customer Number cannot be blank.")
        found = self._known("ARCustomers", number, "Customer Number", "A/R Customers")
        if found.get("Status") == "Inactive":
            raise SageError("General", f'Customer "{number}" is inactive.')
        if found.get("OnHold") == "Yes":
            raise SageError("General", f'Customer "{number}" is on hold.')
        return found

    def terms(self, code: str | None) -> Record:
        """The terms code, if documents may use it."""
        if not code:
            raise SageError("FieldInvalid", "Terms Code cannot be blank.")
        found = self._known("ARTerms", code, "Terms Code", "A/R Terms")
        if found.get("Status") == "Inactive":
            raise SageError("General", f'Terms Code "{code}" is inactive.')
        return found

    def tax_group(self, code: str | None) -> Record:
        """The sales tax group."""
        if not code:
            raise SageError("FieldInvalid", "Tax Group cannot be blank.")
        return self._known("TXTaxGroups", f"{code}|Sales", "Tax Group", "Tax Services", code)

    def _known(
        self, resource: str, key: str, thing: str, module: str, shown: str | None = None
    ) -> Record:
        found = self.store.record(resource, key)
        if found is None:
            raise self.missing.error(not_defined(thing, shown or key, module))
        return found

    def account(self, line: Record, *, posting: bool = False) -> None:
        """The line's revenue account exists, is active and can be posted to.

        The company profile says whether a missing or inactive account is an error, a warning or
        ignored; with the last two it comes back when the batch is posted.
        """
        number = line.get("RevenueAccount")
        if not number:
            if line.get("DistributionCode"):
                code = str(line["DistributionCode"])
                raise self.missing.error(
                    not_defined("Distribution Code", code, "A/R Distribution Codes")
                )
            raise SageError("FieldInvalid", "Revenue Account cannot be blank.")
        found = self.store.record("GLAccounts", number)
        if found is None:
            if posting or self._option("NonexistentGLAccount") == "Error":
                raise SageError("General", f"G/L account {number} is not defined in General Ledger")
        elif found.get("Status") == "Inactive":
            if posting or self._option("InactiveGLAccount") == "Error":
                raise SageError("General", f"G/L account {number} is inactive.")
        elif found.get("PostToAccount") == "Prohibited":
            raise SageError("General", f"Posting to G/L account {number} is prohibited.")

    def _option(self, name: str) -> Severity:
        profile = self.store.record("CSCompanyProfile", "1") or {}
        chosen: Severity = profile.get(name) or "Error"
        return chosen

    def period(self, day: date, *, posting: bool = False) -> tuple[str, int]:
        """Fiscal year and period of *day*, which are in the calendar and not locked for A/R."""
        calendar = self.store.record("CSFiscalCalendars", str(day.year))
        for number in range(1, 13):
            if calendar is None:
                break
            start = day_of(calendar[f"FiscalPeriod{number}StartDate"])
            if start <= day <= day_of(calendar[f"FiscalPeriod{number}EndDate"]):
                self._not_locked(str(day.year), number, posting=posting)
                return str(day.year), number
        raise SageError(
            "FieldInvalid",
            f"Date {day.isoformat()} does not exist in Common Services Fiscal Calendar.",
        )

    def _not_locked(self, year: str, number: int, *, posting: bool) -> None:
        locked = f"{year}-{number:02d}" in self.locked_periods
        if locked and (posting or self._option("LockedFiscalPeriod") == "Error"):
            raise SageError(
                "General",
                f"Fiscal period {number} for fiscal year {year} is locked for Accounts Receivable"
                " in Common Services Fiscal Calendar.",
            )


def check_total(entry: Record, computed: Decimal) -> None:
    """The total an entry claims is the sum of its lines, and it is not negative."""
    claimed = entry.get("DocumentTotalIncludingTax")
    if claimed is not None and Decimal(claimed) != computed:
        raise SageError(
            "RecordInvalid",
            f"Document total {claimed:.3f} is not equal to the total of its details, "
            f"{computed:.3f}.",
        )
    if computed < 0:
        raise SageError("RecordInvalid", "The document total cannot be negative.")


def already_exists(customer: str, number: str) -> str:
    """The sentence for a document number the customer already has."""
    return f"Document number '{number}' for customer {customer} already exists."
