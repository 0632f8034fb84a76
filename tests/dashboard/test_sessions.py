from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from iman.api.client import DaemonClient
from iman.api.wire import Me
from iman.dashboard.sessions import Sessions
from iman.domain.people import Role
from iman.errors import DaemonUnavailable, LedgerError, NotSignedIn, TooManySignIns
from tests.dashboard.fake_api import PASSWORD, FakeApi, Served
from tests.dashboard.fakes import make_me


class File:
    """The ledger's users and sessions, as long as it can be read."""

    def __init__(self) -> None:
        self.sessions: dict[str, Me] = {}
        self.readable = True

    def session(self, token: str) -> Me | None:
        if not self.readable:
            raise LedgerError("held by a daemon")
        return self.sessions.get(token)

    def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)

    def sign_in(self, name: str, password: str) -> Me:
        if not self.readable:
            raise LedgerError("held by a daemon")
        if password != PASSWORD:
            raise NotSignedIn("wrong")
        return make_me(Role.SUPPORT, name)


class World:
    def __init__(self, http: httpx.Client, api: FakeApi, served: Served) -> None:
        self.api, self.served, self.file = api, served, File()
        self.time = 1000.0
        self.now = datetime.now(UTC)
        self.sessions = Sessions(
            DaemonClient(http), self.file, clock=lambda: self.time, now=lambda: self.now
        )

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def world() -> Iterator[World]:
    api = FakeApi()
    with Served(api) as served, httpx.Client(base_url=served.url, timeout=5) as http:
        yield World(http, api, served)


def test_a_session_is_asked_about_once_in_two_seconds(world: World):
    token = world.sessions.sign_in("ada", PASSWORD).token
    world.api.asked.clear()
    for _ in range(10):
        me = world.sessions.me(token)
        assert me is not None
        assert me.name == "ada"
    assert world.api.asked == []
    world.wait(2.1)
    threads = [threading.Thread(target=world.sessions.me, args=(token,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.api.asked == ["/api/v1/me"]


def test_a_strangers_token_is_nobody(world: World):
    assert world.sessions.me("x" * 43) is None


def test_a_revoked_session_ends_within_two_seconds(world: World):
    token = world.sessions.sign_in("ada", PASSWORD).token
    world.api.revoke()
    world.wait(2.1)
    assert world.sessions.me(token) is None


def test_a_changed_role_is_seen_within_two_seconds(world: World):
    token = world.sessions.sign_in("ada", PASSWORD).token
    world.api.sessions[token] = make_me(Role.MANAGER, "ada")
    world.wait(2.1)
    me = world.sessions.me(token)
    assert me is not None
    assert me.role is Role.MANAGER


def test_signing_out_counts_at_once(world: World):
    token = world.sessions.sign_in("ada", PASSWORD).token
    world.sessions.sign_out(token)
    assert world.sessions.me(token) is None
    assert world.api.sessions == {}


def test_a_known_session_outlives_the_daemon_but_not_its_own_end(world: World):
    token = world.sessions.sign_in("ada", PASSWORD).token
    world.served.stop()
    world.file.readable = False
    world.wait(60)
    assert world.sessions.me(token) is not None
    world.wait(9 * 3600)
    assert world.sessions.me(token) is None


def test_while_the_daemon_is_away_the_ledger_knows_the_sessions(world: World):
    world.file.sessions["from-the-ledger"] = make_me(Role.MANAGER)
    world.served.stop()
    assert world.sessions.me("from-the-ledger") is not None
    assert world.sessions.me("x" * 43) is None


def test_signing_in_while_the_daemon_is_away_is_only_for_reading(world: World):
    world.served.stop()
    signed_in = world.sessions.sign_in("sam", PASSWORD)
    assert world.sessions.signed_in_read_only(signed_in.token)
    world.wait(30)
    assert world.sessions.me(signed_in.token) is not None
    with pytest.raises(NotSignedIn):
        world.sessions.sign_in("sam", "wrong")
    world.file.readable = False
    with pytest.raises(DaemonUnavailable):
        world.sessions.sign_in("sam", PASSWORD)
    world.sessions.sign_out(signed_in.token)
    assert world.sessions.me(signed_in.token) is None


def test_guessing_while_the_daemon_is_away_is_slowed_down(world: World):
    world.served.stop()
    for _ in range(10):
        with pytest.raises(NotSignedIn):
            world.sessions.sign_in("sam", "wrong")
    with pytest.raises(TooManySignIns):
        world.sessions.sign_in("sam", PASSWORD)
    world.wait(61)
    assert world.sessions.sign_in("sam", PASSWORD)


def test_a_sign_out_the_daemon_missed_is_told_when_it_is_back():
    api = FakeApi()
    answers = {"there": True}

    def answer(request: httpx.Request) -> httpx.Response:
        if not answers["there"]:
            raise httpx.ConnectError("refused", request=request)
        me = api.sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if request.method == "DELETE":
            api.sessions.pop(request.headers["authorization"].removeprefix("Bearer "))
            return httpx.Response(204)
        if me is None:
            return httpx.Response(401, json={"error": "not_signed_in", "message": "no"})
        return httpx.Response(200, text=me.model_dump_json())

    api.sessions = {"token-one": make_me(), "token-two": make_me()}
    time = [0.0]
    transport = httpx.MockTransport(answer)
    with httpx.Client(base_url="http://daemon", transport=transport) as http:
        sessions = Sessions(DaemonClient(http), clock=lambda: time[0])
        answers["there"] = False
        sessions.sign_out("token-one")
        assert "token-one" in api.sessions
        answers["there"] = True
        time[0] += 10
        assert sessions.me("token-two") is not None
        assert "token-one" not in api.sessions
        assert sessions.me("token-one") is None
