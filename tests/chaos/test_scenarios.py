"""The fourteen scenarios, each with both systems and the real daemon: how they end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iman.chaos.outside import Outside
from iman.chaos.systems import Process, systems
from tests import system

_SETTINGS = {
    "IMAN_INTAKE_EVERY": "0.2",
    "IMAN_WRITE_BACK_EVERY": "0.2",
    "IMAN_RETRY_WAIT_MIN": "0.1",
    "IMAN_RETRY_WAIT_MAX": "0.2",
    "IMAN_PROBE_EVERY": "0.3",
    "IMAN_ASK_EVERY": "0.3",
    "IMAN_SAGE_TIMEOUT": "2",
    "IMAN_SETTLE": "8",
}
#: What does not go through: failed with the thing that is missing, or held back by its parent.
FALTERING: dict[str, dict[str, str]] = {
    "f48": {"INV-010319": "F48"},
    "gl6030": {"INV-010324": "6030"},
    "cvm": {},
    "f36": {"INV-010331": "F36"},
    "locked": {"RC-010602-1": ""},
    "waiting": {"INV-010319": "F48", "RC-010319-1": "waits"},
    "credit": {"INV-010319": "F48", "CN-010319": "waits"},
    "plan": {"INV-010319": "F48", "RP-010319": "waits"},
    "outage": {},
    "lost": {},
    "newtype": {"RC-010640-1": ""},
    "package": {"INV-010650": "5930"},
    "redeem": {"JE-010660-1": "2560"},
    "clump": {f"INV-{10401 + n:06d}": "6030" for n in range(25)},
}


@pytest.fixture(autouse=True)
def _started_as_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty-two processes: started as the other tests start theirs, without importing anew."""

    def start(process: Process) -> None:
        ours = system.Process(
            list(process.command), process.log, system.clean_environment(**process.environment)
        )
        process.popen = ours.start().popen

    monkeypatch.setattr(Process, "start", start)


def still(outside: Outside) -> bool:
    return not outside.count("pending", "syncing", "retrying", "unknown") and outside.count() > 0


@pytest.mark.parametrize("scenario", FALTERING)
def test_a_scenario_ends_as_the_guide_has_it(scenario: str, tmp_path: Path):
    faltering = FALTERING[scenario]
    with systems(tmp_path, _SETTINGS, scenario=scenario) as ours, Outside(ours) as outside:
        if scenario == "outage":  # as it comes but for its length
            outside.faults({"outage": {"seconds": 4, "after_writes": 3}})
        ours.start_daemon()
        outside.sign_in()
        end = time.monotonic() + 120
        while not still(outside):
            assert time.monotonic() < end, outside.documents()
            time.sleep(0.2)
        rows = {row["number"]: row for row in outside.documents("failed", "waiting")}
        assert set(rows) == set(faltering)
        for number, names in faltering.items():
            state = "waiting" if names == "waits" else "failed"
            assert rows[number]["state"] == state
            if state == "failed":
                assert names in rows[number]["error"]
        if scenario == "clump":  # fixed once, resynced together
            outside.close_gaps()
            for row in rows.values():
                outside.resync(row["id"])
            while outside.count("synced") < len(faltering):
                assert time.monotonic() < end, outside.documents()
                time.sleep(0.2)
            faltering = {}
        held = [one for one in outside.sighted() if one.entry_type != "repayment_plan"]
        wanted = {one.number for one in outside.wanted()}
        assert sorted(one.number for one in held) == sorted(wanted - set(faltering))
