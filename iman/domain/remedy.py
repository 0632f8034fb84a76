"""The documents a remedy is about, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from iman.domain.document import CLOSED_STATES, DocumentState


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectDocument:
    """One document a checklist is about, as it stands now."""

    id: int
    key: str  # company/entry type/number
    entry_type: str
    number: str
    booking: str
    customer: str
    customer_name: str
    site: str
    site_name: str
    terms_code: str
    terms_description: str
    amount: Decimal
    payload: str
    state: DocumentState
    received_at: datetime

    @property
    def closed(self) -> bool:
        return self.state in CLOSED_STATES


@dataclass(frozen=True, kw_only=True, slots=True)
class Related:
    """A credit note or a re-invoice that has to do with one of them."""

    number: str
    synced: bool
    parent: str = ""
    booking: str = ""
    customer: str = ""
    amount: Decimal = Decimal(0)
    carries: bool = False  # whether it carries the offending value too


@dataclass(frozen=True, kw_only=True, slots=True)
class InUse:
    """A document that is not in Sage 300 and still carries the code."""

    number: str
    entry_type: str
    state: str


def still_in_use(using: list[InUse]) -> str:
    """Why a code must not be made inactive yet; '' where nothing stands against it."""
    if not using:
        return ""
    named = ", ".join(f"{one.number} ({one.state})" for one in using[:3])
    more = f" and {len(using) - 3} more" if len(using) > 3 else ""
    return f"Not yet in Sage 300 and still carrying the code: {named}{more}."


def matched(documents: list[SubjectDocument], later: list[Related]) -> dict[int, Related]:
    """Which later invoice takes the place of which document; each is counted once.

    One of the same booking, else one of the same customer and amount; never one that carries the
    offending value again.
    """
    free = [one for one in later if not one.carries]
    found: dict[int, Related] = {}
    for document in documents:
        same = next((one for one in free if one.booking and one.booking == document.booking), None)
        like = next(
            (
                one
                for one in free
                if one.customer == document.customer and one.amount == document.amount
            ),
            None,
        )
        chosen = same or like
        if chosen is not None:
            free.remove(chosen)
            found[document.id] = chosen
    return found
