"""What the Playbooks page says."""

from __future__ import annotations

from iman.api.wire_checklists import PlaybookEdit
from iman.domain.playbook import LINKS, PLACEHOLDERS, Check, filled

PLAYBOOK = "Playbook"
LIST_TITLE = "One written remedy for each kind of error"
ONLY_ADMINS = "Administrators edit playbooks; you may read them."
ALL_PLAYBOOKS = "All playbooks"
NO_SUCH_PLAYBOOK = "There is no such playbook."
NO_SUCH_HINT = "There is one for each kind of error; the list has them all."
FOR = "For"
ORIGIN = "Text"
ORIGINS = {
    "built-in": ("plain", "As delivered"),
    "file": ("plain", "This site’s file"),
    "edited": ("pending", "Edited here"),
}
VERSION = "Version"
WAYS, STEPS = "Ways", "Steps"
READ_TITLE = "As it stands on a checklist"
SAMPLE_NOTE = "What differs from case to case is shown for an example."
ONLY_WAY = "Only on the way"
ASKED = "Asked on the way"
ONLY_IF = "Only where the answer is"
OPTIONAL = "May be left out"
LOCKED = "Locked while a document still uses the code"
RELEASES = "Opens the release"
FOLLOW_UP = "May be left for later"
VERIFIED = "Iman looks whether it is done"
BY_HAND = "Ticked by hand"

EDIT = "Edit"
EDIT_TITLE = "Edit"
EDIT_HINT = "Checklists that run keep the text they began with, until somebody moves them."
MODE = "Edit as"
MODES = {"form": "Form", "text": "Whole text"}
TEXT = "The playbook’s text (TOML)"
TEXT_HINT = "Choices, and what a step depends on, are written here."
PREVIEW = "How it will look"
PREVIEW_BAD = "It cannot be saved yet:"
SAVE = "Save this version"
CANCEL = "Close without saving"
SAVED = "Saved. Checklists that start from now on use it."
SEEN = "Somebody saved another version since you began. Close yours, and look at theirs."
UNCHANGED = "Nothing is changed yet."
BACK = "Back to the text as delivered"
BACK_SURE = "What was edited here stays among the versions."
BACK_NOW = "Go back"
BACK_DONE = "Back at the text as delivered."

F_TITLE, F_SUMMARY = "Title", "Summary"
F_QUESTION = "The question that decides the way"
F_WAY_TITLE, F_WHEN, F_RESULT = "Way", "When it is this one", "Where it leads"
F_ASKED, F_HELP, F_OPTION = "Question", "Help", "Answer"
F_DO, F_WHERE, F_LINK = "What to do", "Where", "Link"
F_WHY, F_OUT, F_WHO = "Why", "What goes wrong out of order", "Who"
F_VERIFY, F_WAYS, F_AFTER = "Iman looks whether", "On the ways", "Not before these steps"
F_OPTIONAL, F_RELEASES = "May be left out", "Opens the release"
F_FOLLOW_UP = "May be left for later"
F_LOCKED = "Locked while a document still uses the code"
ALL_WAYS = "every way"
NO_LINK, NO_CHECK = "No link", "Nobody: it is ticked by hand"
UP, DOWN, REMOVE, ADD = "Up", "Down", "Remove", "Add a step"
NEW_STEP = "What is to be done?"
PLACEHOLDERS_HELP = "In braces stands what differs: " + ", ".join(
    f"{{{name}}}" for name in sorted(PLACEHOLDERS)
)

VERSIONS = "Versions"
NO_VERSIONS = "Nobody has edited it: it stands as it was delivered."
WITHDREW = "Went back to the text as delivered"
TAKE = "Edit from this text"

CHECKS: dict[Check, str] = {
    Check.TERM_IN_SAGE: "Sage 300 has the terms code, active",
    Check.TERM_INACTIVE_IN_SAGE: "the term is inactive in Sage 300",
    Check.TERM_INACTIVE_IN_BYONDPRO: "the term is inactive in byondpro",
    Check.TERM_INACTIVE_IN_BOTH: "the term is inactive in both systems",
    Check.ACCOUNT_IN_SAGE: "Sage 300 has the account, active and open to posting",
    Check.ACCOUNT_INACTIVE_IN_SAGE: "the account is inactive in Sage 300",
    Check.CATEGORY_CORRECTED: "no category posts to the account any more",
    Check.CUSTOMER_IN_SAGE: "Sage 300 has the customer, active and not on hold",
    Check.SETUP_IN_SAGE: "Sage 300 has the set-up, active",
    Check.DOCUMENTS_SYNCED: "every document is in Sage 300",
    Check.CREDIT_NOTES_SYNCED: "every credit note is in Sage 300",
    Check.REINVOICED: "every sale is invoiced anew",
    Check.DOCUMENT_IN_SAGE: "the document is in Sage 300",
    Check.SAGE_WELL: "Sage 300 answers",
}

LINK_WORDS = {
    name: name.replace("sage_", "Sage 300: ").replace("byondpro_", "byondpro: ").replace("_", " ")
    for name in sorted(LINKS)
}

#: What placeholders are filled with where a playbook is shown by itself.
SAMPLE = {
    "entity": "ABC-1", "description": "Description", "thing": "code", "company": "your company",
    "documents": "INV-010319", "customer": "Margaret Ellison", "booking": "10319",
    "site": "Highview",
}  # fmt: skip
SAMPLES = {
    "terms_missing": {"entity": "F48", "description": "48 Month Repayment Plan"},
    "gl_account_missing": {"entity": "6030", "description": "Memorials"},
    "gl_account_inactive": {"entity": "6030", "description": "Memorials"},
    "customer_missing": {"entity": "HGH-004512"},
    "customer_inactive_or_on_hold": {"entity": "HGH-004512"},
    "tax_setup": {"entity": "ATO"},
    "currency_or_rate": {"entity": "USD"},
    "period_closed": {"entity": "2026-01"},
}


def step_title(number: int, do: str, error_type: str) -> str:
    do = filled(do, {**SAMPLE, **SAMPLES.get(error_type, {})})
    return f"{number}. {do[:60]}{'…' if len(do) > 60 else ''}"


def what(edit: PlaybookEdit) -> str:
    return f"Saved version {edit.version}" if edit.text else WITHDREW
