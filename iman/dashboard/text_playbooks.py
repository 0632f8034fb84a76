"""What the Playbooks page says."""

from __future__ import annotations

from iman.domain.playbook import Who

PLAYBOOKS_TITLE = "One written remedy for each kind of error"
ONLY_ADMINS_EDIT = "Administrators edit playbooks; you may read them."
PLAYBOOK_ORIGIN = {"built-in": "As delivered", "file": "This site’s file", "edited": "Edited here"}
READ_IT = "As it stands on a checklist"
ALL_PLAYBOOKS = "All playbooks"
NO_SUCH_PLAYBOOK = "There is no such playbook."
STEPS_OF = "Steps"
WAYS_OF = "Ways"
ORIGIN = "Text"
PLAYBOOK_VERSION = "Version"
EVERY_WAY = "Whichever way was chosen"
ONLY_WAY = "Only on the way"
ASKED = "Asked on the way"
OPTIONAL = "May be left out"
LOCKED_STEP = "Locked while a document still uses the code"
RELEASES_STEP = "Opens the release"
FOLLOW_UP_STEP = "May be left for later"
VERIFIES = "Iman looks:"
BY_HAND = "Ticked by hand"
AFTER = "After step"
EDIT_TITLE = "Edit"
EDIT_HINT = "Checklists that run keep the text they began with, until somebody moves them."
FORM, TEXT = "Form", "Whole text"
SHOW_AS = "How to edit"
PREVIEW = "How it will look"
PREVIEW_BAD = "It cannot be saved yet:"
SAVE_PLAYBOOK = "Save this version"
BACK_TO_FILE = "Go back to the text as delivered"
BACK_SURE = "The edited text stays among the versions."
PLAYBOOK_SAVED = "Saved. Checklists that start from now on use it."
PLAYBOOK_BACK = "Back at the text as delivered."
PLAYBOOK_SEEN = "Somebody has saved another version since you began. Look at it first."
START_AGAIN = "Begin again from what counts now"
UNCHANGED = "Nothing is changed yet."
FIELD_TITLE = "Title"
FIELD_SUMMARY = "Summary"
FIELD_QUESTION = "The question that decides the way"
FIELD_WAY = "Way"
FIELD_WHEN = "When it is this one"
FIELD_RESULT = "Where it leads"
FIELD_DO = "What to do"
FIELD_WHERE = "Where"
FIELD_WHY = "Why"
FIELD_OUT = "What goes wrong out of order"
FIELD_WHO = "Who"
FIELD_OPTIONAL = "May be left out"
FIELD_FOLLOW_UP = "May be left for later"
PLACEHOLDERS_HELP = (
    "In braces stands what differs: {entity}, {description}, {thing}, {documents}, {company},"
    " {customer}, {booking}, {site}."
)
STEP_UP, STEP_DOWN, STEP_REMOVE, STEP_ADD = "Up", "Down", "Remove", "Add a step"
EDITS = "Versions"
NO_EDITS = "Nobody has edited it: it stands as it was delivered."
WITHDREW = "went back to the text as delivered"
SAVED_VERSION = "saved version"
TAKE_VERSION = "Take this text"


def only_way(titles: list[str]) -> str:
    return f"{ONLY_WAY} “{'” or “'.join(titles)}”"


def step_heading(number: int, who: Who, words: dict[Who, str]) -> str:
    return f"Step {number}, {words[who]}"
