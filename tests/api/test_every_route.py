"""Promises of every route, taken from the app's own description: a new one cannot be forgotten."""

from __future__ import annotations

import json

import pytest

from iman.api.app import PREFIX, create_app
from iman.domain.people import Role
from tests.api.serving import Served

#: Open on purpose: whether the daemon is alive, and the way in. ``test_matrix.py`` has the rest.
OPEN = {
    ("get", "/health"), ("get", "/health/alive"), ("get", "/health/ready"), ("post", "/sessions"),
}  # fmt: skip
EXAMPLES = {
    "document_id": "1", "cause_id": "1", "checklist_id": "1", "choice": "credit", "step": "resync",
    "note_id": "1", "attachment_id": "1", "error_type": "terms_missing", "release_id": "1",
    "gap_id": "1", "side": "sage", "what": "everything", "name": "tour",
    "view_id": "1",
}  # fmt: skip
PATHS = create_app(ledger=None, daemon=None, now=None).openapi()["paths"]  # type: ignore[arg-type]  # only described
ROUTES = [
    (method, path.removeprefix(PREFIX).format_map(EXAMPLES))
    for path, methods in sorted(PATHS.items())
    for method in methods
]
CLOSED = [route for route in ROUTES if route not in OPEN]


def is_error(answer) -> bool:
    return set(answer.json()) == {"error", "message"} and all(answer.json().values())


def test_the_app_describes_its_routes():
    assert len(ROUTES) >= 15
    assert set(ROUTES) >= OPEN


@pytest.mark.parametrize("sent", [None, "Bearer wrong", "Bearer", "Bearer \u00fc", "Basic YTpi"])
@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_every_route_asks_who_you_are(served: Served, method: str, path: str, sent):
    headers = {} if sent is None else {"authorization": sent.encode()}
    with served.http() as http:
        answer = http.request(method, PREFIX + path, headers=headers, json={})
    assert answer.status_code in {401, 422}
    if method == "get":
        assert answer.status_code == 401
    assert is_error(answer)


@pytest.mark.parametrize(("method", "path"), sorted(OPEN))
def test_what_is_open_names_nobody_and_no_document(served: Served, method: str, path: str):
    with served.http() as http:
        answer = http.request(method, PREFIX + path, json={"name": "x", "password": "y"})
    assert answer.status_code in {200, 401}
    assert "INV-" not in answer.text
    assert "admin" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/documents/404", None, 404),
        ("GET", "/documents/one", None, 422),
        ("GET", "/documents/99999999999999999999999999", None, 404),
        ("GET", "/documents/-99999999999999999999999999", None, 404),
        ("GET", "/documents?limit=0", None, 422),
        ("GET", "/documents?limit=1001", None, 422),
        ("GET", "/documents?offset=-1", None, 422),
        ("GET", "/documents?state=gone", None, 422),
        ("GET", "/documents?order=random", None, 422),
        ("GET", "/documents?entry_type=gift", None, 422),
        ("GET", f"/documents?search={'x' * 201}", None, 422),
        ("GET", "/overview?hours=0", None, 422),
        ("GET", "/failures?hours=999999999999", None, 422),
        ("GET", "/document-ids?number=INV-404", None, 404),
        ("GET", "/document-ids", None, 422),
        ("DELETE", "/documents/1", None, 405),
        ("POST", "/documents/404/resync", {}, 404),
        ("POST", "/documents/-99999999999999999999999999/resync", {}, 404),
        ("POST", "/documents/1/resync", {"reason": "x" * 501}, 422),
        ("POST", "/documents/1/resync", {"resaon": "misspelt"}, 422),
        ("POST", "/users", {"name": "a b", "password": "long enough", "role": "admin"}, 422),
        ("POST", "/users", {"name": "ab", "password": "short", "role": "admin"}, 422),
        ("POST", "/users", {"name": "ab", "password": "long enough", "role": "king"}, 422),
    ],
)
def test_a_wrong_request_is_told_in_the_one_shape_of_error(served, method, path, body, status):
    answer = served.call(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert is_error(answer)


def test_a_body_that_is_no_json_is_told(served: Served):
    answer = served.call(
        "POST", "/documents/1/resync", content="{", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert is_error(answer)


@pytest.mark.parametrize("search", ["%00", "%F0%9F%8C%BA", "%27%22%3B--", "%ED%A0%80", "%25_"])
def test_no_search_breaks_a_list(served: Served, search: str):
    answer = served.call("GET", f"/documents?search={search}")
    assert answer.status_code == 200
    assert answer.json() == {"rows": [], "total": 0}


def test_a_wrong_password_is_never_answered_back(served: Served):
    body = {"name": "admin", "password": "a-secret-of-mine", "extra": 1}
    with served.http() as http:
        answer = http.post(PREFIX + "/sessions", json=body)
    assert answer.status_code == 422
    assert "a-secret-of-mine" not in answer.text


def test_a_mistake_of_our_own_is_told_without_its_inside(fresh: Served, monkeypatch):
    def broken() -> None:
        raise RuntimeError("postgres://user:secret@host")

    monkeypatch.setattr(fresh.daemon, "health", broken)
    answer = fresh.call("GET", "/health", None)
    assert answer.status_code == 500
    assert answer.json() == {"error": "broke", "message": "Iman itself failed; its log says how."}


def test_the_description_is_for_people_who_signed_in(served: Served):
    assert served.call("GET", "/openapi.json", None).status_code == 401
    told = served.call("GET", "/openapi.json", Role.MANAGER).json()
    assert told["paths"] == json.loads(json.dumps(PATHS))
    for path in ("/docs", "/redoc", "/openapi.json"):
        with served.http() as http:
            assert http.get(path).status_code == 404
