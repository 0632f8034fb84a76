"""An invoice, or a surcharge's debit note, as an entry of ``AR/ARInvoiceBatches``.

Property names and widths: the application object model's A/R views AR0031 to AR0033. The order of
the properties is the order in which the view sets its fields, so it is kept.
"""

from __future__ import annotations

from iman.domain.document import Invoice, Line, SalesDocument
from iman.gateways.entries.batched import Batched
from iman.gateways.entries.batches import INVOICES
from iman.gateways.entries.mapping import account, cut, same
from iman.gateways.entries.posted import posted_document
from iman.gateways.sage_web import Record, SageWeb


def header(document: SalesDocument, token: str) -> Record:
    """The batch: our token and the document's day."""
    return {"Description": token, "BatchDate": document.document_date.isoformat()}


def entry(document: Invoice) -> Record:
    """The document. Raises ``ValueError`` where an account cannot be built."""
    return sales_entry(document, kind="DebitNote" if document.debit_note else "Invoice")


def sales_entry(document: SalesDocument, *, kind: str, applies_to: str = "") -> Record:
    """What invoices, debit notes and credit notes share."""
    day = document.document_date.isoformat()
    found: Record = {
        "CustomerNumber": document.customer,  # whole: cut, it could name another customer
        "DocumentNumber": document.key.number,
        "DocumentType": kind,
        "InvoiceType": "Summary",
        "InvoiceDescription": cut(document.description),
        "OrderNumber": cut(document.sales_order, 22),
        "PONumber": cut(document.booking, 22),
    }
    if applies_to:
        found["ApplytoDocument"] = applies_to
    return found | {
        "DocumentDate": day,
        "PostingDate": day,
        "Terms": document.terms_code,
        "TaxGroup": document.tax_group,
        "InvoiceDetails": [_detail(document, line) for line in document.lines],
    }


def _detail(document: SalesDocument, line: Line) -> Record:
    return {
        "Description": cut(f"{line.item} {line.description}"),
        "RevenueAccount": account(document, line.gl_account),
        "ExtendedAmountWithTIP": line.amount,
        "TaxClass1": line.tax_class,
        "TaxIncluded1": "Yes",  # byondpro's line amounts do, whatever the category says
        "TaxAmount1": line.tax,
    }


def is_entry_of(stored: Record, document: SalesDocument) -> bool:
    """Numbers are only unique within a customer."""
    return same(stored.get("DocumentNumber"), document.key.number) and same(
        stored.get("CustomerNumber"), document.customer
    )


async def posted(sage: SageWeb, document: SalesDocument) -> Record | None:
    return await posted_document(sage, document.customer, document.key.number)


MAPPING: Batched[Invoice] = Batched(
    batch=INVOICES,
    header=header,
    entry=entry,
    is_entry_of=is_entry_of,
    posted=posted,
    shared=True,
)
