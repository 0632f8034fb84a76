"""The JSON shapes of the control API, shared by the server and its client.

Money travels as a decimal string, moments as UTC with an offset. Tables travel as Arrow IPC
instead; their columns are named in ``iman/reading/frames.py``.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from iman.domain.document import DocumentState, EntryType, ErpSyncStatus
from iman.domain.people import Permission, Reach, Role


class Wire(BaseModel):
    """Unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorBody(Wire):
    """The one shape of every error answer."""

    error: str = Field(description="A stable word: not_signed_in, not_allowed, not_found, …")
    message: str = Field(description="What was wrong and what to do, for a person")


def _no_end_of_time(moment: datetime) -> datetime:
    if not 1900 <= moment.year <= 9000:  # no arithmetic goes beyond what a calendar holds
        raise ValueError("a year from 1900 to 9000 is needed")
    return moment


#: A moment somebody asks for.
Moment = Annotated[datetime, AfterValidator(_no_end_of_time)]
AwareMoment = Annotated[AwareDatetime, AfterValidator(_no_end_of_time)]


class SignIn(Wire):
    name: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=1, max_length=200)


class ProviderSignIn(Wire):
    """What an identity provider handed out for this sign-in."""

    id_token: str = Field(min_length=1, max_length=32_768, description="Signed by the provider")


class Session(Wire):
    """A person's session. The token is shown once, here."""

    token: str
    name: str
    role: Role
    expires_at: datetime


class Me(Wire):
    """Who a token speaks for: a person, or a script by a service token."""

    name: str
    role: Role | Literal["service"]
    permissions: list[Permission]
    companies: list[str] = Field(default=[], description="Limited to these; none: all of them")
    sites: list[str] = Field(default=[], description="Likewise")
    expires_at: datetime
    must_change_password: bool = Field(
        default=False, description="Nothing else is possible before that"
    )
    notice: str = Field(default="", description="Wrong passwords tried since the last sign-in")
    single_sign_on: bool = Field(
        default=False, description="The person signs in through the identity provider"
    )

    @property
    def reach(self) -> Reach:
        return Reach(companies=tuple(self.companies), sites=tuple(self.sites))


class Beat(Wire):
    """One loop of the daemon and when it last came round."""

    loop: str
    last_at: datetime | None
    every_seconds: float
    ok: bool
    detail: str = Field(description="What it last did, or why it could not")


class Breaker(Wire):
    """Whether pushing is held back because Sage 300 is unwell."""

    state: Literal["closed", "open", "half_open"]
    reason: str
    since: datetime | None
    next_probe_at: datetime | None


class Health(Wire):
    """Answered without signing in; names nobody and no document."""

    status: Literal["ready", "degraded", "starting", "stopping"]
    version: str
    company: str
    now: datetime
    started_at: datetime
    sandbox: bool
    loops: list[Beat]
    breaker: Breaker
    paused: list[str] = Field(
        default=[], description="What an admin holds back: entry types, or all"
    )
    held_back: str = Field(
        default="", description="Why nothing is taken up, though Sage 300 is well; empty: it is"
    )


class DocumentLine(Wire):
    line: int
    item: str
    description: str
    category: str
    category_description: str
    gl_account: str = Field(description="As posted: the category's account with the site's segment")
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    tax: Decimal


class Links(Wire):
    """Pages of byondpro; null where the document has no such thing."""

    booking: str | None
    sales_order: str | None
    document: str | None


class DocumentRecord(Wire):
    """All that is known of one document now."""

    id: int
    entry_type: EntryType
    number: str
    company: str
    revision: int
    state: DocumentState
    erp_sync_status: ErpSyncStatus
    site: str
    site_name: str
    booking: str
    sales_order: str
    description: str
    customer: str
    customer_name: str
    document_date: date | None
    amount: Decimal | None
    currency: str
    terms_code: str
    terms_description: str
    parent: str | None
    round: int
    attempt: int = Field(description="Attempts used in this round")
    max_attempts: int
    error_code: str | None
    error_text: str | None = Field(description="What Sage 300 said, unaltered")
    error_type: str | None
    entity_kind: str | None
    entity: str | None
    first_failed_at: datetime | None
    last_tried_at: datetime | None
    next_try_at: datetime | None
    received_at: datetime
    synced_at: datetime | None
    erp_reference: str | None
    lines: list[DocumentLine]
    links: Links


