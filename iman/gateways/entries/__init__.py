"""One module per entry type. A new type is added here, and nowhere else in the gateway."""

from __future__ import annotations

from typing import Any

from iman.domain.document import EntryType
from iman.gateways.entries import (
    credit_note,
    customer,
    invoice,
    journal,
    receipt,
    refund,
    repayment_plan,
)
from iman.gateways.entries.mapping import Mapping

#: Each takes the document class of its own type, which its reader made.
MAPPINGS: dict[EntryType, Mapping[Any]] = {
    EntryType.CUSTOMER: customer.MAPPING,
    EntryType.INVOICE: invoice.MAPPING,
    EntryType.CREDIT_NOTE: credit_note.MAPPING,
    EntryType.RECEIPT: receipt.MAPPING,
    EntryType.REFUND: refund.MAPPING,
    EntryType.REPAYMENT_PLAN: repayment_plan.MAPPING,
    EntryType.JOURNAL: journal.MAPPING,
}
