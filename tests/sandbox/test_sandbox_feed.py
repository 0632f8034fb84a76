"""The byondpro feed keeps docs/byondpro-feed.md."""

from decimal import Decimal

import httpx
import pytest

from iman.sandbox.byondpro import create_app
from iman.sandbox.scenarios import SCENARIOS

API = "/api/integration/v1"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", f"{API}/outbox"),
        ("POST", f"{API}/sync-status"),
        ("GET", f"{API}/setups"),
        ("GET", f"{API}/documents/invoice/INV-010319"),
        ("POST", "/sandbox/generate"),
        ("GET", "/sandbox/state"),
    ],
)
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer x y", "Basic dG9rZW4="])
def test_every_call_asks_for_the_token(quiet_feed, verb, path, header):
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.request(verb, quiet_feed.url + path, headers=headers)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error", "message"}


def test_the_outbox_is_read_in_steps_without_a_gap(quiet_feed):
    whole = quiet_feed.outbox(limit=1000)
    cursor, events = "0", []
    while True:
        page = quiet_feed.outbox(after=cursor, limit=3)
        events += page["events"]
        cursor = page["next"]
        if not page["more"]:
            break
    assert events == whole["events"]
    assert [int(event["cursor"]) for event in events] == list(range(1, len(events) + 1))
    nothing = quiet_feed.outbox(after=cursor)
    assert nothing == {"events": [], "next": cursor, "more": False}


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": 1001}, {"after": "x"}])
def test_wrong_options_are_refused(quiet_feed, options):
    assert quiet_feed.http.get(f"{API}/outbox", params=options).status_code == 422


def test_the_reference_document_is_the_contracts_example(quiet_feed):
    document = quiet_feed.http.get(f"{API}/documents/invoice/INV-010319").json()
    assert document["terms"] == {"code": "F48", "description": "48 Month Repayment Plan"}
    assert (document["amount"], document["tax"], document["booking"]) == (
        "3760.00",
        "341.82",
        "10319",
    )
    assert document["customer"] == {
        "number": "HGH-004512",
        "name": "Margaret Ellison",
        "kind": "person",
        "group": "FAMILY",
    }
    assert document["lines"][0]["gl_account"] == "4000"
    assert document["site"]["gl_segment"] == "30"
    assert quiet_feed.http.get(f"{API}/documents/invoice/INV-9").status_code == 404


def test_the_scenarios_carry_what_they_are_for(quiet_feed):
    documents = {
        event["document"]["number"]: event["document"] for event in quiet_feed.outbox()["events"]
    }
    at = {number: d["site"]["code"] for number, d in documents.items()}
    assert (at["INV-010324"], at["INV-010327"]) == ("HGH", "CVM")
    assert [line["item"] for line in documents["INV-010324"]["lines"]] == ["M-6000"]
    assert [line["item"] for line in documents["INV-010327"]["lines"]] == ["M-6000"]
    assert documents["INV-010331"]["terms"]["code"] == "F36"
    assert "INV-010340" not in documents
    assert len(documents) == 16


def test_money_adds_up_to_the_cent(feed):
    feed.http.post("/sandbox/generate", json={"invoices": 50, "seed": 3, "bad": 0.2})
    for event in feed.outbox(limit=1000)["events"]:
        document = event["document"]
        lines = document["lines"]
        assert Decimal(document["amount"]) == sum(Decimal(line["amount"]) for line in lines)
        assert Decimal(document["tax"]) == sum(Decimal(line["tax"]) for line in lines)
        assert Decimal(document["amount"]) >= 0
        for line in lines:
            assert Decimal(line["amount"]) == Decimal(line["amount"]).quantize(Decimal("0.01"))


def test_a_levy_is_priced_before_tax(quiet_feed):
    lines = quiet_feed.http.get(f"{API}/documents/invoice/INV-010301").json()["lines"]
    levy = next(line for line in lines if line["item"] == "L-1000")
    assert (levy["unit_price"], levy["amount"], levy["tax"]) == ("156.00", "171.60", "15.60")
    assert levy["tax_included"] is False


def test_the_newest_report_wins_and_repeats_change_nothing(feed):
    late, early = "2026-11-24T05:02:11.250000Z", "2026-11-24T15:02:11.249999+10:00"
    assert feed.report("INV-010319", "failed", late, message="no").json() == {"accepted": 1}
    for status, at in (("processed", early), ("processed", late)):
        assert feed.report("INV-010319", status, at).json() == {"accepted": 1}
        assert feed.state()["INV-010319"]["status"] == "failed"
    feed.report("INV-010319", "processed", "2026-11-24T05:02:12Z", erp_reference="187-1")
    state = feed.state()["INV-010319"]
    assert (state["status"], state["erp_reference"]) == ("processed", "187-1")


