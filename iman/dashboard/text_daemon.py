"""What the Daemon and Audit pages say."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from iman.api.wire import Health, Pause, Queue
from iman.api.wire_audit import AuditVerification
from iman.dashboard.formats import count, is_missing, moment
from iman.dashboard.text import ENTRY_TYPES
from iman.domain.document import EntryType

LOOPS_TITLE = "Does every loop come round?"
QUEUE_TITLE = "What waits to be pushed, how long will it take, and what is paused?"
HELD_TITLE = "When was pushing held back because Sage 300 was unwell?"
BREAKER_LIST = "Changes of the breaker"
NEVER_HELD = "Pushing was not held back in this window."
NEVER_HELD_HINT = "When Sage 300 is down, pushing stops for all and no attempt is used up."

EVERYTHING = "Everything"
RUNNING = "Pushing"
PAUSED = "Paused"
PAUSED_WITH_ALL = "Paused with everything"
PAUSE = "Pause"
RESUME = "Resume"
REASON = "Reason"
REASON_HINT = "For the record, e.g. “Sage 300 is being updated”"
REASON_MISSING = "Say why, so that the next person knows."
PAUSE_EXPLAINED = (
    "Nothing of this is sent to Sage 300 until somebody resumes it. What is under way is finished; "
    "what arrives waits, and no attempt is used up."
)
RESUME_EXPLAINED = "What has waited is pushed at once, in its order."
CONFIRM_PAUSE = "Pause now"
CONFIRM_RESUME = "Resume now"
ONLY_ADMINS = "Only an administrator may pause and resume."
AWAY_QUEUE = "The daemon is away: nothing is pushed until it is back."
AWAY = "The daemon is away: nothing can be paused or resumed until it is back."

BREAKER_STATES = {
    "open": "Held back",
    "half_open": "Trying with one document",
    "closed": "Let go",
}

AUDIT_TITLE = "Who did what, and was it allowed?"
AUDIT_WHO = "User name"
AUDIT_WHAT = "Audit type"
AUDIT_SHOW = "Allowed"
AUDIT_PROVE = "Prove that nothing was changed"
AUDIT_PROVES = (
    "Every event is chained to the one before by its hash; this walks the whole chain and names "
    "the first link that does not fit."
)
AUDIT_SEARCH_HINT = "Details, reason, user name"
EVERYBODY = "Everybody"
EVERY_TYPE = "All types"
ALLOWED = {"": "Allowed and denied", "yes": "Allowed", "no": "Denied"}
NO_AUDIT = "Nobody has done anything yet."
NO_AUDIT_HINT = "Sign-ins, resyncs, pauses, checklists and every refusal stand here."
NO_AUDIT_MATCH = "Nothing matches."

ACTIONS = {
    "sign_in": "Sign in",
    "resync": "Resync",
    "pause": "Pause",
    "resume": "Resume",
    "save_user": "User saved",
    "start_checklist": "Checklist started",
    "choose_branch": "Branch chosen",
    "answer": "Question answered",
    "ticked": "Step ticked",
    "unticked": "Step unticked",
    "skipped": "Step skipped",
    "note": "Note",
    "edit_note": "Note edited",
    "attach": "Evidence attached",
    "due_date": "Due date",
    "cause_owner": "Owner of a cause",
    "release": "Release",
    "stop_release": "Release stopped",
    "park": "Parked",
    "unpark": "No longer parked",
    "settle": "Closed by hand",
    "reopen": "Reopened",
    "change_setting": "Setting changed",
    "back_up": "Backup",
    "prune": "Retention",
    "archive_audit": "Audit events moved out",
    "view_settings": "Settings",
    "sandbox_fault": "Sandbox fault",
    "work_sandbox": "Sandbox faults",
    "save_view": "View saved",
    "remove_view": "View removed",
    "edit_shared_views": "Shared views",
    "compare_setups": "Set-ups compared",
    "manage_users": "People",
}


#: byondpro's field caption of what an action changes; of the others it is the state.
FIELD_CAPTIONS = {
    "sandbox_fault": "Fault",
    "save_user": "Account",
    "change_user": "Account",
    "resync": "Round",
    "cause_owner": "Owner",
    "save_playbook": "Playbook",
    "save_view": "View",
    "remove_view": "View",
}


def what(name: str) -> str:
    return ENTRY_TYPES[EntryType(name)][1] if name in set(EntryType) else EVERYTHING


def paused_since(pause: Pause, zone: ZoneInfo, now: datetime) -> str:
    said = f"since {moment(pause.paused_at, zone, now)} by {pause.paused_by}"
    return f"{said}: {pause.reason}" if pause.reason else said


def waiting(number: int) -> str:
    return f"{count(number, 'document')} in the queue" if number else "nothing in the queue"


class Forecast(NamedTuple):
    """Whether the queue gets less, in words."""

    lamp: tuple[str, str]  # tone, word
    headline: str
    detail: str


def forecast(found: Queue, hindered: str, zone: ZoneInfo, now: datetime) -> Forecast:
    """*hindered*: why nothing is pushed; empty when it is."""
    on_way = f"{count(found.depth, 'document')} on the way"
    others = found.waiting_for_others
    if others:
        follow = "follows once its" if others == 1 else "follow once their"
        more = f"{count(others, 'further document')} {follow} parent is in Sage 300."
    else:
        more = ""
    if not found.depth:
        return Forecast(("synced", "Empty"), "Nothing is on the way.", more)
    if found.trend == "shrinking" and found.seconds_to_empty is not None and not hindered:
        was = f"It was {found.highest:,} at {moment(found.highest_at, zone, now)}."
        told = f"{on_way}; empty {_in_about(found.seconds_to_empty)} at the present rate"
        return Forecast(("pending", "Shrinking"), told, f"{was} {more}".strip())
    if found.trend == "not_known" and not hindered:
        told = "It has been counted for too short a time to say when it will be empty."
        return Forecast(("pending", "Counting"), on_way, f"{told} {more}".strip())
    word = "Standing still" if hindered else "Not shrinking"
    why = hindered or "As many arrive or are tried again as leave it."
    return Forecast(("waiting", word), f"{on_way}; not shrinking", f"{why} {more}".strip())


def hindered(health: Health | None) -> str:
    """Why nothing at all is pushed; empty when it is."""
    if health is None:
        return AWAY_QUEUE
    if health.breaker.state == "open":
        return "Pushing is held back because Sage 300 is unwell."
    if health.held_back:
        return f"Pushing is held back: {health.held_back}."
    return "Pushing is paused for everything." if "all" in health.paused else ""


def _in_about(seconds: float) -> str:
    """The largest unit, rounded: nobody needs a forecast by the second."""
    if seconds < 60:
        return "in less than a minute"
    for unit, length, most in (("minute", 60, 90), ("hour", 3600, 24)):
        if seconds < length * most:
            return f"in about {count(max(1, round(seconds / length)), unit)}"
    return "in more than a day"


def pause_title(name: str) -> str:
    return f"{PAUSE} {what(name).lower()}"


def resume_title(name: str) -> str:
    return f"{RESUME} {what(name).lower()}"


def changed(name: str, *, paused: bool) -> str:
    verb = "paused" if paused else "pushed again"
    return f"{what(name)}: {verb}."


def held_back(minutes: float, window: str) -> str:
    """The chart in words."""
    if minutes < 1:
        return f"Pushing was held back for less than a minute in the last {window}."
    return f"Pushing was held back for {minutes:,.0f} minutes in the last {window}."


def proven(found: AuditVerification) -> str:
    """What walking the audit trail's chain came to."""
    if found.broken is None:
        return (
            f"The audit trail is whole: {count(found.events, 'event')}. Its head is {found.head}."
        )
    where = f"event {found.broken.event_id}" if found.broken.event_id else "the end"
    return f"The audit trail is broken at {where}: {found.broken.why}."


def action(name: Any) -> str:
    if is_missing(name):
        return "–"
    return ACTIONS.get(name, str(name).replace("_", " ").capitalize())


def _caption_of(row: Any) -> str:
    match row.action:
        case "pause" | "resume":
            return f"Pushing of {what(row.target).lower()}"
        case "change_setting":
            return str(row.target or "")
        case _:
            return FIELD_CAPTIONS.get(row.action, "State")


def field_caption(row: Any) -> tuple[str, str, str]:
    """byondpro's field caption, old value, new value, as far as an event of ours knows them."""
    before, after = str(row.old_value or ""), str(row.new_value or "")
    if before or after:
        return _caption_of(row), before, after
    match row.action:  # written before the ledger knew what stood there before and after
        case "pause":
            return f"Pushing of {what(row.target).lower()}", "", "paused"
        case "resume":
            return f"Pushing of {what(row.target).lower()}", "paused", "going on"
        case "change_setting":
            before, _, after = str(row.reason or "").partition(" → ")
            return str(row.target or ""), before, after
        case "sandbox_fault":
            return "Fault", "", str(row.reason or "")
        case "save_user":
            return "Role", "", str(row.reason or "").removeprefix("role ")
        case _:
            return "", "", ""
