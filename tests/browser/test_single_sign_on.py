"""Single sign-on as a person does it: a real provider, a real daemon, a real browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.dashboard.conftest import clean_environment, process
from tests.single_sign_on.conftest import RunningProvider, by_http, running_provider
from tests.single_sign_on.provider import CLIENT, SECRET
from tests.system import Bench, bench, free_ports

GROUPS = """[{"group": "Iman admins", "role": "admin"},
 {"group": "Iman managers", "role": "manager"},
 {"group": "HGH clerks", "role": "support", "sites": ["HGH"]}]"""


@dataclass
class Iman:
    url: str
    bench: Bench
    provider: RunningProvider
    logs: list[Path]
    secret: Path


@pytest.fixture(scope="module")
def iman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iman]:
    folder = tmp_path_factory.mktemp("sso")
    url = f"http://127.0.0.1:{free_ports(1)}"
    secret = folder / "client-secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    with ExitStack() as stack:
        provider = stack.enter_context(running_provider(folder, url + "/oauth2callback"))
        both = {
            "IMAN_OIDC_ISSUER": provider.url, "IMAN_OIDC_CLIENT_ID": CLIENT,
            "IMAN_OIDC_NAME": "Hillside <ID>",
        }  # fmt: skip
        made = stack.enter_context(bench(folder, **both, IMAN_OIDC_GROUPS=GROUPS))
        made.start_daemon()
        env = clean_environment(
            **both,
            IMAN_OIDC_CLIENT_SECRET=f"file:{secret}",
            IMAN_API_URL=made.api_url,
            IMAN_DASHBOARD_PORT=url.rsplit(":", 1)[1],
            IMAN_LEDGER=str(made.ledger),
        )
        log = folder / "app.log"
        stack.enter_context(process([sys.executable, "app.py"], url, env, log))
        yield Iman(url, made, provider, [log, folder / "daemon.log"], secret)


def go_there(person, iman: Iman, name: str, *, to: str = "/") -> None:
    """The form, the provider's page, and back."""
    person.page.goto(iman.url + to)
    person.page.get_by_role("link", name="Sign in with Hillside <ID>").click()
    expect(person.page.get_by_role("heading", name="Who are you?")).to_be_visible()
    person.page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "role", "may", "may_not"),
    [
        ("olga", "Admin", "Audit", None),
        ("max", "Manager", "Overview", "Audit"),
        ("sara", "Support · Site HGH", "Checklists", "People"),
    ],
)
def test_each_role_signs_in_through_the_provider_and_out_of_both(
    iman: Iman, visit, name: str, role: str, may: str, may_not: str | None
):
    iman.provider.asked()
    person = visit(iman.url)
    page = person.page
    with person.runs.rerun():
        go_there(person, iman, name, to="/account?x=1")
    expect(page).to_have_url(iman.url + "/account?x=1")  # the page that was wanted
    who = page.get_by_test_id("stSidebar").locator(".iman-who")
    expect(who).to_contain_text(name)
    expect(who).to_contain_text(role)
    links = page.get_by_test_id("stSidebarNav")
    expect(links.get_by_role("link", name=may, exact=True)).to_be_visible()
    if may_not:
        expect(links.get_by_role("link", name=may_not, exact=True)).to_have_count(0)
    expect(page.get_by_text("Change your password")).to_have_count(0)
    cookies = {one["name"]: one for one in person.context.cookies()}
    token = cookies["iman_session"]["value"]
    assert all(one["httpOnly"] for name, one in cookies.items() if "xsrf" not in name)
    eight_hours = cookies["iman_session"]["expires"]
    assert abs(cookies["_streamlit_user"]["expires"] - eight_hours) < 60  # not thirty days
    assert cookies["_streamlit_user"]["path"] == "/auth"  # nor sent with everything

    who.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("signed out")
    expect(page).to_have_url(iman.url + "/auth/login?out")
    assert "end hinted" in iman.provider.asked()  # the provider knows, and whom
    left = {one["name"] for one in person.context.cookies()}
    assert not {"iman_session", "_streamlit_user", "_streamlit_user_tokens"} & left
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx.get(iman.bench.api_url + "/api/v1/me", headers=headers, trust_env=False)
    assert answer.status_code == 401
    page.go_back()
    page.goto(iman.url + "/audit")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not [one for one in person.problems if "elsewhere" in one]


