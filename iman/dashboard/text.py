"""The sentences that several pages say; a page's own stand in ``text_….py`` beside this.

``formats.py`` writes money, moments and spans of time.
byondpro's words: booking, sales order, terms, sync pending, sync failed, processed, resync.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from iman.api.wire import AttemptRecord, Breaker, DocumentRecord, Overview
from iman.dashboard.formats import count as count
from iman.dashboard.formats import day as day
from iman.dashboard.formats import is_missing as is_missing
from iman.dashboard.formats import moment as moment
from iman.dashboard.formats import moment_in_two as moment_in_two
from iman.dashboard.formats import money as money
from iman.dashboard.formats import number as number
from iman.dashboard.formats import percent as percent
from iman.dashboard.formats import span as span
from iman.dashboard.formats import zone_of as zone_of
from iman.dashboard.text_names import ENTRY_TYPES as ENTRY_TYPES
from iman.dashboard.text_names import ERP_STATUS as ERP_STATUS
from iman.dashboard.text_names import ERROR_TYPES as ERROR_TYPES
from iman.dashboard.text_names import LOOPS as LOOPS
from iman.dashboard.text_names import OUTCOMES as OUTCOMES
from iman.dashboard.text_names import STATE_MEANINGS as STATE_MEANINGS
from iman.dashboard.text_names import STATES as STATES
from iman.dashboard.text_names import TRIGGERS as TRIGGERS
from iman.domain.document import DocumentState, EntryType
from iman.domain.people import Role

PRODUCT = "Iman"
OVERVIEW = "Overview"
MONITOR = "Integration Monitor"
DOCUMENT = "Document"
HOW = "How syncing works"
PEOPLE = "People"
DAEMON_PAGE = "Daemon"
AUDIT = "Audit"
CAUSES = "Causes"
CAUSE = "Cause"
WHEN_SEEN = "seen"
CHECKLISTS = "Checklists"
SETUPS = "Set-ups"
FOLLOW_UP = "Follow-up"
RULES = "Rules"
PLAYBOOKS = "Playbooks"

SIGN_IN = "Sign in"
SIGN_IN_TO = "See what reached Sage 300, what did not, and why."
SIGN_IN_NAME = "Name"
SIGN_IN_PASSWORD = "Password"  # noqa: S105 -- a label
SIGN_IN_WRONG = "Wrong name or password."
SIGN_IN_ELSEWHERE = "That came from another site. Please sign in here."
SIGN_IN_NO_DAEMON = "The daemon is away, so nobody can sign in just now. Start it, then try again."
SIGN_OUT = "Sign out"
SIGN_OUT_ASK = "Sign out of Iman?"
SIGN_OUT_STAY = "No, back to the overview"
SIGNED_OUT = "You have signed out."
SESSION_ENDED = "Your session has ended."
NO_GATE = "Start the dashboard with its own command: python app.py"
SANDBOX = "Sandbox"
SANDBOX_SIGN_INS = "Nothing here is real. These demonstration sign-ins are public:"
SANDBOX_NOTE = "Sandbox: nothing here is real"

SIGN_IN_AGAIN = "The daemon is back. You signed in while it was away; sign out and in again to act."
OPENS_BYONDPRO = "Opens in byondpro"
DAEMON_AWAY = "The daemon is away."
LAST_SEEN = "Last seen at"
BEATS = "Beating"
PUSHING = "Pushing"
PUSHING_GOES_ON = "Goes on"
HELD_BACK = "Held back"
PAUSED = "Paused"
NEEDS_FIRST = "Needs first"
WAITS_FOR = "Waits for"
BEATS_NOT = "Stalled"
RUNNING_SINCE = "running since"
HEALTH = {
    "ready": "Ready",
    "degraded": "Degraded",
    "starting": "Starting",
    "stopping": "Stopping",
}
LEVEL_1 = "Entry types"
LEVEL_2 = "Documents"
NONE_YET = "none yet"
BOOKING = "Booking"
SALES_ORDER = "Sales order"
ERP_STATUS_IN_BYONDPRO = "ERP sync status in byondpro:"

PAGES = "Pages of the list"
PAGE_BEFORE = "Previous page"
PAGE_AFTER = "Next page"
TO_THE_DOCUMENTS = "Show the documents"
DAEMON = "The daemon"
TO_THE_DAEMON = "All loops, queue and pauses"
CAUSES_TITLE = "What lies underneath?"
INTAKE_TITLE = "What could not be read from byondpro?"
NOTHING_OPEN_HINT = "New failures appear here within seconds of their first attempt."
SHOW = {
    "attention": "Needs attention",
    "failed": "Failed",
    "retrying": "Retrying",
    "unknown": "Unknown",
    "waiting": "On the way",
    "parked": "Parked",
    "synced": "Synced",
    "open": "Not in Sage 300",
    "all": "All",
}
ORDERS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "amount": "Largest amount",
    "number": "Number",
    "next_try": "Next try",
}
FILTER_SHOW = "Show"
FILTER_SITE = "Site"
FILTER_ERROR = "Error type"
FILTER_ORDER = "Order"
FILTER_SEARCH = "Search"
FILTER_SEARCH_HINT = "Booking, number, customer, error"
FILTER_CLEAR = "Clear the filter"
EVERY_SITE = "All sites"
EVERY_ERROR = "All error types"
IN_SAGE_AS = "In Sage 300 as"
BEFORE = "Previous"
AFTER = "Next"
AROUND = "Documents around this one"
BACK_TO_LIST = "Back to the list"
WHAT_SAGE_SAID = "What Sage 300 said"
SAID_BEFORE = "What Sage 300 said before"
WHAT_IS_KNOWN = "What is known"
LINES = "Lines"
NO_LINES = "This document has no lines."
ATTEMPTS = "Attempts"
NO_ATTEMPTS = "It has not been pushed yet."
NO_ATTEMPTS_HINT = "The first attempt follows within seconds."
RESYNCS = "Resync history"
SENT = "Sent to Sage 300"
ANSWERED = "Answered"
NOTHING_ANSWERED = "There was no answer."
NOT_KEPT = "The body is no longer kept."
NOT_BURNT = "It does not count towards the attempts."
WHAT_NEXT = "What happens next"
FIND = "Find a document"
PEOPLE_TITLE = "Who may sign in"
PEOPLE_ADD = "Add a person"
PERSON_PASSWORD = "Password (8 characters or more)"  # noqa: S105 -- a label
PERSON_ROLE = "Role"
PERSON_NOT_VALID = (
    "A name has letters, digits and . _ @ - only, and a password at least 8 characters."
)
AWAY_NO_CHANGE = "The daemon is away: nothing can be changed until it is back."
ROLE_MAY = {
    Role.MANAGER: "Read everything, export",
    Role.SUPPORT: "Read everything, export, work on checklists, park documents",
    Role.ADMIN: "All of that; resync one or many, close by hand, pause, back up, audit trail, "
    "people, rules, playbooks, views that others share",
}

EXPORT = "Export as"
LIVE = "Live"
LIVE_HELP = "Figures and lists refresh by themselves. Switch off to hold them still."
WINDOW = "Window"
NOTHING_FAILED = "Nothing was refused in this time."
NOTHING_OPEN = "No open document has been refused. There is nothing to put right."
ALL_WELL = "Everything byondpro has sent is in Sage 300."
NO_MATCH = "No document matches."
NO_MATCH_HINT = "Widen the filter, or clear the search."
NO_LISTED_HINT = "Widen the filter, or the search: it finds where words and numbers begin."
NOTHING_NEEDS_ATTENTION = "Nothing here needs attention."
NOTHING_NEEDS_ATTENTION_HINT = "To see what went through, choose “All” under “Show”."
NO_DOCUMENT = "Which document?"
NO_DOCUMENT_HINT = (
    "Open one from the Integration Monitor, or find it here by booking, number or customer."
)
NO_SUCH_DOCUMENT = "There is no such document. It may have been addressed by an old link."
NO_ANSWER = "Nothing can be shown just now."
NOT_FOR_YOU = "Your role may not open this page."
ONLY_ADMINS = "Only an administrator may press Resync."
AWAY_NO_RESYNC = "The daemon is away: nothing can be resynced until it is back."
RESYNC_STARTED = "The resync has been started."
RESYNC_REASON = "Reason (optional)"
RESYNC_REASON_HINT = "For the record, e.g. “F48 added in A/R Terms”"
RESYNC_CONFIRM = "Start the resync"
RESYNC_EXPLAINED = (
    "Sage 300 gets it again with a new round of attempts. Put the set-up right first, or it will "
    "be refused again."
)

ROLES: dict[Role, str] = {Role.MANAGER: "Manager", Role.SUPPORT: "Support", Role.ADMIN: "Admin"}

WINDOWS: dict[str, tuple[int, str]] = {
    "24h": (24, "24 hours"),
    "7d": (7 * 24, "7 days"),
    "30d": (30 * 24, "30 days"),
}


# -- names ----------------------------------------------------------------------------------------


def error_type(name: Any) -> str:
    if is_missing(name) or not name:
        return "Not classified"
    return ERROR_TYPES.get(name, str(name).replace("_", " ").capitalize())


def state(name: str) -> str:
    return STATES[DocumentState(name)] if name in set(DocumentState) else name


def entry_type(kind: EntryType) -> str:
    return ENTRY_TYPES[kind][0]


def entry_types(kind: EntryType) -> str:
    return ENTRY_TYPES[kind][1]


_DIRECTIVE = re.compile(r":(?=\S)|&(?=\S)")  # :red[…], :smile:, &lt;
_NOT_PLAIN = re.compile(r"[^\w .,;:?!()'’“”\"/%=+&…–-]")


def label(words: str) -> str:
    """Foreign text for where Markdown is drawn: what could mean something there is left out.

    A colon or an ampersand that a blank follows means nothing there.
    """
    plain = _NOT_PLAIN.sub(" ", _DIRECTIVE.sub(" ", words)).replace("_", " ")
    plain = plain.replace("www.", "www ")
    return re.sub(r"\s+", " ", re.sub("-{2,}", "-", plain)).strip()[:80]


def key_in_words(key: str) -> str:
    """A document's key in words: ``Invoice INV-010319``."""
    kind, number = key_parts(key)
    return f"{entry_type(kind)} {number}" if kind else number


