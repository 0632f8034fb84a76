"""What the Integration Monitor says of saved views and of its list's columns."""

from __future__ import annotations

from iman.api.wire_views import SavedView
from iman.domain.view import ListColumn as C

COLUMNS: dict[C, str] = {
    C.STATE: "State",
    C.BOOKING: "Booking",
    C.DOCUMENT: "Document",
    C.ENTRY_TYPE: "Entry type",
    C.CUSTOMER: "Customer, site",
    C.TERMS: "Terms",
    C.AMOUNT: "Amount",
    C.SAID: "What Sage 300 said",
    C.ERROR_TYPE: "Error type",
    C.RECEIVED: "Received",
    C.FIRST_FAILED: "First failed",
    C.LAST_TRIED: "Last tried",
    C.NEXT_TRY: "Next try",
    C.SYNCED: "Synced",
    C.REFERENCE: "Sage 300 reference",
}

CHOOSE_COLUMNS = "Columns"
COLUMNS_SHOWN = "Columns of the list"
COLUMNS_HINT = "The document itself always stands there. Files hold what is seen."
USUAL = "As delivered"

VIEWS = "Views"
OWN = "Your own"
SHARED = "Shared"
NONE_SAVED = "No view has been saved yet."
SAVE_TITLE = "Keep this list as a view"
SAVE_HINT = (
    "Its filter, order and columns. The view’s address can be sent to others if it is shared."
)
NAME = "Name"
NAME_HINT = "e.g. “Receipts of Highview”"
NAME_MISSING = "Give the view a name."
SHARE = "Everybody sees it"
SAVE = "Keep it"
CHANGE_TITLE = "The view that is open"
CHANGE = "Save the list as it is now"
RENAME_HINT = "Its owner or an administrator may change and remove it."
REMOVE = "Remove the view"
CHANGED = "changed"
VIEW = "View"
GONE = "There is no such view any more, or its owner does not share it."
AWAY = "The daemon is away: only shared views are known, and none can be kept."


def owned(view: SavedView, me: str) -> str:
    """Whose it is, as far as that is not plain."""
    if view.owner == me:
        return "shared" if view.shared else ""
    return f"of {view.owner}"


def saved(name: str) -> str:
    return f"The view “{name}” has been kept."


def removed(name: str) -> str:
    return f"The view “{name}” has been removed."
