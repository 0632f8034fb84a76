"""What the API asks of both systems for people: to verify, to look up, to compare. One instance,
called from the API's threads; the asking itself happens on the daemon's loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from iman.classify import RulesInForce
from iman.domain.attempt import Sighting, push_token
from iman.domain.checklist import Evidence
from iman.domain.document import DocumentKey, EntryType
from iman.domain.remedy import SubjectDocument
from iman.errors import DaemonRefused, SetupsUnavailable, SourceUnavailable
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.queries import first_row, queries
from iman.playbooks import PlaybookText
from iman.sync.mirror import Mirror
from iman.sync.ports import ReadDocument
from iman.sync.probing import Prober
from iman.sync.remedy_ports import Lookup

T = TypeVar("T")
_PATIENCE = 90.0  # seconds a person waits for Sage 300 at most; longer than its own time-out


class Remedies:
    """*files*: an administrator's own playbooks. *rules*: those in force.

    *grace* and *canary*: of a release.
    """

    def __init__(
        self,
        *,
        prober: Prober,
        mirror: Mirror,
        finder: Finder,
        nudges: Mapping[str, asyncio.Event],
        files: Mapping[str, PlaybookText],
        rules: RulesInForce,
        grace: timedelta,
        canary: int,
    ) -> None:
        self.files = files
        self.rules = rules
        self.grace = grace
        self.canary = canary
        self._prober = prober
        self._mirror = mirror
        self._finder = finder
        self._nudges = nudges
        self._loop: asyncio.AbstractEventLoop | None = None

    def running_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def verify(self, checklist_id: int, step: str) -> Evidence | None:
        """Look at one step now. None where it cannot be verified. Raises ``NotFound``."""
        return self._ask(self._prober.verify(checklist_id, step))

    def compare(self) -> tuple[int, int]:
        """How many gaps there are, and how many new. Raises ``DaemonRefused``."""
        try:
            return self._ask(self._mirror.refresh())
        except (SourceUnavailable, SetupsUnavailable) as exc:
            raise DaemonRefused(str(exc)) from exc

    def find(self, document_id: int) -> Sighting:
        """Whether Sage 300 holds the document. Raises ``NotFound``."""
        return self._ask(self._finder.find(document_id))

    def nudge(self, loop: str) -> None:
        """Let one of our loops come round now."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._nudges[loop].set)

    def _ask(self, asking: Coroutine[Any, Any, T]) -> T:
        if self._loop is None or self._loop.is_closed():
            asking.close()
            raise DaemonRefused("The daemon is starting or stopping; ask again shortly.")
        future = asyncio.run_coroutine_threadsafe(asking, self._loop)
        try:
            return future.result(_PATIENCE)
        except concurrent.futures.TimeoutError as exc:
            future.cancel()
            raise DaemonRefused("Sage 300 takes too long to answer; ask again later.") from exc


class Finder:
    """Looks a document up under every mark it may have been sent with."""

    def __init__(self, *, ledger: DuckDBLedger, sage: Lookup, read: ReadDocument) -> None:
        self._ledger = ledger
        self._sage = sage
        self._read = read

    async def find(self, document_id: int) -> Sighting:
        payload, tokens = await asyncio.to_thread(self._known, document_id)
        if payload is None:
            return Sighting(reason="There is no such document.")
        try:
            document = self._read(payload)
        except ValueError as exc:
            return Sighting(reason=str(exc))
        sighting = Sighting(sure=True)
        for token in tokens:
            sighting = await self._sage.find(document, token=token)
            if sighting.found is not None or not sighting.sure:
                break
        return sighting

    async def evidence(self, document: SubjectDocument) -> Evidence:
        sighting = await self.find(document.id)
        if sighting.found is not None:
            reference = sighting.found.reference
            return Evidence(holds=True, text=f"{document.number} is in Sage 300 as {reference}.")
        if sighting.sure:
            return Evidence(holds=False, text=f"{document.number} is not in Sage 300.")
        return Evidence(holds=None, text=sighting.reason)

    def _known(self, document_id: int) -> tuple[str | None, list[str]]:
        reader = self._ledger.reader()
        row = first_row(reader, queries("checklists")["sent_as"], {"id": document_id})
        if row is None:
            return None, []
        company, entry_type, number, revision, payload, sent = row
        key = DocumentKey(company=company, entry_type=EntryType(entry_type), number=number)
        own = push_token(self._ledger.ledger_id, key, revision)
        return payload, [own, *(token for token in sent or () if token != own)]
