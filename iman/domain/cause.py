"""What is wrong underneath: one cause holds up every document that needs the same thing mended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: The ERP itself was unwell; that says nothing new about a document which was refused before.
SICK = "erp_unavailable"
#: No rule knows the text, so its template tells causes apart.
UNKNOWN_TYPE = "other"


class CauseState(StrEnum):
    """Where a cause stands."""

    OPEN = "open"  # documents are held up and nobody works on it
    BEING_FIXED = "being_fixed"  # a checklist runs on it
    RELEASING = "releasing"  # its documents are being resynced
    RESOLVED = "resolved"  # its last document went through or was settled
    CAME_BACK = "came_back"  # it was resolved, and holds documents up again


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseKey:
    """What tells one cause from every other; '' where there is none."""

    company: str
    error_type: str
    entity_kind: str = ""
    entity: str = ""
    template: str = ""


def cause_state(
    *, resolved: bool, releasing: bool, being_fixed: bool, times_back: int
) -> CauseState:
    """The first that applies: what is going on now says more than what was."""
    if releasing:
        return CauseState.RELEASING
    if resolved:
        return CauseState.RESOLVED
    if being_fixed:
        return CauseState.BEING_FIXED
    return CauseState.CAME_BACK if times_back else CauseState.OPEN
