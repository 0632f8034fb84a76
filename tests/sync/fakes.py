"""A Sage 300 and a byondpro that behave, in memory and in virtual time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Document, EntryType
from iman.domain.feed import FeedEvent, FeedPage, WriteBack
from iman.domain.outcome import Accepted, NotTried, Outcome, Refused, Unavailable, Unknown
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
    slow: dict[str, float] = field(default_factory=dict)  # documents it takes longer over
    late: float = 40.0
    faults: defaultdict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    always: dict[str, Fault] = field(default_factory=dict)
    down: Unavailable | None = None
    lookups_fail: bool = False
    strangers: dict[str, str] = field(default_factory=dict)  # number, the other ledger's id
    refuses: dict[str, Refused] = field(default_factory=dict)  # by number
    postings: defaultdict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    done: list[str] = field(default_factory=list)  # what it was told, in order: "post INV-1"
    stored: list[tuple[str, str]] = field(default_factory=list)  # number, token
    pushes: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    lookups: int = 0
    probes: int = 0
    at_work: set[asyncio.Task[None]] = field(default_factory=set)

    def count(self, number: str) -> int:
        return sum(1 for stored, _ in self.stored if stored == number)

    async def push(self, document: Document, *, token: str, parent: str | None = None) -> Exchange:
        (exchange,) = await self.push_many([document], token=token)
        return exchange

    async def push_many(self, documents: Sequence[Document], *, token: str) -> list[Exchange]:
        """One batch: all of it is stored, or nothing; the first fault befalls them all."""
        for document in documents:
            self.pushes[document.key.number].append(virtual_now())
            self.done.append(f"push {document.key.number}")
        if self.down is not None:
            return [Exchange(self.down)] * len(documents)
        faults = [self._fault(document.key.number) for document in documents]
        guilty = next((n for n, fault in enumerate(faults) if fault != "none"), 0)
        fault = faults[guilty]
        refusal = self._refusal(documents, guilty, fault)
        server = asyncio.create_task(self._store(documents, token, fault, refusal is None))
        self.at_work.add(server)
        server.add_done_callback(self.at_work.discard)
        await asyncio.sleep(
            max(self.slow.get(document.key.number, self.latency) for document in documents)
        )
        outcomes = self._answer(documents, fault, refusal)
        return [Exchange(outcome, sent="{}", answered="{}") for outcome in outcomes]

    def _fault(self, number: str) -> Fault:
        waiting = self.faults[number]
        return waiting.pop(0) if waiting else self.always.get(number, "none")

    def _refusal(
        self, documents: Sequence[Document], guilty: int, fault: Fault
    ) -> tuple[int | None, Refused] | None:
        """Which document Sage names, and what it says; None: it takes the batch."""
        if fault == "leftover":
            return None, Refused(code="1000", text="Rate type is not valid.", http_status=409)
        if fault == "duplicate":
            text = f"Document number {documents[guilty].key.number} already exists."
            return guilty, Refused(code="1140", text=text, http_status=409)
        for place, document in enumerate(documents):
            if document.key.number in self.refuses:
                return place, self.refuses[document.key.number]
            terms = document.terms_code or "30D"  # a repayment plan has none
            if terms not in self.terms:
                text = F48.replace("F48", terms)
                return place, Refused(code="1020", text=text, http_status=409)
        return None

    def _answer(
        self,
        documents: Sequence[Document],
        fault: Fault,
        refusal: tuple[int | None, Refused] | None,
    ) -> list[Outcome]:
        match fault:
            case "answer_lost" | "request_lost" | "stored_late":
                return [Unknown(reason="The answer was lost (ReadTimeout).")] * len(documents)
            case "error_500" | "stored_500":
                lost = Unknown(reason="Sage 300 answered 500.", http_status=500)
                return [lost] * len(documents)
        if refusal is None:
            return [
                Accepted(reference=f"{place}-1")
                for place in range(len(self.stored), len(self.stored) + len(documents))
            ]
        place, said = refusal
        if len(documents) == 1:
            return [said]
        if place is None:
            unsure = NotTried(reason="Its batch was refused.", suspect=True)
            return [unsure] * len(documents)
        others = NotTried(reason="Another document had its batch refused.")
        return [said if n == place else others for n in range(len(documents))]

    async def _store(
        self, documents: Sequence[Document], token: str, fault: Fault, taken: bool
    ) -> None:
        if not taken or fault in {"request_lost", "error_500"}:
            return
        await asyncio.sleep(self.latency / 2)
        if fault == "stored_late":
            await asyncio.sleep(self.late)
        self.stored += [(document.key.number, token) for document in documents]

    async def post(self, document: Document, reference: str) -> Outcome:
        self.done.append(f"post {document.key.number}")
        waiting = self.postings[document.key.number]
        return waiting.pop(0) if waiting else Accepted(reference=reference)

    async def withdraw_leftovers(self, token: str, entry_type: EntryType) -> int:
        return 0

    async def other_ledgers(self, ledger_id: str) -> frozenset[str] | None:
        return frozenset()

    async def find(self, document: Document, *, token: str, parent: str | None = None) -> Sighting:
        self.lookups += 1
        await asyncio.sleep(self.latency)
        if self.down is not None or self.lookups_fail:
            return Sighting(reason="Sage 300 does not answer (ConnectError).")
        number = document.key.number
        for place, found in enumerate(self.stored):
            if found == (number, token):
                return Sighting(found=Accepted(reference=f"{place}-1", adopted=True), sure=True)
        if number in self.strangers:
            where = "Sage 300 holds it as 9-1, put there by another ledger."
            return Sighting(sure=True, stranger=self.strangers[number], reason=where)
        return Sighting(sure=True)

    async def find_anywhere(
        self, document: Document, *, token: str, parent: str | None = None
    ) -> Sighting:
        seen = await self.find(document, token=token, parent=parent)
        for place, (number, _) in enumerate(self.stored):
            if seen.sure and number == document.key.number:
                return Sighting(found=Accepted(reference=f"{place}-1", adopted=True), sure=True)
        return seen

    async def probe(self) -> Unavailable | None:
        self.probes += 1
        return self.down


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
