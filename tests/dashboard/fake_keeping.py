"""Backups and a disk as a page meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from iman.api.backups import BackupState
from iman.api.storage import StorageState


class FakeKeeping:
    """A backup is under way once it was asked for."""

    def __init__(self, **changes: Any) -> None:
        now = datetime.now(UTC)
        self.changes = changes
        self.asked = 0
        self.last: dict[str, Any] | None = {
            "file": "/mnt/copies/iman-SERDAT-20261124T010000Z.duckdb",
            "taken_at": now - timedelta(hours=5), "seconds": 4.2, "bytes": 310_400_000,
            "rows": 1_204_311,
        }  # fmt: skip

    def backups(self) -> BackupState:
        now = datetime.now(UTC)
        usual = {
            "folder": "/mnt/copies", "every_hours": 6, "keep": 7, "late": False, "trouble": "",
            "next_at": now + timedelta(hours=1), "running": self.asked > 0, "last": self.last,
            "doing": "copying" if self.asked else "", "part": 0.4 if self.asked else 0.0,
        }  # fmt: skip
        return BackupState.model_validate(usual | self.changes.get("backups", {}))

    def back_up(self) -> None:
        self.asked += 1

    def storage(self) -> StorageState:
        usual = {
            "ledger_bytes": 4_100_000_000, "log_bytes": 12_000_000, "archive_bytes": 900_000_000,
            "free_bytes": 61_000_000_000, "reserve_bytes": 300_000_000,
            "per_day_bytes": 48_000_000, "days_left": 1264.0, "resting": False,
        }  # fmt: skip
        return StorageState.model_validate(usual | self.changes.get("storage", {}))
