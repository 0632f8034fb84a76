"""Inserting and changing A/R invoice batches.

The web layer starts no transaction of its own: a batch that falters at entry k stays behind as an
open batch with the entries before it, and the refusal does not name it. That is the default here
(`leave`); `clean` is the other thing a real server may do.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from iman.sandbox import sage_entries
from iman.sandbox.sage_errors import SageError, no_such_record
from iman.sandbox.sage_payload import Record, check_fields
from iman.sandbox.sage_rules import Rules, already_exists
from iman.sandbox.sage_schema import INVOICE_BATCH
from iman.sandbox.sage_store import SageStore

_GENERATED = {"BatchNumber", "EntryNumber", "NumberOfEntries", "BatchTotal", "LastEntryNumber"}
_RESCHEDULE = {"InvoiceDetails", "Terms", "DocumentDate"}
_FINAL = {"Posted", "PostInProgress", "Deleted"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Batches:
    store: SageStore
    rules: Rules
    today: str  # as Sage writes a date
    leftovers: Literal["leave", "clean"] = "leave"
    duplicate_at_entry: Literal["accept", "refuse"] = "accept"

    def insert(self, given: Record) -> Record:
        """Store a new batch with its entries; the stored batch. Raises `SageError`."""
        check_fields(INVOICE_BATCH, given)
        status = given.get("BatchStatus") or "Open"
        if status not in {"Open", "ReadyToPost"}:
            raise SageError("FieldInvalid", "A new batch is Open or Ready To Post.")
        number = self.store.add_batch(self._header(given))
        try:
            for entry in given.get("Invoices") or []:
                self._add_entry(number, entry)
        except SageError:
            if self.leftovers == "clean":
                self.store.delete_batch(number)
            raise
        if status == "ReadyToPost":  # the framework patches the batch after it has inserted it
            self.change_status(number, status)
        return self.stored(number)

    def _header(self, given: Record) -> Record:
        kept = {
            name: value
            for name, value in given.items()
            if name not in _GENERATED | {"Invoices", "BatchStatus", "UpdateOperation"}
            and value is not None
        }
        return {
            "BatchNumber": 0,
            "BatchDate": self.today,
            "Description": "",
            "BatchType": "Entered",
            "DefaultInvoiceType": "Summary",
            "NumberOfErrors": 0,
            "PostingSequenceNumber": 0,
            "BatchPrintedFlag": "No",
            "SourceApplication": "AR",
            **kept,
            "BatchStatus": "Open",
            "NumberOfEntries": 0,
            "LastEntryNumber": 0,
            "BatchTotal": Decimal(0),
            "DateLastEdited": self.today,
        }

    def _add_entry(self, batch: int, given: Record) -> None:
        entry = sage_entries.complete(self.rules, given, today=self.today)
        self._number_document(entry)
        header = self._known(batch)
        last = header["LastEntryNumber"] + 1
        self._save_entry(entry | {"BatchNumber": batch, "EntryNumber": last})
        self.store.save_batch(header | {"LastEntryNumber": last})
        self._recount(batch)

    def _number_document(self, entry: Record) -> None:
        number = entry.get("DocumentNumber")
        if not number:
            entry["DocumentNumber"] = f"IN{self.store.next_number('invoice'):012d}"
            return
        customer = entry["CustomerNumber"]
        known = self.store.is_entered(customer, number) or self.store.posted(customer, number)
        if known and self.duplicate_at_entry == "refuse":
            raise SageError("FieldInvalid", already_exists(customer, number))

    def _save_entry(self, entry: Record) -> None:
        keys = {"BatchNumber": entry["BatchNumber"], "EntryNumber": entry["EntryNumber"]}
        for name in ("InvoiceDetails", "InvoicePaymentSchedules"):
            entry[name] = [row | keys for row in entry[name]]
        self.store.save_entry(entry)

    def _recount(self, batch: int) -> None:
        entries = self.store.entries(batch)
        total = sum((entry["DocumentTotalIncludingTax"] for entry in entries), Decimal(0))
        self.store.save_batch(
            self._known(batch) | {"NumberOfEntries": len(entries), "BatchTotal": total}
        )

    def _known(self, number: int) -> Record:
        found = self.store.batch(number)
        if found is None:
            raise no_such_record()
        return found

    def stored(self, number: int) -> Record:
        """The batch with its entries. Raises `SageError` RecordNotFound."""
        return self._known(number) | {"Invoices": self.store.entries(number)}

    def change(self, number: int, given: Record) -> None:
        """PATCH: header fields, entries by their UpdateOperation, then the status."""
        check_fields(INVOICE_BATCH, given)
        header = self._known(number)
        self._check_open(header, given)
        kept = {
            name: value
            for name, value in given.items()
            if name not in _GENERATED | {"Invoices", "BatchStatus", "UpdateOperation"}
            and value is not None
        }
        self.store.save_batch(header | kept | {"DateLastEdited": self.today})
        for entry in given.get("Invoices") or []:
            self._change_entry(number, entry)
        if given.get("BatchStatus"):
            self.change_status(number, given["BatchStatus"])

    def _check_open(self, header: Record, given: Record) -> None:
        number, status = header["BatchNumber"], header["BatchStatus"]
        if status in _FINAL:
            raise SageError("General", "You cannot open Post In Progress or Deleted batches.")
        if status == "ReadyToPost" and given.keys() - {"BatchStatus", "BatchNumber"}:
            raise SageError(
                "General",
                f"Batch {number} is set to Ready To Post."
                " You may view but cannot modify its contents.",
            )

    def change_status(self, number: int, status: str) -> None:
        """Open, Ready To Post or Deleted; Posted comes from posting only."""
        header = self._known(number)
        if status in {"Posted", "PostInProgress"} or header["BatchStatus"] in _FINAL:
            raise SageError("General", f"Batch {number} cannot be set to {status}.")
        self.store.save_batch(header | {"BatchStatus": status})

    def _change_entry(self, batch: int, given: Record) -> None:
        known = {entry["EntryNumber"]: entry for entry in self.store.entries(batch)}
        entry_number = given.get("EntryNumber")
        operation = given.get("UpdateOperation") or "Unspecified"
        if operation == "Unspecified":
            operation = "Update" if entry_number in known else "Insert"
        if operation == "Insert":
            self._add_entry(batch, given)
        elif entry_number is None or entry_number not in known:
            raise no_such_record()
        elif operation == "Delete":
            self.store.delete_entry(batch, entry_number)
        else:
            self._update_entry(known[entry_number], given)
        self._recount(batch)

    def _update_entry(self, stored: Record, given: Record) -> None:
        # totals are computed anew, so what an earlier computation left must not be compared
        merged = {k: v for k, v in stored.items() if k != "DocumentTotalIncludingTax"} | given
        if given.keys() & _RESCHEDULE and "InvoicePaymentSchedules" not in given:
            merged |= {"InvoicePaymentSchedules": None, "DueDate": given.get("DueDate")}
        entry = sage_entries.complete(self.rules, merged, today=self.today)
        keys = {name: stored[name] for name in ("BatchNumber", "EntryNumber")}
        self._save_entry(
            entry | {"DocumentNumber": stored["DocumentNumber"]} | given_number(given) | keys
        )


def given_number(given: Record) -> Record:
    """A document number the payload names, to replace the stored one."""
    number = given.get("DocumentNumber")
    return {"DocumentNumber": number} if number else {}
