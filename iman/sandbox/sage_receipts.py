"""Completing one receipt or adjustment entry as A/R does on insert."""

from decimal import Decimal

from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record, check_fields, day_of
from iman.sandbox.sage_rules import Rules, total_of
from iman.sandbox.sage_schema import OPTIONAL_FIELD
from iman.sandbox.sage_schema_money import (
    ADJUSTMENT_DISTRIBUTION,
    APPLIED,
    MISCELLANEOUS_RECEIPT,
    RECEIPT,
)

DEFAULT_PAYMENT_CODE = "CASH"  # of A/R Options
_DETAILS = {
    "AppliedReceiptsAdjustments": APPLIED,
    "MiscellaneousReceipts": MISCELLANEOUS_RECEIPT,
    "ReceiptAdjustmentOptionalFiel": OPTIONAL_FIELD,
}
_WITH_MONEY = {"Receipt", "Prepayment", "UnappliedCash", "MiscellaneousReceipt"}
_FORMS_A_DOCUMENT = {"Prepayment", "UnappliedCash"}  # whose applied line names the receipt itself


def complete(rules: Rules, given: Record, header: Record) -> Record:
    """*given* checked and filled in, still without batch, entry and document number.

    The checks come in this order: field widths, bank, customer, payment code, dates, the documents
    applied to, accounts, amounts. Raises `SageError` at the first that fails.
    """
    check_entry_fields(given)
    entry = {name: value for name, value in given.items() if name != "UpdateOperation"}
    adjustment = header["BatchRecordType"] == "AD"
    _set_defaults(entry, header, adjustment=adjustment)
    kind = entry["ReceiptTransactionType"]
    if not adjustment:
        rules.bank(entry["BankCode"])
    if kind != "MiscellaneousReceipt":
        customer = rules.customer(entry.get("CustomerNumber"))
        for name in ("AccountSet", "CurrencyCode"):
            entry[name] = entry.get(name) or customer.get(name)
    if kind in _WITH_MONEY:
        rules.payment_code(entry["PaymentCode"])
    rules.period(day_of(entry["ReceiptDateAdjustmentDate"]))
    year, period = rules.period(day_of(entry["PostingDate"]))
    entry |= {"FiscalYear": year, "FiscalPeriod": period}
    entry["AppliedReceiptsAdjustments"] = [
        _applied(rules, entry, row, number)
        for number, row in enumerate(entry.get("AppliedReceiptsAdjustments") or [], 1)
    ]
    entry["MiscellaneousReceipts"] = [
        _miscellaneous(rules, row, number)
        for number, row in enumerate(entry.get("MiscellaneousReceipts") or [], 1)
    ]
    _total(entry, kind)
    return entry


def check_entry_fields(given: Record) -> None:
    """Widths and decimals of an entry and of its details."""
    check_fields(RECEIPT, given)
    for name, kind in _DETAILS.items():
        for row in given.get(name) or []:
            check_fields(kind, row)
    for row in given.get("AppliedReceiptsAdjustments") or []:
        for part in row.get("AdjustmentGLDistributions") or []:
            check_fields(ADJUSTMENT_DISTRIBUTION, part)


def _set_defaults(entry: Record, header: Record, *, adjustment: bool) -> None:
    record_type = header["BatchRecordType"]
    if (entry.get("BatchType") or record_type) != record_type:
        raise SageError("FieldInvalid", f"Batch Type has to be {record_type}.")
    day = entry.get("ReceiptDateAdjustmentDate") or header["BatchDate"]
    defaults = {
        "BatchType": record_type,
        "ReceiptTransactionType": "Adjustment" if adjustment else "Receipt",
        "ReceiptDateAdjustmentDate": day,
        "PostingDate": day,
        "BankCode": header.get("BankCode"),
        "PaymentCode": DEFAULT_PAYMENT_CODE,
        "DocumentType": "None",
    }
    for name, value in defaults.items():
        if entry.get(name) is None:
            entry[name] = value
    if (entry["ReceiptTransactionType"] in {"Adjustment", "WriteOff"}) is not adjustment:
        raise SageError("FieldInvalid", f"Receipt Transaction Type does not suit {record_type}.")
    entry["ErrorBatch"] = entry["ErrorEntry"] = 0


