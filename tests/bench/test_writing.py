"""``iman bench writing --smoke``: each part runs and counts what it says; nothing is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.system import ROOT, clean_environment


def bench(*parts: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "iman", "bench", "writing", "--smoke", "--json", "--only",
         ",".join(parts)],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, Any] = json.loads(ran.stdout)
    assert set(found) == set(parts)
    return found


@pytest.mark.xdist_group("bench")
def test_what_is_written_is_counted_beside_duckdb_alone():
    found = bench("rows", "acknowledgements", "stalls")
    told = {row["what"]: row for row in found["rows"]}
    assert {"intents", "outcomes", "attempts"} < set(told)
    assert sum("alone, intents by" in name for name in told) == 3
    assert all(row["per_s"] > 0 and row["cpu_ms_per_1000"] > 0 for row in told.values())
    assert told["attempts"]["per_s"] < told["intents"]["per_s"]
    assert told["attempts"]["ratio"] > 0
    for row in [*found["acknowledgements"], *found["stalls"]]:
        assert 0 < row["p50_ms"] <= row["p99_ms"] <= row["p99.9_ms"] <= row["max_ms"]
    assert found["stalls"][0]["commits"] > 2


@pytest.mark.xdist_group("bench")
def test_errors_are_read_through_the_api_after_they_came():
    (row,) = bench("readable")["readable"]
    assert row["errors"] == 3  # of ten one in four is read: the first, the fifth and the ninth
    assert 0 < row["p50_ms"] <= row["max_ms"]


@pytest.mark.xdist_group("bench")
def test_history_is_pushed_with_and_a_daemon_starts_with_it():
    found = bench("push", "starts")
    empty, history = found["push"]
    assert (empty["ledger"], history["ledger"]) == ("empty", "history")
    assert history["ratio"] > 0
    assert history["documents_per_s"] > 0
    assert [row["start"] for row in found["starts"]] == ["500 pending", "again", "after kill -9"]
    assert all(row["ready_s"] > 0 for row in found["starts"])
    assert found["starts"][2]["log_mb"] >= 1
