"""The page that explains how syncing works, in byondpro's words."""

from __future__ import annotations

GUIDE_WAY = "The way of a document"
GUIDE_WAY_STEPS = (
    "Somebody presses Create Invoice in byondpro. The order is frozen; its ERP sync status says "
    "<b>sync pending</b>.",
    "Within seconds Iman fetches it and pushes it to Sage 300, Accounts Receivable.",
    "Sage 300 takes it: byondpro shows <b>processed</b>. That is all, most of the time.",
    "Or Sage 300 refuses it, most often because a terms code or a G/L account exists in byondpro "
    "and not in Sage 300. The error can be read here seconds later.",
    "A scheduler tries again every 15 to 25 seconds. Some troubles, like a locked batch, heal by "
    "themselves.",
    "After 5 attempts the document is left <b>failed</b>, and byondpro says <b>sync failed</b>. "
    "Nothing more happens until somebody presses <b>Resync</b>.",
    "When Sage 300 itself is down, pushing is held back for all and no attempt is used up.",
)
GUIDE_STATES = "The states"
GUIDE_VALID = "The set-up is valid: Sage 300 lacks it"
GUIDE_VALID_LEAD = "For instance a new repayment plan that finance has not added yet."
GUIDE_VALID_STEPS = (
    "Finance adds the terms code (A/R Setup, Terms) or the account (G/L Accounts) in Sage 300.",
    "Press <b>Resync Invoice</b>, here or in byondpro.",
    "See it turn <b>synced</b> within seconds. Everything else that failed on the same set-up "
    "needs a resync too: the overview lists it under one cause.",
)
GUIDE_INVALID = "The set-up is invalid: it should not have been chosen"
GUIDE_INVALID_LEAD = (
    "An invoice is frozen, so it is let through with the wrong value and corrected afterwards. "
    "Otherwise both it and its credit note would stay stuck."
)
GUIDE_INVALID_STEPS = (
    "Add the unwanted terms code or account in Sage 300, on purpose.",
    "Press <b>Resync Invoice</b> and see it synced.",
    "Wrong terms: raise a credit note in byondpro where a correction is needed, and let it sync "
    "too. Wrong account: finance chooses between a correcting journal in Sage 300 and a credit "
    "note.",
    "Only when the credit note is processed, inactivate the terms code in both Sage 300 and "
    "byondpro. Sooner, and the credit note is stuck as well. A wrong account: inactivate it in "
    "Sage 300 and correct the category’s G/L account in byondpro.",
    "If it was credited, re-invoice with the right set-up.",
)