@pytest.mark.browser
def test_groups_that_changed_count_at_the_next_sign_in_which_st_login_begins(iman: Iman, visit):
    """And st.logout ends both. What one session had is gone in the other tab too."""
    many = [f"A group with a long name, number {n}" for n in range(150)]  # cookies have a length
    iman.provider.people(gina=[*many, "Iman managers"])
    person = visit(iman.url)
    page = person.page
    with person.runs.rerun():
        go_there(person, iman, "gina", to="/account")
    before = next(c["value"] for c in person.context.cookies() if c["name"] == "iman_session")
    iman.provider.people(gina=["HGH clerks"])
    page.get_by_role("button", name="Sign in again").click()
    with person.runs.rerun():
        page.get_by_role("button", name="gina", exact=True).click()
    expect(page.locator(".iman-who")).to_contain_text("Support · Site HGH")
    headers = {"authorization": f"Bearer {before}"}
    answer = httpx.get(iman.bench.api_url + "/api/v1/me", headers=headers, trust_env=False)
    assert answer.status_code == 401  # one session for the browser, the new one

    with person.runs.rerun():
        page.goto(iman.url + "/account")
    iman.provider.asked()
    page.get_by_role("button", name="Sign out here and there").click()
    expect(page).to_have_url(iman.url + "/auth/login?out")
    assert "end hinted" in iman.provider.asked()


@pytest.mark.browser
def test_who_may_not_come_in_is_told_and_so_is_who_cancels_or_finds_nobody(iman: Iman, visit):
    person = visit(iman.url)
    page = person.page
    go_there(person, iman, "nina")
    expect(page.get_by_role("alert")).to_contain_text("Ask an admin of Iman to give one to a group")
    expect(page.get_by_role("alert")).to_contain_text("Everybody")
    assert not [c for c in person.context.cookies() if c["name"].startswith("_streamlit_user")]
    page.goto(iman.url + "/")
    expect(page.get_by_label("Password")).to_be_visible()  # not let in, and not in a circle

    go_there(person, iman, "Cancel")
    expect(page.get_by_role("alert")).to_contain_text("Hillside <ID> was cancelled")

    iman.provider.manners(discovery="away")
    page.get_by_role("link", name="Sign in with").click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer just now")
    iman.provider.manners()
    page.get_by_label("Name").fill("manager")
    page.get_by_label("Password").fill("manager-demo")
    with person.runs.rerun():  # a password still does
        page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".iman-who")).to_contain_text("manager")
    page.locator(".iman-who").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(iman.url + "/auth/login?out")  # not by the provider


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_sign_in_page_with_both_ways_reads_well(iman: Iman, visit, scheme: str, width: int):
    person = visit(iman.url, width=width, scheme=scheme)
    person.page.goto(iman.url + "/auth/login?sso=away")
    person.keep_picture(f"sign_in_sso-{scheme}-{width}")
    expect(person.page.get_by_role("alert")).to_contain_text("Hillside <ID>")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width
    found = violations(person.page)
    assert not found, found


def test_what_a_stranger_makes_up_on_the_way_leads_nowhere(iman: Iman):
    """No session, no cookie and no address elsewhere comes of a made-up way back."""
    with httpx.Client(base_url=iman.url, trust_env=False, timeout=20) as http:
        for address in (
            "/oauth2callback?code=x&state=y", "/oauth2callback?error=access_denied&state=%0d%0ax",
            "/oauth2callback?state=", "/auth/sso/finish", "/auth/login?provider=forged",
            "/auth/sso/out", "/oauth2callback?" + "a=b&" * 60,
        ):  # fmt: skip
            answer = http.get(address, headers={"cookie": "_streamlit_user_tokens=forged; a=b"})
            assert answer.status_code in (303, 401), (address, answer.text)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/auth/login"), address
            assert "iman_session" not in answer.headers.get("set-cookie", "")
        many = http.post("/auth/login", content="a=b&" * 60)
        assert many.status_code == 401
        start = http.get("/auth/sso?next=//evil.test")
        assert start.headers["location"].startswith("/auth/login?provider=")
        led = http.get(start.headers["location"])
        assert led.headers["location"].startswith(iman.provider.url + "/authorize?")
        for wanted in ("code_challenge_method=S256", "nonce=", "state=", "response_type=code"):
            assert wanted in led.headers["location"]
        assert http.get("/_stcore/host-config").status_code == 401
        assert http.post("/oauth2callback").status_code == 401


def test_a_secret_that_was_changed_is_used_without_a_restart(iman: Iman):
    assert by_http(iman.url, iman.provider.url, "max").headers["location"] == "/"
    iman.provider.manners(secret="another secret")
    assert "sso=failed" in by_http(iman.url, iman.provider.url, "max").headers["location"]
    iman.secret.write_text("another secret\n")
    assert by_http(iman.url, iman.provider.url, "max").headers["location"] == "/"
    iman.secret.write_text(SECRET)
    iman.provider.manners()


def test_no_secret_and_no_token_of_single_sign_on_stands_in_what_was_written(iman: Iman):
    """Logs and the ledger; nor in what administrators read."""
    assert by_http(iman.url, iman.provider.url, "max").headers["location"] == "/"
    for file in iman.bench.folder.rglob("*"):
        if file.is_file() and file != iman.secret:
            assert SECRET.encode() not in file.read_bytes(), file
    for log in iman.logs:
        assert "eyJ" not in log.read_text("utf-8", "replace")  # how a token begins
    api = iman.bench.api()
    for path in ("/audit", "/settings", "/users"):
        told = str(api.get(path))
        assert SECRET not in told
        assert "eyJ" not in told
