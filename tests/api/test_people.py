"""Signing in and out, and what each role may do."""

from __future__ import annotations

import pytest

from iman.api.passwords import hash_password, password_fits
from iman.domain.people import PERMISSIONS, Role
from iman.errors import NotSignedIn
from iman.ledger.offline import OfflinePeople
from tests.api.serving import PASSWORDS, Served


def sign_in(served: Served, name: str, password: str):
    return served.call("POST", "/sessions", None, json={"name": name, "password": password})


@pytest.mark.parametrize("role", Role)
def test_a_session_says_who_i_am_and_what_i_may(served: Served, role: Role):
    me = served.call("GET", "/me", role).json()
    assert (me["name"], me["role"]) == (role.value, role.value)
    assert me["permissions"] == sorted(PERMISSIONS[role])


def test_a_wrong_password_and_an_unknown_name_sound_the_same(fresh: Served):
    wrong, unknown = sign_in(fresh, "admin", "wrong"), sign_in(fresh, "nobody", "wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert [(event["who"], event["allowed"]) for event in fresh.audit()[-2:]] == [
        ("admin", False),
        ("nobody", False),
    ]


def test_a_session_is_worth_nothing_after_signing_out(fresh: Served):
    token = sign_in(fresh, "admin", PASSWORDS[Role.ADMIN]).json()["token"]
    with fresh.http(token) as http:
        assert http.get("/api/v1/me").status_code == 200
        assert http.delete("/api/v1/sessions/current").status_code == 204
        assert http.get("/api/v1/me").status_code == 401
        assert http.delete("/api/v1/sessions/current").status_code == 401
    assert fresh.call("GET", "/me").status_code == 200  # the same person's other session


def test_a_session_ends_by_itself_after_eight_hours(fresh: Served):
    fresh.books.later(8 * 3600 - 1)
    assert fresh.call("GET", "/me").status_code == 200
    fresh.books.later(2)
    answer = fresh.call("GET", "/me")
    assert answer.status_code == 401
    assert answer.json()["error"] == "not_signed_in"


def test_a_token_is_not_kept_as_it_is(fresh: Served):
    kept = repr(fresh.books.rows("SELECT * FROM sessions"))
    assert not any(token in kept for token in fresh.tokens.values())
    assert "$argon2" in repr(fresh.books.rows("SELECT password_hash FROM users"))


def test_a_role_that_is_taken_away_is_gone_in_a_session_that_lasts(fresh: Served):
    assert fresh.call("GET", "/me").json()["role"] == "admin"
    another = {"name": "second", "role": "admin", "password": "another one"}
    assert fresh.call("POST", "/users", json=another).status_code == 201
    assert fresh.call("PUT", "/users/admin", json={"role": "manager"}).status_code == 200
    assert fresh.call("GET", "/me").json()["role"] == "manager"
    assert fresh.call("GET", "/users").status_code == 403


def test_five_wrong_passwords_in_a_minute_make_that_name_wait(fresh: Served):
    for _ in range(5):
        assert sign_in(fresh, "admin", "wrong").status_code == 401
    refused = sign_in(fresh, "admin", PASSWORDS[Role.ADMIN])
    assert refused.status_code == 429
    assert "Try again in 60 s" in refused.json()["message"]
    assert sign_in(fresh, "manager", PASSWORDS[Role.MANAGER]).status_code == 201
    fresh.books.later(61)
    assert sign_in(fresh, "admin", PASSWORDS[Role.ADMIN]).status_code == 201


def test_a_right_password_forgets_the_wrong_ones(fresh: Served):
    for _ in range(3):
        for _ in range(4):
            sign_in(fresh, "admin", "wrong")
        assert sign_in(fresh, "admin", PASSWORDS[Role.ADMIN]).status_code == 201


# -- what a role may ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("POST", "/documents/1/resync", "resync"),
        ("GET", "/audit", "view_audit"),
        ("GET", "/users", "manage_users"),
        ("POST", "/users", "manage_users"),
    ],
)
def test_what_only_an_admin_may_is_refused_to_others_and_recorded(
    served: Served, role: Role, method: str, path: str, permission: str
):
    body = {"name": "eve", "password": "long enough", "role": "admin"} if path == "/users" else {}
    answer = served.call(method, path, role, json=body, headers={"x-iman-origin": "dashboard"})
    assert answer.status_code == 403
    assert answer.json() == {
        "error": "not_allowed",
        "message": f"The role {role} may not {permission.replace('_', ' ')}; ask an admin.",
    }
    event = served.audit()[-1]
    assert (event["who"], event["action"], event["allowed"]) == (role.value, permission, False)
    assert event["target"] == "/api/v1" + path
    assert event["origin"] == "dashboard 127.0.0.1"
    assert served.books.rows("SELECT * FROM users WHERE name = 'eve'") == []


def test_an_admin_adds_people_and_it_is_recorded(fresh: Served):
    body = {"name": "jo.clark", "password": "long enough", "role": "support"}
    answer = fresh.call("POST", "/users", json=body)
    assert answer.status_code == 201
    assert "password" not in answer.json()
    assert sign_in(fresh, "jo.clark", "long enough").json()["role"] == "support"
    names = [user["name"] for user in fresh.call("GET", "/users").json()]
    assert names == ["admin", "jo.clark", "manager", "support"]
    assert "long enough" not in repr(fresh.audit())
    trail = fresh.call("GET", "/audit").json()["rows"]
    assert ("save_user", "jo.clark") in {(event["action"], event["target"]) for event in trail}


# -- while the daemon is away ------------------------------------------------------------------


def test_while_the_daemon_is_away_people_may_still_look(tmp_path):
    from datetime import UTC, datetime

    from tests.api.serving import serving

    with serving(tmp_path) as served:
        served.books.now = datetime.now(UTC)
        token = sign_in(served, "support", PASSWORDS[Role.SUPPORT]).json()["token"]
    offline = OfflinePeople(tmp_path / "ledger.duckdb")
    found = offline.session(token)
    assert found is not None
    assert (found.name, found.role) == ("support", Role.SUPPORT)
    assert offline.session("another") is None
    assert offline.sign_in("manager", PASSWORDS[Role.MANAGER]).role is Role.MANAGER
    for name in ("manager", "nobody"):
        with pytest.raises(NotSignedIn):
            offline.sign_in(name, "wrong")


def test_passwords_are_checked_whole():
    stored = hash_password("correct horse")
    assert password_fits(stored, "correct horse")
    assert not password_fits(stored, "correct hors")
    assert not password_fits(None, "correct horse")
    assert not password_fits("not a hash", "correct horse")
