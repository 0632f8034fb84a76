"""The guide's two remedies, two people on one checklist, and the clump: all by hand in a browser.

What a person does is done on the pages; the API is only asked what came of it. The tests of one
system stand in their order, and each takes the failed document that it is about.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import USUALLY, Visitor
from tests.system import Up, up, wait_for

pytestmark = pytest.mark.browser
F48, GL_6030, F36 = "INV-010319", "INV-010324", "INV-010331"
VALID, INVALID = "Valid sales set-up", "Invalid sales set-up"
#: Seconds for what the page shows by itself: the machine may be doing much else.
PATIENCE = 60_000


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=USUALLY)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Where the set-ups are right and Sage 300 lacks them."""
    with up(tmp_path_factory.mktemp("right"), "--speed", "20") as started:
        yield started


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Where nobody should have used them."""
    with up(tmp_path_factory.mktemp("wrong"), "--speed", "20") as started:
        yield started


@pytest.fixture
def clump(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("clump")
    with up(folder, "--speed", "20", "--scenario", "clump") as started:
        yield started


@pytest.fixture
def visit(visit: Any) -> Iterator[Any]:
    """As everywhere; what went wrong in the browsers is told where a test fails."""
    people: list[Visitor] = []

    def new(base: str) -> Visitor:
        people.append(visit(base))
        return people[-1]

    yield new
    for problem in (one for person in people for one in person.problems):
        print(problem)  # noqa: T201 -- pytest shows it with the failure


# -- what people do -------------------------------------------------------------------------------


def left_failed(iman: Up, number: str) -> None:
    api = iman.api()
    wait_for(lambda: api.state(number) == "failed", seconds=120)


def sign_in(person: Visitor, name: str, to: str) -> Page:
    page = person.page
    page.goto(person.base + to)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(f"{name}-demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def from_the_document(person: Visitor, number: str) -> Page:
    """From the failed document in the monitor to a checklist for what lies underneath."""
    page = sign_in(person, "admin", "/monitor?type=invoice")
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("Failed")
    row.get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", name="Where it comes from")).to_be_visible()
    page.get_by_role("link", name="Start the checklist").click()
    expect(page.get_by_role("heading", name="What it holds up")).to_be_visible()
    page.get_by_role("button", name="Start the checklist").click()
    expect(page.get_by_role("heading", name="Checklist", exact=True)).to_be_visible()
    return page


def choose(page: Page, way: str, why: str) -> None:
    page.get_by_label("Why is it this one?").fill(why)
    page.get_by_role("button", name=f"Choose this way: {way}").click()
    said = re.compile(f"Chosen by admin at .*: {re.escape(why)}")
    expect(page.get_by_text(said).first).to_be_visible()


def pick(page: Page, option: str) -> None:
    page.get_by_text(option, exact=True).click()
    expect(page.get_by_role("radio", name=option, checked=True)).to_have_count(1)
    # drawn where it stands now and, until the run ends, where it stood before
    expect(page.get_by_role("radio", name=option)).to_have_count(1)


def tick_of(page: Page, number: int, what: str, **state: bool) -> Locator:
    """Counted, never taken for the only one: while the page is drawn anew it may stand twice."""
    name = re.compile(f"Step {number} is done:? {what}$")
    return page.get_by_role("checkbox", name=name, **state)


def verified(page: Page, number: int, what: str, evidence: str) -> None:
    """Iman ticked it by itself, and says on what ground."""
    expect(tick_of(page, number, what, checked=True)).to_have_count(1, timeout=PATIENCE)
    said = re.compile(f"Verified by Iman at .*: .*{re.escape(evidence)}")
    expect(page.get_by_text(said).first).to_be_visible()


def still_locked(page: Page, number: int, what: str) -> None:
    expect(tick_of(page, number, what, disabled=True)).to_have_count(1)


def release(page: Page, offer: str, why: str) -> None:
    page.get_by_role("button", name=offer).click()
    page.get_by_label("Reason", exact=True).fill(why)
    page.get_by_role("button", name=offer).last.click()
    expect(page.get_by_text(re.compile(f"admin at .*: {re.escape(why)}")).first).to_be_visible()


def keep_picture(person: Visitor, name: str) -> None:
    """Of the whole checklist: the page scrolls inside itself."""
    person.page.set_viewport_size({"width": 1440, "height": 2600})
    person.keep_picture(name)


def finished(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Everything is done.").first).to_be_visible(
        timeout=PATIENCE
    )


@contextlib.contextmanager
def elsewhere(visit: Any, iman: Up, system: str, path: str) -> Iterator[Page]:
    """Somebody at another system, with a browser of their own."""
    page = visit(iman.ready[system]).page
    page.goto(iman.ready[system] + path)
    yield page
    page.close()


def add_term(visit: Any, iman: Up, code: str) -> None:
    with elsewhere(visit, iman, "sage300", "/terms") as sage:
        sage.get_by_role("textbox", name="Terms Code").fill(code)
        sage.get_by_role("textbox", name="Description").fill("48 Month Repayment Plan")
        sage.get_by_role("button", name="Add terms code").click()
        expect(sage.get_by_role("button", name=f"Inactivate {code}")).to_be_visible()


def add_account(visit: Any, iman: Up, account: str) -> None:
    with elsewhere(visit, iman, "sage300", "/accounts") as sage:
        sage.get_by_role("textbox", name="Account Number").fill(account)
        sage.get_by_role("textbox", name="Description").fill("Memorials, Highview")
        sage.get_by_role("button", name="Add account").click()
        expect(sage.get_by_role("button", name=f"Inactivate {account}")).to_be_visible()


def switch(visit: Any, iman: Up, system: str, path: str, button: str) -> None:
    """Press *Inactivate* or *Activate* of a code; it then offers the opposite."""
    verb, code = button.split()
    opposite = {"Inactivate": "Activate", "Activate": "Inactivate"}[verb]
    with elsewhere(visit, iman, system, path) as page:
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("button", name=f"{opposite} {code}", exact=True)).to_be_visible()


def credit(visit: Any, iman: Up, number: str) -> str:
    """A credit note for that invoice; its number."""
    with elsewhere(visit, iman, "byondpro", f"/invoices/{number}") as page:
        page.get_by_role("button", name="Create Credit Note").click()
        page.wait_for_url("**/credit-notes/*")
        return page.url.rpartition("/")[2]


def reinvoice(visit: Any, iman: Up, note: str, term: str) -> str:
    with elsewhere(visit, iman, "byondpro", f"/credit-notes/{note}") as page:
        page.get_by_label("Terms", exact=True).select_option(term)
        page.get_by_role("button", name="Re-invoice").click()
        page.wait_for_url("**/invoices/*")
        return page.url.rpartition("/")[2]


# -- what came of it ------------------------------------------------------------------------------


def in_sage_once(iman: Up, *numbers: str) -> None:
    """Each is synced, byondpro says so too, and Sage 300 has it once."""
    api = iman.api()
    for number in numbers:
        wait_for(lambda number=number: api.state(number) == "synced")
        document = lambda number=number: api.document(number)["document"]  # noqa: E731
        wait_for(lambda document=document: document()["erp_sync_status"] == "processed")
    with httpx.Client(base_url=iman.ready["sage300"], trust_env=False, timeout=30) as http:
        page = http.get("/documents").raise_for_status().text
    assert {number: page.count(f">{number}<") for number in numbers} == dict.fromkeys(numbers, 1)


def checklist_of(iman: Up, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = iman.api().get(f"/checklists/{page.url.rpartition('=')[2]}")
    return found


def all_by_probe(iman: Up, page: Page, *steps: str) -> None:
    """Exactly these steps belonged to the way chosen, and Iman itself ticked each of them."""
    view = checklist_of(iman, page)
    assert view["phase"] == "complete"
    assert "unticked" not in {one["kind"] for one in view["history"]}
    wanted = {one["id"]: one for one in view["steps"] if one["state"] != "not_needed"}
    assert {name: (one["state"], one["how"]) for name, one in wanted.items()} == dict.fromkeys(
        steps, ("done", "probe")
    )


# -- valid set-up ---------------------------------------------------------------------------------


def test_a_term_that_is_right_is_added_and_the_invoice_released(right: Up, visit):
    left_failed(right, F48)
    admin = visit(right.ready["dashboard"])
    page = from_the_document(admin, F48)
    expect(
        page.get_by_role("status").filter(has_text="right for this cemetery?").first
    ).to_be_visible()
    choose(page, VALID, "Offered since March.")
    still_locked(page, 2, "resync")
    add_term(visit, right, "F48")
    verified(page, 1, "add in sage", "Sage 300 has terms code F48")
    release(page, "Resync 1 document", "F48 is there now")
    verified(page, 2, "resync", f"{F48} is through.")
    finished(page)
    keep_picture(admin, "remedy-f48-valid")
    in_sage_once(right, F48)
    all_by_probe(right, page, "add-in-sage", "resync")


def test_an_account_that_is_right_is_added_and_the_invoice_released(right: Up, visit):
    left_failed(right, GL_6030)
    admin = visit(right.ready["dashboard"])
    page = from_the_document(admin, GL_6030)
    choose(page, VALID, "Memorials of Highview belong there.")
    still_locked(page, 2, "resync")
    add_account(visit, right, "6030")
    verified(page, 1, "add in sage", "Sage 300 has G/L account 6030")
    release(page, "Resync 1 document", "6030 is there now")
    verified(page, 2, "resync", f"{GL_6030} is through.")
    finished(page)
    keep_picture(admin, "remedy-6030-valid")
    in_sage_once(right, GL_6030)
    all_by_probe(right, page, "add-in-sage", "resync")


# -- two people -----------------------------------------------------------------------------------


def overrule(page: Page, number: int, what: str, why: str) -> None:
    """Open *More* of that step, give the reason, and stop short of the last press."""
    step = page.get_by_text(re.compile(rf"^{number}\. ")).locator("xpath=ancestor::*[.//button][1]")
    step.get_by_role("button", name="More").click()
    page.get_by_label("Reason", exact=True).fill(why)


def test_two_people_on_one_checklist_lose_no_tick_and_no_note(right: Up, visit):
    left_failed(right, F36)
    admin, support = (visit(right.ready["dashboard"]) for _ in range(2))
    page = from_the_document(admin, F36)
    choose(page, INVALID, "Nobody offers 36 months.")
    theirs = sign_in(support, "support", page.url.removeprefix(support.base))
    expect(theirs.get_by_text("Nobody offers 36 months.").first).to_be_visible()

    # the second sees what the first does within seconds, without touching anything
    pick(page, "No: leave the invoice as it is")
    no = theirs.get_by_role("radio", name="No: leave the invoice as it is", checked=True)
    expect(no).to_have_count(1, timeout=PATIENCE)

    # two notes at once, one of them half typed while the other one comes in
    page.get_by_label("Add a note").fill("Finance was told.")
    theirs.get_by_label("Add a note").fill("The family was rung up.")
    page.get_by_role("button", name="Save the note").click()
    expect(theirs.get_by_text("Finance was told.").first).to_be_visible(timeout=PATIENCE)
    expect(theirs.get_by_label("Add a note")).to_have_value("The family was rung up.")
    theirs.get_by_role("button", name="Save the note").click()
    for one in (page, theirs):
        for words in ("Finance was told.", "The family was rung up."):
            expect(one.get_by_text(words).first).to_be_visible(timeout=PATIENCE)

    # the same note, edited by both: what one has half typed stays, with the other's words beside it
    for one, words in ((theirs, "It was rung up twice."), (page, "It was rung up at noon.")):
        note = one.get_by_text("The family was rung up.")
        note.locator("xpath=ancestor::*[.//button][1]").get_by_role("button", name="Edit").click()
        one.get_by_label("The note").fill(words)
    page.get_by_role("button", name="Save the change").click()
    expect(theirs.get_by_text("admin has changed this note meanwhile").first).to_be_visible(
        timeout=PATIENCE
    )
    expect(theirs.get_by_label("The note")).to_have_value("It was rung up twice.")
    expect(theirs.get_by_text("It was rung up at noon.").last).to_be_visible()
    theirs.get_by_role("button", name="Replace it with mine").click()
    for one in (page, theirs):
        expect(one.get_by_text("It was rung up twice.").first).to_be_visible(timeout=PATIENCE)
    expect(theirs.get_by_label("The note")).to_be_hidden()

    switch(visit, right, "sage300", "/terms", "Activate F36")
    verified(page, 1, "create on purpose", "Sage 300 has terms code F36")
    release(page, "Resync 1 document", "F36 is active for now")
    for one in (page, theirs):
        verified(one, 2, "resync", f"{F36} is through.")

    # two ticks at once, each on its person's word
    overrule(page, 3, "inactivate in sage", "Finance does it tonight.")
    overrule(theirs, 4, "inactivate in byondpro", "I asked for it.")
    page.get_by_role("button", name="Tick with this reason").click()
    theirs.get_by_role("button", name="Tick with this reason").click()
    for one in (page, theirs):
        finished(one)
        for number, what, who, why in (
            (3, "inactivate in sage", "admin", "Finance does it tonight."),
            (4, "inactivate in byondpro", "support", "I asked for it."),
        ):
            expect(tick_of(one, number, what, checked=True)).to_have_count(1)
            said = re.compile(f"Ticked by {who} at .*, on their word: {re.escape(why)}")
            expect(one.get_by_text(said).first).to_be_visible()
        for words in ("Finance was told.", "It was rung up twice."):
            expect(one.get_by_text(words).first).to_be_visible()
    keep_picture(admin, "remedy-two-people")
    view = checklist_of(right, page)
    assert "unticked" not in {one["kind"] for one in view["history"]}
    assert [(one["by"], one["text"]) for one in view["notes"]] == [
        ("admin", "Finance was told."), ("support", "It was rung up twice."),
    ]  # fmt: skip


# -- invalid set-up -------------------------------------------------------------------------------


def test_a_wrong_term_is_let_through_credited_inactivated_and_re_invoiced(wrong: Up, visit):
    left_failed(wrong, F48)
    admin = visit(wrong.ready["dashboard"])
    page = from_the_document(admin, F48)
    choose(page, INVALID, "Nobody here offers 48 months.")
    pick(page, "Yes: credit and re-invoice")
    still_locked(page, 4, "inactivate in sage")
    add_term(visit, wrong, "F48")
    verified(page, 1, "create on purpose", "Sage 300 has terms code F48")
    release(page, "Resync 1 document", "Let through with the wrong term")
    verified(page, 2, "resync", f"{F48} is through.")

    for number, what in ((4, "inactivate in sage"), (5, "inactivate in byondpro")):
        still_locked(page, number, what)
    note = credit(visit, wrong, F48)
    verified(page, 3, "credit note", note)
    switch(visit, wrong, "sage300", "/terms", "Inactivate F48")
    verified(page, 4, "inactivate in sage", "Terms code F48 is inactive in Sage 300.")
    switch(visit, wrong, "byondpro", "/terms/F48", "Inactivate F48")
    verified(page, 5, "inactivate in byondpro", "Term F48 is inactive in byondpro.")
    again = reinvoice(visit, wrong, note, "F24")
    verified(page, 6, "re invoice", again)
    finished(page)
    keep_picture(admin, "remedy-f48-invalid")
    in_sage_once(wrong, F48, note, again)
    all_by_probe(
        wrong, page, "create-on-purpose", "resync", "credit-note", "inactivate-in-sage",
        "inactivate-in-byondpro", "re-invoice",
    )  # fmt: skip


def test_a_wrong_account_is_credited_the_category_corrected_and_re_invoiced(wrong: Up, visit):
    left_failed(wrong, GL_6030)
    admin = visit(wrong.ready["dashboard"])
    page = from_the_document(admin, GL_6030)
    choose(page, INVALID, "Memorials belong on 4700.")
    pick(page, "A credit note, then re-invoice")
    account = page.get_by_label("Which account should the category carry instead")
    account.fill("4700")
    account.press("Enter")
    add_account(visit, wrong, "6030")
    verified(page, 1, "create on purpose", "Sage 300 has G/L account 6030")
    release(page, "Resync 1 document", "Let through on the wrong account")
    verified(page, 2, "resync", f"{GL_6030} is through.")
    note = credit(visit, wrong, GL_6030)
    verified(page, 3, "credit note", note)
    switch(visit, wrong, "sage300", "/accounts?search=6030", "Inactivate 6030")
    verified(page, 4, "inactivate in sage", "G/L account 6030 is inactive in Sage 300.")
    with elsewhere(visit, wrong, "byondpro", "/categories/600") as category:
        category.get_by_label("GL revenue", exact=True).fill("4700")
        category.get_by_role("button", name="Save GL revenue").click()
        expect(category.get_by_label("GL revenue", exact=True)).to_have_value("4700")
    verified(page, 5, "correct category", "now carries account 4700.")
    again = reinvoice(visit, wrong, note, "IMM")
    verified(page, 6, "re invoice", again)
    finished(page)
    keep_picture(admin, "remedy-6030-invalid")
    in_sage_once(wrong, GL_6030, note, again)
    all_by_probe(
        wrong, page, "create-on-purpose", "resync", "credit-note", "inactivate-in-sage",
        "correct-category", "re-invoice",
    )  # fmt: skip


# -- the clump ------------------------------------------------------------------------------------


def test_a_clump_is_one_cause_one_checklist_one_release(clump: Up, visit):
    api = clump.api()
    wait_for(lambda: api.get("/documents", state="failed", limit=100)["total"] == 25, seconds=120)
    admin = visit(clump.ready["dashboard"])
    page = sign_in(admin, "admin", "/causes")
    causes = page.get_by_role("region", name="What lies underneath, and who looks after it?")
    expect(causes.get_by_role("row")).to_have_count(2)  # its head, and the one
    expect(causes.get_by_role("row").last).to_contain_text("6030")
    expect(causes.get_by_role("row").last).to_contain_text("77,500.00")
    causes.get_by_role("link", name="Start the checklist").click()
    page.get_by_role("button", name="Start the checklist").click()
    choose(page, VALID, "Memorials of Highview belong there.")
    add_account(visit, clump, "6030")
    verified(page, 1, "add in sage", "Sage 300 has G/L account 6030")
    release(page, "Resync all 25 documents (77,500.00", "6030 is there now")
    verified(page, 2, "resync", "All 25 documents are through.")
    finished(page)
    expect(page.get_by_text("25 of 25 synced").first).to_be_visible(timeout=PATIENCE)
    results = page.get_by_role("region", name="Result for each document")
    expect(results.get_by_role("row").filter(has_text="Synced")).to_have_count(25)
    keep_picture(admin, "remedy-clump")
    in_sage_once(clump, *(f"INV-0104{number:02}" for number in range(1, 26)))
    all_by_probe(clump, page, "add-in-sage", "resync")
    actions = [one["action"] for one in api.get("/audit", limit=500)["rows"]]
    assert (actions.count("release"), actions.count("release_done")) == (1, 1)
    page.goto(admin.base + "/causes")
    expect(page.get_by_text("Nothing lies underneath").first).to_be_visible()
