"""Every route × whoever may ask, from the API's own description: a new route needs a rule."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from iman.api.app import PREFIX, create_app
from iman.api.people import TOKEN_MARK
from iman.api.routes.asking import NAMED
from iman.api.rules_of_routes import OPEN, SIGNED_IN
from iman.domain.people import EVERYWHERE, Permission, Person, Reach, Role
from iman.ledger import service_tokens
from iman.ledger.accounts import begin_session, end_sessions, save_user
from tests.api.serving import Served

PATHS = create_app(ledger=None, daemon=None, now=None).openapi()["paths"]  # type: ignore[arg-type]  # only described
RULES = {
    (method, path): described.get("x-permission")
    for path, methods in sorted(PATHS.items())
    for method, described in methods.items()
}
#: Open on purpose: whether the daemon is alive, and the way in.
OPEN_ROUTES = {
    ("get", PREFIX + "/health"), ("get", PREFIX + "/health/alive"),
    ("get", PREFIX + "/health/ready"), ("post", PREFIX + "/sessions"),
    ("post", PREFIX + "/sessions/oidc"),
}  # fmt: skip
OWN = {
    ("delete", PREFIX + "/sessions/current"), ("delete", PREFIX + "/me/sessions"),
    ("get", PREFIX + "/me"), ("put", PREFIX + "/me/password"),
}  # fmt: skip
#: What an address may name besides what lies in some people's reach and not in others'.
OTHERS = {
    "choice": "x", "step": "x", "note_id": "1", "attachment_id": "1", "error_type": "terms_missing",
    "gap_id": "1", "side": "sage", "what": "all", "name": "nobody", "view_id": "1",
}  # fmt: skip
ROUTES = [(method, path) for method, path in RULES if (method, path) not in OPEN_ROUTES]
ANOTHER_SITE = Reach(sites=("NOWHERE",))
ANOTHER_COMPANY = Reach(companies=("NOBODYS",))


def test_every_route_has_a_rule():
    known = {OPEN, SIGNED_IN, *Permission}
    assert {route: rule for route, rule in RULES.items() if rule not in known} == {}
    assert {route for route, rule in RULES.items() if rule == OPEN} == OPEN_ROUTES
    assert {route for route, rule in RULES.items() if rule == SIGNED_IN} == OWN
    changing = [route for route, rule in RULES.items() if route[0] != "get" and rule == "view"]
    assert {path.removeprefix(PREFIX) for _, path in changing} == {
        "/me/preferences/{name}", "/views", "/views/{view_id}", "/rules/try", "/releases/preview",
    }, "what changes something wants more than looking"  # fmt: skip


def test_what_an_address_names_is_known_to_lie_in_reach_or_to_be_nobodys():
    named = {part[1:-1] for path in PATHS for part in path.split("/") if part.startswith("{")}
    assert named == {*NAMED, *OTHERS}


class Asking:
    """One connection, and a new session for each question."""

    def __init__(self, served: Served, http: httpx.Client) -> None:
        self._served = served
        self._http = http

    def as_person(self, role: Role, reach: Reach = EVERYWHERE, **options: Any) -> str:
        """A new session's token."""
        served, token = self._served, secrets.token_urlsafe(32)
        digest, now = served.app.state.people.digest(token), served.now()
        expires = options.get("expires", now + timedelta(hours=1))
        name = f"{role}-{token[:8]}"

        def work(conn: Any) -> None:
            once = options.get("once", False)
            save_user(conn, name, role, "x", now=now, reach=reach, must_change=once)
            begin_session(conn, digest, name, role, now=now, expires_at=expires)
            if options.get("revoked"):
                end_sessions(conn, name, now=now)

        served.books.ledger.write(work).result()
        return token

    def as_script(self, *permissions: Permission, expires_in: float = 1, revoked: bool = False):
        """A new service token."""
        served, token = self._served, TOKEN_MARK + secrets.token_urlsafe(32)
        digest, now = served.app.state.people.digest(token), served.now()
        name = f"script-{secrets.token_hex(4)}"

        def work(conn: Any) -> None:
            service_tokens.issue(
                conn, served.books.ledger.ids, name=name, digest=digest, permissions=permissions,
                reach=EVERYWHERE, expires_at=now + timedelta(hours=expires_in), who="t", now=now,
            )  # fmt: skip
            if revoked:
                service_tokens.revoke(conn, name, who="t", now=now)

        served.books.ledger.write(work).result()
        return token

    def __call__(self, method: str, path: str, token: str | None) -> httpx.Response:
        address = path.format_map(OTHERS | dict.fromkeys(NAMED, "1"))
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        answer = self._http.request(method, address, headers=headers, json={})
        assert answer.status_code < 500, (method, path, answer.text)
        return answer