def key_parts(key: str) -> tuple[EntryType | None, str]:
    """Entry type and number of ``company/entry type/number``; a bare number is taken as it is."""
    parts = key.split("/", 2)
    if len(parts) == 3 and parts[1] in set(EntryType):
        return EntryType(parts[1]), parts[2]
    return None, key


def loop(name: str) -> str:
    return LOOPS.get(name, name.replace("_", " ").replace("-", " ").capitalize())


def demo_sign_in(name: str, role: Role) -> str:
    return f"Sign in as {name} ({ROLES[role].lower()})"


# -- sentences ------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    tone: str  # good, bad, busy
    headline: str
    detail: str


def verdict(figures: Overview, zone: ZoneInfo, now: datetime) -> Verdict:
    """The overview in one sentence."""
    if figures.failed:
        money_stuck = money(figures.failed_amount, figures.currency)
        since = moment(figures.oldest_failed_at, zone, now)
        subject = count(figures.failed, "document")
        verb = "has" if figures.failed == 1 else "have"
        return Verdict(
            "bad",
            f"{subject} worth {money_stuck} {verb} failed",
            f"The oldest since {since}. Put the set-up right, then press Resync.",
        )
    if figures.not_in_sage:
        again = figures.retrying
        return Verdict(
            "busy",
            f"{count(figures.not_in_sage, 'document')} on the way to Sage 300",
            f"Nothing has failed yet; {again:,} refused, and tried again by themselves."
            if again
            else "Nothing has failed. Nobody needs to do anything.",
        )
    return Verdict("good", ALL_WELL, "Nothing has failed and nothing is waiting.")


