"""Completing one invoice, debit or credit note as A/R does on insert: tax, totals, instalments."""

from decimal import Decimal, InvalidOperation

from iman.sandbox.arithmetic import cents, due_date, months_later, share_out, tax_on, tax_within
from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record, check_fields, day_of, shown_day
from iman.sandbox.sage_rules import Rules, check_total
from iman.sandbox.sage_schema import (
    INVOICE,
    INVOICE_DETAIL,
    OPTIONAL_FIELD,
    PAYMENT_SCHEDULE,
)

TAX_RATES = {1: Decimal(10), 2: Decimal(0)}  # by tax class of the authority AUS-GST
_DETAILS = {
    "InvoiceDetails": INVOICE_DETAIL,
    "InvoicePaymentSchedules": PAYMENT_SCHEDULE,
    "InvoiceOptionalFields": OPTIONAL_FIELD,
}


def complete(rules: Rules, given: Record, header: Record) -> Record:
    """*given* checked and filled in, still without batch, entry and document number.

    The checks come in this order: field widths, customer, terms, accounts, tax group, dates, the
    document applied to, amounts. Raises `SageError` at the first that fails.
    """
    check_entry_fields(given)
    entry = {name: value for name, value in given.items() if name != "UpdateOperation"}
    customer = rules.customer(entry.get("CustomerNumber"))
    _set_defaults(entry, customer, header["BatchDate"])
    terms = rules.terms(entry["Terms"])
    lines = entry.get("InvoiceDetails") or []
    for line in lines:
        if entry["InvoiceType"] == "Item":
            _fill_from_item(line, rules.item(line.get("ItemNumber")))
        rules.line_account(line, "RevenueAccount")
    group = rules.tax_group(entry["TaxGroup"])
    year, period = rules.period(day_of(entry["PostingDate"]))
    rules.period(day_of(entry["DocumentDate"]))
    entry |= {"FiscalYear": year, "FiscalPeriod": period}
    if entry.get("ApplytoDocument"):
        rules.document(entry["CustomerNumber"], entry["ApplytoDocument"])
    entry["TaxAuthority1"] = group["TaxAuthority1"]
    entry["InvoiceDetails"] = [
        _complete_line(line, number, customer) for number, line in enumerate(lines, 1)
    ]
    _total(entry)
    _schedule(entry, terms)
    return entry


def _fill_from_item(line: Record, item: Record) -> None:
    if not line.get("RevenueAccount") and not line.get("DistributionCode"):
        line["DistributionCode"] = item.get("DistributionCode")
    line["Description"] = line.get("Description") or item.get("Description")


def check_entry_fields(given: Record) -> None:
    """Widths and decimals of an entry and of its details."""
    check_fields(INVOICE, given)
    for name, kind in _DETAILS.items():
        for row in given.get(name) or []:
            check_fields(kind, row)


def _set_defaults(entry: Record, customer: Record, day: str) -> None:
    document_date = entry.get("DocumentDate") or day
    defaults = {
        "DocumentType": "Invoice",
        "InvoiceType": "Summary",
        "DocumentDate": document_date,
        "AsOfDate": document_date,
        "PostingDate": document_date,
        "Terms": customer.get("Terms"),
        "TaxGroup": customer.get("TaxGroup"),
        "AccountSet": customer.get("AccountSet"),
        "CurrencyCode": customer.get("CurrencyCode"),
        "InvoiceDescription": "",
    }
    for name, value in defaults.items():
        if entry.get(name) is None:
            entry[name] = value
    kind = "Item" if entry["InvoiceType"] == "Item" else "Summary"
    document = entry["DocumentType"]
    interest = document == "Interest"
    entry["TransactionType"] = "InterestCharge" if interest else f"{document}{kind}Entered"
    entry["ErrorBatch"] = entry["ErrorEntry"] = 0


