"""Sage 300 and byondpro as they go on while the daemon is dead.

They live in the daemon's process, for its virtual time, so all they remember is written to a
journal first: what was written before ``kill -9`` is there afterwards.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, get_args

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Document
from iman.domain.feed import WriteBack
from tests.sync.fakes import FakeSage, FakeSource, Fault
from tests.sync.virtual_time import virtual_now

FAULTS: tuple[Fault, ...] = tuple(one for one in get_args(Fault) if one != "none")

Die = Callable[[str], None]


class Journal:
    """Lines that outlive their writer: each is the kernel's before the call returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._read = 0

    def write(self, kind: str, *values: Any) -> None:
        os.write(self._file, (json.dumps([kind, *values]) + "\n").encode())

    def news(self) -> list[list[Any]]:
        """What was written since the last question."""
        size = os.fstat(self._file).st_size
        text = os.pread(self._file, size - self._read, self._read)
        self._read = size
        return [json.loads(line) for line in text.splitlines()]


@dataclass
class LastingSage(FakeSage):
    """What it once took it stores at its moment, whether or not anybody waits for the answer."""

    journal: Journal | None = None
    die: Die = lambda _: None
    rng: Random = field(default_factory=Random)
    spoilt: float = 0.0  # share of pushes that a fault befalls
    taken: list[tuple[datetime, str, str]] = field(default_factory=list)  # when, number, token

    def _fault(self, number: str) -> Fault:
        return self.rng.choice(FAULTS) if self.rng.random() < self.spoilt else "none"

    async def _store(
        self, documents: Sequence[Document], token: str, fault: Fault, taken: bool
    ) -> None:
        if taken and fault not in {"request_lost", "error_500"}:
            wait = self.latency / 2 + (self.late if fault == "stored_late" else 0.0)
            when = virtual_now().timestamp() + wait
            for document in documents:
                self.remember(when, document.key.number, token)
                if self.journal is not None:
                    self.journal.write("taken", when, document.key.number, token)
        self.die("after send")

    def remember(self, when: float, number: str, token: str) -> None:
        self.taken.append((datetime.fromtimestamp(when, tz=virtual_now().tzinfo), number, token))

    def come_true(self, now: datetime) -> None:
        """Store what was to be stored by now."""
        due = [one for one in self.taken if one[0] <= now]
        self.taken = [one for one in self.taken if one[0] > now]
        self.stored += [(number, token) for _, number, token in due]

    async def push_many(self, documents: Sequence[Document], *, token: str) -> list[Exchange]:
        self.come_true(virtual_now())
        self.die("before send")
        exchanges = await super().push_many(documents, token=token)
        self.come_true(virtual_now())
        self.die("after answer")
        return exchanges

    async def find(self, document: Document, *, token: str, parent: str | None = None) -> Sighting:
        self.come_true(virtual_now())
        sighting = await super().find(document, token=token, parent=parent)
        self.die("after look-up")
        return sighting


@dataclass
class LastingSource(FakeSource):
    journal: Journal | None = None
    die: Die = lambda _: None
    statuses: dict[str, str] = field(default_factory=dict)  # the last each document was given

    async def deliver(self, statuses: Sequence[WriteBack]) -> list[WriteBack]:
        unknown = await super().deliver(statuses)
        for status in statuses:
            self.statuses[status.key.number] = status.status
            if self.journal is not None:
                self.journal.write("told", status.key.number, status.status)
        self.die("after byondpro was told")
        return unknown


class Watched:
    """The ledger, with a death before and after each of its commits."""

    def __init__(self, ledger: Any, die: Die) -> None:
        self._ledger = ledger
        self._die = die

    async def claim(self, **asked: Any) -> Any:
        self._die("before intent")
        units = await self._ledger.claim(**asked)
        if units:
            self._die("after intent")
        return units

    async def finish(self, finished: Any, *, now: datetime) -> None:
        self._die("before outcome")
        await self._ledger.finish(finished, now=now)
        self._die("after outcome")

    async def receive(self, events: Any, **asked: Any) -> Any:
        self._die("before intake")
        received = await self._ledger.receive(events, **asked)
        self._die("after intake")
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)
