"""Alive, ready, and figures for Prometheus, as a monitoring system asks for them."""

from __future__ import annotations

import pytest

from iman.api.backups import BackupState
from iman.domain.people import Role
from tests.api.serving import Served


def test_a_supervisor_is_told_without_signing_in(fresh: Served, monkeypatch):
    assert fresh.call("GET", "/health/alive", None).json() == {"status": "alive", "reason": ""}
    monkeypatch.setattr(fresh.daemon, "stuck", lambda: True)
    answer = fresh.call("GET", "/health/alive", None)
    assert (answer.status_code, answer.json()["status"]) == (503, "stuck")


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({}, 200, ""),
        ({"status": "starting"}, 503, ""),
        ({"status": "stopping"}, 503, ""),
        (
            {"status": "degraded", "held_back": "the disk is full"},
            200,
            "Pushing is held back: the disk is full.",
        ),
    ],
)
def test_degraded_is_ready_and_says_why(fresh: Served, monkeypatch, changes, status, reason):
    health = fresh.daemon.health().model_copy(update=changes)
    monkeypatch.setattr(fresh.daemon, "health", lambda: health)
    answer = fresh.call("GET", "/health/ready", None)
    assert answer.status_code == status
    assert answer.json() == {"status": health.status, "reason": reason}


def test_figures_are_for_those_who_may_watch(served: Served):
    assert served.call("GET", "/metrics", None).status_code == 401
    assert served.call("GET", "/metrics", Role.MANAGER).status_code == 403
    answer = served.call("GET", "/metrics", Role.ADMIN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_only_an_admin_has_the_ledger_copied_and_it_is_audited(fresh: Served):
    class Made:
        folders: list[str] = []  # noqa: RUF012 -- of this test only

        def state(self) -> BackupState:
            return fresh.app.state.quiet.state()

        def begin(self, folder: str = "") -> None:
            self.folders.append(folder)

    fresh.app.state.quiet, fresh.app.state.backups = fresh.app.state.backups, Made()
    assert fresh.call("GET", "/backups", Role.MANAGER).status_code == 200
    for role in (Role.MANAGER, Role.SUPPORT):
        assert fresh.call("POST", "/backups", role, json={}).status_code == 403
    assert Made.folders == []
    assert fresh.call("POST", "/backups", json={"folder": "/mnt/copies"}).status_code == 202
    assert Made.folders == ["/mnt/copies"]
    (event,) = [one for one in fresh.audit() if one["action"] == "back_up" and one["allowed"]]
    assert (event["who"], event["target"]) == ("admin", "/mnt/copies")


def test_without_a_daemon_around_it_the_api_makes_no_backups(served: Served):
    assert served.call("POST", "/backups", json={}).status_code == 409
