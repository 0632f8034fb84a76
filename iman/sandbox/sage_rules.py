"""What the modules check when an entry is inserted, with Sage's sentences."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from iman.sandbox.sage_errors import MissingCode, SageError, not_defined
from iman.sandbox.sage_payload import Record, day_of
from iman.sandbox.sage_store import SageStore

Severity = Literal["Ignore", "Warning", "Error"]
LEDGERS = {"AR": "Accounts Receivable", "GL": "General Ledger"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The checks of one company. Each raises `SageError`; none of them writes."""

    store: SageStore
    missing: MissingCode = MissingCode.NOT_FOUND_404
    locked_periods: frozenset[str] = frozenset()  # as in AR:2026-01

    def customer(self, number: str | None) -> Record:
        """The customer, if documents may be entered for it."""
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
        return self._active("ARTerms", code, "Terms Code", "A/R Terms")

    def customer_group(self, code: str | None) -> Record:
        return self._active("ARCustomerGroups", code, "Customer Group", "A/R Customer Groups")

    def account_set(self, code: str | None) -> Record:
        return self._active("ARAccountSets", code, "Account Set", "A/R Account Sets")

    def payment_code(self, code: str | None) -> Record:
        return self._active("ARPaymentCodes", code, "Payment Code", "A/R Payment Codes")

    def bank(self, code: str | None) -> Record:
        return self._active("BKBanks", code, "Bank", "Bank Services")

    def item(self, code: str | None) -> Record:
        return self._active("ARItems", code, "Item Number", "A/R Items")

    def tax_group(self, code: str | None) -> Record:
        """The sales tax group."""
        if not code:
            raise SageError("FieldInvalid", "Tax Group cannot be blank.")
        return self._known("TXTaxGroups", f"{code}|Sales", "Tax Group", "Tax Services", code)

    def source_code(self, ledger: str, kind: str) -> Record:
        """Where a journal says it comes from."""
        shown = f"{ledger}-{kind}"
        key = f"{ledger}|{kind}"
        return self._known("GLSourceCodes", key, "Source Code", "G/L Source Codes", shown)

    def _active(self, resource: str, code: str | None, thing: str, module: str) -> Record:
        if not code:
            raise SageError("FieldInvalid", f"{thing} cannot be blank.")
        found = self._known(resource, code, thing, module)
        if found.get("Status") == "Inactive":
            raise SageError("General", f'{thing} "{code}" is inactive.')
        return found

    def _known(
        self, resource: str, key: str, thing: str, module: str, shown: str | None = None
    ) -> Record:
        found = self.store.record(resource, key)
        if found is None:
            raise self.missing.error(not_defined(thing, shown or key, module))
        return found

    def line_account(self, line: Record, field: str, *, posting: bool = False) -> None:
        """The account of a subledger's line: its own in *field*, else its distribution code's.

        The company profile says whether a missing or inactive account is an error, a warning or
        ignored; with the last two it comes back when the batch is posted.
        """
        number = line.get(field)
        if not number and line.get("DistributionCode"):
            code = str(line["DistributionCode"])
            found = self._active(
                "ARDistributionCodes", code, "Distribution Code", "A/R Distribution Codes"
            )
            number = line[field] = found.get("RevenueAccount")
        if not number:
            title = {"RevenueAccount": "Revenue Account"}.get(field, "G/L Account")
            raise SageError("FieldInvalid", f"{title} cannot be blank.")
        self.account(
            number,
            missing_is_error=posting or self._option("NonexistentGLAccount") == "Error",
            inactive_is_error=posting or self._option("InactiveGLAccount") == "Error",
        )

    def account(
        self, number: str, *, missing_is_error: bool = True, inactive_is_error: bool = True
    ) -> None:
        """The account exists, is active and can be posted to."""
        found = self.store.record("GLAccounts", number)
        if found is None:
            if missing_is_error:
                raise SageError("General", f"G/L account {number} is not defined in General Ledger")
        elif found.get("Status") == "Inactive":
            if inactive_is_error:
                raise SageError("General", f"G/L account {number} is inactive.")
        elif found.get("PostToAccount") == "Prohibited":
            raise SageError("General", f"Posting to G/L account {number} is prohibited.")

    def document(self, customer: str, number: str | None, *, credit: bool = False) -> Record:
        """The document that is paid, credited or refunded: posted, or in a batch that waits.

        Which of the two a real server asks for at entry is not published: this is our choice.
        *credit* looks for a credit note, prepayment or unapplied cash, else for what is owed.
        """
        if not number:
            raise SageError("FieldInvalid", "Document Number cannot be blank.")
        posted = self.store.posted(customer, number)
        candidates = [posted] if posted is not None else []
        candidates += [found.body for found in self.store.entered(customer, number)]
        for document in candidates:
            if is_credit(document) is credit:
                return document
        raise self.missing.error(f'Document Number "{number}" does not exist.')

    def period(self, day: date, *, module: str = "AR", posting: bool = False) -> tuple[str, int]:
        """Fiscal year and period of *day*, in the calendar and not locked for *module*."""
        calendar = self.store.record("CSFiscalCalendars", str(day.year))
        for number in range(1, 13):
            if calendar is None:
                break
            start = day_of(calendar[f"FiscalPeriod{number}StartDate"])
            if start <= day <= day_of(calendar[f"FiscalPeriod{number}EndDate"]):
                self._not_locked(str(day.year), number, module, posting=posting)
                return str(day.year), number
        raise SageError(
            "FieldInvalid",
            f"Date {day.isoformat()} does not exist in Common Services Fiscal Calendar.",
        )

    def _not_locked(self, year: str, number: int, module: str, *, posting: bool) -> None:
        locked = f"{module}:{year}-{number:02d}" in self.locked_periods
        if locked and (posting or self._option("LockedFiscalPeriod") == "Error"):
            raise SageError(
                "General",
                f"Fiscal period {number} for fiscal year {year} is locked for {LEDGERS[module]}"
                " in Common Services Fiscal Calendar.",
            )

    def _option(self, name: str) -> Severity:
        profile = self.store.record("CSCompanyProfile", "1") or {}
        chosen: Severity = profile.get(name) or "Error"
        return chosen


def is_credit(document: Record) -> bool:
    """Whether a document is in the customer's favour."""
    kind = document.get("ReceiptTransactionType") or document.get("DocumentType")
    return kind in {"CreditNote", "Prepayment", "UnappliedCash"}


def total_of(document: Record) -> Decimal:
    """What a document was made out for."""
    for name in ("DocumentTotalIncludingTax", "BankReceiptAmount"):
        if document.get(name) is not None:
            return Decimal(document[name])
    return Decimal(0)


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


def already_exists(customer: str, number: str, thing: str = "Document number") -> str:
    """The sentence for a document number the customer already has."""
    return f"{thing} '{number}' for customer {customer} already exists."
