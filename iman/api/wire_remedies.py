"""The JSON shapes of causes, culprits, releases, closing by hand and the set-up mirror."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from iman.api.wire import Moment, Wire
from iman.api.wire_checklists import Reason, RequestId
from iman.domain.cause import CauseState
from iman.domain.document import DocumentState, EntryType
from iman.domain.setup import Problem, SetupKind

#: What the ledger can hold.
RowId = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Cause(Wire):
    """What is wrong underneath, with what it holds up now."""

    id: int
    company: str
    error_type: str
    entity_kind: str | None
    entity: str | None
    template: str = Field(description="Tells texts apart that no rule knows; else empty")
    sample: str = Field(description="One of the texts, unaltered")
    state: CauseState
    documents: int
    amount: Decimal
    failed: int
    retrying: int
    parked: int
    on_the_way: int = Field(description="pending, syncing, waiting or unknown")
    first_seen_at: datetime
    last_seen_at: datetime
    since: datetime = Field(description="When the present spell began")
    resolved_at: datetime | None
    times_back: int
    documents_ever: int
    merged_into: int | None = Field(
        default=None, description="New rules took all its documents to that cause"
    )
    owner: str | None
    checklist_id: int | None = Field(description="The open checklist on it")
    release_id: int | None = Field(description="The release under way")
    trend: list[int] = Field(description="Refusals per hour, oldest first, this hour last")


class SetupPlace(Wire):
    """A set-up of byondpro that would produce the cause again."""

    kind: str
    code: str
    description: str
    active: bool
    account_field: str
    stored_account: str
    site: str
    site_name: str
    link: str | None


class CauseDocument(Wire):
    id: int
    entry_type: EntryType
    number: str
    booking: str
    customer_name: str
    site: str
    amount: Decimal
    state: DocumentState


class CauseDetail(Wire):
    cause: Cause
    places: list[SetupPlace]
    documents: list[CauseDocument] = Field(description="What it holds up now, at most 500")
    checklists: list[int] = Field(description="Every checklist it ever had, newest first")
    releases: list[int]
    playbook_title: str


class Culprit(Wire):
    """Where the offending value stands in one document."""

    place: Literal["header", "line"]
    field: str
    code: str
    description: str
    line: int | None
    item: str
    item_description: str
    category: str
    category_description: str
    account_field: str
    stored_account: str
    site: str
    site_name: str
    site_segment: str
    links: dict[str, str] = Field(description="item, category, term, booking, document")


class Culprits(Wire):
    document_id: int
    cause_id: int | None
    culprits: list[Culprit]


class Filter(Wire):
    """As the list of documents takes it."""

    entry_type: EntryType | None = None
    states: list[DocumentState] = Field(default=[DocumentState.FAILED], max_length=9)
    error_type: str | None = Field(default=None, max_length=60)
    entity: str | None = Field(default=None, max_length=200)
    site: str | None = Field(default=None, max_length=200)
    search: str = Field(default="", max_length=200)


class Selection(Wire):
    """Exactly one of the four says which documents."""

    cause_id: RowId | None = None
    checklist_id: RowId | None = None
    document_ids: list[RowId] | None = Field(default=None, max_length=20_000)
    filter: Filter | None = None
    include_parked: bool = False

    @model_validator(mode="after")
    def _one(self) -> Selection:
        given = (self.cause_id, self.checklist_id, self.document_ids, self.filter)
        if sum(one is not None for one in given) != 1:
            raise ValueError("give one of cause_id, checklist_id, document_ids and filter")
        return self


class PreviewSelection(Selection):
    rows: int | None = Field(
        default=None, ge=0, le=20_000, description="At most so many of each list; null: all"
    )


class PlannedDocument(Wire):
    id: int
    entry_type: EntryType
    number: str
    customer_name: str
    booking: str
    amount: Decimal
    currency: str
    state: DocumentState
    why: str = Field(description="Why it is not touched; or what is special about its going")


class ReleasePreview(Wire):
    """What a release would touch and what not."""

    title: str
    documents: int
    amount: Decimal
    touched: list[PlannedDocument] = Field(description="In the order they would go")
    untouched: list[PlannedDocument]
    untouched_documents: int = Field(description="How many are left alone, shown or not")
    digest: str = Field(description="Send it with the release: it names exactly this set")
    ready: bool = Field(description="The checklist's blocking steps are done, where it has one")
    not_ready: str
    canary: int
    grace_seconds: float


class StartRelease(Selection):
    digest: str = Field(default="", max_length=64)
    reason: str = Field(default="", max_length=500, description="Needed where it is not ready")
    canary: int | None = Field(default=None, ge=0, le=100, description="Null: as set")
    request_id: str = RequestId


class ReleaseDocument(Wire):
    id: int
    entry_type: EntryType
    number: str
    customer_name: str
    booking: str
    place: int
    amount: Decimal
    result: Literal["planned", "sent", "synced", "failed", "skipped", "not_sent"]
    state: DocumentState
    detail: str
    changed_at: datetime


class Release(Wire):
    """A release and how far it is."""

    id: int
    cause_id: int | None
    checklist_id: int | None
    title: str
    asked_by: str
    asked_at: datetime
    reason: str
    origin: str
    starts_at: datetime = Field(description="Until then it can be undone")
    canary: int
    state: Literal["grace", "canary", "running", "done", "stopped", "cancelled", "undone"]
    state_since: datetime
    note: str = Field(description="Why it stopped, or what is left")
    documents: int
    amount: Decimal
    sent: int
    synced: int
    failed: int
    untouched: int
    results: list[ReleaseDocument] = Field(
        default=[], description="Of one release only, those that failed first where cut short"
    )


class Park(Wire):
    reason: str = Field(min_length=1, max_length=500)
    until: Moment | None = Field(default=None, description="Then a new round begins by itself")
    request_id: str = RequestId


class Settle(Wire):
    """*already_in_sage* is looked up first; *reference* is believed where that cannot tell."""

    how: Literal["already_in_sage", "do_not_send"]
    reason: str = Reason
    reference: str = Field(default="", max_length=60)
    request_id: str = RequestId


class TakeBack(Wire):
    reason: str = Reason
    request_id: str = RequestId


class ByHand(Wire):
    """The answer to parking, settling and taking back."""

    document_id: int
    number: str
    state: str
    message: str
    reference: str | None = None


class Parked(Wire):
    id: int
    entry_type: EntryType
    number: str
    customer_name: str
    booking: str
    amount: Decimal
    parked_at: datetime | None
    parked_by: str | None
    reason: str | None
    until: datetime | None


class Settlement(Wire):
    id: int = Field(description="The document's")
    entry_type: EntryType
    number: str
    customer_name: str
    booking: str
    amount: Decimal
    settled_at: datetime
    settled_by: str
    how: Literal["already_in_sage", "do_not_send"]
    reference: str
    reason: str
    reopened_at: datetime | None
    reopened_by: str
    reopen_reason: str


class GapPlace(Wire):
    kind: str
    code: str
    description: str
    account_field: str
    stored_account: str
    site: str
    site_name: str


class Example(Wire):
    id: int
    number: str


class SetupGap(Wire):
    """A code byondpro would send that has no place to land in Sage 300."""

    id: int
    kind: SetupKind
    code: str
    problem: Problem
    message: str
    places: list[GapPlace]
    found_at: datetime
    seen_at: datetime
    gone_at: datetime | None
    error_type: str
    entity_kind: str
    cause_id: int | None
    blocked_documents: int
    blocked_amount: Decimal
    would_fail_documents: int = Field(description="Open ones that carry it, not refused yet")
    would_fail_amount: Decimal
    recent_documents: int = Field(description="Closed ones of the last 30 days that carried it")
    recent_amount: Decimal
    examples: list[Example]


class SetupReading(Wire):
    side: Literal["byondpro", "sage"]
    kind: str
    read_at: datetime | None
    trouble: str


class SetupGaps(Wire):
    gaps: list[SetupGap]
    readings: list[SetupReading]


class Refreshed(Wire):
    gaps: int
    new: int


class SetupCode(Wire):
    side: Literal["byondpro", "sage"]
    kind: str
    code: str
    description: str
    active: bool
    detail: dict[str, Any]
