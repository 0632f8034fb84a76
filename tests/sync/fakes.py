"""A Sage 300 and a byondpro that behave, in memory and in virtual time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Document
from iman.domain.feed import FeedEvent, FeedPage, WriteBack
from iman.domain.outcome import Accepted, Refused, Unavailable, Unknown
from iman.errors import SourceUnavailable
from tests.builders import F48
from tests.sync.virtual_time import virtual_now

#: What may befall one push.
Fault = Literal[
    "none",  # stored, answered
    "answer_lost",  # stored, the answer cut
    "request_lost",  # cut before Sage stored anything
    "stored_late",  # the client stopped waiting; Sage stores it *late* seconds afterwards
    "error_500",  # stored nothing, said 500
    "stored_500",  # stored it, said 500
    "leftover",  # refused, but a batch with our token and without our document stays
    "duplicate",  # says it exists already, whatever is true
]


@dataclass
class FakeSage:
    """Takes whatever it is sent, twice too: that each is there once is for Iman to see to.

    What it once began it finishes, even if the daemon that asked has gone.
    """

    terms: set[str] = field(default_factory=lambda: {"30D", "F48"})
    latency: float = 0.05
    late: float = 40.0
    faults: defaultdict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    always: dict[str, Fault] = field(default_factory=dict)
    down: Unavailable | None = None
    lookups_fail: bool = False
    stored: list[tuple[str, str]] = field(default_factory=list)  # number, token
    pushes: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    lookups: int = 0
    probes: int = 0
    at_work: set[asyncio.Task[None]] = field(default_factory=set)

    def count(self, number: str) -> int:
        return sum(1 for stored, _ in self.stored if stored == number)

    async def push(self, document: Document, *, token: str, parent: str | None = None) -> Exchange:
        number = document.key.number
        self.pushes[number].append(virtual_now())
        if self.down is not None:
            return Exchange(self.down)
        waiting = self.faults[number]
        fault = waiting.pop(0) if waiting else self.always.get(number, "none")
        server = asyncio.create_task(self._store(number, token, document, fault))
        self.at_work.add(server)
        server.add_done_callback(self.at_work.discard)
        await asyncio.sleep(self.latency)
        return Exchange(self._answer(document, fault), sent="{}", answered="{}")

    def _answer(self, document: Document, fault: Fault):
        match fault:
            case "answer_lost" | "request_lost" | "stored_late":
                return Unknown(reason="The answer was lost (ReadTimeout).")
            case "error_500" | "stored_500":
                return Unknown(reason="Sage 300 answered 500.", http_status=500)
            case "leftover":
                return Refused(code="1000", text="Rate type is not valid.", http_status=409)
            case "duplicate":
                text = f"Document number {document.key.number} already exists."
                return Refused(code="1140", text=text, http_status=409)
        if document.terms_code not in self.terms:
            text = F48.replace("F48", document.terms_code)
            return Refused(code="1020", text=text, http_status=409)
        place = len(self.stored)
        return Accepted(reference=f"{place}-1")

    async def _store(self, number: str, token: str, document: Document, fault: Fault) -> None:
        if fault in {"request_lost", "error_500", "leftover", "duplicate"}:
            return
        if document.terms_code not in self.terms:
            return
        await asyncio.sleep(self.latency / 2)
        if fault == "stored_late":
            await asyncio.sleep(self.late)
        self.stored.append((number, token))

    async def find(self, document: Document, *, token: str, parent: str | None = None) -> Sighting:
        self.lookups += 1
        await asyncio.sleep(self.latency)
        if self.down is not None or self.lookups_fail:
            return Sighting(reason="Sage 300 does not answer (ConnectError).")
        number = document.key.number
        for place, found in enumerate(self.stored):
            if found == (number, token):
                return Sighting(found=Accepted(reference=f"{place}-1", adopted=True), sure=True)
        return Sighting(sure=True)

    async def probe(self) -> str | None:
        self.probes += 1
        return None if self.down is None else self.down.reason


@dataclass
class FakeSource:
    """byondpro's outbox, and what it was told."""

    name: str = "byondpro"
    events: list[FeedEvent] = field(default_factory=list)
    told: list[WriteBack] = field(default_factory=list)
    away: bool = False
    strangers: set[str] = field(default_factory=set)
    on_fetch: Callable[[], None] | None = None

    async def fetch(self, *, after: str | None, limit: int) -> FeedPage:
        if self.on_fetch is not None:
            self.on_fetch()
        if self.away:
            raise SourceUnavailable("byondpro does not answer.")
        start = int(after or 0)
        page = self.events[start : start + limit]
        end = start + len(page)
        following = str(end) if end else after
        return FeedPage(events=tuple(page), next=following, more=end < len(self.events))

    async def deliver(self, statuses: Sequence[WriteBack]) -> list[WriteBack]:
        if self.away:
            raise SourceUnavailable("byondpro does not answer.")
        unknown = [status for status in statuses if status.key.number in self.strangers]
        self.told += [status for status in statuses if status not in unknown]
        return unknown

    def status_of(self, number: str) -> str | None:
        found = [status.status for status in self.told if status.key.number == number]
        return found[-1] if found else None
