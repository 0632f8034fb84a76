"""The kinds of batch: what their fields are called, how an entry is completed, what it is worth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from iman.sandbox import sage_entries, sage_journals, sage_receipts, sage_refunds
from iman.sandbox.sage_payload import Record
from iman.sandbox.sage_rules import Rules
from iman.sandbox.sage_schema import INVOICE_BATCH, Entity
from iman.sandbox.sage_schema_money import JOURNAL_BATCH, RECEIPT_BATCH, REFUND_BATCH
from iman.sandbox.sage_store import BatchNames

# what A/R works out of a line's other fields, so that a changed line must lose it
_OF_A_LINE = frozenset({"TaxAmount1", "TaxBase1", "ExtendedAmountWithoutTIP"})


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchKind:
    names: BatchNames
    title: str
    resource: str
    entity: Entity
    entries: str  # the property that holds the entries
    details: Mapping[str, str]  # an entry's details and their key
    complete: Callable[[Rules, Record, Record], Record]
    posting_problem: Callable[[Rules, Record], None]
    total: str  # an entry's total
    totals: tuple[str, ...]  # the batch's
    prefix: str  # of document numbers Sage assigns
    header: Record = field(default_factory=dict)  # what a new batch holds unless told otherwise
    day: str = "BatchDate"
    posting_sequence: str = "PostingSequenceNumber"
    batch_type: str = "BatchType"
    computed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def generated(self) -> set[str]:
        """Header fields a payload cannot set."""
        return {
            "BatchNumber",
            "NumberOfEntries",
            "NumberOfErrors",
            "LastEntryNumber",
            "NextEntryNumber",
            "DepositNumber",
            self.posting_sequence,
            *self.totals,
        }

    def wanted_status(self, given: Record) -> str | None:
        """The status a payload asks for. G/L has a switch of its own for Ready To Post."""
        status: str | None = given.get(self.names.status)
        switch = given.get("ReadyToPost")
        if switch is not None and status in {None, "Open", "ReadyToPost"}:
            return "ReadyToPost" if switch == "Yes" else "Open"
        return status

    def total_of(self, entry: Record) -> Decimal:
        return Decimal(entry.get(self.total) or 0)


INVOICES = BatchKind(
    names=BatchNames(kind="invoice"),
    title="A/R Invoice Batches",
    resource="ARInvoiceBatches",
    entity=INVOICE_BATCH,
    entries="Invoices",
    details={
        "InvoiceDetails": "LineNumber",
        "InvoicePaymentSchedules": "PaymentNumber",
        "InvoiceOptionalFields": "OptionalField",
    },
    complete=sage_entries.complete,
    posting_problem=sage_entries.posting_problem,
    total="DocumentTotalIncludingTax",
    totals=("BatchTotal",),
    prefix="IN",
    header={
        "BatchType": "Entered",
        "DefaultInvoiceType": "Summary",
        "BatchPrintedFlag": "No",
        "SourceApplication": "AR",
    },
    computed={"InvoiceDetails": _OF_A_LINE},
)


def _receipts(kind: str, record_type: str, title: str, prefix: str) -> BatchKind:
    return BatchKind(
        names=BatchNames(kind=kind),
        title=title,
        resource="ARReceiptAndAdjustmentBatches",
        entity=RECEIPT_BATCH,
        entries="ReceiptsAdjustments",
        details={
            "AppliedReceiptsAdjustments": "LineNumber",
            "MiscellaneousReceipts": "LineNumber",
            "ReceiptAdjustmentOptionalFiel": "OptionalField",
        },
        complete=sage_receipts.complete,
        posting_problem=sage_receipts.posting_problem,
        total="BankReceiptAmount",
        totals=("BatchTotal",),
        prefix=prefix,
        header={
            "BatchRecordType": record_type,
            "BatchType": "Entered",
            "BatchPrintedFlag": "No",
            "SourceApplication": "AR",
        }
        | ({"BankCode": sage_refunds.DEFAULT_BANK} if record_type == "CA" else {}),
    )


RECEIPTS = _receipts("receipt", "CA", "A/R Receipt Batches", "PY")
ADJUSTMENTS = _receipts("adjustment", "AD", "A/R Adjustment Batches", "AD")
REFUNDS = BatchKind(
    names=BatchNames(kind="refund", description="BatchDescription"),
    title="A/R Refund Batches",
    resource="ARRefundBatches",
    entity=REFUND_BATCH,
    entries="RefundEntries",
    details={"RefundDetails": "LineNumber", "RefundOptionalFields": "OptionalField"},
    complete=sage_refunds.complete,
    posting_problem=sage_refunds.posting_problem,
    total="RefundAmountCustomer",
    totals=("TotalOfEntries",),
    prefix="RF",
    header={"BatchType": "Entered", "SourceApplication": "AR"},
)
JOURNALS = BatchKind(
    names=BatchNames(kind="journal", status="Status", width=6),
    title="G/L Journal Batches",
    resource="GLJournalBatches",
    entity=JOURNAL_BATCH,
    entries="JournalHeaders",
    details={"JournalDetails": "TransactionNumber"},
    complete=sage_journals.complete,
    posting_problem=sage_journals.posting_problem,
    total="Debits",
    totals=("Debits", "Credits"),
    prefix="",
    header={"JournalBatchType": "Entered", "SourceLedger": "GL", "Printed": "No"},
    day="DateCreated",
    posting_sequence="PostingSequence",
    batch_type="JournalBatchType",
)
KINDS = {kind.names.kind: kind for kind in (INVOICES, RECEIPTS, ADJUSTMENTS, REFUNDS, JOURNALS)}
OF_RESOURCE = {
    resource: [kind for kind in KINDS.values() if kind.resource == resource]
    for resource in {kind.resource for kind in KINDS.values()}
}
OF_RECORD_TYPE = {"CA": RECEIPTS, "AD": ADJUSTMENTS}
