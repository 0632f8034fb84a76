"""Accounts: lock-out and its notice, passwords, sessions that end, tokens for scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from iman.api.app import PREFIX
from iman.api.guessing import Guesses
from iman.api.people import People
from iman.api.people_client import PeopleClient
from iman.api.wire_people import NewToken, NewUser, UserChange
from iman.bootstrap import add_demo_people, end_demo_people
from iman.domain.people import Permission, Role
from iman.errors import DaemonRefused, NotSignedIn, TooManySignIns
from iman.ledger import seal
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.offline import OfflinePeople
from tests.api.serving import PASSWORDS, Served, serving

STRANGER, OFFICE = "203.0.113.9", "198.51.100.7"
ADMIN = PASSWORDS[Role.ADMIN]


def sign_in(served: Served, name: str, password: str, address: str = OFFICE):
    return served.call(
        "POST", "/sessions", None, json={"name": name, "password": password},
        headers={"x-iman-address": address},
    )  # fmt: skip


def me(served: Served, token: str):
    with served.http(token) as http:
        return http.get(PREFIX + "/me")


@contextmanager
def acting(served: Served, token: str) -> Iterator[PeopleClient]:
    from iman.api.client import DaemonClient

    with served.http() as http:
        yield PeopleClient(DaemonClient(http, token))


# -- guessing ----------------------------------------------------------------------------------


def test_a_thousand_guesses_make_no_progress_and_keep_nobody_else_out(fresh: Served):
    """Over HTTP, from one address; the limiter answers before a password is hashed."""
    from iman.api import people

    with patch.object(people, "password_fits", wraps=people.password_fits) as hashed:
        answers = {sign_in(fresh, "admin", f"guess {n}", STRANGER).status_code for n in range(990)}
        assert answers == {401, 429}
        assert sign_in(fresh, "admin", ADMIN, STRANGER).status_code == 429  # even the right one
        assert hashed.call_count == 5
        assert sign_in(fresh, "admin", ADMIN, OFFICE).status_code == 201
    told = [event for event in fresh.audit() if event["origin"] == STRANGER]
    assert len(told) == 5  # what was not looked at is not recorded one by one
    assert "have to wait" in told[-1]["reason"]


def test_guesses_from_many_addresses_make_no_progress_either(fresh: Served):
    """And whoever signed in from somewhere before is not kept out there."""
    assert sign_in(fresh, "admin", ADMIN, OFFICE).status_code == 201
    several = [f"203.0.{n // 250}.{n % 250}" for n in range(1000)]
    guesses = fresh.app.state.people.guesses
    looked_at = 0
    for address in several:
        try:
            guesses.begin("admin", address, familiar=False)
        except TooManySignIns:
            continue
        looked_at += 1
    assert looked_at == 30
    assert sign_in(fresh, "admin", ADMIN, "198.51.100.99").status_code == 429
    assert sign_in(fresh, "admin", ADMIN, OFFICE).status_code == 201
    fresh.books.later(601)
    assert sign_in(fresh, "admin", ADMIN, "198.51.100.99").status_code == 201


def test_whoever_goes_on_guessing_waits_longer_each_time(fresh: Served):
    guesses, waits = Guesses(fresh.now), []
    for _ in range(6):
        for _ in range(5):
            guesses.begin("ada", STRANGER, familiar=True)
        with pytest.raises(TooManySignIns) as told:
            guesses.begin("ada", STRANGER, familiar=True)
        waits.append(int(str(told.value).split()[-2]))
        fresh.books.later(waits[-1])
    assert waits == [60, 120, 240, 480, 900, 900]


def test_tries_that_are_under_way_count(fresh: Served):
    """A thousand at once are no way around it."""
    guesses = Guesses(fresh.now)
    for _ in range(5):
        guesses.begin("ada", STRANGER, familiar=False)
    with pytest.raises(TooManySignIns):
        guesses.begin("ada", STRANGER, familiar=False)
    guesses.right("ada", STRANGER)
    guesses.begin("ada", STRANGER, familiar=False)


def test_the_person_is_told_of_guesses_once_they_are_in(fresh: Served):
    for _ in range(2):
        sign_in(fresh, "support", "wrong", STRANGER)
    (shown,) = [u for u in fresh.call("GET", "/users").json() if u["name"] == "support"]
    assert shown["wrong_passwords"] == 2
    first = sign_in(fresh, "support", PASSWORDS[Role.SUPPORT]).json()["token"]
    assert (
        me(fresh, first)
        .json()["notice"]
        .startswith(
            "2 wrong passwords were tried for your name since you last signed in, the last on "
        )
    )
    assert STRANGER in me(fresh, first).json()["notice"]
    second = sign_in(fresh, "support", PASSWORDS[Role.SUPPORT]).json()["token"]
    assert me(fresh, second).json()["notice"] == ""


def test_an_address_is_believed_only_of_a_process_on_this_machine(fresh: Served):
    for address in ("not an address", "1.2.3.4 and more", "<b>"):
        assert sign_in(fresh, "admin", "wrong", address).status_code == 401
    assert {event["origin"] for event in fresh.audit()[-3:]} == {"127.0.0.1"}


# -- passwords and sessions --------------------------------------------------------------------


def test_a_person_changes_the_password_and_other_sessions_end(fresh: Served):
    here, there = (sign_in(fresh, "support", PASSWORDS[Role.SUPPORT]).json()["token"] for _ in "12")
    with acting(fresh, here) as mine:
        with pytest.raises(NotSignedIn):
            mine.change_password("wrong", "a new password")
        with pytest.raises(DaemonRefused):
            mine.change_password(PASSWORDS[Role.SUPPORT], PASSWORDS[Role.SUPPORT])
        mine.change_password(PASSWORDS[Role.SUPPORT], "a new password")
    assert (me(fresh, here).status_code, me(fresh, there).status_code) == (200, 401)
    assert sign_in(fresh, "support", PASSWORDS[Role.SUPPORT]).status_code == 401
    assert sign_in(fresh, "support", "a new password").status_code == 201
    kept = repr(fresh.audit()) + repr(fresh.books.rows("SELECT * FROM users"))
    assert "a new password" not in kept


def test_an_admins_password_is_for_one_use(fresh: Served):
    old = sign_in(fresh, "manager", PASSWORDS[Role.MANAGER]).json()["token"]
    with acting(fresh, fresh.tokens[Role.ADMIN]) as admin:
        made = admin.reset_password("manager")
    assert me(fresh, old).status_code == 401
    token = sign_in(fresh, "manager", made.password).json()["token"]
    assert me(fresh, token).json()["must_change_password"] is True
    with fresh.http(token) as http:
        assert http.get(PREFIX + "/documents").status_code == 403
    with acting(fresh, token) as mine:
        mine.change_password(made.password, "my own now")
    with fresh.http(token) as http:
        assert http.get(PREFIX + "/documents").status_code == 200
    assert sign_in(fresh, "manager", made.password).status_code == 401
    assert made.password not in repr(fresh.audit())


def test_signing_out_everywhere_ends_every_session_of_that_person_only(fresh: Served):
    tokens = [sign_in(fresh, "support", PASSWORDS[Role.SUPPORT]).json()["token"] for _ in "123"]
    with acting(fresh, tokens[0]) as mine:
        mine.sign_out_everywhere()
    assert [me(fresh, token).status_code for token in tokens] == [401] * 3
    assert me(fresh, fresh.tokens[Role.MANAGER]).status_code == 200
    with acting(fresh, fresh.tokens[Role.ADMIN]) as admin:
        admin.end_sessions("manager")
    assert me(fresh, fresh.tokens[Role.MANAGER]).status_code == 401


def test_whoever_is_deactivated_is_out_at_once(fresh: Served):
    with acting(fresh, fresh.tokens[Role.ADMIN]) as admin:
        admin.change_user("support", UserChange(role=Role.SUPPORT, active=False))
        assert me(fresh, fresh.tokens[Role.SUPPORT]).status_code == 401
        assert sign_in(fresh, "support", PASSWORDS[Role.SUPPORT]).status_code == 401
        admin.change_user("support", UserChange(role=Role.SUPPORT))
    assert sign_in(fresh, "support", PASSWORDS[Role.SUPPORT]).status_code == 201
    assert me(fresh, fresh.tokens[Role.SUPPORT]).status_code == 401  # that one had ended


def test_the_last_who_manages_people_stays(fresh: Served):
    with acting(fresh, fresh.tokens[Role.ADMIN]) as admin:
        for change in (
            UserChange(role=Role.SUPPORT),
            UserChange(role=Role.ADMIN, active=False),
            UserChange(role=Role.ADMIN, sites=["HGH"]),
        ):
            with pytest.raises(DaemonRefused, match="only one left"):
                admin.change_user("admin", change)
        assert fresh.call("PUT", "/users/nobody", json={"role": "admin"}).status_code == 404


def test_out_of_the_sandbox_its_public_passwords_open_nothing(tmp_path: Path):
    """Also in a ledger that was a sandbox's; somebody's own password under such a name does."""
    with serving(tmp_path) as served:  # admin, support and manager have passwords of their own
        ledger = served.books.ledger
        with acting(served, served.tokens[Role.ADMIN]) as admin:
            admin.add_user(NewUser(name="manager", password="manager-demo", role=Role.MANAGER))
        assert sign_in(served, "manager", "manager-demo").status_code == 201
        end_demo_people(ledger, served.now)
        served.app.state.people.changed()
        assert sign_in(served, "manager", "manager-demo").status_code == 401
        assert sign_in(served, "support", PASSWORDS[Role.SUPPORT]).status_code == 201
        add_demo_people(ledger, served.now)
        assert sign_in(served, "manager", "manager-demo").status_code == 201


# -- tokens for scripts ------------------------------------------------------------------------


def test_a_token_is_shown_once_and_acts_in_its_own_name(fresh: Served):
    fresh.books.arrive("INV-1")
    with acting(fresh, fresh.tokens[Role.ADMIN]) as admin:
        wanted = NewToken(name="grafana", permissions=[Permission.VIEW, Permission.EXPORT], days=30)
        made = admin.issue_token(wanted)
        with pytest.raises(DaemonRefused, match="taken"):
            admin.issue_token(wanted)
        (listed,) = admin.tokens()
        assert (listed.name, listed.created_by) == ("grafana", "admin")
        assert listed.expires_at == fresh.now() + timedelta(days=30)
        kept = repr(fresh.books.rows("SELECT * FROM service_tokens")) + repr(fresh.audit())
        assert made.token not in kept
        assert me(fresh, made.token).json()["role"] == "service"
        with fresh.http(made.token) as http:
            assert http.get(PREFIX + "/exports/documents").status_code == 200
            assert http.post(PREFIX + "/documents/1/resync").status_code == 403
        done = [(e["who"], e["role"], e["action"], e["allowed"]) for e in fresh.audit()[-2:]]
        assert done == [
            ("grafana", "service", "export", True), ("grafana", "service", "resync", False),
        ]  # fmt: skip
        admin.revoke_token("grafana")
        assert me(fresh, made.token).status_code == 401
    another = fresh.call("POST", "/tokens", json={"name": "x1", "permissions": ["view"]}).json()
    fresh.books.later(91 * 24 * 3600)
    assert me(fresh, another["token"]).status_code == 401


@pytest.mark.parametrize(
    "wanted",
    [
        {"permissions": ["manage_users"]},
        {"permissions": []},
        {"permissions": ["pause"], "sites": ["HGH"]},
        {"permissions": ["view"], "days": 0},
    ],
)
def test_some_tokens_are_not_made(served: Served, wanted):
    assert served.call("POST", "/tokens", json={"name": "y", **wanted}).status_code == 422


# -- a restart, and an older ledger in the place of a newer ------------------------------------


def test_a_restart_still_refuses_what_was_taken_back(tmp_path: Path):
    with serving(tmp_path) as served:
        now = served.now()
        good = served.tokens[Role.MANAGER]
        bad = sign_in(served, "support", PASSWORDS[Role.SUPPORT]).json()["token"]
        with served.http(bad) as http:
            assert http.delete(PREFIX + "/sessions/current").status_code == 204
    with closing(DuckDBLedger(tmp_path / "ledger.duckdb", now=now)) as held:
        people = People(held, lambda: now)
        assert people.me(good).name == "manager"
        with pytest.raises(NotSignedIn):
            people.me(bad)


def test_a_restored_ledger_believes_nothing_it_handed_out(tmp_path: Path):
    """It says of a session that was ended since that it is good."""
    ledger, copy = tmp_path / "ledger.duckdb", tmp_path / "copy.duckdb"
    with serving(tmp_path) as served:
        now, good = served.now(), served.tokens[Role.MANAGER]
        bad = sign_in(served, "support", PASSWORDS[Role.SUPPORT]).json()["token"]
        script = served.call("POST", "/tokens", json={"name": "s", "permissions": ["view"]}).json()
    shutil.copy(ledger, copy)
    with closing(DuckDBLedger(ledger, now=now)) as held:
        People(held, lambda: now).sign_out(bad)
    shutil.copy(copy, ledger)
    offline = OfflinePeople(ledger)
    with patch("iman.ledger.offline.datetime") as clock:
        clock.now.return_value = now
        assert offline.session(bad) is None
        assert offline.session(good) is None
    for _ in range(2):  # and after one more start
        with closing(DuckDBLedger(ledger, now=now)) as held:
            people = People(held, lambda: now)
            for token in (bad, good, script["token"]):
                with pytest.raises(NotSignedIn):
                    people.me(token)
            fresh = people.sign_in("manager", PASSWORDS[Role.MANAGER], address=OFFICE).token
            assert people.me(fresh).name == "manager"
    with closing(DuckDBLedger(ledger, now=now)) as held:
        assert People(held, lambda: now).me(fresh).name == "manager"


def test_without_its_seal_a_ledger_believes_nothing_either(tmp_path: Path):
    with serving(tmp_path) as served:
        now, good = served.now(), served.tokens[Role.MANAGER]
        path = seal.seal_path(served.books.ledger.path)
        assert path.stat().st_mode & 0o077 == 0
    path.write_text("{")
    held = DuckDBLedger(tmp_path / "ledger.duckdb", now=now)
    with closing(held), pytest.raises(NotSignedIn):
        People(held, lambda: now).me(good)


def test_what_was_signed_out_while_the_daemon_was_away_stays_out(tmp_path: Path):
    with serving(tmp_path) as served:
        now, token = served.now(), served.tokens[Role.MANAGER]
    offline = OfflinePeople(tmp_path / "ledger.duckdb")
    with patch("iman.ledger.offline.datetime") as clock:
        clock.now.return_value = now
        assert offline.session(token) is not None
        offline.sign_out(token)
        assert offline.session(token) is None
    held = DuckDBLedger(tmp_path / "ledger.duckdb", now=now)
    with closing(held), pytest.raises(NotSignedIn):
        People(held, lambda: now).me(token)
    assert not seal.ended_path(tmp_path / "ledger.duckdb").exists()
