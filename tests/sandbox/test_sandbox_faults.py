"""Each fault breaks the answer for a real client, before or after the batch is stored."""

import time

import httpx
import pytest

from iman.sandbox import faults, presets

BATCHES = "AR/ARInvoiceBatches"
BROKEN = [
    ("timeout_before", httpx.ReadTimeout, 0),
    ("timeout_after", httpx.ReadTimeout, 1),
    ("reset_before", httpx.NetworkError, 0),
    ("reset_after", httpx.NetworkError, 1),
    ("reset_mid", httpx.TransportError, 1),
    ("truncate", httpx.RemoteProtocolError, 1),
]
ANSWERED = [
    ("html_500", 500, "text/html", 0),
    ("html_500_after", 500, "text/html", 1),
    ("message_500", 500, "application/json", 0),
    ("empty_2xx", 201, "application/json", 1),
    ("too_many", 429, "application/json", 0),
    ("session_limit", 429, "application/json", 0),
    ("contention", 409, "application/json", 0),
    ("unavailable", 503, "application/json", 0),
]


def test_every_kind_of_fault_is_tested():
    tested = {row[0] for row in BROKEN} | {row[0] for row in ANSWERED} | {"slow"}
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


def test_a_slow_answer_is_right_in_the_end(sage, make_batch):
    sage.faults(next=[{"kind": "slow", "seconds": 0.2}])
    started = time.monotonic()
    assert sage.post(BATCHES, make_batch()).status_code == 201
    assert time.monotonic() - started >= 0.2


def test_a_fault_can_wait_for_one_document(sage, make_batch):
    sage.faults(next=[{"kind": "reset_after", "body": "INV-2"}])
    assert sage.post(BATCHES, make_batch()).status_code == 201
    with pytest.raises(httpx.NetworkError):
        sage.post(BATCHES, make_batch(DocumentNumber="INV-2"))
    assert [row["document_number"] for row in sage.documents()] == ["INV-1", "INV-2"]
    assert sage.post(BATCHES, make_batch(DocumentNumber="INV-2")).status_code == 201


def test_an_outage_begins_after_the_writes_it_names_and_ends_by_itself(start_sage, make_batch):
    sage = start_sage()
    sage.faults(outage={"seconds": 0.6, "after_writes": 2})
    statuses = [sage.post(BATCHES, make_batch()).status_code for _ in range(4)]
    assert statuses == [201, 201, 503, 503]
    assert sage.get("AR/ARTerms").status_code == 503
    again = start_sage()  # its end is remembered
    assert again.get("AR/ARTerms").status_code == 503
    deadline = time.monotonic() + 5
    while again.get("AR/ARTerms").status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert again.post(BATCHES, make_batch()).status_code == 201
    assert again.http.get("/sandbox/faults").json()["outage"] is None


def test_an_outage_without_delay_begins_at_once_and_can_be_cleared(sage):
    sage.faults(outage={"seconds": 90}, down_as="closed")
    with pytest.raises(httpx.NetworkError):
        sage.get("AR/ARTerms")
    sage.faults()
    assert sage.get("AR/ARTerms").status_code == 200


