"""What became of one attempt. These are values, not exceptions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The document is in Sage 300."""

    reference: str  # batch and entry, "187-1"
    adopted: bool = False  # found by looking it up, not by this answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Sage 300 said no, or iman would not send it (*local*)."""

    code: str  # view return code where one is known ("1020"), else the API's own code name
    text: str  # unaltered
    http_status: int | None = None
    local: bool = False  # the document itself is invalid: nothing was sent, only a revision helps


@dataclass(frozen=True, kw_only=True, slots=True)
class Unavailable:
    """The ERP is unwell and the document certainly was not taken; the attempt is not burnt."""

    reason: str
    kind: str  # connection, log_in, too_many, wrong_address, contention, stopped
    http_status: int | None = None
    retry_after: float | None = None  # seconds, as Sage asked


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """It left and no readable answer came back: ask Sage before sending again."""

    reason: str
    http_status: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """Asked: Sage 300 does not hold the document, and nothing can still be under way."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotTried:
    """It travelled in a batch that was refused because of another document.

    Sage 300 does not hold it and never judged it: the attempt is not burnt, it may go again at
    once. *suspect*: nobody can tell whose fault it was, this one may be the guilty one; the batch
    has to be halved.
    """

    reason: str
    suspect: bool = False


Outcome = Accepted | Refused | Unavailable | Unknown | Absent | NotTried

#: How each outcome is written in the ledger and shown.
OUTCOME_NAMES: dict[type, str] = {
    Accepted: "accepted",
    Refused: "refused",
    Unavailable: "unavailable",
    Unknown: "unknown",
    Absent: "absent",
    NotTried: "not_tried",
}