def test_an_unknown_document_is_named_and_the_list_is_not_taken(feed):
    good = {
        "entry_type": "invoice",
        "number": "INV-010319",
        "company": "SERC",
        "revision": 1,
        "status": "failed",
        "attempts": 5,
        "at": "2026-11-24T05:02:11Z",
    }
    body = {"statuses": [good, good | {"number": "INV-9"}]}
    answer = feed.http.post(f"{API}/sync-status", json=body)
    assert (answer.status_code, answer.json()["number"]) == (404, "INV-9")
    assert feed.state()["INV-010319"]["status"] == "pending"
    again = feed.http.post(f"{API}/sync-status", json={"statuses": [good]})
    assert again.json() == {"accepted": 1}


@pytest.mark.parametrize(
    "change",
    [{"status": "done"}, {"at": "2026-11-24T05:02:11"}, {"attempts": -1}, {"entry_type": "x"}],
)
def test_a_report_that_breaks_the_contract_is_refused(quiet_feed, change):
    row = {"entry_type": "invoice", "number": "INV-010319", "company": "SERC", "revision": 1}
    row |= {"status": "failed", "attempts": 1, "at": "2026-11-24T05:02:11Z"} | change
    answer = quiet_feed.http.post(f"{API}/sync-status", json={"statuses": [row]})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")


def test_setups_have_the_contracts_shape(quiet_feed):
    setups = quiet_feed.http.get(f"{API}/setups").json()
    assert {"code": "F48", "description": "48 Month Repayment Plan", "active": True} in (
        setups["terms"]
    )
    memorials = next(row for row in setups["categories"] if row["code"] == "600")
    assert memorials["accounts"] == {"revenue": "6000", "pre_need": "2560"}
    assert setups["configuration"] == {"ProductGLCodeSiteSegment": "E2"}
    assert {row["gl_segment"] for row in setups["sites"]} == {"10", "20", "30", "40"}


def test_the_contract_is_published_with_its_models(quiet_feed):
    published = quiet_feed.web.get(f"{API}/openapi.json").json()
    assert set(published["paths"]) == {
        f"{API}/outbox",
        f"{API}/sync-status",
        f"{API}/setups",
        f"{API}/documents/{{entry_type}}/{{number}}",
    }
    assert {"Document", "DocumentEvent", "ResyncEvent", "Problem"} <= set(
        published["components"]["schemas"]
    )


def test_generated_invoices_are_repeatable(start_byondpro, tmp_path):
    wanted = {"invoices": 40, "seed": 7, "bad": 0.25}

    def bodies(scenario):
        server = start_byondpro(scenario)
        assert server.http.post("/sandbox/generate", json=wanted).json() == {
            "invoices": 40,
            "first": "INV-020001",
            "last": "INV-020040",
        }
        events = server.outbox(limit=1000)["events"]
        (tmp_path / "byondpro.sqlite").rename(tmp_path / "old.sqlite")
        for left in tmp_path.glob("byondpro.sqlite-*"):
            left.unlink()
        return [event["document"] for event in events]

    first = bodies("empty")
    assert bodies("empty") == first
    bad = [document for document in first if document["terms"]["code"] == "F48"]
    assert 0 < len(bad) < 40
    assert all(Decimal(document["amount"]) >= 2000 for document in bad)


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_fills_the_outbox_with_parents_first(start_byondpro, scenario):
    planted = SCENARIOS[scenario]
    feed = start_byondpro(scenario)
    documents = feed.documents()
    invoices = sum(not sale.quote for sale in planted.sales)
    assert len(documents) == invoices + len(planted.then)
    seen = set()
    for document in documents:
        parent = document["parent"]
        assert parent is None or (parent["entry_type"], parent["number"]) in seen
        seen.add((document["entry_type"], document["number"]))
    assert feed.documents() == documents


def test_an_unknown_scenario_names_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="all, clean, clump, credit, cvm, empty"):
        create_app(tmp_path / "x.sqlite", token="t", scenario="nope")


def test_a_second_life_knows_everything_and_adds_nothing(start_byondpro):
    first = start_byondpro()
    first.report("INV-010319", "failed", "2026-11-24T05:02:11Z", message="no")
    events = first.outbox(limit=1000)
    second = start_byondpro("clump")
    assert second.outbox(limit=1000) == events
    assert second.state()["INV-010319"]["message"] == "no"
