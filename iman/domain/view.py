"""A list of the Integration Monitor as people keep it: which documents, in which order, with what.

A filter is kept as the words of the monitor's address, so that a view is opened by a link.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, get_args

#: How a list may be sorted.
Order = Literal["newest", "oldest", "amount", "number", "next_try"]

#: What may narrow a list, as the address names it.
FilterName = Literal[
    "type", "show", "site", "company", "error", "entity", "q", "since", "until", "weekday", "hour",
    "age", "due",
]  # fmt: skip
FILTER_NAMES: tuple[FilterName, ...] = get_args(FilterName)


class ListColumn(StrEnum):
    """A column of the list, in the order they stand in."""

    STATE = "state"
    BOOKING = "booking"
    DOCUMENT = "document"  # the way to it; always there
    ENTRY_TYPE = "entry_type"
    CUSTOMER = "customer"
    TERMS = "terms"
    AMOUNT = "amount"
    SAID = "said"
    ERROR_TYPE = "error_type"
    RECEIVED = "received"
    FIRST_FAILED = "first_failed"
    LAST_TRIED = "last_tried"
    NEXT_TRY = "next_try"
    SYNCED = "synced"
    REFERENCE = "reference"


#: What is shown to who has chosen nothing.
USUAL_COLUMNS = (
    ListColumn.STATE, ListColumn.BOOKING, ListColumn.DOCUMENT, ListColumn.CUSTOMER,
    ListColumn.TERMS, ListColumn.AMOUNT, ListColumn.SAID, ListColumn.FIRST_FAILED,
    ListColumn.NEXT_TRY,
)  # fmt: skip

#: The fields of a document that each of them shows, for a file of what is seen.
COLUMN_FIELDS: dict[ListColumn, tuple[str, ...]] = {
    ListColumn.STATE: ("state", "attempt", "max_attempts"),
    ListColumn.BOOKING: ("booking",),
    ListColumn.DOCUMENT: ("number", "document_date"),
    ListColumn.ENTRY_TYPE: ("entry_type",),
    ListColumn.CUSTOMER: ("customer", "customer_name", "site"),
    ListColumn.TERMS: ("terms_code", "terms_description"),
    ListColumn.AMOUNT: ("amount", "currency"),
    ListColumn.SAID: ("error", "parent", "erp_reference"),
    ListColumn.ERROR_TYPE: ("error_type", "entity"),
    ListColumn.RECEIVED: ("received_at",),
    ListColumn.FIRST_FAILED: ("first_failed_at",),
    ListColumn.LAST_TRIED: ("last_tried_at",),
    ListColumn.NEXT_TRY: ("next_try_at",),
    ListColumn.SYNCED: ("synced_at",),
    ListColumn.REFERENCE: ("erp_reference",),
}


def in_order(columns: Iterable[str]) -> tuple[ListColumn, ...]:
    """The known ones of *columns* as they stand in the list, the document among them."""
    wanted = {*columns, ListColumn.DOCUMENT.value}
    return tuple(column for column in ListColumn if column.value in wanted)


def fields_of(columns: Iterable[ListColumn]) -> list[str]:
    """The fields that *columns* show, each once. None of no column: everything."""
    return list(dict.fromkeys(name for column in columns for name in COLUMN_FIELDS[column]))
