"""A receipt: one batch of ``AR/ARReceiptAndAdjustmentBatches`` each, as byondpro has it.

Its date stands in all four places where Sage 300 keeps one: batch, deposit, receipt, posting.
byondpro's number is the check/receipt number, for that is what a posted receipt is found by; the
payer's reference, which need not be unique, is the entry's reference.
"""

from __future__ import annotations

from iman.domain.document import Receipt
from iman.gateways.entries.batched import Batched
from iman.gateways.entries.batches import RECEIPTS
from iman.gateways.entries.mapping import cut, same
from iman.gateways.entries.posted import posted_receipt
from iman.gateways.sage_web import Record, SageWeb

_RECEIPTS = "CA"


def header(document: Receipt, token: str) -> Record:
    """The batch, of receipts rather than adjustments."""
    day = document.document_date.isoformat()
    return {
        "BatchRecordType": _RECEIPTS,
        "Description": token,
        "BatchDate": day,
        "BankCode": document.bank,
        "DepositDate": day,
    }


def entry(document: Receipt) -> Record:
    """The receipt, applied in full to its invoice."""
    day = document.document_date.isoformat()
    return {
        "BatchType": _RECEIPTS,
        "CustomerNumber": document.customer,
        "BankCode": document.bank,
        "ReceiptTransactionType": "Receipt",
        "PaymentCode": document.receipt_type,
        "CheckReceiptNumber": document.key.number,
        "ReceiptDateAdjustmentDate": day,
        "PostingDate": day,
        "EntryDescription": cut(document.description),
        "EntryReference": cut(document.reference),
        "Payer": cut(document.payer or document.customer_name),
        "BankReceiptAmount": document.amount,
        "CustomerReceiptAmount": document.amount,
        "AppliedReceiptsAdjustments": [_applied(document)],
    }


def _applied(document: Receipt) -> Record:
    return {
        "BatchType": _RECEIPTS,
        "CustomerNumber": document.customer,
        "DocumentNumber": document.parent.number if document.parent else "",
        "PaymentNumber": 1,
        "ReceiptTransactionType": "Receipt",
        "CustomerReceiptAmount": document.amount,
    }


def is_entry_of(stored: Record, document: Receipt) -> bool:
    return same(stored.get("CheckReceiptNumber"), document.key.number) and same(
        stored.get("CustomerNumber"), document.customer
    )


async def posted(sage: SageWeb, document: Receipt) -> Record | None:
    return await posted_receipt(sage, document.customer, document.key.number)


MAPPING: Batched[Receipt] = Batched(
    batch=RECEIPTS, header=header, entry=entry, is_entry_of=is_entry_of, posted=posted
)
