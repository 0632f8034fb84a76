"""Level 2's filter as it stands in the address, so that it survives a reload and can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from iman.domain.document import DocumentState, EntryType
from iman.reading.reading import DocumentFilter, Order

S = DocumentState

#: What "Show" offers, and the states it stands for.
SHOW: dict[str, tuple[DocumentState, ...]] = {
    "attention": (S.FAILED, S.RETRYING, S.UNKNOWN),
    "failed": (S.FAILED,),
    "retrying": (S.RETRYING,),
    "unknown": (S.UNKNOWN,),
    "waiting": (S.PENDING, S.SYNCING, S.WAITING),
    "parked": (S.PARKED,),
    "synced": (S.SYNCED, S.SETTLED),
    "all": (),
}

ORDERS: tuple[Order, ...] = get_args(Order)

ALL_TYPES = "all"  # as the address's type: a cause may block several
DEFAULT_SHOW = "attention"
DEFAULT_ORDER: Order = "newest"

#: The address's parameters, in the order they are written.
NAMES = ("type", "show", "site", "error", "entity", "q", "order")


def from_address(params: Mapping[str, str]) -> DocumentFilter:
    """What nobody can read is taken as absent: an address may be typed or old."""
    kind = params.get("type", EntryType.INVOICE)
    known_kind = EntryType(kind) if kind in set(EntryType) else EntryType.INVOICE
    order = params.get("order", DEFAULT_ORDER)
    return DocumentFilter(
        entry_type=None if kind == ALL_TYPES else known_kind,
        states=SHOW.get(params.get("show", DEFAULT_SHOW), SHOW[DEFAULT_SHOW]),
        error_type=params.get("error") or None,
        entity=params.get("entity") or None,
        site=params.get("site") or None,
        search=params.get("q", "").strip()[:200],
        order=next((known for known in ORDERS if known == order), DEFAULT_ORDER),
    )


def carried(params: Mapping[str, str]) -> dict[str, str]:
    """The filter's part of an address, to hand on to the next page."""
    return {name: params[name] for name in NAMES if params.get(name)}
