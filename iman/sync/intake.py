"""Reads byondpro's outbox into the ledger, and tells byondpro how its documents stand."""

from __future__ import annotations

from collections.abc import Callable

from iman.domain.feed import Unreadable
from iman.errors import SourceUnavailable
from iman.sync.beats import Beats
from iman.sync.ports import DocumentSource, Ledger, Now

_PAGE = 500


class Intake:
    """One round reads until byondpro has no more. *arrived* is called when something is to push."""

    loop = "intake"

    def __init__(
        self,
        *,
        source: DocumentSource,
        ledger: Ledger,
        beats: Beats,
        now: Now,
        arrived: Callable[[], None],
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._beats = beats
        self._now = now
        self._arrived = arrived

    async def round(self) -> None:
        documents = resyncs = problems = 0
        after = await self._ledger.cursor(self._source.name)
        while True:
            try:
                page = await self._source.fetch(after=after, limit=_PAGE)
            except SourceUnavailable as exc:
                self._beats.beat(self.loop, str(exc), ok=False)
                return
            if page.events or page.next != after:
                received = await self._ledger.receive(
                    page.events, source=self._source.name, cursor=page.next, now=self._now()
                )
                documents += received.documents
                resyncs += received.resyncs
                problems += received.problems
                if received.documents or received.resyncs:
                    self._arrived()
            if not page.more or page.next == after:
                break
            after = page.next
        await self._ledger.caught_up()
        self._beats.beat(self.loop, _told(documents, resyncs, problems), ok=True)


def _told(documents: int, resyncs: int, problems: int) -> str:
    if not (documents or resyncs or problems):
        return "nothing new"
    parts = [f"{documents} documents"] if documents else []
    parts += [f"{resyncs} resyncs"] if resyncs else []
    parts += [f"{problems} unreadable"] if problems else []
    return ", ".join(parts)


class StatusWriteBack:
    """One round delivers what is queued, oldest first. byondpro believes the newest.

    *instead* is what is said where the source keeps no statuses.
    """

    loop = "write-back"

    def __init__(
        self,
        *,
        source: DocumentSource,
        ledger: Ledger,
        beats: Beats,
        now: Now,
        instead: str = "",
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._beats = beats
        self._now = now
        self._instead = instead

    async def round(self) -> None:
        delivered = 0
        while queued := await self._ledger.due_write_backs(_PAGE):
            try:
                strangers = await self._source.deliver(queued)
            except SourceUnavailable as exc:
                self._beats.beat(self.loop, str(exc), ok=False)
                return
            for stranger in strangers:
                await self._ledger.report(
                    Unreadable(
                        cursor="",
                        reason=f"byondpro does not know {stranger.key} when told its sync status.",
                        excerpt=stranger.message,
                    ),
                    now=self._now(),
                )
            await self._ledger.forget_write_backs([status.id for status in queued])
            delivered += len(queued) - len(strangers)
        told = f"{delivered} delivered" if delivered else "nothing to tell"
        self._beats.beat(self.loop, self._instead or told)
