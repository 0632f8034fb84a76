"""Sage 300's batches: where they are, how their parts are called, how one is posted.

Names, widths and lists: the Web API's endpoint reference and the application object model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iman.domain.attempt import push_token
from iman.domain.document import DocumentKey
from iman.gateways.sage_web import Record, key, quoted


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """One kind of batch."""

    resource: str
    entries: str  # the property that holds the entries
    description: str  # the property that carries our token
    status: str
    address: Callable[[str], str]  # of one batch, from its number
    posting: str  # the service that posts it
    selection: Callable[[str], Record]  # what that service is told
    ready: tuple[Record, ...]  # what makes it Ready To Post; the first that is taken is kept
    only: str = ""  # an addition to every filter

    def where(self, condition: str) -> str:
        return f"{self.only}{condition}"

    def described_as(self, token: str) -> str:
        """The filter for the batches that carry *token*."""
        return self.where(f"{self.description} eq {quoted(token)}")

    def numbered(self, number: str) -> str:
        return self.where(f"BatchNumber eq {self.literal(number)}")

    def literal(self, number: str) -> str:
        """A batch number in a filter: G/L's are texts."""
        return quoted(number) if self.resource.startswith("GL/") else number

    def held(self, batch: Record) -> list[Record]:
        """The entries of a batch that counts; a deleted one holds nothing."""
        if state(batch, self) == "deleted":
            return []
        found = batch.get(self.entries)
        if not isinstance(found, list):
            return []
        return [entry for entry in found if isinstance(entry, dict)]


def state(batch: Record, kind: Batch) -> str:
    """Open, posted, deleted, readytopost, postinprogress: lists are not spelt alike everywhere."""
    found = batch.get(kind.status)
    return "".join(filter(str.isalpha, found)).lower() if isinstance(found, str) else ""


def reference_of(batch: Record, entry: Record) -> str | None:
    """Batch and entry, ``187-1``; None where the record does not say its batch."""
    number = batch.get("BatchNumber")
    return None if number is None else f"{number}-{entry.get('EntryNumber', 1)}"


def ledger_of(token: object) -> str | None:
    """The id of the ledger that marked a batch, None for a batch that is not iman's."""
    words = token.split(" ") if isinstance(token, str) else []
    return words[1] if len(words) > 2 and words[0] == "IMAN" and words[1] else None


def token_ending(document_key: DocumentKey, revision: int) -> str:
    """How every ledger's token for this document ends."""
    return push_token("", document_key, revision).removeprefix("IMAN ")


def _from_to(number: str) -> Record:
    return {
        "PostAllBatches": "Donotpostallbatches",
        "PostBatchFrom": int(number),
        "PostBatchTo": int(number),
    }


_READY: tuple[Record, ...] = ({"BatchStatus": "ReadyToPost"},)

INVOICES = Batch(
    resource="AR/ARInvoiceBatches",
    entries="Invoices",
    description="Description",
    status="BatchStatus",
    address=lambda number: f"AR/ARInvoiceBatches({number})",
    posting="AR/ARPostInvoices",
    selection=_from_to,
    ready=_READY,
)
RECEIPTS = Batch(
    resource="AR/ARReceiptAndAdjustmentBatches",
    entries="ReceiptsAdjustments",
    description="Description",
    status="BatchStatus",
    address=lambda number: (
        f"AR/ARReceiptAndAdjustmentBatches(BatchRecordType='CA',BatchNumber={number})"
    ),
    posting="AR/ARPostReceiptsAndAdjustments",
    selection=lambda number: {"BatchType": "CA"} | _from_to(number),
    ready=_READY,
    only="BatchRecordType eq 'CA' and ",
)
REFUNDS = Batch(
    resource="AR/ARRefundBatches",
    entries="RefundEntries",
    description="BatchDescription",
    status="BatchStatus",
    address=lambda number: f"AR/ARRefundBatches({number})",
    posting="AR/ARPostRefunds",
    selection=_from_to,
    ready=_READY,
)
JOURNALS = Batch(
    resource="GL/GLJournalBatches",
    entries="JournalHeaders",
    description="Description",
    status="Status",
    address=lambda number: f"GL/GLJournalBatches({key(number)})",
    posting="GL/GLPostJournal",
    selection=lambda number: {
        "PostAllBatches": "Donotpostallbatches",
        "PostBatchFrom": number,
        "PostBatchTo": number,
    },
    # which of them the server takes is not documented
    ready=({"ReadyToPost": "Yes"}, {"Status": "ReadyToPost"}, {"ReadyToPost": True}),
)
ALL_BATCHES = (INVOICES, RECEIPTS, REFUNDS, JOURNALS)
