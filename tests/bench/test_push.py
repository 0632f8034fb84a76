"""``iman bench push --smoke``: it runs and counts what it says it counts; nothing is timed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.system import ROOT, clean_environment


@pytest.mark.xdist_group("bench")
def test_the_push_bench_runs_and_counts():
    ran = subprocess.run(
        [sys.executable, "-m", "iman", "bench", "push", "--smoke", "--json"],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout)
    (rate,) = found["rate"]
    assert (rate["latency_ms"], rate["documents"], len(rate["ratios"])) == (0, 64, 1)
    assert rate["bare_per_s"] > 0
    assert rate["pipeline_per_s"] > 0
    good, ten = found["calls"]
    assert (good["failed"], good["backlog"]) == (0, 80)
    assert 3 <= good["calls"] <= 40  # batches, not one call each
    assert ten["failed"] > 0
    assert ten["calls"] >= 5 * ten["failed"]  # every try of what is bad
