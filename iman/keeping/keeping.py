"""What keeps history safe, as one thing: built with the daemon, shown and asked by the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from iman.domain.retention import Ages
from iman.keeping.backups import Backups
from iman.keeping.indexing import Indexing
from iman.keeping.metrics import Metrics
from iman.keeping.retention import Retention
from iman.keeping.room import Room
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.settings import DaemonSettings
from iman.sync.beats import Beats
from iman.sync.loops import Rounds
from iman.sync.ports import Now

_LOOK = 30.0  # seconds between looks whether a backup is due
_RETAIN = 600.0  # seconds between looks whether a day has passed
_INDEX = 5.0  # seconds between looks whether enough was closed for the search
_DISK = 60.0  # seconds between readings of the disk that are written down


class Keeping:
    """*loops*: each with its interval in seconds."""

    def __init__(
        self, settings: DaemonSettings, *, ledger: DuckDBLedger, beats: Beats, now: Now
    ) -> None:
        self._ledger = ledger
        self.backups = Backups(
            ledger=ledger,
            folder=settings.backup_folder or settings.ledger.parent / "backups",
            every=timedelta(hours=settings.seconds(settings.backup_every)),
            keep=settings.backup_keep,
            beats=beats,
            now=now,
        )
        self.room = Room(
            ledger=ledger,
            reserve=settings.disk_reserve * 1_000_000,
            beats=beats,
            now=now,
        )
        self.retention = Retention(
            ledger=ledger,
            ages=Ages(
                attempts=settings.retain_attempts,
                bodies=settings.retain_bodies,
                audit=settings.retain_audit,
            ),
            beats=beats,
            now=now,
        )
        self.indexing = Indexing(ledger=ledger, beats=beats, held_back=self.room.held_back)
        self.metrics = Metrics(ledger=ledger, backups=self.backups, room=self.room, now=now)
        self.loops: Sequence[tuple[Rounds, float]] = (
            (self.room, settings.seconds(_DISK)),
            (self.backups, settings.seconds(_LOOK)),
            (self.retention, settings.seconds(_RETAIN)),
            (self.indexing, settings.seconds(_INDEX)),
        )

    def held_back(self) -> str:
        """Why nothing may be taken up now; empty: it may."""
        return self.room.held_back() or self._ledger.held_back()

    def close(self) -> None:
        self.retention.close()
        self.backups.close()
