"""The story that must always work, on the guide's own clock and in a real browser.

One ``iman up`` on default settings serves the whole module, in the order the tests stand.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import expect

from tests.system import HTTP, Up, up, wait_for

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.browser,
]
F48, GL_6030, F36 = "INV-010319", "INV-010324", "INV-010331"
#: What the clock's own precision may add to a wait: taking up the document and the commit.
SLACK = 1.0


@pytest.fixture(scope="module")
def iman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("reference")) as started:
        yield started


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_booking_10319_is_tried_five_times_on_the_guides_clock_and_then_left_alone(iman: Up):
    api = iman.api()
    first = wait_for(lambda: (api.document(F48) or {}).get("attempts"), seconds=30)
    first = wait_for(
        lambda: next((a for a in api.document(F48)["attempts"] if a["ended_at"]), None), seconds=30
    )
    readable_after = (datetime.now(UTC) - moment(first["ended_at"])).total_seconds()
    assert first["error_text"] == 'Terms Code "F48" is not defined in A/R Terms'
    assert first["error_code"] == "1020"
    # The system was up before this test could look; the figure matters when it is fresh.
    seen = api.document(F48)["document"]
    assert (seen["attempt"], seen["max_attempts"]) == (first["number"], 5) or seen["attempt"] > 1
    assert readable_after < 30

    wait_for(lambda: api.state(F48) == "failed", seconds=140, every=0.2)
    attempts = api.document(F48)["attempts"]
    starts = [moment(one["started_at"]) for one in attempts]
    ends = [moment(one["ended_at"]) for one in attempts]
    assert [one["number"] for one in attempts] == [1, 2, 3, 4, 5]
    for ended, started in zip(ends, starts[1:], strict=False):
        assert 15.0 <= (started - ended).total_seconds() <= 25.0 + SLACK
    assert (ends[-1] - starts[0]).total_seconds() < 120.0

    failed_at = time.monotonic()
    while time.monotonic() - failed_at < 60:  # that nothing happens can only be seen by waiting
        assert len(api.document(F48)["attempts"]) == 5
        time.sleep(2)


def test_an_error_is_readable_within_five_seconds_of_happening(iman: Up):
    """A new sale with a terms code Sage 300 does not know, watched from outside."""
    api = iman.api()
    wait_for(lambda: len(numbers(api)) >= 16, seconds=30)  # what the sandbox begins with
    before = set(numbers(api))
    sell_with_missing_account(iman)

    def newest():
        fresh = set(numbers(api)) - before
        found = [api.document(number) for number in fresh]
        tried = [one for one in found if one["document"]["attempt"]]
        return tried[0] if tried else None

    found = wait_for(newest, seconds=30, every=0.1)
    happened = moment(found["attempts"][0]["ended_at"])
    assert (datetime.now(UTC) - happened).total_seconds() < 5
    assert found["document"]["attempt"] == 1
    assert found["document"]["error_code"] == "1000"


@pytest.mark.parametrize("name", ["manager", "support"])
def test_nobody_else_can_resync(iman: Up, visit, name: str):
    admin = iman.api()
    failed = wait_for(
        lambda: admin.get("/documents", state="failed", limit=1)["rows"], seconds=150
    )[0]
    somebody = visit(iman.ready["dashboard"])
    somebody.sign_in(name, to=f"/document?id={failed['id']}")
    page = somebody.page
    expect(page.get_by_role("heading", name=failed["number"])).to_be_visible()
    buttons = page.get_by_role("button", name="Resync")
    for place in range(buttons.count()):
        expect(buttons.nth(place)).to_be_disabled()

    theirs = iman.api(name)
    refused = theirs.http.post(f"/documents/{failed['id']}/resync", json={})
    assert refused.status_code == 403
    assert refused.json()["error"] == "not_allowed"
    newest = admin.get("/audit", limit=20)["rows"]
    assert any(
        (event["who"], event["action"], event["allowed"]) == (name, "resync", False)
        for event in newest
    )


def test_f48_from_the_monitor_to_byondpro_to_sage_and_back(iman: Up, visit):
    left_failed(iman, F48)
    admin = visit(iman.ready["dashboard"])
    page = admin.page
    admin.sign_in("admin")
    with admin.runs.rerun():
        page.get_by_role("link", name="Integration Monitor").click()
    expect(page.get_by_role("heading", name="Integration Monitor")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="10319")
    expect(row).to_contain_text("1020 - Terms Code")
    expect(row).to_contain_text("48 Month Repayment Plan")
    expect(row).to_contain_text("attempt 5 of 5")

    with admin.context.expect_page() as opened:
        row.get_by_role("link", name="10319", exact=False).first.click()
    booking = opened.value
    admin.watch(booking)
    expect(booking).to_have_url(f"{iman.ready['byondpro']}/bookings/10319")
    booking.get_by_role("link", name="Sales", exact=True).click()
    booking.get_by_role("link", name="SO-010319").click()
    expect(booking.get_by_text("48 Month Repayment Plan").first).to_be_visible()
    expect(booking.get_by_text("Sync failed").first).to_be_visible()

    booking.goto(f"{iman.ready['sage300']}/terms")
    booking.get_by_role("textbox", name="Terms Code").fill("F48")
    booking.get_by_role("textbox", name="Description").fill("48 Month Repayment Plan")
    booking.get_by_role("button", name="Add terms code").click()
    booking.close()

    with admin.runs.rerun():
        row.get_by_role("link", name=F48).click()
    resync(page, "F48 added in A/R Terms")
    pressed = time.monotonic()
    expect(page.get_by_text("The resync has been started.")).to_be_visible()
    expect(
        page.locator("[data-testid=stMain]").get_by_text("Synced", exact=True).first
    ).to_be_visible(timeout=10_000)
    assert time.monotonic() - pressed < 10
    shown_in_byondpro(iman, visit, F48, "Processed")
    assert in_sage(iman)[F48] == 1
    assert not admin.problems
    admin.keep_picture("document-synced")

    api = iman.api()
    assert api.document(F48)["resyncs"][-1] | {"id": 0, "at": ""} == {
        "id": 0, "at": "", "by": "admin", "origin": "dashboard", "round": 2, "result": "synced",
        "reason": "F48 added in A/R Terms",
    }  # fmt: skip


def test_account_6030_likewise(iman: Up, visit):
    left_failed(iman, GL_6030)
    admin = visit(iman.ready["dashboard"])
    page = admin.page
    admin.sign_in("admin", to="/monitor?type=invoice")
    row = page.get_by_role("row").filter(has_text="10324")
    expect(row).to_contain_text("1000 - G/L account 6030 is not defined in General Ledger")
    finance = admin.context.new_page()
    finance.goto(f"{iman.ready['sage300']}/accounts")
    finance.get_by_role("textbox", name="Account Number").fill("6030")
    finance.get_by_role("textbox", name="Description").fill("Memorials, Highview")
    finance.get_by_role("button", name="Add account").click()
    finance.close()
    with admin.runs.rerun():
        row.get_by_role("link", name=GL_6030).click()
    resync(page, "")
    expect(
        page.locator("[data-testid=stMain]").get_by_text("Synced", exact=True).first
    ).to_be_visible(timeout=10_000)
    shown_in_byondpro(iman, visit, GL_6030, "Processed")
    assert in_sage(iman)[GL_6030] == 1


def test_byondpros_own_resync_button_does_the_same(iman: Up, visit):
    api = iman.api()
    wait_for(lambda: api.state(F36) == "failed", seconds=150)
    clerk = visit(iman.ready["byondpro"])
    page = clerk.page
    page.goto(f"{iman.ready['sage300']}/terms")
    page.get_by_role("button", name="Activate F36").click()
    page.goto(f"{iman.ready['byondpro']}/invoices/{F36}")
    page.get_by_role("button", name="Resync Invoice").click()
    expect(page.get_by_text("The resync has been started.")).to_be_visible()
    pressed = time.monotonic()
    wait_for(lambda: api.state(F36) == "synced", seconds=10)
    shown_in_byondpro(iman, visit, F36, "Processed")
    assert time.monotonic() - pressed < 15
    assert in_sage(iman)[F36] == 1
    asked = api.document(F36)["resyncs"][-1]
    assert (asked["by"], asked["origin"], asked["result"]) == ("jo.clark", "byondpro", "synced")


def numbers(api) -> list[str]:
    return [row["number"] for row in api.get("/documents", limit=1000)["rows"]]


def sell_with_missing_account(iman: Up) -> None:
    """As a member of staff at byondpro's *New sale* page would: M-6000 at Highview needs 6030."""
    sale = {
        "site": "HGH", "customer": "HGH-004512", "term": "IMM", "item": "M-6000", "invoice": "yes",
    }  # fmt: skip
    with httpx.Client(base_url=iman.ready["byondpro"], trust_env=False, timeout=20) as http:
        http.post("/new-sale", data=sale, follow_redirects=True).raise_for_status()


def left_failed(iman: Up, number: str) -> None:
    api = iman.api()
    wait_for(lambda: api.state(number) == "failed", seconds=150, every=0.3)


def resync(page, reason: str) -> None:
    page.get_by_role("button", name="Resync Invoice").click()
    if reason:
        page.get_by_label("Reason (optional)").fill(reason)
    page.get_by_role("button", name="Start the resync").click()


def shown_in_byondpro(iman: Up, visit, number: str, status: str) -> None:
    page = visit(iman.ready["byondpro"]).page
    address = f"{iman.ready['byondpro']}/invoices/{number}"
    wait_for(lambda: status in page.goto(address).text(), seconds=15, every=0.3)


def in_sage(iman: Up) -> dict[str, int]:
    page = HTTP.get(f"{iman.ready['sage300']}/documents").text
    return {number: page.count(f">{number}<") for number in (F48, GL_6030, F36)}
