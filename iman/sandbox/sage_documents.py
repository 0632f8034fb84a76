"""What has arrived, said plainly: for tests and for people who judge a push from outside."""

from typing import Any

from iman.sandbox.sage_batch_kinds import INVOICES, JOURNALS, KINDS, RECEIPTS
from iman.sandbox.sage_batches import document_kind, shown_number
from iman.sandbox.sage_payload import Record
from iman.sandbox.sage_posting import posting_error
from iman.sandbox.sage_store import Found, SageStore

Row = dict[str, Any]
_DESCRIPTION = {
    "invoice": "InvoiceDescription",
    "receipt": "EntryDescription",
    "adjustment": "EntryDescription",
    "refund": "DocumentDescription",
    "journal": "Description",
}


def documents(store: SageStore) -> list[Row]:
    """Every document that stands, duplicates included, in the order they were stored.

    Of customers those that came through the Web API. Deleted batches are left out; an entry that
    posting moved to an error batch is given there.
    """
    rows = [_row(store, found) for found in store.found_entries()]
    rows += _customers(store)
    return sorted(rows, key=lambda row: int(row["sequence"]))


def _row(store: SageStore, found: Found) -> Row:
    kind, entry = KINDS[found.kind], found.body
    row: Row = {
        "kind": document_kind(kind, entry),
        "document_number": shown_number(kind, entry),
        "customer": entry.get("CustomerNumber") or "",
        "batch": found.batch,
        "entry": found.entry,
        "description": entry.get(_DESCRIPTION[found.kind]),
        "batch_description": found.description,
        "amount": f"{kind.total_of(entry):.2f}",
        "terms": entry.get("Terms") or "",
        "batch_status": found.status,
        "sequence": found.sequence,
        "posting_error": store.setting(posting_error(kind, found.batch, found.entry)),
    }
    return row | _details(entry, found.kind)


def _details(entry: Record, kind: str) -> Row:
    if kind == INVOICES.names.kind:
        return {
            "date": _day(entry.get("DocumentDate")),
            "applies_to": [entry["ApplytoDocument"]] if entry.get("ApplytoDocument") else [],
            "schedule": [
                {
                    "number": row["PaymentNumber"],
                    "due": _day(row.get("DueDate")),
                    "amount": f"{row.get('AmountDue') or 0:.2f}",
                }
                for row in entry["InvoicePaymentSchedules"]
            ],
        }
    if kind == JOURNALS.names.kind:
        return {
            "date": _day(entry["DocumentDate"]),
            "applies_to": [],
            "lines": [
                {"account": row["AccountNumber"], "amount": f"{row['Amount']:.2f}"}
                for row in entry["JournalDetails"]
            ],
        }
    of_receipt = kind == RECEIPTS.names.kind or kind == "adjustment"
    applied = entry.get("AppliedReceiptsAdjustments" if of_receipt else "RefundDetails") or []
    names = ("CheckReceiptNumber", "EntryReference", "PaymentCode", "BankCode", "CashBankAccount")
    carried = {name: entry[name] for name in names if entry.get(name)}
    day = entry["ReceiptDateAdjustmentDate" if of_receipt else "DocumentDate"]
    return {
        "date": _day(day),
        "applies_to": [row.get("DocumentNumber") or "" for row in applied],
        "carries": carried,
    }


def _day(stored: str | None) -> str | None:
    return stored[:10] if stored else None


def _customers(store: SageStore) -> list[Row]:
    rows: list[Row] = []
    for stored in store.stored_order():
        customer = store.record("ARCustomers", stored["document_number"])
        if stored["kind"] != "customer" or customer is None:
            continue
        number = customer["CustomerNumber"]
        rows.append(
            {
                "kind": "customer",
                "document_number": number,
                "customer": number,
                "batch": None,
                "entry": None,
                "description": customer.get("CustomerName"),
                "batch_description": None,
                "amount": "0.00",
                "terms": customer.get("Terms") or "",
                "batch_status": None,
                "sequence": stored["sequence"],
                "posting_error": None,
            }
        )
    return rows


def order(store: SageStore) -> list[Row]:
    """Every document ever stored, in that order; a repayment plan where it overwrote a schedule.

    `stands` is false for what was deleted since, or is in a deleted batch.
    """
    rows: list[Row] = []
    for stored in store.stored_order():
        kind = stored["kind"]
        if kind == "customer":
            stands = store.record("ARCustomers", stored["document_number"]) is not None
        else:
            stands = kind == "repayment_plan" or (
                stored["batch"] is not None and stored["batch_status"] != "Deleted"
            )
        rows.append(
            {
                "sequence": stored["sequence"],
                "at": stored["at"],
                "kind": kind,
                "document_number": stored["document_number"],
                "customer": stored["customer"],
                "batch": stored["batch"],
                "entry": stored["entry"],
                "stands": stands,
            }
        )
    return rows
