"""Each fault breaks the answer for a real client, before or after the batch is stored."""

import time

import httpx
import pytest

from iman.sandbox import faults

BATCHES = "AR/ARInvoiceBatches"
BROKEN = [
    ("timeout_before", httpx.ReadTimeout, 0),
    ("timeout_after", httpx.ReadTimeout, 1),
    ("reset_after", httpx.NetworkError, 1),
    ("truncate", httpx.RemoteProtocolError, 1),
]
ANSWERED = [
    ("html_500", 500, "text/html", 0),
    ("html_500_after", 500, "text/html", 1),
    ("message_500", 500, "application/json", 0),
    ("empty_2xx", 201, "application/json", 1),
    ("too_many", 429, "application/json", 0),
    ("unavailable", 503, "application/json", 0),
]


def test_every_kind_of_fault_is_tested():
    tested = {row[0] for row in BROKEN} | {row[0] for row in ANSWERED}
    assert tested == set(faults.Kind.__args__)


@pytest.mark.parametrize(("kind", "raised", "stored"), BROKEN)
def test_a_broken_connection(sage, make_batch, kind, raised, stored):
    sage.faults(next=[{"kind": kind, "seconds": 5}])
    sage.http.timeout = 0.3
    with pytest.raises(raised):
        sage.post(BATCHES, make_batch())
    sage.http.timeout = 5
    assert len(sage.documents()) == stored
    assert sage.post(BATCHES, make_batch()).status_code == 201


def test_a_time_out_ends_with_a_reset_when_the_client_waits_longer(sage, make_batch):
    sage.faults(next=[{"kind": "timeout_before", "seconds": 0.05}])
    with pytest.raises(httpx.NetworkError):
        sage.post(BATCHES, make_batch())


@pytest.mark.parametrize(("kind", "status", "content_type", "stored"), ANSWERED)
def test_a_wrong_answer(sage, make_batch, kind, status, content_type, stored):
    sage.faults(next=[{"kind": kind, "retry_after": 7}])
    answer = sage.post(BATCHES, make_batch())
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(content_type)
    assert len(sage.documents()) == stored
    if kind == "empty_2xx":
        assert answer.content == b""
    if kind == "message_500":
        assert answer.json() == {"Message": "An error has occurred."}
    if kind == "too_many":
        assert answer.headers["retry-after"] == "7"
        assert answer.json()["error"]["code"] == "TooManyRequests"
    assert sage.post(BATCHES, make_batch()).status_code == 201


def test_an_empty_answer_does_not_hide_a_refusal(sage, make_batch):
    sage.faults(next=[{"kind": "empty_2xx"}])
    assert sage.post(BATCHES, make_batch(Terms="F48")).status_code == 404


def test_a_patch_can_be_cut_in_half_too(sage, make_batch):
    sage.post(BATCHES, make_batch())
    sage.faults(next=[{"kind": "truncate"}])
    with pytest.raises(httpx.RemoteProtocolError):
        sage.patch(f"{BATCHES}(1)", {"Description": "changed"})
    assert sage.get(f"{BATCHES}(1)").json()["Description"] == "changed"


def test_faults_strike_writes_in_order_as_often_as_asked_and_only_where_asked(sage, make_batch):
    sage.faults(
        next=[
            {"kind": "unavailable", "path": "GLAccounts"},
            {"kind": "too_many", "times": 2},
            {"kind": "html_500"},
        ]
    )
    assert sage.get(BATCHES).status_code == 200
    statuses = [sage.post(BATCHES, make_batch()).status_code for _ in range(4)]
    assert statuses == [429, 429, 500, 201]
    assert sage.post("GL/GLAccounts", {"UnformattedAccount": "1"}).status_code == 503


def test_down_answers_503_or_closes_and_the_pages_stay(sage):
    sage.faults(down=True)
    assert sage.get("AR/ARTerms").status_code == 503
    sage.faults(down=True, down_as="closed")
    with pytest.raises(httpx.NetworkError):
        sage.get("AR/ARTerms")
    assert sage.web.get("/terms").status_code == 200
    sage.faults()
    assert sage.get("AR/ARTerms").status_code == 200


def test_latency(sage):
    sage.faults(latency_ms={"min": 80, "max": 90})
    started = time.monotonic()
    sage.get("AR/ARTerms")
    assert time.monotonic() - started >= 0.08


def test_the_switches_ask_for_the_password_and_refuse_nonsense(sage):
    assert sage.web.put("/sandbox/faults", json={}).status_code == 401
    assert sage.web.get("/sandbox/faults").status_code == 401
    assert sage.web.get("/sandbox/documents").status_code == 401
    assert sage.http.put("/sandbox/faults", json={"next": [{"kind": "x"}]}).status_code == 422


def test_faults_outlive_a_restart(start_sage):
    start_sage().faults(next=[{"kind": "too_many"}], locked_periods=["2026-01"])
    found = start_sage().http.get("/sandbox/faults").json()
    assert found["next"][0]["kind"] == "too_many"
    assert found["locked_periods"] == ["2026-01"]


def test_the_faults_page_shows_sets_and_refuses(sage):
    browser = {"Accept": "text/html"}
    assert "latency_ms" in sage.web.get("/sandbox/faults", headers=browser).text
    set_page = sage.web.post("/sandbox/faults", data={"faults": '{"down": true}'})
    assert "The faults have been set." in set_page.text
    assert sage.get("AR/ARTerms").status_code == 503
    wrong = sage.web.post("/sandbox/faults", data={"faults": '{"<b>": 1}'})
    assert wrong.status_code == 422
    assert "<b>" not in wrong.text
