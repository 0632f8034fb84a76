"""Sage 300's posted documents, asked for by what survives posting."""

from __future__ import annotations

from iman.gateways.entries.mapping import same
from iman.gateways.sage_web import Record, SageWeb, key, quoted


async def posted_document(sage: SageWeb, customer: str, number: str) -> Record | None:
    """An invoice, credit note or refund by its key: customer and document number."""
    return await sage.record(
        f"AR/ARPostedDocuments(CustomerNumber={key(customer)},DocumentNumber={key(number)})"
    )


async def posted_receipt(sage: SageWeb, customer: str, number: str) -> Record | None:
    """A receipt by its customer and its check/receipt number; its key has four parts more."""
    where = f"CustomerNumber eq {quoted(customer)} and CheckReceiptNumber eq {quoted(number)}"
    async for receipt in sage.records("AR/ARPostedReceipts", where):
        if same(receipt.get("CheckReceiptNumber"), number) and same(
            receipt.get("CustomerNumber"), customer
        ):
            return receipt
    return None
