"""The loop that reads history again: one step a round, and a word about how far it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from iman.sync.beats import Beats
from iman.sync.rereading import Rereading
from tests.builders import NOW


@dataclass
class Far:
    finished_at: datetime | None = None
    looked_at: int = 0
    up_to: int = 3_000_000
    attempts: int = 0
    documents: int = 0


class History:
    def __init__(self) -> None:
        self.far = Far()

    async def read_again(self, *, now: datetime) -> Far:
        self.far.looked_at += 1_000_000
        if self.far.looked_at >= self.far.up_to:
            self.far = Far(finished_at=now, attempts=41, documents=2)
        return self.far


def test_each_round_is_a_step_and_says_how_far_it_is():
    beats, history = Beats(lambda: NOW), History()
    loop = Rereading(books=history, beats=beats, now=lambda: NOW)
    beats.expect(loop.loop, 1.0)
    told = []
    for _ in range(3):
        asyncio.run(loop.round())
        (beat,) = beats.all()
        told.append(beat.detail)
    assert told == [
        "1,000,000 of 3,000,000 attempts read by new rules (33%)",
        "2,000,000 of 3,000,000 attempts read by new rules (66%)",
        "history is read by the rules in force; 41 attempts and 2 documents read anew",
    ]
