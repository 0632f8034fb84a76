from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.ledger.books import Books


@pytest.fixture(params=["duckdb"])  # postgres joins here: same promises, another engine
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    kept = Books(lambda now: DuckDBLedger(tmp_path / "ledger.duckdb", now=now, inline=True))
    yield kept
    kept.ledger.close()
