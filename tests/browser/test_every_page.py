"""Every page as every role, looked at: light and dark, wide and narrow, daemon there and away."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import httpx
import pytest
from filelock import FileLock, Timeout
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.bench.pages import measure
from tests.browser.axe import findings, listed, violations
from tests.browser.conftest import ARTEFACTS
from tests.hostile.planting import SITE, plant
from tests.system import HTTP, Up, up, wait_for

PAGES = {
    "overview": "/",
    "monitor": "/monitor?type=invoice",
    "document": "/document?id={failed}",
    "causes": "/causes",
    "checklist": "/checklist",
    "checklist_running": "/checklist?id={checklist}",
    "follow_up": "/follow_up",
    "setups": "/setups",
    "rules": "/rules",
    "playbooks": "/playbooks?type=terms_missing",
    "daemon": "/daemon",
    "how_it_works": "/how_it_works",
    "account": "/account",
}
ADMIN_PAGES = {"people": "/people", "audit": "/audit"}
#: Both schemes' colours and both widths' layouts; the other two pairs would tell nothing new.
AXE = {("light", 1440), ("dark", 390)}
#: Streamlit asks for its own health under the page's address first, and then at the root.
HARMLESS = re.compile(
    r"404 .*/(monitor|document|how_it_works|people|account)/_stcore/(health|host-config)"
)


@pytest.fixture(scope="module")
def iman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("pages"), "--speed", "20") as started:
        api = started.api()
        wait_for(lambda: len(api.get("/documents", state="failed")["rows"]) == 3)
        started.failed = api.document("INV-010319")["document"]["id"]
        begun = api.http.post(f"/causes/{api.get('/causes')[-1]['id']}/checklist", json={})
        started.checklist = begun.raise_for_status().json()["checklist_id"]
        yield started


def pages_for(role: str) -> dict[str, str]:
    return PAGES | (ADMIN_PAGES if role == "admin" else {})


def real_problems(problems: list[str]) -> list[str]:
    return [one for one in problems if not HARMLESS.search(one)]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_every_page(iman: Up, visit, scheme: str, width: int):
    person = visit(iman.ready["dashboard"], width=width, scheme=scheme)
    person.page.goto(iman.ready["dashboard"])
    person.keep_picture(f"sign_in-{scheme}-{width}")
    person.sign_in("admin")
    for name, path in pages_for("admin").items():
        # loaded anew once, for the front end takes longer than the page
        open_it = person.open if (scheme, width) == ("light", 1440) else person.go
        open_it(path.format(failed=iman.failed, checklist=iman.checklist))
        page = person.page
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if name == "overview":
            page.wait_for_selector(".js-plotly-plot .trace")
            page.wait_for_selector(".iman-week a")
        assert page.locator("[data-testid=stException]").count() == 0
        wide, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= shown, f"{name} scrolls sideways at {width}"
        if name == "monitor" and width == 390:  # of a phone's first screen
            row = page.locator(".st-key-card_list tbody tr").first.bounding_box()
            assert row is not None
            assert row["y"] < 700
        person.keep_picture(f"{name}-{scheme}-{width}")
        if name == "daemon" and width == 390:  # whether it is well, and when the queue is empty
            box = page.locator(".st-key-card_now").bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 900
        if (scheme, width) in AXE:
            page.mouse.move(0, 0)
            assert violations(page) == [], f"{name} {scheme} {width}"
            if name == "checklist_running":  # what is listed is still there to be listed
                assert {(one.rule, one.element) for one in findings(page)} == listed()
    assert real_problems(person.problems) == []


@pytest.mark.parametrize("role", ["manager", "support", "admin"])
def test_every_page_opens_for_everyone_who_may(iman: Up, visit, role: str):
    person = visit(iman.ready["dashboard"])
    person.sign_in(role)
    for path in pages_for(role).values():
        person.go(path.format(failed=iman.failed, checklist=iman.checklist))
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        assert person.page.locator("[data-testid=stException]").count() == 0
    links = person.page.get_by_role("link", name="People")
    assert links.count() == (1 if role == "admin" else 0)
    assert real_problems(person.problems) == []


class Newcomer:
    """Uses only what is to be seen, and counts the clicks from the first page."""

    def __init__(self, visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.clicks = 0

    def begin(self) -> None:
        self.visitor.open("/")
        expect(self.page.get_by_role("heading", name="Overview")).to_be_visible()
        self.clicks = 0

    def click(self, what, *, reruns: bool = True) -> None:
        expect(what).to_be_visible()
        self.clicks += 1
        with self.visitor.runs.rerun() if reruns else contextlib.nullcontext():
            what.click()

    def reads(self, where, *words: str) -> None:
        for one in words:
            expect(where).to_contain_text(one)
        assert self.clicks <= 3


def resynced_in_vain(iman: Up) -> None:
    """Somebody pressed Resync before F48 was put right."""
    api = iman.api()
    if not api.document("INV-010319")["resyncs"]:
        body = {"reason": "Trying again"}
        api.http.post(f"/documents/{iman.failed}/resync", json=body).raise_for_status()
    wait_for(lambda: api.state("INV-010319") == "failed")


def test_a_newcomer_finds(iman: Up, visit):
    """Each answer is within three clicks from the first page; recorded as tests/artefacts."""
    resynced_in_vain(iman)
    somebody = visit(iman.ready["dashboard"])
    somebody.context.tracing.start(screenshots=True, snapshots=True)
    somebody.sign_in("manager")
    newcomer = Newcomer(somebody)
    page, main = newcomer.page, newcomer.page.locator("[data-testid=stMain]")

    newcomer.begin()  # how much money is stuck
    worth = iman.api().get("/overview", hours=24)["failed_amount"]
    newcomer.reads(main, f"worth {float(worth):,.2f} AUD have failed", "Not in Sage 300 (AUD)")
    somebody.keep_picture("newcomer-money")

    newcomer.begin()  # the commonest cause this month
    newcomer.click(page.get_by_text("This month", exact=True))
    card = page.locator(".st-key-card_met")
    expect(card).to_contain_text("Which causes were the commonest this month?")
    commonest = iman.api().get("/met-causes", hours=24 * 30)["rows"][0]
    expect(card.locator(".iman-chart li").first).to_contain_text(commonest["entity"])
    newcomer.click(card.locator("summary"), reruns=False)
    newcomer.reads(card.get_by_role("row").nth(1), commonest["entity"])
    somebody.keep_picture("newcomer-commonest")

    newcomer.begin()  # booking 10319's error
    newcomer.click(page.get_by_role("link", name="Integration Monitor"))
    row = page.get_by_role("row").filter(has_text="10319")
    newcomer.reads(row, '1020 - Terms Code "F48" is not defined in A/R Terms')
    somebody.keep_picture("newcomer-error")

    newcomer.click(row.get_by_role("link", name="INV-010319"))  # who resynced it
    history = page.get_by_role("table", name="Resync history")
    newcomer.reads(history, "admin", "Trying again")
    somebody.keep_picture("newcomer-who")

    what = main.get_by_role("link", name=re.compile("remedy|checklist", re.I)).first
    newcomer.click(what)  # what to do about it
    newcomer.reads(main, "What is to be done about it?", "Add terms code F48 in Sage 300")
    somebody.keep_picture("newcomer-what-to-do")
    somebody.context.tracing.stop(path=ARTEFACTS / "newcomer.zip")
    assert real_problems(somebody.problems) == []


def test_a_bar_opens_the_rows_behind_it_and_they_can_be_saved(iman: Up, visit):
    person = visit(iman.ready["dashboard"])
    person.sign_in("manager")
    page = person.page
    bar = page.locator(".st-key-card_pareto .iman-chart a").first
    bar.wait_for()
    largest = iman.api().get("/open-errors")["rows"][0]
    with person.runs.rerun():
        bar.click()
    expect(page).to_have_url(re.compile(rf"/monitor\?.*entity={largest['entity']}"))
    expect(page.get_by_role("table", name="Documents")).to_contain_text(largest["entity"])
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    content = saved.value.path().read_text("utf-8-sig")
    assert f"entity {largest['entity']}" in content.splitlines()[1]
    assert content.count("INV-") >= largest["documents"]
    person.open("/")
    stack = page.locator(".st-key-card_trend .barlayer .point path >> visible=true").first
    stack.wait_for()
    with person.runs.rerun():
        stack.click(force=True)  # Plotly lays a pane over its bars, which takes the click
    expect(page).to_have_url(re.compile(r"/monitor\?.*since="))
    person.open("/")
    page.locator(".st-key-card_trend summary").click()
    with page.expect_download() as saved:
        page.locator(".st-key-export_failures").get_by_role("button", name="Excel").click()
    assert saved.value.suggested_filename.endswith(".xlsx")
    assert saved.value.path().read_bytes()[:2] == b"PK"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report").click()
        page.get_by_role("button", name="Save the report").click()
    assert "From byondpro to Sage 300" in saved.value.path().read_text("utf-8")
    assert real_problems(person.problems) == []


def test_the_bench_of_pages_sees_every_chart_of_the_overview(iman: Up, visit):
    """The same code as ``python -m tests.bench.pages``, on the dashboard that is running."""
    person = visit(iman.ready["dashboard"])
    person.sign_in("manager")
    page = measure.watched(person.context)
    whole = measure.first_look(page, iman.ready["dashboard"] + "/")
    assert whole.charts == 8
    found = measure.census(page)
    assert len(found["figures"]) == 1
    assert sum("iman-chart" in one for one in found["html"]) == 6
    assert found["selects"] == whole.widgets == 2
    measure.first_look(page, iman.ready["dashboard"] + "/how_it_works")
    assert measure.reached_after(page, "/", whole, back_to="/how_it_works") > 0


def test_a_list_is_kept_as_a_view_and_opened_by_its_link(iman: Up, visit):
    mia = visit(iman.ready["dashboard"])
    mia.sign_in("manager", to="/monitor?type=invoice&show=failed")
    page, heads = mia.page, mia.page.get_by_role("columnheader")
    expect(heads.filter(has_text="Terms")).to_have_count(1)
    page.get_by_role("button", name="Columns").click()
    choice = page.get_by_role("toolbar", name="Columns of the list")
    assert violations(page) == []
    choice.get_by_role("button", name="Terms").click()
    expect(heads.filter(has_text="Terms")).to_have_count(0)
    choice.get_by_role("button", name="Error type").click()
    expect(heads.filter(has_text="Error type")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name", exact=True).fill("Failed invoices")
    page.get_by_text("Everybody sees it").click()
    assert violations(page) == []
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("The view “Failed invoices” has been kept.")).to_be_visible()
    mia.keep_picture("view-kept")
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    assert "Error type" in saved.value.path().read_text("utf-8-sig").splitlines()[3]

    (view,) = iman.api().get("/views")
    page.set_viewport_size({"width": 390, "height": 844})
    mia.open(f"/monitor?view={view['id']}")
    expect(page.get_by_text("View: Failed invoices")).to_be_visible()
    expect(page).to_have_url(re.compile("show=failed"))
    expect(page.locator("td[data-label='Error type']").first).to_be_visible()
    assert real_problems(mia.problems) == []


def test_an_admin_lets_the_sandbox_misbehave_and_stops_it(iman: Up, visit):
    person = visit(iman.ready["dashboard"])
    person.sign_in("admin", to="/daemon")
    card = person.page.locator(".st-key-card_faults")
    card.get_by_role("button", name="Switch on").nth(1).click()
    expect(card.get_by_text("Slow answers: on.")).to_be_visible()
    switches = iman.api().get("/sandbox/faults")["switches"]
    assert [one["name"] for one in switches if one["on"]] == ["slow"]
    card.get_by_role("button", name="Switch all off").click()
    expect(card.get_by_text("All faults are off.")).to_be_visible()
    assert not any(one["on"] for one in iman.api().get("/sandbox/faults")["switches"])
    settings = person.page.locator(".st-key-card_settings")
    expect(settings.get_by_role("row").filter(has_text="sage_password")).to_contain_text("set")
    assert real_problems(person.problems) == []


def test_a_refresh_under_way_leaves_the_page_that_follows_alone(iman: Up, visit):
    """What the server says is held back until the page that is being left has ticked once more."""
    person = visit(iman.ready["dashboard"])
    person.sign_in("support")
    page = person.context.new_page()
    person.watch(page)
    held: list[bytes | str] = []
    ticks: list[str] = []
    browsers = []
    holding = False

    def through(browser) -> None:
        server = browser.connect_to_server()
        browsers.append(browser)

        def from_browser(message: bytes | str) -> None:
            if isinstance(message, bytes):
                asked = BackMsg.FromString(message).rerun_script
                if asked.is_auto_rerun:
                    ticks.append(asked.page_script_hash)
            server.send(message)

        browser.on_message(from_browser)
        server.on_message(
            lambda message: held.append(message) if holding else browser.send(message)
        )

    def until(what) -> None:
        end = time.monotonic() + 30
        while not what():
            assert time.monotonic() < end
            page.wait_for_timeout(50)  # lets Playwright hand over frames

    page.route_web_socket(re.compile("/_stcore/stream"), through)
    cause = iman.api().get("/causes")[0]["id"]
    page.goto(f"{iman.ready['dashboard']}/causes?id={cause}")
    start = page.get_by_role("button", name="Start the checklist")
    expect(start).to_be_enabled()
    until(lambda: ticks)
    holding = True
    start.click()
    until(lambda: any(begins_a_page(one) for one in held))  # the checklist's page has begun
    already = len(ticks)
    until(lambda: len(ticks) > already)
    holding = False
    for one in held:
        browsers[-1].send(one)
    expect(page.get_by_role("heading", name="Checklist", level=1)).to_be_visible()
    left = ticks[already]  # the new page refreshes itself, more than once
    until(lambda: len([one for one in ticks if one != left]) > 6)
    expect(page.get_by_role("heading", name="Checklist", level=1)).to_be_visible()
    assert real_problems(person.problems) == []


def begins_a_page(message: bytes | str) -> bool:
    if not isinstance(message, bytes):
        return False
    told = ForwardMsg.FromString(message)
    return told.WhichOneof("type") == "new_session" and not told.metadata.run.fragment_ids


def test_an_old_tab_loses_its_rights_soon_after_signing_out(iman: Up, visit):
    person = visit(iman.ready["dashboard"])
    person.sign_in("admin", to=f"/document?id={iman.failed}")
    old = person.page
    expect(old.get_by_role("button", name="Resync Invoice")).to_be_enabled()
    cookies = {one["name"]: one["value"] for one in person.context.cookies()}
    other = person.context.new_page()
    other.goto(iman.ready["dashboard"])
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(
        old.get_by_text(re.compile("sign(ed)? in|401|Connection error", re.I)).first
    ).to_be_visible(timeout=10_000)
    answer = httpx.get(
        iman.ready["dashboard"] + "/", cookies=cookies, headers={"accept": "text/html"},
        trust_env=False, timeout=10,
    )  # fmt: skip
    assert answer.status_code == 303


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask another process to stop politely")
def test_with_the_daemon_away_every_page_opens_and_says_so(iman: Up, visit):
    """Runs last but for what reads the ledger's file: the daemon is not started again."""
    person = visit(iman.ready["dashboard"])
    person.sign_in("admin")
    daemon_away(iman)
    for name, path in PAGES.items():
        person.go(path.format(failed=iman.failed, checklist=iman.checklist))
        page = person.page
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(
            page.get_by_text(re.compile("daemon has been away since", re.I)).first
        ).to_be_visible()
        assert page.locator("[data-testid=stException]").count() == 0
        person.keep_picture(f"away-{name}")
        if name == "document":
            expect(page.get_by_text("1020 - Terms Code").first).to_be_visible()
            expect(page.get_by_role("button", name="Resync Invoice")).to_be_disabled()
    late = visit(iman.ready["dashboard"])  # somebody who was not signed in
    late.sign_in("manager")
    expect(
        late.page.get_by_text(re.compile("daemon has been away since", re.I)).first
    ).to_be_visible()


