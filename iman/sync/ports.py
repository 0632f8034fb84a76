"""What the sync needs of the rest; each fits by shape, and mypy checks the fit in ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from iman.domain.attempt import Claim, Exchange, Finished, Sighting, Verdict
from iman.domain.document import Document, EntryType
from iman.domain.feed import FeedEvent, FeedPage, Unreadable, WriteBack
from iman.domain.outcome import Outcome, Unavailable

#: Always aware UTC.
Now = Callable[[], datetime]

#: JSON text to a checked document; raises ``ValueError`` with a text for people.
ReadDocument = Callable[[str], Document]

#: Error text, HTTP status and code to what they mean.
Classify = Callable[[str, int | None, str | None], Verdict]


#: Claims into units; a unit of several shares one batch.
Together = Callable[[Sequence[Claim]], list[list[Claim]]]


class DocumentSource(Protocol):
    """Where documents come from. Every call may raise ``SourceUnavailable``."""

    name: str

    async def fetch(self, *, after: str | None, limit: int) -> FeedPage: ...

    async def deliver(self, statuses: Sequence[WriteBack]) -> list[WriteBack]:
        """Tell the source; returns those it does not know."""


class Accounting(Protocol):
    """Sage 300. No call raises for what Sage or the network did."""

    async def push(self, document: Document, *, token: str, parent: str | None) -> Exchange:
        """Post *document*, marked with *token*; *parent* is its parent's reference in Sage."""

    async def push_many(self, documents: Sequence[Document], *, token: str) -> list[Exchange]:
        """Post *documents* in one batch marked with *token*; one exchange each, in order."""

    async def post(self, document: Document, reference: str) -> Outcome:
        """Post the batch of an entered *document*, and say whether the document got through."""

    async def withdraw_leftovers(self, token: str, entry_type: EntryType) -> int:
        """Best effort: take back empty batches of ours that refusals left behind."""

    async def other_ledgers(self, ledger_id: str) -> frozenset[str] | None:
        """Ids of other ledgers that push into this company; None: it cannot tell now."""

    async def find(self, document: Document, *, token: str, parent: str | None) -> Sighting:
        """Whether it is there; says so when it cannot tell."""

    async def find_anywhere(
        self, document: Document, *, token: str, parent: str | None
    ) -> Sighting:
        """As ``find``, and under any mark of ours: a restored ledger does not know them all."""

    async def probe(self) -> Unavailable | None:
        """None when it is well, else what is the matter."""


class Ledger(Protocol):
    """What is remembered. An awaited call has been made durable, or raises ``LedgerError``."""

    @property
    def ledger_id(self) -> str: ...

    async def known_strangers(self) -> frozenset[str]:
        """Other ledgers that were met before."""

    async def met_strangers(self, strangers: frozenset[str], *, now: datetime) -> None:
        """Remember them, and pause all pushing until an admin resumes."""

    async def cursor(self, source: str) -> str | None: ...

    async def receive(
        self, events: Sequence[FeedEvent], *, source: str, cursor: str | None, now: datetime
    ) -> Any: ...

    async def caught_up(self) -> None:
        """The source was read to its end; a restored ledger may push from then on."""

    def held_back(self) -> str:
        """Why nothing may be pushed now; empty: it may."""

    async def report(self, problem: Unreadable, *, now: datetime) -> None: ...

    async def claim(
        self, *, limit: int, now: datetime, together: Together, plans: bool
    ) -> list[list[Claim]]:
        """Up to *limit* due documents, in units that *together* makes of them.

        Their intents are durable when this returns. *together* may run twice and in another
        thread. *plans*: an invoice comes with the repayment plan that waits for it.
        """

    async def finish(self, finished: Sequence[Finished], *, now: datetime) -> None: ...

    async def next_due(self) -> datetime | None: ...

    async def due_write_backs(self, limit: int) -> list[WriteBack]: ...

    async def forget_write_backs(self, delivered: Sequence[int]) -> None: ...
