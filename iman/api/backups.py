"""What the API shows of backups, and asks of whoever makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import Field

from iman.api.wire import Wire
from iman.errors import DaemonRefused


class Backup(Wire):
    """One that was made and verified."""

    file: str
    taken_at: datetime = Field(description="What happened later is not in it")
    seconds: float = Field(description="How long it took")
    bytes: int
    rows: int


class BackupState(Wire):
    folder: str = Field(description="Where those of the schedule go")
    every_hours: float = Field(description="0: no schedule")
    keep: int = Field(description="How many of them are kept")
    next_at: datetime | None
    late: bool = Field(description="The schedule was missed by half an interval")
    trouble: str = Field(description="Why the last one failed; empty: it did not")
    running: bool
    doing: str = Field(description="copying, verifying, or nothing")
    part: float = Field(description="How much of that is done, 0 to 1")
    last: Backup | None


class BackupRequest(Wire):
    folder: str = Field(
        "", max_length=1000, description="A whole path on the daemon's machine; empty: as scheduled"
    )


class BackupsView(Protocol):
    def state(self) -> BackupState: ...

    def begin(self, folder: str = "") -> None:
        """Raises ``DaemonRefused``: one is under way, or the folder is no whole path."""


class NoBackups:
    """Nobody makes any: an API without a daemon around it."""

    def state(self) -> BackupState:
        return BackupState(
            folder="", every_hours=0, keep=0, next_at=None, late=False, trouble="", running=False,
            doing="", part=0, last=None,
        )  # fmt: skip

    def begin(self, folder: str = "") -> None:  # noqa: ARG002 -- as the port
        raise DaemonRefused("This daemon makes no backups.")
