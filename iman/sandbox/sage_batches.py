"""Inserting and changing batches of every kind.

The web layer starts no transaction of its own: a batch that falters at entry k stays behind as an
open batch with the entries before it, and the refusal does not name it. That is the default here
(`leave`); `clean` is the other thing a real server may do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from iman.sandbox.sage_batch_kinds import INVOICES, JOURNALS, RECEIPTS, REFUNDS, BatchKind
from iman.sandbox.sage_errors import SageError, no_such_record
from iman.sandbox.sage_payload import Record, check_fields
from iman.sandbox.sage_rules import Rules, already_exists
from iman.sandbox.sage_store import SageStore

_RESCHEDULE = {"InvoiceDetails", "Terms", "DocumentDate"}
_FINAL = {"Posted", "PostInProgress", "Deleted"}
# numbers Sage assigns to receipts that become documents of their own
_PREFIX = {"Prepayment": "PP", "UnappliedCash": "UC"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Batches:
    store: SageStore
    rules: Rules
    kind: BatchKind
    today: str  # as Sage writes a date
    leftovers: Literal["leave", "clean"] = "leave"
    duplicate_at_entry: Literal["accept", "refuse"] = "accept"

    def insert(self, given: Record) -> Record:
        """Store a new batch with its entries; the stored batch. Raises `SageError`."""
        check_fields(self.kind.entity, given)
        status = self.kind.wanted_status(given) or "Open"
        if status not in {"Open", "ReadyToPost"}:
            raise SageError("FieldInvalid", "A new batch is Open or Ready To Post.")
        number = self.store.add_batch(self.kind.names, self._header(given))
        header = self._known(number)
        try:
            for entry in given.get(self.kind.entries) or []:
                header = self._add_entry(header, entry)
        except SageError:
            if self.leftovers == "clean":
                self.store.delete_batch(self.kind.names, number)
            raise
        finally:
            self.store.save_batch(self.kind.names, header)
        if status == "ReadyToPost":  # the framework patches the batch after it has inserted it
            self.change_status(number, status)
        return self.stored(number)

    def _kept(self, given: Record) -> Record:
        """The header fields of a payload that may be set as they are."""
        kind = self.kind
        others = {kind.entries, kind.names.status, "ReadyToPost", "UpdateOperation"}
        return {
            name: value
            for name, value in given.items()
            if name not in kind.generated | others and value is not None
        }

    def _header(self, given: Record) -> Record:
        kind = self.kind
        header = {
            "BatchNumber": 0,
            kind.day: self.today,
            kind.names.description: "",
            "NumberOfErrors": 0,
            kind.posting_sequence: 0,
            **kind.header,
            **self._kept(given),
            kind.names.status: "Open",
            "NumberOfEntries": 0,
            "LastEntryNumber": 0,
            **dict.fromkeys(kind.totals, Decimal(0)),
            "DateLastEdited": self.today,
        }
        if kind is RECEIPTS:
            header["DepositDate"] = header.get("DepositDate") or header["BatchDate"]
            header["DepositNumber"] = self.store.next_number("deposit")
        if kind is JOURNALS:
            header |= {"ReadyToPost": "No", "NextEntryNumber": 1}
        return header

    def _add_entry(self, header: Record, given: Record) -> Record:
        """Store an entry; the header that counts it, which the caller saves."""
        names, kind = self.kind.names, self.kind
        entry = kind.complete(self.rules, given, header)
        self._number_document(entry)
        last = header["LastEntryNumber"] + 1
        entry |= {"BatchNumber": header["BatchNumber"], "EntryNumber": names.number(last, 5)}
        customer, number = entry.get("CustomerNumber") or "", shown_number(kind, entry)
        sequence = self.store.note_stored(document_kind(kind, entry), customer, number)
        self._save_entry(entry, sequence)
        counted = {"LastEntryNumber": last, "NumberOfEntries": header["NumberOfEntries"] + 1}
        counted |= {name: header[name] + kind.total_of(entry) for name in kind.totals}
        return header | counted | ({"NextEntryNumber": last + 1} if kind is JOURNALS else {})

    def _number_document(self, entry: Record) -> None:
        if self.kind is JOURNALS:
            return
        number = entry.get("DocumentNumber")
        if number:
            self._refuse_known(entry, number, "Document number")
        else:
            prefix = _PREFIX.get(entry.get("ReceiptTransactionType") or "", self.kind.prefix)
            counter = "invoice" if prefix == "IN" else prefix
            entry["DocumentNumber"] = f"{prefix}{self.store.next_number(counter):012d}"
        check = entry.get("CheckReceiptNumber")
        if check:
            self._refuse_known(entry, check, "Check/receipt number", reference=True)

    def _refuse_known(
        self, entry: Record, number: str, thing: str, *, reference: bool = False
    ) -> None:
        if self.duplicate_at_entry != "refuse":
            return
        customer = entry.get("CustomerNumber") or ""
        entered = self.store.entered(customer, number, reference=reference)
        known = any(found.kind == self.kind.names.kind for found in entered)
        if reference:
            field = "CheckReceiptNumber"
            posted = self.store.posted_lines("ARPostedReceipts", customer=customer)
            known = known or any(row.get(field) == number for row in posted)
        else:
            known = known or self.store.posted(customer, number) is not None
        if known:
            raise SageError("FieldInvalid", already_exists(customer, number, thing))

    def _save_entry(self, entry: Record, sequence: int) -> None:
        keys = {"BatchNumber": entry["BatchNumber"], "EntryNumber": entry["EntryNumber"]}
        for name in self.kind.details:
            known = self.kind.entity.properties[self.kind.entries].details
            kind = known.properties[name].details if known else None
            if kind is not None and "BatchNumber" in kind.properties:
                entry[name] = [row | keys for row in entry.get(name) or []]
        self.store.save_entry(
            self.kind.names,
            entry,
            document_number=entry.get("DocumentNumber") or "",
            reference=entry.get("CheckReceiptNumber") or "",
            sequence=sequence,
        )

    def _recount(self, batch: int) -> None:
        entries = self.store.entries(self.kind.names, batch)
        total = sum((self.kind.total_of(entry) for entry in entries), Decimal(0))
        header = self._known(batch)
        header |= {"NumberOfEntries": len(entries), **dict.fromkeys(self.kind.totals, total)}
        self.store.save_batch(self.kind.names, header)

    def _known(self, number: int) -> Record:
        found = self.store.batch(self.kind.names, number)
        if found is None:
            raise no_such_record()
        return found

    def stored(self, number: int) -> Record:
        """The batch with its entries. Raises `SageError` RecordNotFound."""
        return self._known(number) | {
            self.kind.entries: self.store.entries(self.kind.names, number)
        }

    def change(self, number: int, given: Record) -> None:
        """PATCH: header fields, entries by their UpdateOperation, then the status."""
        check_fields(self.kind.entity, given)
        header = self._known(number)
        self._check_open(header, given)
        kept = {
            name: value for name, value in self._kept(given).items() if name != "BatchRecordType"
        }
        self.store.save_batch(self.kind.names, header | kept | {"DateLastEdited": self.today})
        for entry in given.get(self.kind.entries) or []:
            self._change_entry(number, entry)
        status = self.kind.wanted_status(given)
        if status:
            self.change_status(number, status)

    def _check_open(self, header: Record, given: Record) -> None:
        number, status = header["BatchNumber"], header[self.kind.names.status]
        if status in _FINAL:
            raise SageError("General", "You cannot open Post In Progress or Deleted batches.")
        of_status = {self.kind.names.status, "ReadyToPost", "BatchNumber", "BatchRecordType"}
        if status == "ReadyToPost" and given.keys() - of_status:
            raise SageError(
                "General",
                f"Batch {number} is set to Ready To Post."
                " You may view but cannot modify its contents.",
            )

    def change_status(self, number: int, status: str) -> None:
        """Open, Ready To Post or Deleted; Posted comes from posting only."""
        header = self._known(number)
        name = self.kind.names.status
        if status not in {"Open", "ReadyToPost", "Deleted"} or header[name] in _FINAL:
            raise SageError("General", f"Batch {number} cannot be set to {status}.")
        header |= {name: status}
        if self.kind is JOURNALS:
            header["ReadyToPost"] = "Yes" if status == "ReadyToPost" else "No"
        self.store.save_batch(self.kind.names, header)

    def _change_entry(self, batch: int, given: Record) -> None:
        names = self.kind.names
        known = {int(entry["EntryNumber"]): entry for entry in self.store.entries(names, batch)}
        entry_number = _entry_number(given)
        operation = given.get("UpdateOperation") or "Unspecified"
        if operation == "Unspecified":
            operation = "Update" if entry_number in known else "Insert"
        if operation == "Insert":
            self.store.save_batch(names, self._add_entry(self._known(batch), given))
            return
        if entry_number is None or entry_number not in known:
            raise no_such_record()
        if operation == "Delete":
            self.store.delete_entry(names, batch, entry_number)
        else:
            self._update_entry(batch, known[entry_number], given)
        self._recount(batch)

    def _update_entry(self, batch: int, stored: Record, given: Record) -> None:
        # totals are computed anew, so what an earlier computation left must not be compared
        claimed = {"DocumentTotalIncludingTax", "RefundAmountCustomer"}
        merged = {k: v for k, v in stored.items() if k not in claimed} | given
        for name, key in self.kind.details.items():
            if given.get(name) is not None:
                computed = self.kind.computed.get(name, frozenset())
                merged[name] = merge(stored.get(name) or [], given[name], key, computed)
        if given.keys() & _RESCHEDULE and "InvoicePaymentSchedules" not in given:
            merged |= {"InvoicePaymentSchedules": None, "DueDate": given.get("DueDate")}
        entry = self.kind.complete(self.rules, merged, self._known(batch))
        for name in ("BatchNumber", "EntryNumber", "DocumentNumber"):
            entry[name] = stored.get(name)
        entry |= given_number(given)
        names = self.kind.names
        self._save_entry(entry, self.store.sequence(names, batch, int(stored["EntryNumber"])))
        if self.kind is INVOICES and given.get("InvoicePaymentSchedules"):
            self._note_plan(entry)

    def _note_plan(self, entry: Record) -> None:
        customer, number = entry["CustomerNumber"], entry["DocumentNumber"]
        self.store.note_stored("repayment_plan", customer, number)


def _entry_number(given: Record) -> int | None:
    number = given.get("EntryNumber")
    if isinstance(number, str):
        return int(number) if number.isascii() and number.isdigit() else None
    return number


def merge(
    stored: Iterable[Record], given: Iterable[Record], key: str, computed: frozenset[str]
) -> list[Record]:
    """The details of an entry after a PATCH: what it does not name stays as it is.

    An Unspecified row updates the one of its key, or is inserted when there is none. An updated
    row loses its *computed* fields. Raises `SageError`.
    """
    rows: dict[object, Record] = {row[key]: row for row in stored}
    for row in given:
        operation = row.get("UpdateOperation") or "Unspecified"
        name = row.get(key)
        known = name is not None and name in rows
        if operation == "Unspecified":
            operation = "Update" if known else "Insert"
        if operation == "Insert":
            if known:
                raise SageError("RecordDuplicate", f'{key} "{name}" already exists.')
            rows[object() if name is None else name] = row
        elif not known:
            raise no_such_record()
        elif operation == "Delete":
            del rows[name]
        else:
            kept = {field: value for field, value in rows[name].items() if field not in computed}
            rows[name] = kept | row
    return list(rows.values())


def given_number(given: Record) -> Record:
    """A document number the payload names, to replace the stored one."""
    number = given.get("DocumentNumber")
    return {"DocumentNumber": number} if number else {}


def document_kind(kind: BatchKind, entry: Record) -> str:
    """What an entry is, in plain words: invoice, debit_note, credit_note, receipt, …"""
    if kind is INVOICES:
        names = {"DebitNote": "debit_note", "CreditNote": "credit_note", "Interest": "interest"}
        return names.get(entry["DocumentType"], "invoice")
    return kind.names.kind


def shown_number(kind: BatchKind, entry: Record) -> str:
    """The number an outsider knows a document by.

    The client's own where it gave one: a receipt's check number and a journal's reference stand in
    for the number Sage assigned, or for none.
    """
    number: str = entry.get("DocumentNumber") or ""
    if kind is JOURNALS:
        references = (row.get("Reference") for row in entry.get("JournalDetails") or [])
        return number or next((text for text in references if text), "")
    prefix = number[:2]
    assigned = prefix in {*_PREFIX.values(), kind.prefix} and len(number) == 14
    if kind in (RECEIPTS, REFUNDS) and assigned and number[2:].isdigit():
        return entry.get("CheckReceiptNumber") or number
    return number