def next_step(document: DocumentRecord, zone: ZoneInfo, now: datetime) -> str:
    """What happens next, in one sentence."""
    state, tries = document.state, document.max_attempts
    resync = (
        "press Resync" if document.entry_type is not EntryType.INVOICE else ("press Resync Invoice")
    )
    match state:
        case DocumentState.RETRYING if document.next_try_at:
            at = moment(document.next_try_at, zone, now)
            return f"Next try at {at}, attempt {document.attempt + 1} of {tries}."
        case DocumentState.RETRYING:
            return f"It will be tried again shortly, attempt {document.attempt + 1} of {tries}."
        case DocumentState.FAILED:
            return (
                f"Left failed after {count(document.attempt, 'attempt')}; put the set-up right in "
                f"Sage 300, then {resync}."
            )
        case DocumentState.PENDING:
            return "It will be pushed within seconds."
        case DocumentState.SYNCING:
            return "It is being pushed to Sage 300 now."
        case DocumentState.WAITING:
            parent = key_in_words(document.parent) if document.parent else "another document"
            return (
                f"It waits until {parent} is in Sage 300 and follows by itself; no attempt is used "
                "up meanwhile."
            )
        case DocumentState.UNKNOWN:
            return (
                "The answer was lost. Sage 300 is asked whether it has the document before "
                "anything is sent again."
            )
        case DocumentState.PARKED:
            return f"It was set aside by a person. To try again, {resync}."
        case DocumentState.SYNCED:
            at = moment(document.synced_at, zone, now)
            named = f" as {document.erp_reference}" if document.erp_reference else ""
            return f"It is in Sage 300{named} since {at}. Nothing is left to do."
        case DocumentState.SETTLED:
            return "It was closed by hand. Nothing is left to do."


