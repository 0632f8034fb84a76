"""``iman bench push --smoke``: it runs and counts what it says it counts; nothing is timed."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
import pytest

from iman.bench.rate import stub_erp
from tests.bench.peers.__main__ import OURS, TOGETHER
from tests.bench.peers.__main__ import _row as ratio_row
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


def test_the_stub_tells_when_the_first_and_the_last_document_came():
    with stub_erp(0) as url, httpx.Client(base_url=url, trust_env=False) as http:
        assert http.get("/times").json() == {"posts": 0, "documents": 0, "first": 0.0, "last": 0.0}
        two = b'{"Invoices":[{"DocumentNumber":"A"},{"DocumentNumber":"B"}]}'
        for _ in range(3):
            answer = http.post("/v1.0/-/SERDAT/AR/ARInvoiceBatches", content=two)
            assert len(answer.json()["Invoices"]) == 2
        seen = http.get("/times").json()
    assert (seen["posts"], seen["documents"]) == (3, 6)
    assert 0 < seen["first"] < seen["last"]


def test_the_ratio_is_ours_over_the_best_peers_in_the_same_turn():
    rates = {
        OURS: [100.0, 300.0, 90.0],
        TOGETHER: [500.0, 500.0, 600.0],
        "slow": [40.0, 50.0, 20.0],
        "fast": [50.0, 100.0, 60.0],
    }
    row = ratio_row(20, 2000, 32, rates, {"absent": "not installed"})
    assert row["best_peer"] == "fast"
    assert row["ratios"] == {OURS: [2.0, 3.0, 1.5], TOGETHER: [10.0, 5.0, 10.0]}
    assert row["ratio"] == {OURS: 2.0, TOGETHER: 10.0}
    assert row["per_s"] == {OURS: 100.0, TOGETHER: 500.0, "slow": 40.0, "fast": 60.0}
    assert row["missing"] == {"absent": "not installed"}
    alone = ratio_row(20, 2000, 32, {OURS: [100.0]}, {"huey": "not installed"})
    assert (alone["best_peer"], alone["ratio"]) == (None, {})
