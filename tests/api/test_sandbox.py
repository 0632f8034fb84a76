"""The sandbox's faults through the control API, to a real sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from iman.domain.people import Role
from iman.errors import DaemonRefused, NotAllowed, NotFound
from iman.gateways.sandbox_switches import SandboxSwitches
from tests.api.serving import Served
from tests.sandbox.conftest import Sage, open_sage


@pytest.fixture
def sage(tmp_path) -> Iterator[Sage]:
    with ExitStack() as stack:
        yield open_sage(stack, tmp_path)


@pytest.fixture
def beside(fresh: Served, sage: Sage) -> Served:
    """The API of a daemon that runs on that sandbox."""
    fresh.app.state.sandbox = SandboxSwitches(sage.http)
    return fresh


def on(faults) -> set[str]:
    return {one.name for one in faults.switches if one.on}


def test_an_admin_switches_faults_on_and_off(beside: Served, sage: Sage):
    with beside.client(Role.ADMIN) as ada:
        assert on(ada.sandbox_faults()) == set()
        assert on(ada.switch_fault("slow", on=True)) == {"slow"}
        assert on(ada.switch_fault("contention", on=True)) == {"slow", "contention"}
        assert sage.http.get("/sandbox/faults").json()["contention"] is True
        assert on(ada.switch_fault("slow", on=False)) == {"contention"}
        assert on(ada.clear_faults()) == set()
        assert ada.sandbox_faults().page == f"{sage.url}/sandbox/faults"
        with pytest.raises(NotFound):
            ada.switch_fault("nothing", on=True)
    told = [(e["action"], e["target"], e["new_value"]) for e in beside.audit()][-4:]
    assert told == [
        ("sandbox_fault", "slow", "on"),
        ("sandbox_fault", "contention", "on"),
        ("sandbox_fault", "slow", "off"),
        ("sandbox_fault", "all", "off"),
    ]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_nobody_else_does(beside: Served, sage: Sage, role: Role):
    with beside.client(role) as other:
        for action in (
            other.sandbox_faults, other.clear_faults, lambda: other.switch_fault("slow", on=True)
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                action()
    assert sage.http.get("/sandbox/faults").json()["latency_ms"]["max"] == 0
    assert beside.audit()[-1]["allowed"] is False


def test_without_a_sandbox_there_is_nothing_to_switch(fresh: Served):
    with fresh.client(Role.ADMIN) as ada:
        for action in (ada.sandbox_faults, ada.clear_faults):
            with pytest.raises(DaemonRefused, match="no sandbox"):
                action()
        with pytest.raises(DaemonRefused):
            ada.switch_fault("slow", on=True)
    assert "sandbox_fault" not in {event["action"] for event in fresh.audit()}


@pytest.mark.parametrize("name", ["..%2Ffaults", "a%20b", "x" * 41, "SLOW"])
def test_a_faults_name_is_plain(beside: Served, name: str):
    assert beside.call("PUT", f"/sandbox/faults/{name}").status_code in {404, 422}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404), httpx.Response(200, text="<html>"), httpx.Response(200, json={"a": 1}),
        httpx.Response(200, json=[{"name": "x"}]), httpx.Response(401), httpx.ConnectError("no"),
    ],
)  # fmt: skip
def test_what_is_no_sandbox_is_told(fresh: Served, answer):
    def reply(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with httpx.Client(base_url="http://sage", transport=httpx.MockTransport(reply)) as http:
        fresh.app.state.sandbox = SandboxSwitches(http)
        assert fresh.call("GET", "/sandbox/faults").status_code == 409