@pytest.mark.skipif(os.name == "nt", reason="the daemon is away, as above")
def test_no_string_from_outside_means_anything_in_a_browser(iman: Up, visit):
    """All of them at once, in the ledger's file, which the dashboard reads while the daemon is
    away: nothing runs, nothing is asked of anybody, no page grows, and the words are there."""
    ledger = Path(tomllib.loads(Path(iman.ready["settings"]).read_text())["ledger"])
    with ThreadPoolExecutor(1) as apart:  # Playwright's event loop runs in this thread
        planted = apart.submit(plant, ledger).result()
    person = visit(iman.ready["dashboard"])
    page = person.page
    page.on("dialog", lambda dialog: person.problems.append(f"dialog: {dialog.message}"))
    person.sign_in("admin")
    read: dict[str, set[str]] = {"Customer, site": set(), "second": set(), "error": set()}
    pages = -(-len(planted.customers) // 25)
    for number in range(1, pages + 1):
        person.open(f"/monitor?type=invoice&site={SITE}&show=open&page={number}")
        expect(page.get_by_role("table", name="Documents")).to_be_visible()
        for where, texts in read.items():
            texts.update(page.evaluate(_TEXTS, where))
        stays_in_place(page)
    assert set(planted.customers) <= read["Customer, site"]
    assert set(planted.terms) - {""} <= read["second"]
    assert {f"1020 - {one}" for one in planted.errors if one.strip()} <= read["error"]
    person.keep_picture("hostile-monitor-1440")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (
        f"/monitor?type=invoice&site={SITE}&show=open&page={pages}",
        f"/document?id={planted.document}",
        f"/checklist?id={planted.checklist}",
        "/audit",
    ):  # fmt: skip
        person.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        stays_in_place(page)
        person.keep_picture(f"hostile-{re.sub('[^a-z]+', '-', path)}-390")
    assert real_problems(person.problems) == []


#: The texts of one column's cells, or of what Sage 300 said.
_TEXTS = """where => where !== "Customer, site"
    ? [...document.querySelectorAll(where === "error" ? ".iman-error" : "td small")]
        .map(one => one.textContent)
    : [...document.querySelectorAll("td")].filter(one => one.dataset.label === where)
        .map(one => one.firstElementChild?.firstChild?.textContent ?? "")"""


def stays_in_place(page) -> None:
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.title().endswith("Iman")
    wide, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= shown, f"{page.url} scrolls sideways"


@pytest.mark.skipif(os.name == "nt", reason="the daemon is away, as above")
def test_no_secret_stands_in_anything_a_running_system_wrote(iman: Up):
    """But in the settings file, which only its owner may read."""
    daemon_away(iman)
    settings = Path(iman.ready["settings"])
    held = tomllib.loads(settings.read_text())
    planted = [held["byondpro_token"], held["sage_password"]]
    login = f"{held['sage_user']}:{held['sage_password']}".encode()
    planted += [
        base64.b64encode(login).decode(),
        *(one.http.headers["authorization"].split()[1] for one in iman.apis),
    ]
    passwords = [one["password"] for one in iman.ready["sign_ins"]]
    with ThreadPoolExecutor(1) as apart:
        written = apart.submit(everything, Path(held["ledger"])).result()
    for path in settings.parent.rglob("*"):
        if path.is_file() and path != settings:
            written[str(path)] = path.read_bytes().decode("utf-8", "replace")
    for process in iman.ready["processes"].values():
        with contextlib.suppress(OSError):
            written[f"arguments of {process}"] = Path(f"/proc/{process}/cmdline").read_text()
    assert len(written) > 20
    for place, words in written.items():
        assert not [one for one in planted if one in words], place
        if "ledger" in place or "log" in place:
            assert not [one for one in passwords if one in words], place
    assert settings.stat().st_mode & 0o077 == 0 or os.name == "nt"


def everything(ledger: Path) -> dict[str, str]:
    """Every table in words: the file itself is compressed."""
    with duckdb.connect(str(ledger), read_only=True) as conn:
        names = [
            row[0] for row in conn.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        ]
        return {f"ledger, {name}": repr(conn.execute(f"FROM {name}").fetchall()) for name in names}


def daemon_away(iman: Up) -> None:
    """It is not started again."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(iman.ready["processes"]["daemon"], signal.SIGTERM)
    wait_for(lambda: not answers(iman.ready["api"] + "/api/v1/health"))
    lock = FileLock(iman.ready["settings"].replace("iman.toml", "ledger.duckdb.lock"))
    wait_for(lambda: takes(lock))


def takes(lock: FileLock) -> bool:
    with contextlib.suppress(Timeout), lock.acquire(timeout=0):
        return True
    return False


def answers(url: str) -> bool:
    try:
        return HTTP.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
