"""Completing one refund entry; no payload of the original is published, the least asked is ours."""

from decimal import Decimal

from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record, check_fields, day_of
from iman.sandbox.sage_rules import Rules, total_of
from iman.sandbox.sage_schema import OPTIONAL_FIELD
from iman.sandbox.sage_schema_money import REFUND, REFUND_DETAIL

DEFAULT_BANK = "CBA"  # of A/R Options


def complete(rules: Rules, given: Record, header: Record) -> Record:
    """*given* checked and filled in, still without batch, entry and document number.

    Checked in this order: field widths, customer, dates, details with the credit documents they
    give back, bank or account, amounts. Raises `SageError`.
    """
    check_entry_fields(given)
    entry = {name: value for name, value in given.items() if name != "UpdateOperation"}
    customer = rules.customer(entry.get("CustomerNumber"))
    entry["DocumentDate"] = entry.get("DocumentDate") or header["BatchDate"]
    entry["PostingDate"] = entry.get("PostingDate") or entry["DocumentDate"]
    entry["CurrencyCode"] = entry.get("CurrencyCode") or customer.get("CurrencyCode")
    entry["RemitToName"] = entry.get("RemitToName") or customer.get("CustomerName")
    rules.period(day_of(entry["DocumentDate"]))
    year, period = rules.period(day_of(entry["PostingDate"]))
    entry |= {"FiscalYear": year, "FiscalPeriod": period, "ErrorBatch": 0, "ErrorEntry": 0}
    rows = entry.get("RefundDetails") or []
    if not rows:
        raise SageError("RecordInvalid", "A refund has to name a credit document.")
    entry["RefundDetails"] = [
        _detail(rules, entry, row, number) for number, row in enumerate(rows, 1)
    ]
    _check_means(rules, entry)
    _total(entry)
    return entry


def check_entry_fields(given: Record) -> None:
    """Widths and decimals of an entry and of its details."""
    check_fields(REFUND, given)
    for name, kind in (("RefundDetails", REFUND_DETAIL), ("RefundOptionalFields", OPTIONAL_FIELD)):
        for row in given.get(name) or []:
            check_fields(kind, row)


def _detail(rules: Rules, entry: Record, given: Record, number: int) -> Record:
    row = {name: value for name, value in given.items() if name != "UpdateOperation"}
    document = rules.document(entry["CustomerNumber"], row.get("DocumentNumber"), credit=True)
    most = total_of(document)
    amount = row.get("AmountCustomer")
    amount = row.get("AmountPayment") if amount is None else amount
    if amount is None or amount <= 0:
        raise SageError("RecordInvalid", "The refund amount has to be more than zero.")
    if amount > most:
        raise SageError(
            "RecordInvalid",
            f"The refund amount, {amount:.3f}, is more than document {row['DocumentNumber']}"
            f" was made out for, {most:.3f}.",
        )
    kind = document.get("ReceiptTransactionType") or document.get("DocumentType")
    return row | {
        "LineNumber": 20 * number,
        "PaymentNumber": row.get("PaymentNumber") or 1,
        "PaymentType": row.get("PaymentType") or "Cash",
        "DocumentType": kind,
        "AmountCustomer": amount,
        "AmountPayment": amount if row.get("AmountPayment") is None else row["AmountPayment"],
        "OriginalAmount": most,
        "CurrentBalance": abs(Decimal(document.get("CurrentBalance", most))),
    }


def _check_means(rules: Rules, entry: Record) -> None:
    """Where the money comes from: a bank, or for cash an account."""
    kinds = {row["PaymentType"] for row in entry["RefundDetails"]}
    if "Cash" in kinds:
        if entry.get("CashGLAccount"):
            rules.line_account(entry, "CashGLAccount")
        else:
            entry["CashBankAccount"] = entry.get("CashBankAccount") or DEFAULT_BANK
            rules.bank(entry["CashBankAccount"])
    if "Check" in kinds:
        entry["CheckBankAccount"] = entry.get("CheckBankAccount") or DEFAULT_BANK
        rules.bank(entry["CheckBankAccount"])


def _total(entry: Record) -> None:
    def paid(kind: str) -> Decimal:
        rows = [row for row in entry["RefundDetails"] if row["PaymentType"] == kind]
        return sum((row["AmountCustomer"] for row in rows), Decimal(0))

    total = sum((row["AmountCustomer"] for row in entry["RefundDetails"]), Decimal(0))
    claimed = entry.get("RefundAmountCustomer")
    if claimed is not None and claimed != total:
        raise SageError(
            "RecordInvalid",
            f"The refund amount {claimed:.3f} is not equal to the total of its details,"
            f" {total:.3f}.",
        )
    entry |= {
        "RefundAmountCustomer": total,
        "CashAmountPayment": paid("Cash"),
        "CheckAmountPayment": paid("Check"),
        "CreditCardAmountCustomer": paid("CreditCard"),
    }


def posting_problem(rules: Rules, entry: Record) -> None:
    """Checks anew what may have changed since entry. Raises `SageError`."""
    rules.customer(entry["CustomerNumber"])
    for row in entry["RefundDetails"]:
        number = row["DocumentNumber"]
        if rules.store.posted(entry["CustomerNumber"], number) is None:
            raise SageError("General", f'Document Number "{number}" has not been posted.')
    rules.period(day_of(entry["PostingDate"]), posting=True)
