"""One try at one document: what is claimed, what came of it, what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from iman.domain.document import DocumentKey, EntryType
from iman.domain.outcome import Accepted, Outcome
from iman.domain.retry import Next

_TOKEN_CODES = {
    EntryType.INVOICE: "IN",
    EntryType.CREDIT_NOTE: "CR",
    EntryType.RECEIPT: "RC",
    EntryType.REFUND: "RF",
    EntryType.CUSTOMER: "CU",
    EntryType.REPAYMENT_PLAN: "RP",
    EntryType.JOURNAL: "JE",
}


def push_token(ledger_id: str, key: DocumentKey, revision: int) -> str:
    """The mark a document's batch carries in Sage 300, at most 60 characters.

    It is the same for every try at one revision, so that a document can be found again even by a
    ledger that lost its latest attempts, and it names the ledger, so that two ledgers pushing into
    one company notice each other.
    """
    return f"IMAN {ledger_id} {_TOKEN_CODES[key.entry_type]} {key.number} r{revision}"


def batch_token(ledger_id: str, first_attempt: int, generation: str = "") -> str:
    """The mark of a batch that several documents share; each of their attempts records it.

    A restored ledger gives its attempts numbers that its lost future gave too; its *generation*
    tells the marks apart.
    """
    return f"IMAN {ledger_id} B{first_attempt}" + (f".{generation}" if generation else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A document taken up for one try; its intent is durable already."""

    attempt_id: int
    document_id: int
    key: DocumentKey
    revision: int
    payload: str  # byondpro's document, JSON text
    round: int
    number: int  # of this try within its round, 1 to max_attempts
    trigger: str  # intake, retry, resync, recovery
    token: str
    started_at: datetime
    asks: bool  # look the document up; nothing is sent. It is, or may be, in Sage 300
    pushed_at: datetime | None = None  # asks: when the push whose answer was lost began
    anywhere: bool = False  # asks: sent, if at all, by a future that a restore forgot
    crashed: bool = False  # asks: that push was cut short by the daemon's own end
    parent: str | None = None  # its parent's reference in Sage 300, where a repayment plan needs it
    plan: str | None = None  # the repayment plan that waits for this invoice, JSON text; if asked


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What an error text means, as the classifier sees it."""

    error_type: str
    entity_kind: str | None
    entity: str | None
    template: str = ""  # tells texts apart that no rule knows


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A claim with its outcome and the decision taken on it."""

    claim: Claim
    outcome: Outcome
    next: Next
    ended_at: datetime
    verdict: Verdict | None = None
    sent: str | None = None
    answered: str | None = None
    entered: bool = False  # Sage 300 holds it, whatever came of its posting: never send it again


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one push sent, what came back, and what that means."""

    outcome: Outcome
    sent: str | None = None
    answered: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """What a look-up saw. Neither *found* nor *sure*: it could not tell, *reason* says why.

    *stranger*: the document is in Sage 300, put there by the ledger of that id, which is not ours.
    Nothing may be sent then: two ledgers push into one company. *reason* says where it is.
    """

    found: Accepted | None = None
    sure: bool = False
    reason: str = ""
    age: float = 0.0  # seconds; part of what it says may have been read so long before
    stranger: str | None = None
