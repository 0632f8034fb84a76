"""What the pages of the remedy say: causes, checklists, releases, by hand, set-ups, follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from iman.api.wire_checklists import ChecklistView, ChoiceView, FollowUp, StepView
from iman.api.wire_remedies import Cause, Culprit, GapPlace, Release, ReleasePreview, SetupGap
from iman.dashboard.formats import count, moment, money, span
from iman.dashboard.text import cause as cause_words
from iman.domain.cause import CauseState
from iman.domain.checklist import How, Phase, StepState
from iman.domain.playbook import Check, Who
from iman.domain.setup import Problem, SetupKind

# -- causes

TO_BE_DONE = "What is to be done about it?"
CAUSES_LIST = "What lies underneath, and who looks after it?"
NO_CAUSES = "Nothing lies underneath: no open document has been refused."
NO_CAUSES_HINT = "A cause appears here within seconds of the first refusal."
CAUSE_STATES: dict[CauseState, tuple[str, str]] = {
    CauseState.OPEN: ("failed", "Open"),
    CauseState.BEING_FIXED: ("retrying", "Being fixed"),
    CauseState.RELEASING: ("syncing", "Releasing"),
    CauseState.RESOLVED: ("synced", "Resolved"),
    CauseState.CAME_BACK: ("failed", "Came back"),
}
START = "Start the checklist"
OPEN_IT = "Open the checklist"
WATCH = "Watch the release"
LOOK = "Look at it"
HELD_UP = "What it holds up"
PLACES = "Set-ups that would produce it again"
NO_PLACES = "No set-up of byondpro is known to produce it."
EARLIER = "Its checklists and releases"
WHAT_SAGE_SAID = "What Sage 300 said"
ALL_CAUSES = "All causes"
NO_SUCH_CAUSE = "There is no such cause."
MERGED = "New rules read the errors of its documents as another cause’s; they stand there now."
MERGED_INTO = "Go to that cause"
NOBODY = "nobody"
OWNER = "Owner"
ONLY_WORKERS = "Support and administrators work on checklists; you may read this one."
AWAY = "The daemon is away: nothing can be done here until it is back."

# -- checklists

CHECKLIST = "Checklist"
CHECKLISTS = "Checklists"
WHICH_CHECKLIST = "Which checklist?"
NO_CHECKLIST = "No checklist runs."
NO_CHECKLIST_HINT = "Start one from a cause, a document or a finding of the set-up mirror."
NO_SUCH_CHECKLIST = "There is no such checklist. It may have been addressed by an old link."
PHASES: dict[Phase, tuple[str, str]] = {
    Phase.CHOOSING: ("unknown", "Which way?"),
    Phase.WORKING: ("retrying", "At work"),
    Phase.FOLLOW_UP: ("waiting", "Follow-up left"),
    Phase.COMPLETE: ("synced", "Complete"),
    Phase.CLOSED: ("parked", "Given up"),
}
WHO: dict[Who, str] = {
    Who.SUPPORT: "Support",
    Who.FINANCE: "Finance",
    Who.SALES: "Sales",
    Who.BYONDPRO_ADMIN: "byondpro administrator",
    Who.IT: "IT",
    Who.CONSULTANT: "Vendor’s consultant",
}
NEXT = "What to do next"
WAY = "Which way?"
WAY_REASON = "Why is it this one?"
WAY_REASON_HINT = "For the record, e.g. “Finance offers the 48-month plan since March”"
WAY_CHOOSE = "Choose this way"
WAY_CHANGE = "Choose another way"
WAY_RESULT = "Where it leads:"
REASON_NEEDED = "Give a reason first."
ANSWER = "Save the answer"
STEPS = "The steps"
CHOSEN = "Chosen"
UNDECIDED = "Depends on the answer above"
NEXT_WORD = "Next"
EVENTS = {
    "opened": "Started",
    "branch": "Way chosen",
    "choice": "Question answered",
    "ticked": "Ticked",
    "unticked": "Unticked",
    "skipped": "Left out",
    "noted": "Note",
    "note_edited": "Note edited",
    "attached": "Evidence attached",
    "owner": "Handed over",
    "due": "Due date",
    "closed": "Given up",
    "reopened": "Taken up again",
    "playbook": "Newer playbook",
}
WHY = "Why, and what goes wrong out of order"
OUT_OF_ORDER = "Out of order:"
CHECK_NOW = "Look now"
MORE = "More"
STEP_REASON = "Reason"
STEP_REASON_HINT = "For the record"
TICK_ANYWAY = "Tick with this reason"
SKIP = "Leave it out"
STEP_OWNER = "Hand this step to"
HAND_STEP = "Hand it over"
VERIFIED = "Verified by Iman"
LEFT_OUT = "Left out"
LOOKED = "Looked at"
NOTES = "Notes and evidence"
NO_NOTES = "No notes yet."
NOTE = "Add a note"
NOTE_HINT = "What the next person should know"
NOTE_SAVE = "Save the note"
NOTE_EDIT = "Edit"
NOTE_EDITED = "edited"
NOTE_TEXT = "The note"
NOTE_CHANGE = "Save the change"
NOTE_REPLACE = "Replace it with mine"
EVIDENCE = "Attach evidence (at most 2 MB)"
EVIDENCE_SAVE = "Attach it"
HISTORY = "History"
TAKE = "Take it"
HAND_OVER = "Hand over"
HAND_OVER_TO = "To whom?"
HAND_OVER_WORD = "A word to them (optional)"
DUE = "Due"
DUE_SAVE = "Set the date"
GIVE_UP = "Give up"
GIVE_UP_REASON = "Why is it given up?"
TAKE_UP = "Take it up again"
DOCUMENTS = "Its documents"
BACK = "All causes"
NEWER = "Its playbook has a newer text."
NEWER_TAKE = "Move to the newer text"
MANY = "Owner, due date, giving up"

# -- releases

RELEASE = "Release"
RELEASE_FILTERED = "Resync what the filter shows"
RELEASE_FILTER_HINT = "Show the failed ones only, to resync them together"
RELEASE_REASON = "Reason"
RELEASE_REASON_HINT = "For the record, e.g. “F48 added in A/R Terms”"
RELEASE_ANYWAY = "Resync all the same"
RELEASE_UNDO = "Undo"
RELEASE_STOP = "Cancel what has not been sent"
RELEASE_PARKED = "Parked ones too"
ONLY_ADMINS_RELEASE = "Only an administrator may release; ask one to open this page."
TOUCHED = "These are resynced, in this order"
UNTOUCHED = "These are left alone"
RESULTS = "Result for each document"
RELEASE_STATES: dict[str, tuple[str, str]] = {
    "grace": ("pending", "Can still be undone"),
    "canary": ("syncing", "The first few go"),
    "running": ("syncing", "Under way"),
    "done": ("synced", "Done"),
    "stopped": ("failed", "Stopped by itself"),
    "cancelled": ("parked", "Cancelled"),
    "undone": ("parked", "Undone"),
}
RESULT_WORDS: dict[str, tuple[str, str]] = {
    "planned": ("pending", "Planned"),
    "sent": ("syncing", "Under way"),
    "synced": ("synced", "Synced"),
    "failed": ("failed", "Failed again"),
    "skipped": ("parked", "Left alone"),
    "not_sent": ("parked", "Not sent"),
}

# -- by hand

BY_HAND = "Park, or close by hand"
PARK = "Park it"
PARK_EXPLAINED = (
    "It is set aside and stays counted. With a date, a new round begins by itself on that day."
)
PARK_REASON = "Why is it parked?"
PARK_UNTIL = "Until (optional)"
UNPARK = "No longer park it"
IN_SAGE = "It is already in Sage 300"
IN_SAGE_EXPLAINED = (
    "Sage 300 is asked for it and it is linked. Where Sage 300 cannot tell, the reference you give "
    "here is believed."
)
IN_SAGE_NOW = "Look it up and close it"
IN_SAGE_REFERENCE = "Reference in Sage 300 (if it has to be told)"
DO_NOT_SEND = "Do not send it"
DO_NOT_SEND_REASON = "Why is it not to be sent?"
CLOSE_REASON = "Reason"
REOPEN = "Reopen"
REOPEN_EXPLAINED = "The closing by hand is taken back and a new round begins."
ONLY_ADMINS_SETTLE = "Only an administrator may close by hand."

# -- culprit

CULPRIT = "Where it comes from"
GUILTY = "Here"
GUILTY_LINE = "This line carries what Sage 300 refused"
OTHERS_TOO = "Everything else that the same cause holds up"
CHECKLIST_ALONE = "Checklist for this document alone"

# -- set-ups

SETUPS = "Set-ups"
SETUPS_TITLE = "Which set-ups of byondpro have no place to land in Sage 300?"
SETUPS_GOOD = "Every set-up that byondpro uses is mirrored in Sage 300."
SETUPS_GOOD_HINT = "Both are compared on a schedule, and after every fix."
NEVER_COMPARED = "The set-ups have not been compared yet."
COMPARE = "Compare now"
COMPARED_AT = "Compared at"
ALL_PROBLEMS = "All problems"
ALL_KINDS = "All kinds"
KIND = "Kind"
PROBLEM = "Problem"
PROBLEMS: dict[Problem, tuple[str, str]] = {
    Problem.MISSING: ("failed", "Missing"),
    Problem.INACTIVE: ("parked", "Inactive"),
    Problem.MISMATCHED: ("unknown", "Mismatched"),
}
SETUP_KINDS: dict[SetupKind, str] = {
    SetupKind.TERM: "Terms code",
    SetupKind.ACCOUNT: "G/L account",
    SetupKind.TAX_GROUP: "Tax group",
    SetupKind.CUSTOMER_GROUP: "Customer group",
    SetupKind.PAYMENT_CODE: "Payment code",
}
BLOCKED_NOW = "Blocked now"
WOULD_FAIL = "Would fail"
NO_GAP = "No finding matches."
NOBODY_HIT = "Nothing is affected yet: put it right before anything fails."

# -- follow-up

FOLLOW_UP = "Follow-up"
FOLLOW_UP_TITLE = "What did remedies leave for later?"
NO_FOLLOW_UP = "Nothing is left for later."
NO_FOLLOW_UP_HINT = (
    "Journals, re-invoices and set-ups to be made inactive stay here until they are done."
)
WORKED_ON = "Which checklists run?"
OVERDUE = "overdue"


class NextThing(NamedTuple):
    """The largest thing on the page."""

    headline: str
    detail: str
    step: str = ""  # id of the step it is


def next_thing(view: ChecklistView) -> NextThing:
    if view.phase is Phase.CLOSED:
        return NextThing("This checklist was given up.", view.closed_reason)
    if view.phase is Phase.COMPLETE:
        return NextThing("Everything is done.", "Nothing is left to do here.")
    if view.phase is Phase.CHOOSING:
        return NextThing(view.question, "Choose the way below and say why.")
    step = next_step(view)
    if step is not None:
        return NextThing(step.do, WHO[step.who], step.id)
    if (choice := open_choice(view)) is not None:
        return NextThing(choice.question, choice.help)
    waiting = [one for one in view.steps if one.state is StepState.TODO]
    if waiting:
        return NextThing("Something has to happen first.", in_numbers(waiting[0].locked, view))
    return NextThing("Only what may be left out remains.", "")


def numbered(view: ChecklistView) -> list[tuple[int, StepView]]:
    """The steps of the way chosen, as the page counts them."""
    wanted = (one for one in view.steps if one.state is not StepState.NOT_NEEDED)
    return list(enumerate(wanted, 1))


def in_numbers(words: str, view: ChecklistView) -> str:
    """``First: add-in-sage.`` as ``First: step 1.``; what says anything else is left as it is."""
    lead, colon, rest = words.partition(": ")
    if lead not in ("First", "Not done yet"):
        return words
    places = {step.id: f"step {number}" for number, step in numbered(view)}
    named = (places.get(one, "") for one in rest.rstrip(".").split(", "))
    told = ", ".join(filter(None, named))
    return f"{lead}{colon}{told}." if told else ""


def next_step(view: ChecklistView) -> StepView | None:
    """The first that is to be done and that nothing stands against."""
    able = [one for one in view.steps if one.state is StepState.TODO and not one.locked]
    return next((one for one in able if not one.optional), None)


def open_choice(view: ChecklistView) -> ChoiceView | None:
    return next((one for one in view.choices if one.options and one.answer is None), None)


def is_release(step: StepView) -> bool:
    """Whether that step is the resync of everything."""
    return step.verify is Check.DOCUMENTS_SYNCED


def cause_title(cause: Cause) -> str:
    return cause_words(cause.error_type, cause.entity)


def cause_next(cause: Cause, currency: str) -> str:
    """What to do about it, in a sentence."""
    held = f"{count(cause.documents, 'document')} worth {money(cause.amount, currency)}"
    wait = "waits" if cause.documents == 1 else "wait"
    match cause.state:
        case CauseState.RESOLVED:
            return "Resolved: its last document went through."
        case CauseState.RELEASING:
            return f"Being released; {held} {wait} for the result."
        case CauseState.BEING_FIXED:
            return f"Go on with the checklist; {held} {wait} for it."
        case CauseState.CAME_BACK:
            return f"It came back: start the checklist. {held} {wait} for it."
        case CauseState.OPEN:
            return f"Start the checklist; {held} {wait} for it."


def trend(cause: Cause) -> str:
    return f"Refusals per hour, {sum(cause.trend)} in all"


def done_of(done: int, wanted: int) -> str:
    return f"{done} of {count(wanted, 'step')} done"


def documents_worth(number: int, amount: Decimal, currency: str) -> str:
    return f"{count(number, 'document')}, {money(amount, currency)}"


def tick_label(number: int, step: StepView) -> str:
    return f"Step {number} is done: {step.id.replace('-', ' ').replace('_', ' ')}"


def done_by(step: StepView, zone: ZoneInfo, now: datetime) -> str:
    """Who says so, when, and on what ground."""
    at = moment(step.done_at, zone, now)
    if step.state is StepState.SKIPPED:
        said = f"{LEFT_OUT} by {step.done_by} at {at}"
    elif step.how is How.PROBE:
        said = f"{VERIFIED} at {at}"
    elif step.how is How.OVERRIDE:
        said = f"Ticked by {step.done_by} at {at}, on their word"
    else:
        said = f"Ticked by {step.done_by} at {at}"
    return ": ".join(filter(None, (said, step.evidence or step.reason)))


def chosen_by(view: ChecklistView, zone: ZoneInfo, now: datetime) -> str:
    chosen = next((one for one in view.history if one.kind == "branch"), None)
    if chosen is None:
        return view.branch_reason
    return f"Chosen by {chosen.who} at {moment(chosen.at, zone, now)}: {view.branch_reason}"


def due(on: date | None, today: date) -> str:
    if on is None:
        return "no due date"
    if on < today:
        return f"due {on.day} {on:%b}, {OVERDUE}"
    return "due today" if on == today else f"due {on.day} {on:%b}"


def owned(owner: str | None) -> str:
    return f"with {owner}" if owner else "nobody looks after it yet"


def noted(by: str, at: datetime, edited_by: str | None, zone: ZoneInfo, now: datetime) -> str:
    said = f"{by}, {moment(at, zone, now)}"
    return f"{said}, {NOTE_EDITED} by {edited_by}" if edited_by else said


def size(number: int) -> str:
    return f"{number / 1024:,.0f} kB" if number >= 1024 else f"{number} B"


def release_button(preview: ReleasePreview, currency: str) -> str:
    which = "1 document" if preview.documents == 1 else f"all {preview.documents:,} documents"
    return f"Resync {which} ({money(preview.amount, currency)})"


def release_how(preview: ReleasePreview) -> str:
    canary, grace = min(preview.canary, preview.documents), preview.grace_seconds
    said = []
    if grace:
        said.append(f"You have {grace:.0f} seconds to undo it.")
    if 0 < canary < preview.documents:
        first = "The first goes" if canary == 1 else f"The first {canary} go"
        said.append(f"{first} ahead; if one fails again, the others stay where they are.")
    return " ".join(said)


def release_progress(release: Release) -> str:
    said = [f"{release.synced} of {release.documents} synced"]
    if release.failed:
        said.append(f"{release.failed} failed again")
    if release.untouched:
        said.append(f"{release.untouched} left alone")
    return ", ".join(said)


def released_by(release: Release, zone: ZoneInfo, now: datetime) -> str:
    said = f"{release.asked_by} at {moment(release.asked_at, zone, now)}"
    return f"{said}: {release.reason}" if release.reason else said


_FIELDS = {"terms": "Terms", "date": "Date", "customer": "Customer", "currency": "Currency"}


def culprit_place(culprit: Culprit) -> str:
    if culprit.line is not None:
        return f"Line {culprit.line}"
    return _FIELDS.get(culprit.field, culprit.field.replace("_", " ").capitalize())


def account_field(name: str) -> str:
    return name.replace("_", " ")


def place(one: GapPlace) -> str:
    """A set-up of byondpro in one line."""
    named = f"{one.kind.replace('_', ' ')} {one.code}".strip()
    said = " – ".join(filter(None, (named, one.description)))
    if one.account_field:
        said += f", {account_field(one.account_field)} account {one.stored_account}"
    if one.site:
        said += f", at {one.site_name or one.site}"
    return said


def affected(gap: SetupGap, currency: str) -> str:
    said = []
    if gap.blocked_documents:
        blocked = documents_worth(gap.blocked_documents, gap.blocked_amount, currency)
        said.append(f"{BLOCKED_NOW}: {blocked}.")
    if gap.would_fail_documents:
        would = documents_worth(gap.would_fail_documents, gap.would_fail_amount, currency)
        said.append(f"{WOULD_FAIL}: {would}.")
    if gap.recent_documents:
        said.append(f"{count(gap.recent_documents, 'recent document')} carried it.")
    return " ".join(said) or NOBODY_HIT


def setups_headline(gaps: Sequence[SetupGap]) -> str:
    blocked = sum(gap.blocked_documents for gap in gaps)
    said = f"{count(len(gaps), 'set-up')} not mirrored"
    if blocked:
        verb = "is" if blocked == 1 else "are"
        return f"{said}; {count(blocked, 'document')} {verb} blocked by it now"
    return f"{said}; nothing is blocked yet"


def start_on(gap: SetupGap) -> str:
    kind = SETUP_KINDS[gap.kind]
    return f"{START} for {kind if kind[1] == '/' else kind.lower()} {gap.code}"


def not_read(side: str, kind: str) -> str:
    system = "Sage 300" if side == "sage" else "byondpro"
    named = "" if kind == "all" else f" ({kind.replace('_', ' ')})"
    return f"{system}’s set-ups{named} could not be read"


def compared(gaps: int, new: int) -> str:
    return f"Compared: {count(gaps, 'set-up')} not mirrored, {new} of them new."


def note_changed(who: str) -> str:
    return f"{who} has changed this note meanwhile; what you typed is still here. It says now:"


def and_more(number: int) -> str:
    return f"and {number:,} more"


def follow_up_headline(several: Sequence[FollowUp]) -> str:
    oldest = max(one.age_hours for one in several)
    return (
        f"{count(len(several), 'step')} left for later, the oldest for "
        f"{span(timedelta(hours=oldest))}"
    )


def age(hours: float) -> str:
    return span(timedelta(hours=hours))
