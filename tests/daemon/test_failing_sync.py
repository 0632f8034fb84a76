"""The disk does not confirm what is written: pushing stops, is told of, and goes on by itself."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.syncs import can_fail, preloading
from tests.system import Bench, Process, bench, python, wait_for

DOCUMENTS = 60


@pytest.mark.skipif(not can_fail(), reason="fsync is made to fail by a compiled library, on Linux")
def test_pushing_stops_says_so_and_pushes_nothing_twice_afterwards(tmp_path: Path) -> None:
    flag = tmp_path / "syncs-fail"
    with bench(
        tmp_path, IMAN_SETTLE="2", IMAN_ASK_EVERY="0.3", IMAN_INTAKE_EVERY="0.2",
        IMAN_WRITE_BACK_EVERY="0.2", IMAN_BATCH_MOST="1", IMAN_PUSH_CONCURRENCY="2",
    ) as here:  # fmt: skip
        here.add_account("6030")
        here.faults(latency_ms={"min": 50, "max": 100})
        here.generate(DOCUMENTS, seed=7)
        environment = here.daemon_environment() | preloading(tmp_path, flag=flag)
        # by `env`, so that it is no child of the process that tests fork from
        here.daemon = Process(
            ["env", *python("sync_daemon.py")], tmp_path / "daemon.log", environment
        ).start()
        wait_for(lambda: 5 < here.in_sage().total() < DOCUMENTS)
        with contextlib.ExitStack() as stack:
            flag.touch()
            stack.callback(flag.unlink)  # else the daemon, rightly, does not stop
            _rests(here)
        wait_for(lambda: here.in_sage().total() >= DOCUMENTS)
        wait_for(
            lambda: all(one["status"] == "processed" for one in here.byondpro_states().values())
        )
        assert set(here.in_sage().values()) == {1}
        assert len(here.in_sage()) == DOCUMENTS
        wait_for(lambda: _push_loop(here).get("ok"))


def _rests(here: Bench) -> None:
    """It says so, and nothing more reaches Sage 300, however often it tries to write."""
    assert here.daemon is not None
    wait_for(lambda: "does not take outcomes" in _push_loop(here).get("detail", ""))
    # while the ledger is being opened anew there may be no answer
    told = wait_for(lambda: (answer := _health(here)).get("loops") and answer)
    assert told["status"] == "degraded"
    assert not next(one for one in told["loops"] if one["loop"] == "push")["ok"]
    # what was taken up before may still arrive
    stood = wait_for(lambda: _stands_still(here))
    assert stood.total() < DOCUMENTS
    reopened = here.daemon.text().count("ledger_reopened")
    wait_for(lambda: here.daemon.text().count("ledger_reopened") > reopened + 2)
    assert here.in_sage() == stood
    assert here.daemon.running


def _health(here: Bench) -> dict[str, Any]:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(here.api_url + "/api/v1/health", trust_env=False, timeout=20).json()
    return {}


def _push_loop(here: Bench) -> dict[str, Any]:
    return next((one for one in _health(here).get("loops", []) if one["loop"] == "push"), {})


def _stands_still(here: Bench) -> Any:
    """What is in Sage 300, where nothing came while three outcomes were tried again in vain."""
    before, tried = here.in_sage(), here.daemon.text().count("outcomes_not_written")
    wait_for(lambda: here.daemon.text().count("outcomes_not_written") > tried + 2)
    return before if here.in_sage() == before else None
