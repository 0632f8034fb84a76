"""What makes tokens worth something: a secret beside the ledger, not in it.

The ledger keeps only what the secret makes of a token. Beside the secret stands a mark that is
raised before anything handed out is taken back. A ledger with a lower mark is an older one that was
put in the place of a newer: what it calls good may have been taken back since. Then the secret is
renewed, and nothing handed out before is worth anything. So it is, too, where the file is missing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb

from iman.errors import LedgerError
from iman.ledger.queries import first_row

_MARK = "sessions_mark"


def seal_path(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + ".seal")


def ended_path(ledger: Path) -> Path:
    """Digests of sessions that were ended while no daemon ran, one a line."""
    return ledger.with_name(ledger.name + ".ended")


@dataclass(frozen=True, slots=True)
class _Kept:
    secret: str
    mark: int


class Seal:
    """The daemon's. Thread-safe."""

    def __init__(self, ledger: Path, mark: int) -> None:
        """*mark*: the ledger's own. Raises ``LedgerError`` where the file cannot be written."""
        self._path = seal_path(ledger)
        self._lock = threading.Lock()
        found = _read(self._path)
        #: Nothing from before is good: the ledger is an older one, or its secret is lost.
        self.renewed = found is None or found.mark > mark
        self._kept = found or _Kept(secrets.token_hex(32), mark)
        if self.renewed:
            self._kept = _Kept(secrets.token_hex(32), max(mark, self._kept.mark))
            _write(self._path, self._kept)

    @property
    def mark(self) -> int:
        return self._kept.mark

    def digest(self, token: str) -> str:
        return _digest(self._kept.secret, token)

    def raised(self) -> int:
        """The next mark, durable: write it to the ledger with what is taken back."""
        with self._lock:
            self._kept = _Kept(self._kept.secret, self._kept.mark + 1)
            _write(self._path, self._kept)
            return self._kept.mark


def digest_beside(ledger: Path, conn: duckdb.DuckDBPyConnection, token: str) -> str | None:
    """What the ledger would keep of *token*; None where nothing in it is to be believed."""
    found = _read(seal_path(ledger))
    if found is None or found.mark > mark_of(conn):
        return None
    return _digest(found.secret, token)


def mark_of(conn: duckdb.DuckDBPyConnection) -> int:
    row = first_row(conn, "SELECT value FROM facts WHERE name = $name", {"name": _MARK})
    return int(row[0]) if row else 0


def set_mark(conn: duckdb.DuckDBPyConnection, mark: int) -> None:
    """Never lowers it."""
    conn.execute(
        "INSERT INTO facts VALUES ($name, $mark) ON CONFLICT (name) DO UPDATE SET value = "
        "CAST(greatest(CAST(value AS BIGINT), CAST(excluded.value AS BIGINT)) AS VARCHAR)",
        {"name": _MARK, "mark": str(mark)},
    )


def note_ended(ledger: Path, digest: str) -> None:
    """Remember an end that only the daemon can write into the ledger."""
    with _private(ended_path(ledger), os.O_APPEND) as file:
        file.write(f"{digest}\n")


def noted_ends(ledger: Path) -> frozenset[str]:
    try:
        return frozenset(ended_path(ledger).read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return frozenset()


def _digest(secret: str, token: str) -> str:
    return hmac.new(bytes.fromhex(secret), token.encode(), hashlib.sha256).hexdigest()


def _read(path: Path) -> _Kept | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        bytes.fromhex(told["secret"])
        return _Kept(str(told["secret"]), int(told["mark"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, kept: _Kept) -> None:
    """In its place as a whole, and only its owner reads it."""
    beside = path.with_name(path.name + ".new")
    try:
        beside.unlink(missing_ok=True)
        with _private(beside, os.O_EXCL) as file:
            json.dump({"secret": kept.secret, "mark": kept.mark}, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as exc:
        raise LedgerError(f"{path.name} beside the ledger cannot be written: {exc}") from exc


def _private(path: Path, how: int) -> TextIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "w", encoding="ascii")
