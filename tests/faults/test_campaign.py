"""A small campaign, by the command a person may run with a thousand kills."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.faults.life import STEPS
from tests.system import ROOT, clean_environment

KILLS, DAYS = len(STEPS), 0.5


@pytest.mark.skipif(sys.platform == "win32", reason="lives are forked; tests/daemon kills there")
def test_death_at_every_step_loses_nothing_and_doubles_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--kills", str(KILLS), "--days", str(DAYS)],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stdout, ran.stderr[-3000:]
    found = json.loads(ran.stdout)
    assert found["good"], found
    assert sum(found["steps"].values()) == KILLS
    assert len(found["steps"]) > len(STEPS) // 2, found["steps"]  # some are met by others first
    assert found["torn_logs"]
    assert found["audited"]
    assert found["days"] >= DAYS
    assert found["attempts"] > found["documents"]
