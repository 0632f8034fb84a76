"""An invoice as Sage 300's ``ARInvoiceBatches`` takes it: one batch, one entry.

Property names and widths: ``facts`` 4.2 of the Web API (A/R views AR0031 to AR0033). The order of
the properties is the order in which the view sets its fields, so it is kept.
"""

from __future__ import annotations

from typing import Any

from iman.domain.document import Document, Line
from iman.domain.gl_account import posted_account

RESOURCE = "AR/ARInvoiceBatches"


def batch_of(document: Document, *, token: str) -> dict[str, Any]:
    """The request's body. Raises ``ValueError`` where an account cannot be built."""
    return {
        "Description": token,
        "BatchDate": document.document_date.isoformat(),
        "Invoices": [_entry(document)],
    }


def _entry(document: Document) -> dict[str, Any]:
    day = document.document_date.isoformat()
    return {
        "CustomerNumber": document.customer,  # whole: cut, it could name another customer
        "DocumentNumber": document.key.number,
        "DocumentType": "Invoice",
        "InvoiceType": "Summary",
        "InvoiceDescription": document.description[:60],
        "OrderNumber": document.sales_order[:22],
        "PONumber": document.booking[:22],
        "DocumentDate": day,
        "PostingDate": day,
        "Terms": document.terms_code,
        "TaxGroup": document.tax_group,
        "InvoiceDetails": [_detail(document, line) for line in document.lines],
    }


def _detail(document: Document, line: Line) -> dict[str, Any]:
    return {
        "Description": f"{line.item} {line.description}"[:60],
        "RevenueAccount": posted_account(
            line.gl_account, segment=document.site_segment, rule=document.segment_rule
        ),
        "ExtendedAmountWithTIP": line.amount,
        "TaxClass1": line.tax_class,
        "TaxIncluded1": "Yes",
        "TaxAmount1": line.tax,
    }
