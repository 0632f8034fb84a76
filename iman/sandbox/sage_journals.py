"""Completing one journal entry as G/L does on insert: accounts, periods, and that it balances."""

from decimal import Decimal

from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record, check_fields, day_of
from iman.sandbox.sage_rules import Rules
from iman.sandbox.sage_schema import OPTIONAL_FIELD
from iman.sandbox.sage_schema_money import JOURNAL, JOURNAL_DETAIL


def complete(rules: Rules, given: Record, header: Record) -> Record:
    """*given* checked and filled in, still without batch and entry number.

    Checked in this order: field widths, source code, dates, accounts, balance. In G/L itself an
    account that is missing or inactive is an error whatever the company profile says of subledgers.
    Raises `SageError`.
    """
    check_entry_fields(given)
    entry = {name: value for name, value in given.items() if name != "UpdateOperation"}
    ledger = entry.get("SourceLedger") or header.get("SourceLedger") or "GL"
    source = entry.get("SourceType") or "JE"
    rules.source_code(ledger, source)
    entry["DocumentDate"] = entry.get("DocumentDate") or header["DateCreated"]
    entry["PostingDate"] = entry.get("PostingDate") or entry["DocumentDate"]
    year, period = rules.period(day_of(entry["PostingDate"]), module="GL")
    entry |= {
        "SourceLedger": ledger,
        "SourceType": source,
        "FiscalYear": year,
        "FiscalPeriod": f"{period:02d}",
        "AutoReversal": entry.get("AutoReversal") or "No",
        "ErrorBatch": "",
        "ErrorEntry": "",
    }
    rows = entry.get("JournalDetails") or []
    if not rows:
        raise SageError("RecordInvalid", "A journal entry has to have details.")
    entry["JournalDetails"] = [
        _detail(rules, entry, row, number) for number, row in enumerate(rows, 1)
    ]
    _balance(entry)
    return entry


def check_entry_fields(given: Record) -> None:
    """Widths and decimals of an entry and of its details."""
    check_fields(JOURNAL, given)
    for row in given.get("JournalDetails") or []:
        check_fields(JOURNAL_DETAIL, row)
        for field in row.get("JournalDetailOptionalFields") or []:
            check_fields(OPTIONAL_FIELD, field)


def _detail(rules: Rules, entry: Record, given: Record, number: int) -> Record:
    row = {name: value for name, value in given.items() if name != "UpdateOperation"}
    account = (row.get("AccountNumber") or "").replace("-", "")
    if not account:
        raise SageError("FieldInvalid", "Account Number cannot be blank.")
    rules.account(account)
    amount = row.get("Amount")
    amount = row.get("SourceCurrencyAmount") if amount is None else amount
    if amount is None:
        raise SageError("FieldInvalid", "Amount cannot be blank.")
    source = row.get("SourceCurrencyAmount")
    return row | {
        "TransactionNumber": f"{20 * number:010d}",
        "AccountNumber": account,
        "Amount": amount,
        "SourceCurrencyAmount": amount if source is None else source,
        "JournalDate": row.get("JournalDate") or entry["DocumentDate"],
        "SourceLedger": entry["SourceLedger"],
        "SourceType": entry["SourceType"],
    }


def _balance(entry: Record) -> None:
    amounts = [row["Amount"] for row in entry["JournalDetails"]]
    debits = sum((amount for amount in amounts if amount > 0), Decimal(0))
    credits_ = -sum((amount for amount in amounts if amount < 0), Decimal(0))
    if debits != credits_:
        raise SageError(
            "RecordInvalid",
            f"The entry is out of balance: debits {debits:.3f}, credits {credits_:.3f}.",
        )
    entry |= {"Debits": debits, "Credits": credits_, "NumberOfDetails": len(amounts)}


def posting_problem(rules: Rules, entry: Record) -> None:
    """Checks anew what may have changed since entry. Raises `SageError`."""
    for row in entry["JournalDetails"]:
        rules.account(row["AccountNumber"])
    rules.period(day_of(entry["PostingDate"]), module="GL", posting=True)
