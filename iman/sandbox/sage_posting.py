"""Posting batches: good entries become what the module keeps, bad ones a new error batch."""

from dataclasses import dataclass
from decimal import Decimal

from iman.sandbox.sage_batch_kinds import INVOICES, JOURNALS, RECEIPTS, REFUNDS, BatchKind
from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record
from iman.sandbox.sage_rules import Rules, already_exists
from iman.sandbox.sage_store import SageStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    store: SageStore
    rules: Rules
    kind: BatchKind
    today: str

    def run(self, given: Record) -> None:
        """Post the batches that are Ready To Post in the range given. Raises `SageError`."""
        every = given.get("PostAllBatches") == "Postallbatches"
        first, last = _number(given.get("PostBatchFrom")), _number(given.get("PostBatchTo"))
        if not every and (first is None or last is None):
            raise SageError("FieldInvalid", "Post Batch From and Post Batch To cannot be blank.")
        for batch in self.store.batches(self.kind.names, status="ReadyToPost"):
            if every or (first or 0) <= int(batch["BatchNumber"]) <= (last or 0):
                self._post(batch)

    def _post(self, batch: Record) -> None:
        kind = self.kind
        sequence = self.store.next_number("posting_sequence")
        failed: list[tuple[Record, str]] = []
        for entry in self.store.entries(kind.names, int(batch["BatchNumber"])):
            try:
                kind.posting_problem(self.rules, entry)
                self._keep(entry, batch, sequence)
            except SageError as exc:
                failed.append((entry, exc.message))
        batch |= {
            kind.names.status: "Posted",
            kind.posting_sequence: sequence,
            "NumberOfErrors": len(failed),
        }
        if kind is JOURNALS:
            batch["ReadyToPost"] = "No"
        self.store.save_batch(kind.names, batch)
        if failed:
            self._error_batch(batch, failed)

    def _keep(self, entry: Record, batch: Record, sequence: int) -> None:
        if self.kind is INVOICES:
            self._keep_document(_document(entry, batch, sequence))
            if entry.get("ApplytoDocument") and entry["DocumentType"] == "CreditNote":
                amount = entry["DocumentTotalIncludingTax"]
                left = self._settle(entry["CustomerNumber"], entry["ApplytoDocument"], amount)
                self._settle(entry["CustomerNumber"], entry["DocumentNumber"], amount - left)
        elif self.kind is REFUNDS:
            self._keep_document(_refund(entry, batch, sequence))
            for row in entry["RefundDetails"]:
                self._settle(entry["CustomerNumber"], row["DocumentNumber"], row["AmountCustomer"])
        elif self.kind is JOURNALS:
            self._keep_journal(entry, sequence)
        else:
            self._keep_receipt(entry, batch, sequence)

    def _keep_document(self, document: Record) -> None:
        if not self.store.add_posted(document):
            customer, number = document["CustomerNumber"], document["DocumentNumber"]
            raise SageError("General", already_exists(customer, number))

    def _settle(self, customer: str, number: str, amount: Decimal) -> Decimal:
        """Take *amount* off a posted document's balance; what is left when it is used up."""
        document = self.store.posted(customer, number)
        if document is None:
            return amount
        balance = Decimal(document["CurrentBalance"])
        taken = min(abs(balance), amount)
        balance += taken if balance < 0 else -taken
        paid = "Yes" if balance == 0 else "No"
        self.store.save_posted(document | {"CurrentBalance": balance, "FullyPaid": paid})
        return amount - taken

    def _keep_receipt(self, entry: Record, batch: Record, sequence: int) -> None:
        kind = entry["ReceiptTransactionType"]
        if kind in {"Prepayment", "UnappliedCash"}:
            self._keep_document(_credit(entry, batch, sequence))
        else:
            for row in entry["AppliedReceiptsAdjustments"]:
                amount = row["CustomerReceiptAmount"]
                self._settle(row["CustomerNumber"], row["DocumentNumber"], abs(amount))
        if self.kind is RECEIPTS:
            customer = entry.get("CustomerNumber") or ""
            row = _receipt(entry, batch, sequence)
            self.store.add_posted_line("ARPostedReceipts", row, customer=customer)

    def _keep_journal(self, entry: Record, sequence: int) -> None:
        for number, row in enumerate(entry["JournalDetails"], 1):
            line = {
                "AccountNumber": row["AccountNumber"],
                "FiscalYear": entry["FiscalYear"],
                "FiscalPeriod": entry["FiscalPeriod"],
                "SourceLedgerCode": entry["SourceLedger"],
                "SourceTypeCode": entry["SourceType"],
                "PostingSequenceNumber": sequence,
                "DetailCount": number,
                "JournalDate": row["JournalDate"],
                "DocumentDate": entry["DocumentDate"],
                "BatchNumber": entry["BatchNumber"],
                "JournalEntryNumber": entry["EntryNumber"],
                "JournalTransactionNumber": int(row["TransactionNumber"]),
                "JournalDetailDescription": row.get("Description"),
                "JournalDetailReference": row.get("Reference"),
                "JournalTransactionAmount": row["Amount"],
                "SourceCurrencyAmount": row["SourceCurrencyAmount"],
            }
            self.store.add_posted_line("GLPostedTransactions", line)

    def _error_batch(self, batch: Record, failed: list[tuple[Record, str]]) -> None:
        kind, names = self.kind, self.kind.names
        total = sum((kind.total_of(entry) for entry, _ in failed), Decimal(0))
        old = int(batch["BatchNumber"])
        number = self.store.add_batch(
            names,
            batch
            | {
                names.description: f"Posting errors of batch {batch['BatchNumber']}",
                kind.batch_type: "Generated",
                names.status: "Open",
                "NumberOfEntries": len(failed),
                "LastEntryNumber": len(failed),
                **dict.fromkeys(kind.totals, total),
                "NumberOfErrors": 0,
                kind.posting_sequence: 0,
                "DateLastEdited": self.today,
            },
        )
        for n, (entry, problem) in enumerate(failed, 1):
            place = {"ErrorBatch": names.number(number), "ErrorEntry": names.number(n, 5)}
            where = {"BatchNumber": names.number(number), "EntryNumber": names.number(n, 5)}
            sequence = self.store.sequence(names, old, int(entry["EntryNumber"]))
            for body in (entry | place, entry | where):
                self.store.save_entry(
                    names,
                    body,
                    document_number=entry.get("DocumentNumber") or "",
                    reference=entry.get("CheckReceiptNumber") or "",
                    sequence=sequence,
                )
            self.store.set_setting(posting_error(kind, number, n), problem)


