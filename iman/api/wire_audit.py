"""The JSON shapes of the audit trail's proof."""

from __future__ import annotations

from pydantic import Field

from iman.api.wire import Wire


class BrokenLink(Wire):
    event_id: str | None = Field(description="None: the end is missing")
    place: int = Field(description="In the chain, from 1")
    why: str = Field(description="What does not fit")


class AuditVerification(Wire):
    """Whether the audit trail is what was written."""

    events: int = Field(description="Events that fit, from the first")
    head: str = Field(description="EVENTS:HASH of the last that fits; keep it elsewhere")
    broken: BrokenLink | None = Field(description="The first link that does not fit")
