"""What the API shows of the ledger's disk."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from iman.api.wire import Wire


class StorageState(Wire):
    """Sizes in bytes."""

    ledger_bytes: int
    log_bytes: int = Field(description="Not folded into the file yet")
    archive_bytes: int = Field(description="Months moved out of the ledger, beside it")
    free_bytes: int = Field(description="On the ledger's disk")
    reserve_bytes: int = Field(description="Below so much free space nothing is taken up")
    per_day_bytes: int | None = Field(description="Growth; null before two days are known")
    days_left: float | None = Field(description="Until pushing rests; null: not foreseen")
    resting: bool


class StorageView(Protocol):
    def state(self) -> StorageState: ...


class NoStorage:
    """An API without a daemon around it."""

    def state(self) -> StorageState:
        return StorageState(
            ledger_bytes=0, log_bytes=0, archive_bytes=0, free_bytes=0, reserve_bytes=0,
            per_day_bytes=None, days_left=None, resting=False,
        )  # fmt: skip
