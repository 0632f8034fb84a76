"""Resync over the API."""

from __future__ import annotations

import pytest

from iman.domain.people import Role
from iman.domain.retry import GiveUp
from tests.api.serving import Served
from tests.builders import refused


@pytest.fixture
def failed(fresh: Served) -> Served:
    fresh.books.arrive("INV-1")
    fresh.books.finish(fresh.books.claim_one(), refused(), GiveUp())
    return fresh


def resync(served: Served, **body: str):
    return served.call("POST", "/documents/1/resync", json=body, headers={"x-iman-origin": "cli"})


def test_a_resync_is_started_recorded_and_wakes_the_daemon(failed: Served):
    answer = resync(failed, reason="F48 added in A/R Terms")
    assert answer.status_code == 202
    assert answer.json() == {
        "document_id": 1,
        "number": "INV-1",
        "round": 2,
        "message": "The resync has been started.",
    }
    assert failed.daemon.woken == 1
    event = failed.audit()[-1]
    assert (event["who"], event["action"], event["target"]) == ("admin", "resync", "INV-1")
    assert (event["allowed"], event["reason"]) == (True, "F48 added in A/R Terms")
    detail = failed.call("GET", "/documents/1", Role.MANAGER).json()
    (kept,) = detail["resyncs"]
    assert (kept["by"], kept["origin"], kept["result"]) == ("admin", "cli", None)
    assert detail["document"]["state"] == "pending"


def test_a_body_is_not_needed(failed: Served):
    assert failed.call("POST", "/documents/1/resync").status_code == 202


def test_a_second_resync_is_told_why_not(failed: Served):
    assert resync(failed).status_code == 202
    again = resync(failed)
    assert again.status_code == 409
    assert again.json() == {
        "error": "refused",
        "message": "INV-1 is pending; only a failed or parked document can be resynced.",
    }
    assert len(failed.audit()) == 3 + 1  # three sign-ins; what was refused changed nothing


def test_the_same_request_twice_starts_one_round(failed: Served):
    answers = [resync(failed, request_id="click-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert {answer.json()["round"] for answer in answers} == {2}
    assert len(failed.books.rows("SELECT * FROM resyncs")) == 1