def _complete_line(given: Record, number: int, customer: Record) -> Record:
    line = {name: value for name, value in given.items() if name != "UpdateOperation"}
    extended = line.get("ExtendedAmountWithTIP")
    if extended is None:
        quantity, price = line.get("Quantity"), line.get("Price")
        if quantity is None or price is None:
            raise SageError("FieldInvalid", "Extended Amount with TIP cannot be blank.")
        extended = _extended(quantity, price)
    included = line.get("TaxIncluded1") or customer.get("TaxIncluded1") or "No"
    tax_class = line.get("TaxClass1") or customer.get("TaxClassCode1") or 1
    rate = TAX_RATES.get(tax_class)
    if rate is None:
        raise SageError("FieldInvalid", f"Tax class {tax_class} is not defined in Tax Services.")
    tax = line.get("TaxAmount1")
    if tax is None:
        tax = tax_within(extended, rate) if included == "Yes" else tax_on(extended, rate)
    net = extended - tax if included == "Yes" else extended
    return line | {
        "LineNumber": 20 * number,
        "ExtendedAmountWithTIP": extended,
        "ExtendedAmountWithoutTIP": net,
        "TaxIncluded1": included,
        "TaxClass1": tax_class,
        "TaxBase1": net,
        "TaxAmount1": tax,
    }


def _extended(quantity: Decimal, price: Decimal) -> Decimal:
    try:
        extended = cents(quantity * price)
    except InvalidOperation as exc:  # more digits than the context holds
        raise SageError("FieldInvalid", "ExtendedAmountWithTIP is too large.") from exc
    check_fields(INVOICE_DETAIL, {"ExtendedAmountWithTIP": extended})
    return extended


def _total(entry: Record) -> None:
    lines = entry["InvoiceDetails"]
    net = sum((line["ExtendedAmountWithoutTIP"] for line in lines), Decimal(0))
    tax = sum((line["TaxAmount1"] for line in lines), Decimal(0))
    check_total(entry, net + tax)
    entry |= {
        "DocumentTotalBeforeTax": net,
        "TaxBase1": net,
        "TaxAmount1": tax,
        "TaxTotal": tax,
        "DocumentTotalIncludingTax": net + tax,
        "AmountDue": net + tax,
    }


def _schedule(entry: Record, terms: Record) -> None:
    """The instalments of the terms code; those given in the payload stand if they add up."""
    total, start = entry["AmountDue"], day_of(entry["DocumentDate"])
    number = min(max(terms.get("DayOfMonth") or terms.get("NumberOfDays") or 0, 0), 9999)
    first = due_date(terms.get("DueDateType") or "DaysFromInvoiceDate", start, number)
    given = entry.get("InvoicePaymentSchedules")
    if given:
        _check_schedule(given, total)
    else:
        rows = terms.get("TermsPaymentSchedules") or []
        shares = share_out(total, [_percent(row) for row in rows]) if rows else [total]
        given = [
            {"DueDate": shown_day(months_later(first, n, first.day)), "AmountDue": share}
            for n, share in enumerate(shares)
        ]
    entry["InvoicePaymentSchedules"] = [
        {name: value for name, value in row.items() if name != "UpdateOperation"}
        | {"PaymentNumber": n}
        for n, row in enumerate(given, 1)
    ]
    entry["NumberOfScheduledPayments"] = len(given)
    if entry.get("DueDate") is None:
        entry["DueDate"] = given[0].get("DueDate") or shown_day(first)


def _percent(row: Record) -> Decimal:
    return row.get("PercentDue") or Decimal(0)


def posting_problem(rules: Rules, entry: Record) -> None:
    """Checks anew what may have changed since entry. Raises `SageError`.

    Terms are not looked at: Sage checks them at entry.
    """
    rules.customer(entry["CustomerNumber"])
    for line in entry["InvoiceDetails"]:
        rules.line_account(line, "RevenueAccount", posting=True)
    number = entry.get("ApplytoDocument")
    if number and rules.store.posted(entry["CustomerNumber"], number) is None:
        raise SageError("General", f'Document Number "{number}" has not been posted.')
    rules.period(day_of(entry["PostingDate"]), posting=True)


def _check_schedule(rows: list[Record], total: Decimal) -> None:
    scheduled = sum((row.get("AmountDue") or Decimal(0) for row in rows), Decimal(0))
    if scheduled != total:
        raise SageError(
            "RecordInvalid",
            f"The scheduled payments, {scheduled:.3f}, are not equal to the document total,"
            f" {total:.3f}.",
        )
