"""Moves releases on, and ends parkings whose date has come. All that it knows is in the ledger."""

from __future__ import annotations

from collections.abc import Callable

from iman.sync.beats import Beats
from iman.sync.ports import Now
from iman.sync.remedy_ports import CauseBooks, ReleasingBooks


class Releasing:
    """*due* is called when documents began a new round."""

    loop = "releasing"

    def __init__(
        self, *, books: ReleasingBooks, beats: Beats, now: Now, due: Callable[[], None]
    ) -> None:
        self._books = books
        self._beats = beats
        self._now = now
        self._due = due

    async def round(self) -> None:
        begun = await self._books.end_parkings(now=self._now())
        moving = await self._books.releases_to_move(now=self._now())
        for release_id in moving:
            begun += await self._books.move_release(release_id, now=self._now())
        if begun:
            self._due()
        told = f"{len(moving)} releases under way" if moving else "nothing to release"
        self._beats.beat(self.loop, f"{told}, {begun} documents sent" if begun else told)


class CauseKeeper:
    """Keeps causes in step with the open documents; a glance first, a write only where needed."""

    loop = "causes"

    def __init__(self, *, books: CauseBooks, beats: Beats, now: Now) -> None:
        self._books = books
        self._beats = beats
        self._now = now

    async def round(self) -> None:
        if not await self._books.causes_out_of_step():
            self._beats.beat(self.loop, "in step")
            return
        done = await self._books.reconcile_causes(now=self._now())
        self._beats.beat(
            self.loop, f"{done.joined} joined, {done.left} left, {done.resolved} resolved"
        )
