"""Hostile strings as names of accounts, notes and uploads: over the API, and in a real browser."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect

from iman.api.app import PREFIX
from iman.api.door import Rules
from iman.api.passwords import hash_password
from iman.domain.people import Role
from iman.ledger import checklists
from iman.ledger.accounts import save_user
from iman.ledger.checklists import Subject, inert_name
from iman.ledger.playbook_shelf import playbook_for
from iman.playbooks import built_in
from tests.api.serving import PASSWORDS, Served, serving
from tests.browser.test_every_page import real_problems, stays_in_place
from tests.dashboard.conftest import clean_environment, process
from tests.hostile.planting import as_drawn
from tests.hostile.strings import CARRIED, EVERY
from tests.system import free_ports

#: An account's name in earnest; all else is refused, and yet older ledgers may hold anything.
RIGHT = re.compile(r"[A-Za-z0-9._@-]{1,80}\Z")
#: What the ledger may hold as a name: everything that is one.
NAMES = [one for one in CARRIED if one and "\x00" not in one]
EACH = 30  # uploads on a checklist: every answer tells all of them


@dataclass
class Planted:
    served: Served
    checklists: list[int]
    url: str


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("hostile")
        rules = Rules(calls_per_second=100_000)
        served = stack.enter_context(serving(folder, rules=rules))
        served.books.now = now = datetime.now(UTC)  # as the browser's
        hashed = hash_password("a password")

        def work(conn: Any) -> list[int]:
            for name in NAMES:
                save_user(conn, name, Role.MANAGER, hashed, now=now)
            text = playbook_for(conn, built_in(), "terms_missing")
            subjects = [
                Subject(
                    company="", error_type="terms_missing", entity_kind="terms_code",
                    entity=f"T{number}",
                )
                for number in range(-(-len(CARRIED) // EACH))
            ]  # fmt: skip
            ids = served.books.ledger.ids
            return [checklists.begin(conn, ids, one, text, who="t", now=now)[0] for one in subjects]

        begun = served.books.ledger.write(work).result()
        served.sign_in()
        url = f"http://127.0.0.1:{free_ports(1)}"
        env = clean_environment(
            IMAN_API_URL=served.url, IMAN_DASHBOARD_PORT=url.rsplit(":", 1)[1],
            IMAN_LEDGER=str(folder / "none.duckdb"),
        )  # fmt: skip
        stack.enter_context(process([sys.executable, "app.py"], url, env, folder / "app.log"))
        yield Planted(served, begun, url)


@pytest.fixture
def http(planted: Planted) -> Iterator[httpx.Client]:
    with planted.served.http(planted.served.tokens[Role.ADMIN]) as found:
        found.base_url = planted.served.url + PREFIX
        yield found


def test_an_account_is_given_to_no_string_that_means_something(http: httpx.Client):
    """A clear refusal, and nothing is made."""
    before = {one["name"] for one in http.get("/users").json()}
    for one in EVERY:
        body = {"name": one, "password": "long enough", "role": "manager"}
        answer = http.post(  # escaped, for no client sends half a pair as it is
            "/users", content=json.dumps(body), headers={"content-type": "application/json"}
        )
        right = RIGHT.match(one) is not None
        assert answer.status_code == (201 if right else 422), ascii(one)
    after = {one["name"] for one in http.get("/users").json()}
    assert after - before == set()  # those that are right were planted already


def test_whatever_a_ledger_holds_as_names_is_read_back_unchanged(http: httpx.Client):
    read = {one["name"] for one in http.get("/users").json()}
    assert read == {*NAMES, *(role.value for role in Role)}
    for one in NAMES[::23]:
        if len(one) <= 80 and "/" not in one and one not in {".", ".."}:
            change = {"role": "support", "sites": ["HGH"]}
            answer = http.put("/users/" + quote(one, safe=""), json=change)
            assert (answer.status_code, answer.json().get("name")) == (200, one), ascii(one)


def test_uploads_and_notes_are_read_back_unchanged(planted: Planted, http: httpx.Client):
    """A file's bytes as they were; its name is only a name, in the answer's header too."""
    for place, one in enumerate(CARRIED):
        if not one:
            continue
        path = f"/checklists/{planted.checklists[place // EACH]}"
        content = one.encode("utf-8")
        body = {"name": one[:200], "content": base64.b64encode(content).decode()}
        answer = http.post(path + "/attachments", json=body)
        assert answer.status_code == 201, ascii(one)
        kept = answer.json()["attachments"][-1]
        assert kept["name"] == inert_name(one[:200])
        got = http.get(f"{path}/attachments/{kept['id']}")
        assert got.content == content
        assert got.headers["content-type"] == "application/octet-stream"
        named = got.headers["content-disposition"]
        assert re.fullmatch(r'attachment; filename="[^"\\/<>\x00-\x1f\x7f-\uffff]*"', named), named
    for place in range(0, len(CARRIED), EACH):
        path = f"/checklists/{planted.checklists[place // EACH]}"
        words = "\n\n".join(CARRIED[place : place + EACH])[:4000]
        answer = http.post(path + "/notes", json={"text": words})
        assert answer.status_code == 201
        assert answer.json()["notes"][-1]["text"] == words


@pytest.mark.browser
def test_names_and_uploads_are_only_words_in_a_browser(planted: Planted, visit):
    """The People page with all of them, the checklist, and pages that name who is signed in."""
    person = visit(planted.url)
    page = person.page
    page.on("dialog", lambda dialog: person.problems.append(f"dialog: {dialog.message}"))
    person.sign_in("admin", PASSWORDS[Role.ADMIN])
    person.open("/people")
    names = page.locator("td[data-label=Name] strong")
    expect(names).to_have_count(len(NAMES) + len(Role))
    assert set(names.all_text_contents()) >= {as_drawn(one) for one in NAMES}
    stays_in_place(page)
    page.set_viewport_size({"width": 390, "height": 844})
    several = [f"/checklist?id={one}" for one in planted.checklists[::6]]
    for path in ("/people", *several, "/audit"):
        person.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        stays_in_place(page)
    assert real_problems(person.problems) == []


@pytest.mark.browser
def test_whoever_is_called_so_sees_their_own_name_as_words(planted: Planted, visit):
    signs = ("<img src=x onerror=alert(1)", "](", ":material")
    short = [name for name in NAMES if name.strip() == name and len(name) <= 80]
    some = [next(name for name in short if sign in name) for sign in signs]
    for name in some:
        person = visit(planted.url)
        person.sign_in(name, "a password", to="/account")
        who = person.page.locator(".iman-who strong")
        expect(who).to_be_visible()
        assert who.text_content() == as_drawn(name), ascii(name)
        stays_in_place(person.page)
        assert real_problems(person.problems) == []