def _applied(rules: Rules, entry: Record, given: Record, number: int) -> Record:
    row = {name: value for name, value in given.items() if name != "UpdateOperation"}
    row["CustomerNumber"] = row.get("CustomerNumber") or entry["CustomerNumber"]
    row["ReceiptTransactionType"] = (
        row.get("ReceiptTransactionType") or entry["ReceiptTransactionType"]
    )
    row["PaymentNumber"] = row.get("PaymentNumber") or 1
    row |= {"LineNumber": 20 * number, "BatchType": entry["BatchType"]}
    amount = row.get("CustomerReceiptAmount")
    if entry["ReceiptTransactionType"] not in _FORMS_A_DOCUMENT:
        document = rules.document(
            row["CustomerNumber"],
            row.get("DocumentNumber"),
            credit=amount is not None and amount < 0,
        )
        most = total_of(document)
        row["CustomerReceiptAmount"] = most if amount is None else amount
        if abs(row["CustomerReceiptAmount"]) > most:
            raise SageError(
                "RecordInvalid",
                f"The amount applied, {row['CustomerReceiptAmount']:.3f}, is more than document"
                f" {row['DocumentNumber']} was made out for, {most:.3f}.",
            )
    else:
        row["CustomerReceiptAmount"] = amount or Decimal(0)
    parts = row.get("AdjustmentGLDistributions") or []
    for part in parts:
        _distribution(rules, part)
    row["AdjustmentGLDistributions"] = parts
    return row


def _distribution(rules: Rules, part: Record) -> None:
    rules.line_account(part, "DistributionGLAccount")


def _miscellaneous(rules: Rules, given: Record, number: int) -> Record:
    row = {name: value for name, value in given.items() if name != "UpdateOperation"}
    rules.line_account(row, "AccountNumber")
    return row | {"LineNumber": 20 * number}


def _total(entry: Record, kind: str) -> None:
    applied = sum(
        (row["CustomerReceiptAmount"] for row in entry["AppliedReceiptsAdjustments"]), Decimal(0)
    )
    if kind == "MiscellaneousReceipt":
        applied = sum(
            (row.get("DistributionAmount") or Decimal(0) for row in entry["MiscellaneousReceipts"]),
            Decimal(0),
        )
    if kind == "Receipt" and not entry["AppliedReceiptsAdjustments"]:
        raise SageError("RecordInvalid", "A receipt has to be applied to a document.")
    received = entry.get("BankReceiptAmount")
    if received is None:
        received = applied if kind in _WITH_MONEY else Decimal(0)
    if kind in _WITH_MONEY and received <= 0:
        raise SageError("RecordInvalid", "The receipt amount has to be more than zero.")
    if kind in _WITH_MONEY and applied > received:
        raise SageError(
            "RecordInvalid",
            f"The amount applied, {applied:.3f}, is more than the receipt amount, {received:.3f}.",
        )
    entry["BankReceiptAmount"] = received
    entry["CustomerReceiptAmount"] = entry.get("CustomerReceiptAmount") or received
    entry["UnappliedAmount"] = received - applied if kind in _WITH_MONEY else Decimal(0)


def posting_problem(rules: Rules, entry: Record) -> None:
    """Checks anew what may have changed since entry. Raises `SageError`."""
    if entry.get("CustomerNumber"):
        rules.customer(entry["CustomerNumber"])
    if entry["ReceiptTransactionType"] not in _FORMS_A_DOCUMENT:
        for row in entry["AppliedReceiptsAdjustments"]:
            number = row["DocumentNumber"]
            if rules.store.posted(row["CustomerNumber"], number) is None:
                raise SageError("General", f'Document Number "{number}" has not been posted.')
    rules.period(day_of(entry["PostingDate"]), posting=True)
