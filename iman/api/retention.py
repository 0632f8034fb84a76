"""What the API shows and asks of retention."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from pydantic import Field

from iman.api.wire import Wire
from iman.errors import DaemonRefused


class MonthToMove(Wire):
    month: date
    attempts: int


class RetentionRun(Wire):
    at: datetime
    attempts: int = Field(description="Moved out")
    bodies: int = Field(description="Deleted")
    events: int = Field(0, description="Of the audit trail, moved out")


class RetentionState(Wire):
    attempts_days: int = Field(description="0: attempts stay in the ledger for ever")
    bodies_days: int = Field(description="0: what was sent and answered is kept for ever")
    audit_days: int = Field(0, description="0: audit events stay in the ledger for ever")
    events: int = Field(0, description="Audit events that a run would move out now")
    months: list[MonthToMove] = Field(description="What a run would move out now")
    bodies: int = Field(description="What it would delete")
    body_bytes: int
    running: bool
    doing: str
    done: int
    trouble: str = Field(description="Why the last run failed; empty: it did not")
    last: RetentionRun | None


class RetentionView(Protocol):
    def state(self) -> RetentionState: ...

    def progress(self) -> RetentionState: ...

    def begin(self) -> RetentionState:
        """Raises ``DaemonRefused`` while a run is under way."""


class NoRetention:
    """An API without a daemon around it."""

    def state(self) -> RetentionState:
        return RetentionState(
            attempts_days=0, bodies_days=0, months=[], bodies=0, body_bytes=0, running=False,
            doing="", done=0, trouble="", last=None,
        )  # fmt: skip

    def progress(self) -> RetentionState:
        return self.state()

    def begin(self) -> RetentionState:
        raise DaemonRefused("This daemon moves nothing out.")