def test_a_rate_limit_answers_429_with_retry_after(sage):
    sage.faults(rate_limit={"per_second": 3, "retry_after": 4})
    answers = [sage.get("AR/ARTerms('IMM')") for _ in range(5)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 1
    assert refused[0].headers["retry-after"] == "4"


def test_a_cookie_keeps_a_session_and_too_many_sessions_are_refused(sage):
    def terms(jar):
        return httpx.get(
            f"{sage.url}/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms('IMM')",
            auth=("WEBAPI", "SECRET"),
            cookies=jar,
        )

    first = terms(None)
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "set-cookie" not in terms(first.cookies).headers
    sage.faults(session_limit={"most": 1})
    assert terms(first.cookies).status_code == 200
    assert terms(None).status_code == 429
    assert terms({"Sage300Session": "made up"}).status_code == 429
    sage.faults(session_limit={"most": 1, "idle_seconds": 0})
    assert terms(None).status_code == 200


def test_who_is_not_let_in_gets_no_session(sage):
    url = f"{sage.url}/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms"
    assert "set-cookie" not in httpx.get(url, auth=("WEBAPI", "wrong")).headers


def test_the_first_call_after_idle_is_slow_and_the_next_is_not(sage):
    sage.faults(slow_after_idle={"idle_seconds": 60, "seconds": 0.25})
    started = time.monotonic()
    sage.get("AR/ARTerms")
    # the fixture's call to set the switch is not one of the Web API
    first, started = time.monotonic() - started, time.monotonic()
    sage.get("AR/ARTerms")
    assert first >= 0.25 > time.monotonic() - started


def test_the_worst_hundredth_can_be_set(quiet_sage):
    board = faults.Switchboard(quiet_sage.app.state.store)
    board._faults = faults.Faults(latency_ms={"min": 1, "max": 2, "p99": 900})
    waits = [board.wait_seconds() for _ in range(5000)]
    assert 10 < sum(wait == 0.9 for wait in waits) < 150
    assert all(0.001 <= wait <= 0.002 for wait in waits if wait != 0.9)


def test_chaos_is_the_same_for_the_same_seed(sage, make_batch):
    kinds = ["too_many", "html_500", "contention", "unavailable", "message_500"]

    def statuses(seed):
        sage.faults(random={"seed": seed, "probability": 0.4, "kinds": kinds})
        reads = [sage.get("AR/ARTerms('IMM')").status_code for _ in range(15)]
        return reads + [sage.post(BATCHES, make_batch()).status_code for _ in range(15)]

    first = statuses(7)
    assert statuses(7) == first
    assert statuses(8) != first
    assert {200, 201} < set(first)
    assert 409 not in first[:15]  # a read meets no posting


def test_chaos_draws_every_kind_and_leaves_reads_what_suits_them():
    chaos = faults.Chaos(seed=3, probability=1)
    drawn = {method: set() for method in ("GET", "POST")}
    for method in drawn:
        drawn[method] = {chaos.draw(n, method).kind for n in range(1000)}
    assert drawn["POST"] == set(faults.KINDS)
    assert drawn["GET"] == set(faults.KINDS) - {
        "timeout_after",
        "reset_after",
        "html_500_after",
        "contention",
    }


def test_every_new_switch_outlives_a_restart(start_sage):
    switches = {
        "latency_ms": {"min": 1, "max": 2, "p99": 3},
        "outage": {"seconds": 90, "after_writes": 7, "until": None},
        "random": {"seed": 5, "probability": 0.5, "kinds": ["slow"], "seconds": 2.0}
        | {"retry_after": 3},
        "rate_limit": {"per_second": 500, "retry_after": 1},
        "session_limit": {"most": 9, "idle_seconds": 10.0},
        "slow_after_idle": {"idle_seconds": 60.0, "seconds": 0.0},
        "contention": True,
        "posting_seconds": 0.5,
    }
    start_sage().faults(**switches)
    found = start_sage().http.get("/sandbox/faults").json()
    assert {name: found[name] for name in switches} == switches


def test_a_preset_is_switched_on_beside_the_rest(sage):
    sage.faults(locked_periods=["2026-01"])
    assert "The faults have been set." in sage.web.post("/sandbox/faults/contention").text
    found = sage.http.get("/sandbox/faults").json()
    assert (found["contention"], found["locked_periods"]) == (True, ["2026-01"])
    for preset in ("outage", "slow", "rate", "lost", "random"):
        assert sage.web.post(f"/sandbox/faults/{preset}").status_code == 200
    assert sage.web.post("/sandbox/faults/nothing").status_code == 404


def on(sage) -> set[str]:
    return {one["name"] for one in sage.http.get("/sandbox/switches").json() if one["on"]}


def test_a_program_switches_each_fault_on_and_off_beside_the_others(sage):
    sage.faults(locked_periods=["2026-01"])
    assert on(sage) == set()
    for name in presets.SWITCHES:
        assert sage.http.put(f"/sandbox/switches/{name}").status_code == 200
    assert on(sage) == set(presets.SWITCHES)
    for name in ("outage", "slow", "rate", "contention", "random", "next_html_500"):
        assert sage.http.delete(f"/sandbox/switches/{name}").status_code == 200
        assert name not in on(sage)
    left = sage.http.get("/sandbox/faults").json()
    assert (left["outage"], left["locked_periods"]) == (None, ["2026-01"])
    assert len(left["next"]) == len(faults.KINDS)  # "lost" is one more of its kind
    assert sage.http.delete("/sandbox/switches").status_code == 200
    assert on(sage) == set()


def test_a_switch_that_there_is_not_and_a_stranger_are_refused(sage):
    assert sage.http.put("/sandbox/switches/nothing").status_code == 404
    assert sage.web.get("/sandbox/switches").status_code == 401
    assert sage.web.put("/sandbox/switches/slow").status_code == 401


def test_an_outage_that_is_over_is_off(sage):
    sage.faults(outage={"seconds": 0})
    assert "outage" not in on(sage)