def posting_error(kind: BatchKind, batch: int, entry: int) -> str:
    """The name under which the store keeps why an entry was not posted."""
    return f"posting_error:{kind.names.kind}:{batch}-{entry}"


def _number(value: object) -> int | None:
    text = str(value) if value is not None else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _same(entry: Record, *names: str) -> Record:
    return {name: entry.get(name) for name in names}


def _document(entry: Record, batch: Record, sequence: int) -> Record:
    total = entry["DocumentTotalIncludingTax"]
    balance = -total if entry["DocumentType"] == "CreditNote" else total
    same = _same(
        entry,
        "CustomerNumber",
        "DocumentNumber",
        "DocumentType",
        "ApplytoDocument",
        "OrderNumber",
        "PONumber",
        "DocumentDate",
        "DueDate",
        "PostingDate",
        "Terms",
        "CurrencyCode",
        "BatchNumber",
        "EntryNumber",
        "NumberOfScheduledPayments",
        "FiscalYear",
        "FiscalPeriod",
    )
    return same | {
        "DocumentDescription": entry.get("InvoiceDescription"),
        "BatchDate": batch["BatchDate"],
        "PostingSequenceNumber": sequence,
        "FullyPaid": "No",
        "DocumentTotalIncludingTax": total,
        "CurrentBalance": balance,
    }


def _refund(entry: Record, batch: Record, sequence: int) -> Record:
    amount = entry["RefundAmountCustomer"]
    return _other(entry, batch, sequence) | {
        "DocumentType": "Refund",
        "DocumentDescription": entry.get("DocumentDescription"),
        "DocumentDate": entry["DocumentDate"],
        "FullyPaid": "Yes",
        "DocumentTotalIncludingTax": amount,
        "CurrentBalance": Decimal(0),
    }


def _credit(entry: Record, batch: Record, sequence: int) -> Record:
    amount = entry["BankReceiptAmount"]
    return _other(entry, batch, sequence) | {
        "DocumentType": entry["ReceiptTransactionType"],
        "DocumentDescription": entry.get("EntryDescription"),
        "DocumentDate": entry["ReceiptDateAdjustmentDate"],
        "FullyPaid": "No",
        "DocumentTotalIncludingTax": amount,
        "CurrentBalance": -amount,
    }


def _other(entry: Record, batch: Record, sequence: int) -> Record:
    names = ("CustomerNumber", "DocumentNumber", "PostingDate", "CurrencyCode", "BatchNumber")
    same = _same(entry, *names, "EntryNumber", "FiscalYear", "FiscalPeriod")
    return same | {"BatchDate": batch["BatchDate"], "PostingSequenceNumber": sequence}


def _receipt(entry: Record, batch: Record, sequence: int) -> Record:
    same = _same(
        entry,
        "BankCode",
        "CustomerNumber",
        "DocumentNumber",
        "ReceiptTransactionType",
        "PaymentCode",
        "PostingDate",
        "BatchNumber",
        "EntryNumber",
        "FiscalYear",
        "FiscalPeriod",
        "EntryDescription",
        "EntryReference",
        "Payer",
    )
    return same | {
        "CheckReceiptNumber": entry.get("CheckReceiptNumber"),
        "DepositNumber": batch.get("DepositNumber"),
        "DepositSerialNumber": batch.get("DepositNumber"),
        "DepositLineNumber": entry["EntryNumber"],
        "ReceiptDate": entry["ReceiptDateAdjustmentDate"],
        "ReceiptAmount": entry["BankReceiptAmount"],
        "PostingSequenceNumber": sequence,
    }
