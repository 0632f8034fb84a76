"""What the Rules page says."""

from __future__ import annotations

from iman.api.wire_rules import OtherRule, Rereading, RuleChange, RulesPreview, SiteRule, Tried
from iman.dashboard.formats import count as counted
from iman.dashboard.text import error_type as type_words

# -- rules

TRY_TITLE = "How is a message read?"
TRY = "Read it"
MESSAGE = "What Sage 300 said"
MESSAGE_HINT = "Paste an error text, with all that stands around it"
STATUS = "HTTP status, if known"
NOT_TRIED = "Paste a message to see which rule answers, and with which of its words."
WRITE_FOR_IT = "Write a rule for it"
MEANS = "Means"
NAMES = "Names"
NAMES_NOTHING = "nothing in particular"
FIXES = "Who fixes it"
RETRY_HELPS = {True: "May pass by itself", False: "Stays until somebody mends it"}
WAITING_HELPS = "Does waiting help?"
ANSWERED_BY = "Answered by"
PATTERN = "Pattern"
DECIDED = "The words that decided"
GROUPED = "Grouped with others like it as"

OWN_TITLE = "This site’s own rules"
OWN_HINT = "They are asked from top to bottom, before all others. The first that matches answers."
NO_OWN = "This site has no rules of its own."
NO_OWN_HINT = "The rules that come with Iman read every message below."
ONLY_ADMINS = "Administrators change rules; you may read and try them."
NEW_RULE = "New rule"
EDIT = "Edit"
ON, OFF = "On", "Off"
SWITCH_ON, SWITCH_OFF = "Switch on", "Switch off"
UP, DOWN, REMOVE = "Move up", "Move down", "Remove"
EXAMPLES = "Examples"
FINDS = "finds"

FORM_NEW = "A new rule"
FORM_EDIT = "Change the rule"
NAME = "Name"
NAME_HELP = "Small letters, digits and hyphens, e.g. plot-closed. It stays the same for good."
TYPE = "What it means"
PATTERNS = "Patterns, one a line"
PATTERNS_HELP = (
    "The words of the message in small letters. {value} stands for what is to be found, {any} for"
    " what may differ. Any regular expression may be used; each line is one way to say it."
)
ENTITY_KIND = "What {value} is"
ENTITY_KIND_HINT = "e.g. plot"
WHO_FIXES = "Who fixes it"
WAITING = "Waiting helps"
AS_THE_TYPE = "As the error type says"
WAITING_WORDS = {"": AS_THE_TYPE, "yes": "It may pass by itself", "no": "Somebody must mend it"}
EXAMPLE = "Example"
EXAMPLE_FINDS = "What it must find"
EXAMPLE_HELP = "Leave it empty where the message names nothing"
MORE_EXAMPLES = "Another example"
RULE_NOTE = "Why this rule"
INTO_LIST = "Put it into the list"
CANCEL = "Cancel"
NAME_NEEDED = "Give the rule a name."
PATTERN_NEEDED = "Write at least one pattern."
EXAMPLE_NEEDED = "Give at least one example."

CHANGE_TITLE = "Not saved yet"
CHANGE_HINT = "Nothing is read by these rules until they are saved."
FAULTS = "These rules cannot be saved:"
WARNING = "These examples of other rules would be read otherwise:"
AGREED = "I have looked at them: these messages shall be read as my rules say"
NOTHING_CHANGES = "No message in the history would be read otherwise."
REASON = "Why?"
REASON_HINT = "For the audit trail"
SAVE = "Save, and read history again"
DISCARD = "Discard my changes"
SOMEBODY_SAVED = "Somebody saved other rules since you began. Discard yours, and look at theirs."
SAVED = "Saved. New errors are read by these rules; history is read again in the background."
CHANGES = "What would change"
SAMPLES = "Samples"

OTHERS_TITLE = "The rules that come with Iman"
OTHERS_HINT = "They are asked after this site’s own, in this order."
FILTER_TYPE = "Meaning"
EVERY_TYPE = "Every meaning"
FILTER_WORD = "Search"
FILTER_WORD_HINT = "A word of a pattern or an example"
NO_RULE = "No rule matches."
SHOW_MOST = 40
VERSIONS = "Earlier versions"
NO_VERSIONS = "Nobody has saved any rule yet."
HISTORY = "History"

WHO_FIXES_WORDS = {
    "erp_setup": "Whoever keeps Sage 300’s set-ups",
    "source_setup": "Whoever keeps byondpro’s set-ups",
    "source_data": "Whoever entered the document",
    "operator": "An operator in Sage 300",
    "it": "IT",
    "nobody": "Nobody: it passes by itself",
}
CASES = {
    "missing": "it is missing",
    "inactive": "it is inactive",
    "invalid": "it is not valid",
    "blank": "it was not given",
    "duplicate": "it is there already",
    "on_hold": "it is on hold",
    "over_limit": "it is over its limit",
    "not_fit": "it does not fit here",
    "state": "its state forbids the step",
    "bound": "it is out of bounds",
    "form": "it is malformed",
    "in_use": "somebody else has it",
    "failed": "something failed with it",
}


def rereading(far: Rereading) -> tuple[str, str]:
    """Tone and sentence."""
    if far.state == "done":
        if not far.attempts and not far.documents:
            return "synced", "All of history is read by these rules."
        changed = (
            f"{counted(far.attempts, 'attempt')} and {counted(far.documents, 'open document')}"
        )
        return "synced", f"All of history is read by these rules; {changed} mean something else."
    if far.state == "waiting":
        return "pending", "History is about to be read again by these rules."
    share = 100 * far.looked_at // max(far.up_to, 1)
    looked = f"{far.looked_at:,} of {counted(far.up_to, 'attempt')}"
    return "syncing", f"History is being read again by these rules: {looked}, {share}%."


def share(far: Rereading) -> int:
    """Per cent."""
    return 100 if far.state == "done" else 100 * far.looked_at // max(far.up_to, 1)


def answered_by(tried: Tried) -> str:
    if not tried.rule:
        return "No rule knows this text"
    place = {
        "own": "this site’s own rule",
        "file": "a rule of this site’s folder",
        "built-in": "a rule that comes with Iman",
        "": "",
    }[tried.place]
    if tried.by_hint:
        return f"{tried.rule}, by the status or code alone: the text itself says nothing"
    return f"{tried.rule}, {place}"


def meaning(rule: OtherRule) -> str:
    if rule.type:
        return type_words(rule.type)
    return f"Says of what it names: {CASES.get(rule.case, rule.case.replace('_', ' '))}"


def change(one: RuleChange) -> str:
    what = f"{counted(one.attempts, 'refusal')} in {counted(one.texts, 'wording')}"
    if one.before == one.after:
        return f"{what} stay {type_words(one.before)} but name something else."
    return f"{what} go from {type_words(one.before)} to {type_words(one.after)}."


def changes(found: RulesPreview) -> str:
    looked = counted(found.texts, "different message")
    whole = f"Looked at {'all ' if found.whole else 'the commonest '}{looked}."
    moved = (
        f" {counted(found.documents, 'open document')} would move to another cause."
        if found.documents
        else ""
    )
    return whole + moved


def several_patterns(number: int) -> str:
    return counted(number, "pattern")


def patterns(rule: SiteRule) -> str:
    return "\n".join(rule.patterns)
