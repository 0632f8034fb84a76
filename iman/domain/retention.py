"""How long what is kept, and what that means today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Ages:
    """Days; 0: for ever. Bodies that outlive their attempts' move go along with them."""

    attempts: int = 0
    bodies: int = 0
    audit: int = 0

    def attempts_before(self, now: datetime) -> datetime | None:
        """Attempts of whole months before this moment are moved out."""
        if not self.attempts:
            return None
        limit = now - timedelta(days=self.attempts)
        return limit.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def bodies_before(self, now: datetime) -> datetime | None:
        """What was sent and answered before this moment is deleted."""
        return now - timedelta(days=self.bodies) if self.bodies else None

    def audit_before(self, now: datetime) -> datetime | None:
        """Audit events before this moment are moved out."""
        return now - timedelta(days=self.audit) if self.audit else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """A file of old attempts."""

    file: str
    month: date
    attempts: int
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a run would do now."""

    months: tuple[tuple[date, int], ...]  # with how many attempts of each are moved out
    bodies: int
    body_bytes: int
    events: int = 0  # of the audit trail that are moved out

    @property
    def attempts(self) -> int:
        return sum(count for _, count in self.months)


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a run did."""

    attempts: int
    bodies: int
    events: int = 0
