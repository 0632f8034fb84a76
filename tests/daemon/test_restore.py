"""The real daemon when its disk is full, and when its ledger was put back from an old backup:
nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from iman import cli
from tests.system import HTTP, Bench, bench, wait_for

FIRST, LATER, AFTER, FULL = 20, 40, 15, 30
QUICK = {
    "IMAN_SETTLE": "1", "IMAN_ASK_EVERY": "0.2", "IMAN_INTAKE_EVERY": "0.1",
    "IMAN_WRITE_BACK_EVERY": "0.1", "IMAN_RETRY_WAIT_MIN": "0.2", "IMAN_RETRY_WAIT_MAX": "0.3",
}  # fmt: skip


def iman(here: Bench, monkeypatch: pytest.MonkeyPatch, capsys, *arguments: str) -> str:
    """The command as a person runs it, in this process."""
    for name, value in here.daemon_environment().items():
        if name.startswith("IMAN_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("IMAN_API_URL", here.api_url)
    monkeypatch.setenv("IMAN_USER", "admin")
    monkeypatch.setenv("IMAN_USER_PASSWORD", "admin-demo")
    monkeypatch.setattr(sys, "argv", ["iman", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr()
    assert not ended.value.code, told.err
    return told.out


def may_write(here: Bench, most: int) -> None:
    """How large a file of the daemon's may become: on a disk that is full, no larger than it is."""
    import resource  # not on Windows

    assert here.daemon is not None
    assert here.daemon.popen is not None
    _, hard = resource.prlimit(here.daemon.popen.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(here.daemon.popen.pid, resource.RLIMIT_FSIZE, (most, hard))


def push_loop(here: Bench) -> str:
    """What the daemon says of it; its log cannot be written either."""
    loops = HTTP.get(here.api_url + "/api/v1/health").json()["loops"]
    return next(one["detail"] for one in loops if one["loop"] == "push")


def full_disk_loses_no_outcome(here: Bench) -> None:
    before = here.in_sage().total()
    # the first answers come seconds later: time to fill the disk between asking and answer
    here.faults(next=[{"kind": "slow", "times": FULL, "seconds": 8, "path": "ARInvoiceBatches"}])
    here.generate(FULL, seed=4)
    wait_for(lambda: here.sage("GET", "/sandbox/counts").json()["faults"].get("slow"))
    may_write(here, 4096)
    try:
        wait_for(lambda: "does not take outcomes" in push_loop(here), every=0.1)
        assert here.in_sage().total() > before
    finally:
        may_write(here, -1)
    here.faults(latency_ms={"min": 0, "max": 10})
    wait_for(lambda: all_processed(here), every=0.3)


def all_processed(here: Bench) -> bool:
    return all(one["status"] == "processed" for one in here.byondpro_states().values())


def test_after_a_restore_and_on_a_full_disk_nothing_is_sent_twice_and_nothing_is_lost(
    tmp_path: Path, monkeypatch, capsys
):
    with bench(tmp_path, **QUICK) as here:
        here.add_account("6030")
        # four lanes and slow answers: under this backlog invoices share batches
        here.faults(latency_ms={"min": 30, "max": 60})
        here.generate(FIRST, seed=1)
        daemon = here.start_daemon()
        wait_for(lambda: here.in_sage().total() >= FIRST // 2, every=0.1)

        told = iman(here, monkeypatch, capsys, "backup", str(tmp_path / "copies"))
        (backup,) = (tmp_path / "copies").glob("*.duckdb")
        assert backup.name in told.replace("\n", "")
        at_backup = json.loads(backup.with_name(backup.name + ".json").read_text())

        here.generate(LATER, seed=2)  # all of it unknown to the backup
        wait_for(lambda: here.in_sage().total() >= FIRST + LATER // 2, every=0.1)
        daemon.kill()  # some are under way

        iman(here, monkeypatch, capsys, "restore", str(backup))
        here.generate(AFTER, seed=3)
        here.start_daemon()
        wait_for(lambda: all_processed(here), every=0.3)
        if sys.platform == "linux":
            full_disk_loses_no_outcome(here)

        in_sage, known = here.in_sage(), here.byondpro_states()
        assert len(known) == FIRST + LATER + AFTER + (FULL if sys.platform == "linux" else 0)
        assert set(in_sage) == set(known)
        assert {number: times for number, times in in_sage.items() if times != 1} == {}
        assert at_backup["tables"]["documents"]["rows"] == FIRST
        api = here.api()
        assert api.get("/health")["held_back"] == ""
        (counted,) = (row for row in api.get("/counts")["rows"] if row["entry_type"] == "invoice")
        assert (counted["synced"], counted["failed"]) == (len(known), 0)
        last = api.get("/backups")["last"]
        assert last is None  # it was made after the moment it holds
        assert list(tmp_path.glob("ledger.duckdb.replaced-*"))
        here.daemon.stop()
        # a second writer never; while no daemon runs the command takes the lock itself
        iman(here, monkeypatch, capsys, "backup", str(tmp_path / "copies"))
        assert len(list((tmp_path / "copies").glob("*.duckdb"))) == 2
