"""The same promises as the feed's, kept over a table: ordered, at least once, nothing skipped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from iman.domain.feed import FeedEvent, FeedPage, WriteBack
from iman.errors import SourceUnavailable
from iman.gateways.sql_source.database import Database
from iman.gateways.sql_source.names import Outbox
from iman.gateways.sql_source.position import MOST_GAPS, Position
from iman.gateways.sql_source.reading import Numbered, OutboxReader
from iman.gateways.sql_source.statuses import StatusTable


class SqlSource:
    """A ``DocumentSource``. The database is spoken to from threads, two at most.

    *gap_wait* is how long, in seconds, a number that was left out may still turn up.
    """

    def __init__(
        self,
        database: Database,
        *,
        outbox: Outbox,
        status: str,
        gap_wait: float,
        now: Callable[[], datetime],
    ) -> None:
        self.name = f"sql:{outbox.name}"  # a cursor means nothing in another table
        self._database = database
        self._outbox = outbox
        self._reader = OutboxReader(database, outbox)
        self._statuses = StatusTable(database, status) if status else None
        self._gap_wait = gap_wait
        self._now = now

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._database.close)

    async def fetch(self, *, after: str | None, limit: int) -> FeedPage:
        """The next events. Raises ``SourceUnavailable``, in words for a person."""
        try:
            position = Position.read(after)
        except ValueError as exc:
            raise SourceUnavailable(
                f"The ledger's cursor of the outbox {self._outbox.name} is not one of ours."
            ) from exc
        return await asyncio.to_thread(self._fetch, position, limit)

    async def deliver(self, statuses: Sequence[WriteBack]) -> list[WriteBack]:
        """Write them to the status table, where there is one; returns those it does not know."""
        if self._statuses is None:
            return []
        return await asyncio.to_thread(self._statuses.write, statuses)

    async def setups(self) -> dict[str, Any]:
        """An outbox carries none. Raises ``SourceUnavailable``, which says so."""
        raise SourceUnavailable(
            "An outbox in a database carries no set-ups to compare with Sage 300's."
        )

    def _fetch(self, position: Position, limit: int) -> FeedPage:
        now = self._now().timestamp()  # before the look: what it does not find then is too late
        late = self._reader.late(position.gaps, limit)
        after = position.found({number for number, _ in late})
        if len(late) >= limit:
            return FeedPage(events=_events(late), next=after.cursor, more=True)
        after = after.forgetting(before=now - self._gap_wait)
        fresh, more = self._reader.above(position.top, limit - len(late))
        after, taken = after.advanced([number for number, _ in fresh], now=now)
        events = _events(late) + _events(fresh[:taken])
        if taken < len(fresh):
            if not events and after == position:
                raise SourceUnavailable(self._too_sparse())
            more = False  # gaps have to close first; the next reading looks again
        return FeedPage(events=events, next=after.cursor, more=more)

    def _too_sparse(self) -> str:
        return (
            f"The numbers in {self._outbox.cursor} of the outbox {self._outbox.name} leave out so "
            f"many others that Iman cannot watch them all ({MOST_GAPS} stretches in the last "
            f"{self._gap_wait:.0f} s). It goes on as they grow old; for good, number the outbox "
            "without gaps or shorten IMAN_SQL_GAP_WAIT."
        )


def _events(numbered: Numbered) -> tuple[FeedEvent, ...]:
    return tuple(event for _, event in numbered)
