"""When each loop last came round, and whether it could do its work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from iman.sync.ports import Now


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopBeat:
    loop: str
    last_at: datetime | None
    every_seconds: float
    ok: bool
    detail: str


class Beats:
    """Written by the loops, read by the API from another thread: whole values are swapped."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._beats: dict[str, LoopBeat] = {}

    def expect(self, loop: str, every_seconds: float) -> None:
        self._beats[loop] = LoopBeat(
            loop=loop, last_at=None, every_seconds=every_seconds, ok=True, detail="starting"
        )

    def beat(self, loop: str, detail: str, *, ok: bool = True) -> None:
        self._beats[loop] = replace(self._beats[loop], last_at=self._now(), ok=ok, detail=detail)

    def all(self) -> list[LoopBeat]:
        return list(self._beats.values())
