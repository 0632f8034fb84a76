"""Looks at the free space before anything is taken up, so that no outcome meets a full disk."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from iman.api.storage import StorageState
from iman.domain.room import Reading, days_left, growth_per_day, rests
from iman.ledger.disk import note, readings, sizes
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.sync.beats import Beats
from iman.sync.ports import Now

_LOOK = 1.0  # seconds a look at the free space is good for
_HISTORY = timedelta(days=30)

log = structlog.get_logger()

#: Bytes that can still be written into a folder.
Free = Callable[[Path], int]


def free_in(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Room:
    """*reserve*: bytes; below them nothing more is taken up, and it goes on by itself above."""

    loop = "disk"

    def __init__(
        self, *, ledger: DuckDBLedger, reserve: int, beats: Beats, now: Now, free: Free = free_in
    ) -> None:
        self._ledger = ledger
        self._folder = ledger.path.parent
        self._reserve = reserve
        self._beats = beats
        self._now = now
        self._ask = free
        self._lock = threading.Lock()
        self._looked_at: float | None = None
        self._free = 0
        self._resting = False

    def held_back(self) -> str:
        """Why nothing may be taken up; empty: there is room. Cheap enough for every round."""
        with self._lock:
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at >= _LOOK:
                self._looked_at = now
                self._look()
            if not self._resting:
                return ""
            return (
                f"the ledger's disk has {self._free / 1e6:,.0f} MB left, less than its "
                f"reserve of {self._reserve / 1e6:,.0f}; make room, and it goes on by itself"
            )

    def state(self) -> StorageState:
        held = sizes(self._ledger.path)
        self.held_back()
        kept = readings(self._ledger.reader(), since=(self._now() - _HISTORY).date())
        per_day = growth_per_day(kept)
        return StorageState(
            ledger_bytes=held["ledger"],
            log_bytes=held["log"],
            archive_bytes=held["archive"],
            free_bytes=self._free,
            reserve_bytes=self._reserve,
            per_day_bytes=None if per_day is None else round(per_day),
            days_left=days_left(free=self._free, reserve=self._reserve, per_day=per_day),
            resting=self._resting,
        )

    async def round(self) -> None:
        """Write today's reading down; a disk without room is trouble."""
        why = self.held_back()
        reading = Reading(
            day=self._now().date(), ledger=sum(sizes(self._ledger.path).values()), free=self._free
        )
        if not why:
            await asyncio.wrap_future(self._ledger.write(partial(note, reading=reading)))
        self._beats.beat(self.loop, why or f"{self._free / 1e6:,.0f} MB free", ok=not why)

    def _look(self) -> None:
        try:
            self._free = self._ask(self._folder)
        except OSError as exc:
            log.warning("disk_not_readable", reason=str(exc))
            return
        was = self._resting
        self._resting = rests(free=self._free, reserve=self._reserve, resting=was)
        if self._resting != was:
            log.warning("disk_room", resting=self._resting, free=self._free, reserve=self._reserve)
