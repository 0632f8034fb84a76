"""Adds what was closed to the search, a stretch at a time, beside everything else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from iman.ledger import search
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.sync.beats import Beats


class Indexing:
    """Nothing waits for it: what is not in the search yet is read where it stands.

    *held_back*: why nothing may be written now; empty: it may.
    """

    loop = "search"

    def __init__(
        self, *, ledger: DuckDBLedger, beats: Beats, held_back: Callable[[], str],
        stretch: int = search.STRETCH,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._beats = beats
        self._held_back = held_back
        self._stretch = stretch

    async def round(self) -> None:
        """One step; an old ledger's history takes a few of them, of seconds each."""
        if self._held_back():
            self._beats.beat(self.loop, "waits for room on the disk")
            return
        told = await asyncio.to_thread(self._step)
        self._beats.beat(self.loop, told)

    def _step(self) -> str:
        behind = search.behind(self._ledger.reader())
        if behind < self._stretch:
            return f"all but the newest {behind:,}" if behind else "everything"
        with contextlib.closing(self._ledger.new_reader()) as cursor:
            search.step(cursor, stretch=self._stretch)
        return f"{behind:,} documents to go"
