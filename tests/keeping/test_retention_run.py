"""Retention as the daemon, the API and the command line run it."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from iman import cli
from iman.domain.outcome import Accepted
from iman.domain.people import Role
from iman.domain.retention import Ages
from iman.domain.retry import Done
from iman.errors import DaemonRefused
from iman.keeping.retention import Retention
from iman.sync.beats import Beats
from tests.api.serving import Served, serving
from tests.test_settings import RIGHT


@pytest.fixture
def served(tmp_path: Path):
    with serving(tmp_path) as found:
        found.books.later(-90 * 86400)
        found.books.arrive("INV-1", "INV-2")
        for claim in found.books.claim():
            found.books.finish(claim, Accepted(reference="1-1"), Done("1-1"), sent="{}")
        found.books.later(90 * 86400)
        yield found


class Runs:
    def __init__(self, served: Served, **ages: int) -> None:
        self.beats = Beats(served.now)
        self.beats.expect("retention", 600)
        self.of = Retention(
            ledger=served.books.ledger, ages=Ages(**ages), beats=self.beats, now=served.now
        )
        served.app.state.retention = self.of

    def round(self) -> str:
        asyncio.run(self.of.round())
        return self.beats.all()[0].detail

    def ended(self) -> None:
        end = time.monotonic() + 30
        while self.of.progress().running:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_once_a_day_and_where_an_age_is_set(served: Served):
    assert Runs(served).round() == "everything is kept"
    runs = Runs(served, attempts=40, bodies=30)
    runs.round()
    runs.ended()
    first = runs.of.progress().last
    assert (first.attempts, first.bodies) == (2, 2)
    served.books.later(3600)
    runs.round()
    assert runs.of.progress().last == first
    served.books.later(86400)
    runs.round()
    runs.ended()
    assert runs.of.progress().last.at > first.at
    runs.of.close()


def test_an_admin_begins_one_and_it_is_audited(served: Served):
    runs = Runs(served, attempts=40)
    assert served.call("GET", "/retention", Role.SUPPORT).status_code == 403
    assert served.call("POST", "/retention", Role.SUPPORT).status_code == 403
    planned = served.call("GET", "/retention").json()
    assert [one["attempts"] for one in planned["months"]] == [2]
    with served.client() as client:
        client.retain()
        runs.ended()
        assert client.retention(planned=False).last.attempts == 2
        assert client.retention().months == []
    assert any(one["action"] == "prune" and one["allowed"] for one in served.audit())
    runs.of._running = True
    with pytest.raises(DaemonRefused, match="at work already"):
        runs.of.begin()
    runs.of._running = False
    runs.of.close()


def iman(monkeypatch, capsys, served: Served, *arguments: str, **environment: str) -> str:
    usual = {"IMAN_LEDGER": str(served.books.ledger.path), "COLUMNS": "200", "IMAN_USER": "admin",
             "IMAN_USER_PASSWORD": "admin-password", "IMAN_API_URL": served.url}  # fmt: skip
    for name, value in (RIGHT | usual | environment).items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(sys, "argv", ["iman", "retention", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr()
    assert not ended.value.code, told.err
    return told.out


def test_the_command_asks_the_daemon_and_does_without_one(served, monkeypatch, capsys):
    runs = Runs(served, attempts=40, bodies=30)
    assert "2 attempts move out" in iman(monkeypatch, capsys, served, "plan")
    assert "2 bodies" in iman(monkeypatch, capsys, served, "apply", "--dry-run")
    assert "2 attempts moved out, 2 bodies deleted, 0 audit" in iman(
        monkeypatch, capsys, served, "apply"
    )
    runs.of.close()
    served.books.ledger.close()
    away = {"IMAN_API_URL": "http://127.0.0.1:9", "IMAN_RETAIN_ATTEMPTS": "40"}
    told = iman(monkeypatch, capsys, served, "plan", **away)
    assert "No attempts of a whole month are older than 40 days." in told
    assert "kept for ever" in told
    assert "0 attempts moved out" in iman(monkeypatch, capsys, served, "apply", **away)