@contextmanager
def asking(served: Served) -> Iterator[Asking]:
    with served.http() as http:
        yield Asking(served, http)


def test_nobody_known_is_let_in_anywhere(served: Served):
    """Without a token, with a stranger's, an expired or a revoked one, of a person or a script."""
    with asking(served) as ask:
        past = served.now() - timedelta(seconds=1)
        for token in (
            None,
            "wrong",
            TOKEN_MARK + "wrong",
            ask.as_person(Role.ADMIN, expires=past),
            ask.as_person(Role.ADMIN, revoked=True),
            ask.as_script(*Permission, expires_in=-1),
            ask.as_script(*Permission, revoked=True),
        ):
            for method, path in ROUTES:
                assert ask(method, path, token).status_code == 401, (method, path, token)


@pytest.mark.parametrize("reach", [EVERYWHERE, ANOTHER_SITE, ANOTHER_COMPANY], ids=str)
@pytest.mark.parametrize("role", Role)
def test_every_route_lets_in_who_carries_its_permission_and_nobody_else(
    served: Served, role: Role, reach: Reach
):
    """Of another site or company nothing that an address names is found."""
    person = Person(name="", role=role, reach=reach)
    with asking(served) as ask:
        token = ask.as_person(role, reach)
        for (method, path), rule in RULES.items():
            if rule == OPEN:
                continue
            answer = ask(method, path, token if rule != SIGNED_IN else ask.as_person(role, reach))
            if rule == SIGNED_IN or person.may(Permission(rule)):
                wrong_password = path.endswith("/me/password")
                assert answer.status_code != 403, (method, path, answer.text)
                assert answer.status_code != 401 or wrong_password, (method, path, answer.text)
                if reach.limited and any(f"{{{name}}}" in path for name in NAMED):
                    assert answer.status_code == 404, (method, path, answer.text)
            else:
                assert answer.status_code == 403, (method, path, answer.text)
                assert answer.json()["error"] == "not_allowed"
                event = served.audit()[-1]
                assert (event["action"], event["allowed"]) == (rule, False), (method, path)


@pytest.mark.parametrize("permission", [Permission.VIEW, Permission.RESYNC, Permission.VIEW_AUDIT])
def test_a_script_may_what_its_token_says_and_no_more(served: Served, permission: Permission):
    with asking(served) as ask:
        token = ask.as_script(permission)
        for (method, path), rule in RULES.items():
            if rule in {OPEN, SIGNED_IN}:
                continue
            refused = ask(method, path, token).status_code == 403
            assert refused == (rule != permission), (method, path)


def test_whoever_must_choose_a_password_does_nothing_else_first(served: Served):
    with asking(served) as ask:
        token = ask.as_person(Role.ADMIN, once=True)
        for method, path in ROUTES:
            if (method, path) not in OWN:
                answer = ask(method, path, token)
                assert answer.status_code == 403, (method, path)
                assert "choose your own first" in answer.json()["message"]
        me = ask("get", PREFIX + "/me", token).json()
        assert (me["permissions"], me["must_change_password"]) == ([], True)
