"""Posting A/R invoice batches: good entries become posted documents, bad ones a new error batch."""

from dataclasses import dataclass
from decimal import Decimal

from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import Record, day_of
from iman.sandbox.sage_rules import Rules, already_exists
from iman.sandbox.sage_store import SageStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    store: SageStore
    rules: Rules
    today: str

    def run(self, given: Record) -> None:
        """Post the batches that are Ready To Post in the range given. Raises `SageError`."""
        every = given.get("PostAllBatches") == "Postallbatches"
        first, last = given.get("PostBatchFrom"), given.get("PostBatchTo")
        if not every and (first is None or last is None):
            raise SageError("FieldInvalid", "Post Batch From and Post Batch To cannot be blank.")
        for batch in self.store.batches(status="ReadyToPost"):
            if every or (first or 0) <= batch["BatchNumber"] <= (last or 0):
                self._post(batch)

    def _post(self, batch: Record) -> None:
        sequence = self.store.next_number("posting_sequence")
        failed: list[tuple[Record, str]] = []
        for entry in self.store.entries(batch["BatchNumber"]):
            problem = self._problem(entry)
            if problem is None and not self.store.add_posted(_posted(entry, batch, sequence)):
                problem = already_exists(entry["CustomerNumber"], entry["DocumentNumber"])
            if problem is not None:
                failed.append((entry, problem))
        self.store.save_batch(
            batch
            | {
                "BatchStatus": "Posted",
                "PostingSequenceNumber": sequence,
                "NumberOfErrors": len(failed),
            }
        )
        if failed:
            self._error_batch(batch, failed)

    def _problem(self, entry: Record) -> str | None:
        """Why an entry cannot be posted. Terms are not looked at: Sage checks them at entry."""
        try:
            self.rules.customer(entry["CustomerNumber"])
            for line in entry["InvoiceDetails"]:
                self.rules.account(line, posting=True)
            self.rules.period(day_of(entry["PostingDate"]), posting=True)
        except SageError as exc:
            return exc.message
        return None

    def _error_batch(self, batch: Record, failed: list[tuple[Record, str]]) -> None:
        number = self.store.add_batch(
            batch
            | {
                "Description": f"Posting errors of batch {batch['BatchNumber']}",
                "BatchType": "Generated",
                "BatchStatus": "Open",
                "NumberOfEntries": len(failed),
                "LastEntryNumber": len(failed),
                "BatchTotal": sum(
                    (entry["DocumentTotalIncludingTax"] for entry, _ in failed), Decimal(0)
                ),
                "NumberOfErrors": 0,
                "PostingSequenceNumber": 0,
                "DateLastEdited": self.today,
            }
        )
        for n, (entry, problem) in enumerate(failed, 1):
            self.store.save_entry(entry | {"ErrorBatch": number, "ErrorEntry": n})
            copy = entry | {"BatchNumber": number, "EntryNumber": n}
            self.store.save_entry(copy)
            self.store.set_setting(f"posting_error:{number}-{n}", problem)


def _posted(entry: Record, batch: Record, sequence: int) -> Record:
    total = entry["DocumentTotalIncludingTax"]
    same = (
        "CustomerNumber",
        "DocumentNumber",
        "DocumentType",
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
    return {name: entry.get(name) for name in same} | {
        "DocumentDescription": entry.get("InvoiceDescription"),
        "BatchDate": batch["BatchDate"],
        "PostingSequenceNumber": sequence,
        "FullyPaid": "No",
        "DocumentTotalIncludingTax": total,
        "CurrentBalance": total,
    }
