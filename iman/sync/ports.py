"""What the sync needs of the rest; each fits by shape, and mypy checks the fit in ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from iman.domain.attempt import Claim, Exchange, Finished, Sighting, Verdict
from iman.domain.document import Document
from iman.domain.feed import FeedEvent, FeedPage, Unreadable, WriteBack

#: Always aware UTC.
Now = Callable[[], datetime]

#: JSON text to a checked document; raises ``ValueError`` with a text for people.
ReadDocument = Callable[[str], Document]

#: Error text, HTTP status and code to what they mean.
Classify = Callable[[str, int | None, str | None], Verdict]


class DocumentSource(Protocol):
    """Where documents come from. Every call may raise ``SourceUnavailable``."""

    name: str

    async def fetch(self, *, after: str | None, limit: int) -> FeedPage: ...

    async def deliver(self, statuses: Sequence[WriteBack]) -> list[WriteBack]:
        """Tell the source; returns those it does not know."""


class Accounting(Protocol):
    """Sage 300. No call raises for what Sage or the network did."""

    async def push(self, document: Document, *, token: str) -> Exchange:
        """Post *document*, marked with *token*."""

    async def find(self, document: Document, *, token: str) -> Sighting:
        """Whether it is there; says so when it cannot tell."""

    async def probe(self) -> str | None:
        """None when it is well, else the reason."""


class Ledger(Protocol):
    """What is remembered. An awaited call has been made durable, or raises ``LedgerError``."""

    async def cursor(self, source: str) -> str | None: ...

    async def receive(
        self, events: Sequence[FeedEvent], *, source: str, cursor: str | None, now: datetime
    ) -> Any: ...

    async def report(self, problem: Unreadable, *, now: datetime) -> None: ...

    async def claim(self, *, limit: int, now: datetime) -> list[Claim]: ...

    async def finish(self, finished: Sequence[Finished], *, now: datetime) -> None: ...

    async def next_due(self) -> datetime | None: ...

    async def due_write_backs(self, limit: int) -> list[WriteBack]: ...

    async def forget_write_backs(self, delivered: Sequence[int]) -> None: ...