class AttemptRecord(Wire):
    """One try at one document."""

    id: int
    round: int
    number: int = Field(description="1 to max_attempts within its round")
    trigger: str = Field(description="intake, retry, resync, recovery")
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None = Field(
        description="accepted, refused, unavailable, unknown, absent; null: under way"
    )
    burnt: bool = Field(description="Whether it counts towards the round's attempts")
    http_status: int | None
    error_code: str | None
    error_text: str | None
    error_type: str | None
    entity: str | None
    erp_reference: str | None
    duration_ms: int | None
    sent: str | None = Field(description="The request's body as sent, JSON text")
    answered: str | None = Field(description="The answer's body as it came, cut at a set length")


class ResyncRecord(Wire):
    """Somebody's request to try again."""

    id: int
    at: datetime
    by: str
    origin: str = Field(description="dashboard, api, cli or byondpro")
    reason: str
    round: int
    result: str | None = Field(description="synced, failed, or null while under way")


class DocumentDetail(Wire):
    document: DocumentRecord
    attempts: list[AttemptRecord] = Field(description="Oldest first")
    resyncs: list[ResyncRecord] = Field(description="Oldest first")


class ResyncRequest(Wire):
    reason: str = Field(default="", max_length=500)
    request_id: str = Field(
        default="", max_length=64, description="The same id twice starts one round, not two"
    )


class ResyncStarted(Wire):
    document_id: int
    number: str
    round: int
    message: str = "The resync has been started."


class Table(Wire):
    """A table asked for as JSON; as Arrow IPC it is smaller and typed."""

    rows: list[dict[str, Any]]
    total: int = Field(description="Rows there are in all, of which these are one page")


class DocumentId(Wire):
    id: int


class Neighbours(Wire):
    before: int | None
    after: int | None


class PauseRequest(Wire):
    reason: str = Field(default="", max_length=500)


class Pause(Wire):
    """Something an admin holds back."""

    entry_type: str = Field(description="An entry type, or all")
    paused_at: datetime
    paused_by: str
    reason: str


class BreakerEvent(Wire):
    at: datetime
    state: Literal["closed", "open", "half_open"]
    reason: str


class Queue(Wire):
    """What is pushed, retried or looked up by itself, and whether it gets less."""

    depth: int = Field(description="Documents pending, syncing, retrying or unknown")
    waiting_for_others: int = Field(
        description="Documents that follow once another one is in Sage 300; not in the depth"
    )
    trend: Literal["empty", "shrinking", "not_shrinking", "not_known"]
    seconds_to_empty: float | None = Field(
        description="At the rate since it was last at its highest; null unless it is shrinking"
    )
    highest: int = Field(description="The greatest depth of the last ten minutes")
    highest_at: datetime


class Preference(Wire):
    """What a person chose for themselves."""

    value: str = Field(max_length=2000)


class Durations(Wire):
    """How long things took that ended in the window, or in the one before; null: nothing did.

    Seconds. *sync*: from byondpro to Sage 300. *remedy*: from the first refusal to Sage 300, of
    what was refused. Medians and p95 are exact to 2.5 %.
    """

    synced: int = Field(description="Documents the sync figures speak of")
    sync_seconds_mean: float | None
    sync_seconds_median: float | None
    sync_seconds_p95: float | None
    remedied: int = Field(description="Documents the remedy figures speak of")
    remedy_seconds_mean: float | None
    remedy_seconds_median: float | None
    remedy_seconds_p95: float | None
    previous_sync_seconds_mean: float | None
    previous_sync_seconds_median: float | None
    previous_sync_seconds_p95: float | None
    previous_remedy_seconds_mean: float | None
    previous_remedy_seconds_median: float | None
    previous_remedy_seconds_p95: float | None


class Overview(Wire):
    """The figures at the top of the first page. What is open is so now, whatever the window."""

    hours: int = Field(description="Length of the window")
    failed: int
    failed_amount: Decimal
    oldest_failed_at: datetime | None
    retrying: int
    waiting: int = Field(description="pending, syncing, waiting and unknown")
    not_in_sage: int = Field(description="All open documents")
    not_in_sage_amount: Decimal
    previous_failed: int | None = Field(
        description="When the window began; null where the daemon did not yet run"
    )
    previous_not_in_sage: int | None
    previous_not_in_sage_amount: Decimal | None
    synced: int = Field(description="Documents that reached Sage 300 in the window")
    synced_amount: Decimal
    previous_synced: int = Field(description="The same, the window before")
    first_attempts: int = Field(description="First attempts answered in the window")
    first_attempt_success: float | None = Field(description="0 to 1; null when there was none")
    previous_first_attempt_success: float | None = Field(description="The same, the window before")
    refused: int = Field(description="Refused attempts in the window")
    previous_refused: int
    intake_problems: int = Field(
        description="Events from byondpro that could not be read, still open"
    )
    currency: str
