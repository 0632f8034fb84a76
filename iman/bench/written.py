"""The parts of ``iman bench writing``, one after the other."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from iman.bench import at_size, readable
from iman.bench import writing as w
from iman.bench.seed_ledger import refusals
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.seeding import Seed, make

_LARGE = {"stalls", "push", "starts"}


def measure(
    wanted: Sequence[str],
    history: Path | None,
    *,
    attempts: int,
    turns: int,
    memory: str,
    smoke: bool,
    say: Callable[[str], None],
) -> dict[str, list[dict[str, Any]]]:
    """A table of rows for each part of *wanted*. *history* is copied, never changed."""
    if smoke:
        attempts, turns = 10_000, 1
    found: dict[str, list[dict[str, Any]]] = {}
    with TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        if history is None and _LARGE & set(wanted):
            history = _history(folder, attempts, say)
        if "rows" in wanted:
            commits, size = (2, 100) if smoke else (10, 1000)
            found["rows"] = w.rows(commits=commits, size=size, turns=turns, say=say)
        if "acknowledgements" in wanted:
            count = 640 if smoke else 19_200
            found["acknowledgements"] = w.acknowledgements(producers=64, outcomes=count, say=say)
        if "stalls" in wanted and history is not None:
            shutil.copyfile(history, folder / "stalls.duckdb")
            ledger = DuckDBLedger(
                folder / "stalls.duckdb", now=datetime.now(UTC), memory_limit=memory
            )
            with contextlib.closing(ledger):
                ledger.write(lambda conn: conn.execute("DELETE FROM pauses")).result()
                found["stalls"] = w.stalls(
                    ledger, seconds=2 if smoke else 90, per_second=500, say=say
                )
        if "push" in wanted and history is not None:
            found["push"] = at_size.push(
                history, folder, documents=64 if smoke else 2000, in_flight=32,
                latency=0 if smoke else 20, turns=turns, memory=memory, say=say,
            )  # fmt: skip
        if "readable" in wanted:
            found["readable"] = readable.measure(
                folder, documents=100 if smoke else 3000, in_flight=50,
                latency=20 if smoke else 300, say=say,
            )  # fmt: skip
        if "starts" in wanted and history is not None:
            pending, log_mb = (500, 1) if smoke else (100_000, 100)
            found["starts"] = at_size.starts(
                history, folder, pending=pending, log_mb=log_mb, say=say
            )
    return found


def _history(folder: Path, attempts: int, say: Callable[[str], None]) -> Path:
    path, (kinds, fingerprint) = folder / "history.duckdb", refusals()
    seed = Seed(
        documents=attempts * 33 // 100, attempts=attempts, seed=1, days=730, until=datetime.now(UTC)
    )
    make(path, seed, kinds, fingerprint=fingerprint, say=say)
    return path
