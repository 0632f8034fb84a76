"""A copy of the ledger, and what stands beside it to prove that it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

#: Hours without a backup after which one that is due by the schedule is called late, in intervals.
LATE_AFTER = 1.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What one table held at the moment of the copy."""

    rows: int
    digest: str  # of all rows in any order; comparable within one version of DuckDB only


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The JSON beside a backup. *bytes* and *sha256* are the file's own."""

    company: str
    ledger_id: str
    schema: int
    iman: str
    taken_at: datetime
    bytes: int
    sha256: str
    tables: Mapping[str, Contents]
    archives: Mapping[str, str]  # months moved out of the ledger: file name to SHA-256

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Raises ``ValueError`` where it is none of ours."""
        try:
            told = json.loads(text)
            tables = {name: Contents(**one) for name, one in told["tables"].items()}
            taken_at = datetime.fromisoformat(told["taken_at"])
            return cls(**{**told, "tables": tables, "taken_at": taken_at})
        except (KeyError, TypeError, AttributeError) as exc:
            raise ValueError("it is no checksum file of Iman's") from exc


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupMade:
    """The last one that was verified, as the ledger remembers it."""

    file: str
    taken_at: datetime
    seconds: float
    bytes: int
    rows: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> BackupMade:
        told = json.loads(text)
        return cls(**{**told, "taken_at": datetime.fromisoformat(told["taken_at"])})
