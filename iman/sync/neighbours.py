"""Two ledgers on one company would push everything twice; each leaves a mark the other can see."""

from __future__ import annotations

from datetime import datetime, timedelta

from iman.sync.beats import Beats
from iman.sync.ports import Accounting, Ledger, Now


class Neighbours:
    """Looks for another ledger's mark. Nothing is pushed before the first answer.

    A ledger not met before pauses all pushing. Once an admin resumed, the company stays *shared*:
    a document is looked up before it is sent for the first time.
    """

    loop = "neighbours"

    def __init__(
        self, *, sage: Accounting, ledger: Ledger, beats: Beats, now: Now, every: float
    ) -> None:
        self._sage = sage
        self._ledger = ledger
        self._beats = beats
        self._now = now
        self._every = timedelta(seconds=every)
        self._last: datetime | None = None
        self._said = ("not looked yet", True)
        self.looked = False
        self.shared = False

    async def round(self) -> None:
        """Look again every so often. The first look is the pusher's, when Sage 300 is well."""
        due = self._last is None or self._now() - self._last >= self._every
        if self.looked and due:
            await self.look()
        self._beats.beat(self.loop, self._said[0], ok=self._said[1])

    async def look(self) -> None:
        known = await self._ledger.known_strangers()
        found = await self._sage.other_ledgers(self._ledger.ledger_id)
        if found is None:
            return
        if found - known:
            await self._ledger.met_strangers(found - known, now=self._now())
        self.shared = bool(found | known)
        self.looked = True
        self._last = self._now()
        self._said = (self._told(found - known), not found - known)

    def _told(self, new: frozenset[str]) -> str:
        if new:
            return f"another ledger pushes into this company: {', '.join(sorted(new))}"
        return "shared with a retired ledger" if self.shared else "nobody else"
