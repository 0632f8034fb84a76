"""A backup while no daemon runs: the ledger's lock is held as long, so none can start meanwhile."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from iman.domain.backup import BackupMade, Manifest
from iman.errors import LedgerError
from iman.ledger.backup import Progress, back_up, remember
from iman.ledger.duckdb_ledger import take_lock
from iman.ledger.migrate import check_version


def back_up_offline(
    ledger: Path, folder: Path, *, now: datetime, progress: Progress
) -> tuple[Path, Manifest]:
    """As ``back_up``; raises ``LedgerLocked`` while a daemon, or another backup, has the ledger."""
    if not ledger.exists():
        raise LedgerError(f"There is no ledger at {ledger}.")
    with take_lock(ledger):
        try:
            with duckdb.connect(str(ledger)) as conn:
                check_version(conn)
                target, manifest = back_up(conn, folder, now=now, progress=progress)
                rows = sum(one.rows for one in manifest.tables.values())
                made = BackupMade(
                    file=str(target), taken_at=now, seconds=0.0, bytes=manifest.bytes, rows=rows
                )
                remember(conn, made)
        except duckdb.Error as exc:
            raise LedgerError(f"The ledger {ledger.name} cannot be opened: {exc}") from exc
    return target, manifest
