"""The benchmarks of pages and of sessions run and count what they say; nothing is timed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.browser.conftest import HOW, REQUIRED
from tests.system import ROOT, clean_environment


def ran(module: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", module, "--smoke", "--json"],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    if HOW in done.stderr and not REQUIRED:
        pytest.skip(HOW)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.browser
def test_the_bench_of_pages_runs_and_compares_three():
    (row,) = ran("tests.bench.pages")["pages"]
    assert row["page"] == "monitor"
    for kind in ("empty", "history", "bare"):
        assert 0 < row[f"{kind} p50"] <= row[f"{kind} p95"]


@pytest.mark.skipif(sys.platform != "linux", reason="processors are read from /proc")
def test_the_bench_of_sessions_refreshes_every_page():
    found = ran("tests.bench.sessions")
    assert found["sessions"] == 3
    assert set(found["together_ms"]) == {"overview", "monitor", "causes"}
    assert found["refreshes"] > 3
    assert found["daemon_percent"] >= 0
