"""What the tour of the reference scenario says."""

from __future__ import annotations

from typing import NamedTuple

TOUR = "Tour of the reference scenario"
END = "End the tour"
AGAIN = "Show the tour again"
AGAIN_HINT = "Five steps through booking 10319, in this sandbox only."
DONE = "Booking 10319's invoice is in Sage 300."
DONE_DETAIL = (
    "That was the whole way: an error, its cause, the remedy, the resync. The next cause waits on "
    "the page Causes."
)
NOT_YET = "The sandbox has not sent booking 10319's invoice yet; it will within seconds."


class Step(NamedTuple):
    title: str
    detail: str
    link: str  # the label of the way there


STEPS = (
    Step(
        "Find booking 10319's error",
        "The Integration Monitor lists it under Invoices, with Sage 300's own words beside it.",
        "Show it in the monitor",
    ),
    Step(
        "Open what to do about it",
        "Its cause is the terms code F48. Start the cause's checklist and say that F48 is valid.",
        "Take me to the cause",
    ),
    Step(
        "Add F48 in Sage 300",
        "Play finance: the checklist's step leads to the sandbox's A/R Terms. Add F48, "
        "48 Month Repayment Plan.",
        "Take me to the checklist",
    ),
    Step(
        "Press Resync Invoice",
        "Back on the document, an administrator begins a new round of attempts.",
        "Take me to the document",
    ),
    Step(
        "Watch it sync",
        "Within seconds the document is synced, and byondpro shows Processed.",
        "Take me to the document",
    ),
)


def progress(place: int) -> str:
    return f"Step {place + 1} of {len(STEPS)}"
