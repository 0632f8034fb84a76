"""The benchmark of sessions runs and counts what it says; nothing is timed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.system import ROOT, clean_environment


def ran(module: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", module, "--smoke", "--json"],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="processors are read from /proc")
def test_the_bench_of_sessions_refreshes_every_page():
    found = ran("tests.bench.sessions")
    assert found["sessions"] == 3
    assert set(found["together_ms"]) == {"overview", "monitor", "causes"}
    assert found["refreshes"] > 0
    assert found["daemon_percent"] >= 0
