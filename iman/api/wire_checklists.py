"""The JSON shapes of checklists and playbooks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Base64Bytes, Field

from iman.api.wire import Wire
from iman.domain.checklist import EventKind, How, Phase, StepState
from iman.domain.document import DocumentState, EntryType
from iman.domain.playbook import Check, Who

RequestId = Field(default="", max_length=64, description="The same id twice does it once")
Reason = Field(default="", max_length=500)


class ChecklistRow(Wire):
    """A checklist in a list."""

    id: int
    company: str
    error_type: str
    entity_kind: str
    entity: str
    cause_id: int | None
    document_id: int | None
    title: str
    opened_at: datetime
    opened_by: str
    version: int
    changed_at: datetime
    branch: str
    owner: str
    due_on: date | None
    phase: Phase
    steps: int = Field(description="Steps of the way chosen")
    steps_done: int


class BranchView(Wire):
    id: str
    title: str
    when: str = Field(description="How to tell that it is this one")
    result: str


class OptionView(Wire):
    id: str
    title: str
    help: str


class ChoiceView(Wire):
    """A question of the branch. Without options the answer is a text."""

    id: str
    question: str
    help: str
    options: list[OptionView]
    answer: str | None


class CheckView(Wire):
    at: datetime
    verdict: str = Field(description="yes, no or unclear")
    evidence: str


class StepView(Wire):
    id: str
    who: Who
    do: str
    where: str
    link: str | None
    why: str
    out_of_order: str = Field(description="What goes wrong when it is done too early or left out")
    verify: Check | None
    optional: bool
    follow_up: bool
    releases: bool = Field(description="Once it is done the documents may be resynced")
    state: StepState
    done_by: str | None
    done_at: datetime | None
    how: How | None
    evidence: str
    reason: str
    warning: str = Field(description="It was done and is not so any more, or was done too early")
    locked: str = Field(description="Why it must not be done yet; empty: nothing stands against it")
    owner: str | None
    check: CheckView | None = Field(description="What the last verification saw")


class NoteView(Wire):
    id: int
    version: int = Field(description="Send it with an edit")
    text: str
    step: str | None
    by: str
    at: datetime
    edited_by: str | None
    edited_at: datetime | None


class AttachmentView(Wire):
    id: int
    name: str
    bytes: int
    sha256: str
    by: str
    at: datetime
    step: str | None


class HistoryView(Wire):
    version: int
    at: datetime
    who: str
    kind: EventKind
    step: str | None
    told: str


class ChecklistDocument(Wire):
    id: int
    entry_type: EntryType
    number: str
    booking: str
    customer_name: str
    amount: Decimal
    state: DocumentState


class PlaybookUsed(Wire):
    version: int
    origin: str = Field(description="built-in, file or edited")
    digest: str
    newer: bool = Field(description="Another text counts now; the checklist may move to it")


class ChecklistView(Wire):
    """Everything of one checklist. Poll it: *version* grows with every change."""

    id: int
    company: str
    error_type: str
    entity_kind: str | None
    entity: str | None
    cause_id: int | None
    document_id: int | None
    title: str
    summary: str
    question: str
    opened_at: datetime
    opened_by: str
    changed_at: datetime
    version: int
    phase: Phase
    owner: str | None
    due: date | None
    branch: str | None
    branch_reason: str
    closed_reason: str
    branches: list[BranchView]
    choices: list[ChoiceView]
    steps: list[StepView]
    steps_done: int
    steps_wanted: int
    ready_to_release: bool
    blocking_steps: list[str] = Field(description="What is to be done before a release")
    documents: list[ChecklistDocument] = Field(description="The first 200")
    documents_total: int
    amount: Decimal
    notes: list[NoteView]
    attachments: list[AttachmentView]
    history: list[HistoryView] = Field(description="Newest first")
    playbook: PlaybookUsed


class FollowUp(Wire):
    """A step left for later."""

    checklist_id: int
    step: str
    who: Who
    do: str
    title: str
    entity: str | None
    state: StepState
    since: datetime
    age_hours: float
    owner: str | None
    due: date | None
    warning: str
    locked: str


class Started(Wire):
    """A checklist that was started, or was running already."""

    checklist_id: int
    new: bool


class ChooseBranch(Wire):
    branch: str = Field(max_length=40)
    reason: str = Field(min_length=1, max_length=500)
    seen: str = Field(default="", max_length=40, description="The branch you saw chosen, if any")
    request_id: str = RequestId


class Answer(Wire):
    answer: str = Field(max_length=200)
    request_id: str = RequestId


class Mark(Wire):
    """A tick, an untick or a skip. A reason overrides what a verification says."""

    reason: str = Reason
    request_id: str = RequestId


class NewNote(Wire):
    text: str = Field(min_length=1, max_length=4000)
    step: str = Field(default="", max_length=40)
    request_id: str = RequestId


class EditNote(Wire):
    text: str = Field(max_length=4000, description="Empty takes the note away")
    version: int = Field(ge=1, le=2**31, description="The note's version you saw")
    request_id: str = RequestId


class NewAttachment(Wire):
    name: str = Field(min_length=1, max_length=200)
    content: Base64Bytes = Field(max_length=4 * 2**20, description="Base64, at most 2 MB of bytes")
    step: str = Field(default="", max_length=40)
    request_id: str = RequestId


class SetOwner(Wire):
    owner: str = Field(max_length=80, description="Empty: nobody")
    reason: str = Field(default="", max_length=500, description="A word to whom it is handed")
    request_id: str = RequestId


class SetDue(Wire):
    due: date | None
    request_id: str = RequestId


class Close(Wire):
    reason: str = Field(min_length=1, max_length=500)
    request_id: str = RequestId


class PlaybookRow(Wire):
    error_type: str
    title: str
    version: int
    origin: str
    digest: str
    branches: int
    steps: int


class PlaybookStep(Wire):
    """A step as it is written, placeholders and all."""

    id: str
    who: Who
    do: str
    where: str
    link: str
    why: str
    out_of_order: str
    verify: Check | None
    branches: list[str]
    only_if: dict[str, str]
    after: list[str]
    locked: bool
    optional: bool
    releases: bool
    follow_up: bool


class PlaybookView(Wire):
    """A playbook, read."""

    error_type: str
    title: str
    version: int
    summary: str
    question: str
    branches: list[BranchView]
    choices: list[ChoiceView]
    steps: list[PlaybookStep]


class PlaybookDetail(Wire):
    playbook: PlaybookView
    origin: str
    digest: str
    text: str = Field(description="TOML")


class PlaybookText(Wire):
    text: str = Field(max_length=64_000)


class PlaybookPreview(Wire):
    """*playbook* is null where there are *faults*."""

    faults: list[str]
    playbook: PlaybookView | None


class SavePlaybook(Wire):
    text: str = Field(max_length=64_000, description="TOML; empty goes back to the file's or ours")
    instead_of: str = Field(max_length=64, description="Digest of the text you edited")


class PlaybookEdit(Wire):
    id: int
    version: int
    by: str
    at: datetime
    text: str
