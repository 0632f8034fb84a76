"""A credit note: an entry of ``AR/ARInvoiceBatches`` like an invoice, with positive amounts.

It may share a batch with invoices.
"""

from __future__ import annotations

from iman.domain.document import CreditNote
from iman.gateways.entries.batched import Batched
from iman.gateways.entries.batches import INVOICES
from iman.gateways.entries.invoice import header, is_entry_of, posted, sales_entry
from iman.gateways.entries.mapping import cut
from iman.gateways.sage_web import Record


def entry(document: CreditNote) -> Record:
    """The document. Raises ``ValueError`` where an account cannot be built."""
    applies_to = document.parent.number if document.parent else ""
    found = sales_entry(document, kind="CreditNote", applies_to=applies_to)
    if document.reason:
        found["SpecialInstructions"] = cut(document.reason)
    return found


MAPPING: Batched[CreditNote] = Batched(
    batch=INVOICES,
    header=header,
    entry=entry,
    is_entry_of=is_entry_of,
    posted=posted,
    shared=True,
)