def attempt_title(attempt: AttemptRecord, of: int, zone: ZoneInfo, now: datetime) -> str:
    """Our own words and numbers only: it becomes an expander's label, which is Markdown."""
    outcome = OUTCOMES.get(attempt.outcome or "", "Under way")
    at = moment(attempt.started_at, zone, now)
    return f"Attempt {attempt.number} of {of} · {at} · {outcome}"


def why_not_resync(document: DocumentRecord) -> str:
    """Why the state does not allow it."""
    if document.state in (DocumentState.SYNCED, DocumentState.SETTLED):
        return "It is in Sage 300 already."
    return "It is still being worked on; Resync is for documents that have failed."


def resync_button(kind: EntryType) -> str:
    return f"Resync {entry_type(kind).lower() if kind is not EntryType.INVOICE else 'Invoice'}"


def away(since: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    when = f" since {moment(since, zone, now)}" if since else ""
    return f"The daemon has been away{when}; pages are read-only."


def breaker(state: Breaker, zone: ZoneInfo, now: datetime) -> str:
    """Why nothing is pushed; empty when it is."""
    if state.state == "closed":
        return ""
    probe = state.next_probe_at
    if state.state == "half_open":
        ask = " One document goes first; if it gets through, the others follow."
    else:
        ask = f" Sage 300 is asked again at {moment(probe, zone, now)}." if probe else ""
    why = f": {state.reason.rstrip('.')}" if state.reason else ""
    return (
        f"Pushing is held back{why}, since {moment(state.since, zone, now)}. "
        f"No attempt is used up.{ask}"
    )


def paused(several: list[str]) -> str:
    """What an admin holds back; empty when that is nothing."""
    if not several:
        return ""
    if "all" in several:
        return "Pushing is paused for everything. What arrives waits; no attempt is used up."
    named = " and ".join(
        ENTRY_TYPES[EntryType(one)][1].lower() for one in several if one in set(EntryType)
    )
    return f"Pushing is paused for {named}. What arrives waits; no attempt is used up."


def shown(first: int, last: int, total: int) -> str:
    return f"{first:,}–{last:,} of {total:,}" if total else "none"


def export_help(form: str) -> str:
    return f"All of this table as {form}, with its filter named in the file"


def export_all(total: int) -> str:
    """How much a list's file holds: all its pages."""
    return f"Export all {total:,} as" if total > 1 else "Export it as"


def as_of(at: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    return "" if at is None else f"as of {moment(at, zone, now)}"


def page_failed(incident: str) -> str:
    return f"This page could not be shown. Incident {incident} is in the dashboard's log."


def person_added(name: str) -> str:
    return f"{name} can sign in now."


def since(at: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    return "nothing has failed" if at is None else f"since {moment(at, zone, now)}"


def cause(kind: Any, entity: Any) -> str:
    """``Terms code missing: F48``."""
    return error_type(kind) + ("" if is_missing(entity) or not entity else f": {entity}")


def list_title(kind: EntryType | None) -> str:
    return "All entry types" if kind is None else entry_types(kind)


def attempts_used(attempt: int, of: int) -> str:
    return f"attempt {attempt} of {of}" if attempt else "not tried yet"


def round_title(number: int) -> str:
    return f"Round {number}"


def document_title(kind: EntryType, number: str) -> str:
    """For ``st.title``, which draws Markdown: a number made of other characters is left out."""
    plain = number if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_/.-]{0,39}", number) else ""
    return f"{entry_type(kind)} {plain.replace('_', chr(92) + '_')}".strip()


def error_heading(document: DocumentRecord) -> str:
    """Over an error's words: they may be older than the answer that is awaited, or be our own."""
    if not document.error_code:
        return WHAT_IS_KNOWN
    return SAID_BEFORE if document.state is DocumentState.UNKNOWN else WHAT_SAGE_SAID


def error(code: str | None, words: str | None) -> str:
    """Number and text as Sage 300 gave them."""
    if not code or (words or "").lstrip().startswith(code):
        return words or ""
    return f"{code} - {words}"


def quantity(number: Decimal) -> str:
    return f"{number.normalize():f}"


def attempt_facts(attempt: AttemptRecord) -> str:
    said = [TRIGGERS.get(attempt.trigger, attempt.trigger).capitalize()]
    if attempt.http_status:
        said.append(f"HTTP {attempt.http_status}")
    if attempt.duration_ms is not None:
        said.append(f"{attempt.duration_ms:,} ms")
    if attempt.erp_reference:
        said.append(f"{IN_SAGE_AS} {attempt.erp_reference}")
    if attempt.outcome and not attempt.burnt and attempt.outcome != "accepted":
        said.append(NOT_BURNT.rstrip("."))
    return " · ".join(said)


def resync_result(result: str | None) -> str:
    return {"synced": "Synced", "failed": "Failed again"}.get(result or "", "Under way")
