"""What every call passes first: host, origin, size, rate; and TLS between our own processes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from iman.api.app import create_app
from iman.api.client import DaemonClient
from iman.api.door import Callers, Rules
from iman.bootstrap import api_rules, api_tls
from iman.daemon import ApiThread
from iman.errors import DaemonUnavailable, SettingsError
from iman.net import listen, showing, trusting
from iman.settings import DaemonSettings
from tests.api.serving import Served


def is_error(answer: httpx.Response, status: int, word: str) -> bool:
    body = answer.json()
    assert answer.status_code == status, answer.text
    return set(body) == {"error", "message"} and body["error"] == word and bool(body["message"])


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1:8601"])
def test_a_name_that_somebody_pointed_here_is_not_answered(served: Served, host: str):
    for path in ("/health", "/me"):
        assert is_error(served.call("GET", path, headers={"host": host}), 400, "unknown_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "[::1]:8601", "127.0.0.1"])
def test_this_machines_own_names_are_answered(served: Served, host: str):
    assert served.call("GET", "/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://[broken"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_sites_page_is_sent_away(served: Served, headers: dict[str, str]):
    before = len(served.audit())
    answer = served.call("PUT", "/pauses/all", headers=headers, json={"reason": "x"})
    assert is_error(answer, 403, "foreign_origin")
    assert len(served.audit()) == before


def test_the_apis_own_origin_is_answered(served: Served):
    headers = {"origin": served.url, "sec-fetch-site": "same-origin"}
    assert served.call("GET", "/me", headers=headers).status_code == 200


def test_a_body_is_bounded_whether_or_not_it_says_its_length(served: Served):
    large = b'{"reason": "' + b"x" * (1 << 20) + b'"}'
    for content in (large, iter([large[:600_000], large[600_000:]])):
        answer = served.call("PUT", "/pauses/all", content=content)
        assert is_error(answer, 413, "too_large")
    evidence = b'{"name": "a", "content": "' + b"A" * (2 << 20) + b'"}'
    answer = served.call("POST", "/checklists/404/attachments", content=evidence)
    assert answer.status_code in {404, 422}


def test_answers_are_not_kept_and_not_guessed_at(served: Served):
    for answer in (served.call("GET", "/me"), served.call("GET", "/me", headers={"host": "x"})):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    odd = served.call("GET", "/me", headers={"x-request-id": "a b\x7f"})
    assert len(odd.headers["x-request-id"]) == 16


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_gets_so_many_calls_at_once_and_more_as_time_goes_by():
    clock = Clock()
    callers = Callers(2.0, clock=clock)
    assert [callers.wait("", "a") for _ in range(20)] == [0.0] * 20
    assert callers.wait("", "a") == pytest.approx(0.5)
    assert callers.wait("", "b") == 0.0
    clock.now += 0.5
    assert callers.wait("", "a") == 0.0
    assert callers.wait("", "a") > 0


def test_made_up_tokens_count_for_their_address_and_a_session_for_itself():
    callers = Callers(0.1, clock=Clock())
    assert callers.wait("Bearer made-up-1", "a") == 0.0
    callers.answered("Bearer made-up-1", known=False)
    assert callers.wait("Bearer made-up-2", "a") > 0
    callers.answered("Bearer real", known=True)
    assert callers.wait("Bearer real", "a") == 0.0


@pytest.fixture
def hurried(served: Served) -> Iterator[str]:
    """The same ledger behind a door that lets one call through, then one in a hundred seconds."""
    app = create_app(
        ledger=served.books.ledger,
        daemon=served.daemon,
        now=served.now,
        rules=Rules(calls_per_second=0.1),
    )
    listening = listen("127.0.0.1", 0, "a free port")
    thread = ApiThread(app, listening)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread.stop()


def test_too_many_calls_are_told_how_long_to_wait(hurried: str):
    with httpx.Client(base_url=hurried, trust_env=False) as http:
        assert http.get("/api/v1/health").status_code == 200
        answer = http.get("/api/v1/health")
        assert is_error(answer, 429, "too_many_calls")
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        with pytest.raises(
            DaemonUnavailable, match="Too many calls"
        ):  # a page says so, and asks on
            DaemonClient(http).health()


# -- TLS ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The authority, and a certificate of 127.0.0.1 with its key."""
    folder, authority = tmp_path_factory.mktemp("pems"), trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    paths = folder / "authority.pem", folder / "certificate.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(str(paths[0]))
    leaf.cert_chain_pems[0].write_to_path(str(paths[1]))
    leaf.private_key_pem.write_to_path(str(paths[2]))
    return paths


def settings_for(**more: object) -> DaemonSettings:
    return DaemonSettings.model_validate(
        {
            "byondpro_url": "http://127.0.0.1:1", "byondpro_token": "t",
            "sage_url": "http://127.0.0.1:1/Sage300WebApi", "sage_company": "SERDAT",
            "sage_user": "WEBAPI", "sage_password": "P", **more,
        }
    )  # fmt: skip


def test_with_a_certificate_the_api_speaks_tls_and_only_its_authority_is_believed(
    served: Served, pems: tuple[Path, Path, Path]
):
    authority, certificate, key = pems
    settings = settings_for(api_certificate=certificate, api_key=key)
    listening = listen("127.0.0.1", 0, "a free port")
    thread = ApiThread(served.app, listening, api_tls(settings))
    thread.start()
    url = f"https://127.0.0.1:{listening.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, trust_env=False, verify=trusting(authority)) as http:
            assert DaemonClient(http).health().status == "ready"
        stranger = httpx.Client(base_url=url, trust_env=False, verify=trusting(None))
        with stranger, pytest.raises(DaemonUnavailable):
            DaemonClient(stranger).health()
        with socket.create_connection(("127.0.0.1", listening.getsockname()[1]), 5) as plain:
            plain.settimeout(5)
            plain.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            with contextlib.suppress(OSError):  # reset, or closed
                assert b"200" not in plain.recv(100)
    finally:
        thread.stop()


def test_a_certificate_that_cannot_be_used_is_said_before_anything_starts(
    pems: tuple[Path, Path, Path], tmp_path: Path
):
    authority, _, key = pems
    with pytest.raises(SettingsError, match="a key that does not fit"):
        showing(authority, key)
    with pytest.raises(SettingsError, match="No such file"):
        showing(tmp_path / "none.pem", key)
    with pytest.raises(SettingsError, match="IMAN_CA_BUNDLE"):
        trusting(key)
    assert api_tls(settings_for()) is None


def test_it_listens_beyond_this_machine_only_encrypted(pems: tuple[Path, Path, Path]):
    _, certificate, key = pems
    with pytest.raises(ValueError, match="passwords would travel unencrypted"):
        settings_for(api_host="0.0.0.0")
    with pytest.raises(ValueError, match="together"):
        settings_for(api_certificate=certificate)
    settings_for(api_host="0.0.0.0", api_plain=True)
    told = settings_for(
        api_host="10.1.2.3", api_certificate=certificate, api_key=key,
        api_allowed_hosts="Iman.Example, iman",
    )  # fmt: skip
    assert api_rules(told).hosts == {"10.1.2.3", "iman.example", "iman"}
