"""A refund: one batch of ``AR/ARRefundBatches`` each, against the credit note that is its parent.

No public example of a refund's payload exists; this is the least the properties allow: money that
leaves the bank account the receipt came into.
"""

from __future__ import annotations

from iman.domain.document import Refund
from iman.gateways.entries.batched import Batched
from iman.gateways.entries.batches import REFUNDS
from iman.gateways.entries.mapping import cut, same
from iman.gateways.entries.posted import posted_document
from iman.gateways.sage_web import Record, SageWeb


def header(document: Refund, token: str) -> Record:
    """The batch; this one calls its description ``BatchDescription``."""
    return {"BatchDescription": token, "BatchDate": document.document_date.isoformat()}


def entry(document: Refund) -> Record:
    """The refund, of one credit note in full."""
    day = document.document_date.isoformat()
    return {
        "CustomerNumber": document.customer,
        "DocumentNumber": document.key.number,
        "DocumentDescription": cut(f"{document.refund_type} {document.description}".strip()),
        "DocumentDate": day,
        "PostingDate": day,
        "RemitToName": cut(document.customer_name),
        "CashBankAccount": document.bank,
        "CashAmountPayment": document.amount,
        "RefundAmountCustomer": document.amount,
        "RefundDetails": [
            {
                "DocumentNumber": document.parent.number if document.parent else "",
                "PaymentNumber": 1,
                "PaymentType": "Cash",
                "AmountPayment": document.amount,
                "AmountCustomer": document.amount,
            }
        ],
    }


def is_entry_of(stored: Record, document: Refund) -> bool:
    return same(stored.get("DocumentNumber"), document.key.number) and same(
        stored.get("CustomerNumber"), document.customer
    )


async def posted(sage: SageWeb, document: Refund) -> Record | None:
    return await posted_document(sage, document.customer, document.key.number)


MAPPING: Batched[Refund] = Batched(
    batch=REFUNDS, header=header, entry=entry, is_entry_of=is_entry_of, posted=posted
)
