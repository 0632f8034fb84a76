"""Reads history again when the rules have changed; all that it knows is in the ledger."""

from __future__ import annotations

from iman.sync.beats import Beats
from iman.sync.ports import Now
from iman.sync.remedy_ports import HistoryBooks


class Rereading:
    """One bounded step a round, so it holds up no push."""

    loop = "rereading"

    def __init__(self, *, books: HistoryBooks, beats: Beats, now: Now) -> None:
        self._books = books
        self._beats = beats
        self._now = now

    async def round(self) -> None:
        far = await self._books.read_again(now=self._now())
        if far.finished_at is not None:
            changed = f"{far.attempts:,} attempts and {far.documents:,} documents read anew"
            told = f"history is read by the rules in force; {changed}"
        else:
            share = 100 * far.looked_at // max(far.up_to, 1)
            told = f"{far.looked_at:,} of {far.up_to:,} attempts read by new rules ({share}%)"
        self._beats.beat(self.loop, told)
