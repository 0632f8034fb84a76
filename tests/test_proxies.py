"""Who really calls, behind proxies: no header of a stranger moves a guess to another address."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from iman.api.door import Rules
from iman.dashboard.gate import Gate
from iman.dashboard.sign_in import SignIn
from iman.errors import NotSignedIn, SettingsError
from iman.proxies import Proxies
from iman.settings import DashboardSettings, load
from tests.api.serving import serving
from tests.dashboard.conftest import ROOT

TRUSTED = ("10.0.0.0/24", "192.0.2.7", "2001:db8::/64")
PROXIES = Proxies(TRUSTED)


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("10.0.0.5", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.5", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),  # the first is made up
        ("10.0.0.5", ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),  # in two headers
        ("10.0.0.5", ["198.51.100.7, 192.0.2.7"], "198.51.100.7"),  # two proxies in a row
        ("10.0.0.5", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.5", ["[2001:db8:1::9]:443"], "2001:db8:1::9"),
        ("10.0.0.5", ["2001:db8:1::9"], "2001:db8:1::9"),
        ("::ffff:10.0.0.5", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.5", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("2001:db8::1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.5", ["198.51.100.7, unknown"], "10.0.0.5"),
        ("10.0.0.5", ["unknown"], "10.0.0.5"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", ["10.0.0.6, 10.0.0.7"], "10.0.0.6"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),  # nobody who is trusted says so
        ("10.0.1.5", ["203.0.113.9"], "10.0.1.5"),
        ("?", ["203.0.113.9"], "?"),
    ],
)
def test_the_nearest_address_that_no_proxy_has_is_the_caller(peer, forwarded, caller):
    assert PROXIES.caller(peer, forwarded) == caller


@given(made_up=st.text(max_size=80), real=st.ip_addresses().map(str))
def test_whatever_a_caller_writes_themselves_changes_nothing(made_up: str, real: str):
    """The proxy adds its own word after it."""
    if not PROXIES.trusts(real):
        alone = PROXIES.caller("10.0.0.5", [real])
        assert PROXIES.caller("10.0.0.5", [f"{made_up}, {real}"]) == alone
        assert PROXIES.caller("10.0.0.5", [made_up, real]) == alone
        assert PROXIES.caller(real, [made_up]) == real


def test_guesses_at_the_api_count_for_who_made_them_behind_a_proxy(tmp_path):
    rules = Rules(proxies=Proxies(["127.0.0.1"]))
    with serving(tmp_path, rules=rules) as served:

        def guess(**headers: str) -> int:
            body = {"name": "admin", "password": "wrong"}
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            return served.call("POST", "/sessions", None, json=body, headers=told).status_code

        answers = [
            guess(x_forwarded_for=f"203.0.113.{n}, 198.51.100.7", x_iman_address=f"203.0.113.{n}")
            for n in range(8)
        ]
        assert answers == [401] * 5 + [429] * 3  # one address, whatever else is claimed
        assert guess(x_forwarded_for="198.51.100.8") == 401
        assert {one["origin"] for one in served.audit()[-6:]} == {"198.51.100.7", "198.51.100.8"}
        assert guess(x_iman_address="198.51.100.9") == 401  # a dashboard on this machine
        assert served.audit()[-1]["origin"] == "198.51.100.9"


def test_without_a_proxy_that_is_trusted_the_header_is_nothing(tmp_path):
    with serving(tmp_path) as served:
        body = {"name": "admin", "password": "wrong"}
        headers = {"x-forwarded-for": "198.51.100.7"}
        served.call("POST", "/sessions", None, json=body, headers=headers)
        assert served.audit()[-1]["origin"] == "127.0.0.1"


class Nobody:
    """Lets nobody in, and remembers from where they came."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def sign_in(self, name: str, password: str, *, address: str = ""):
        self.addresses.append(address)
        raise NotSignedIn("no")

    def me(self, token: str):
        return None


def test_the_dashboard_tells_the_browsers_address_and_not_the_proxys():
    sessions = Nobody()
    routes = SignIn(sessions, static=ROOT / "pages" / "static").routes()
    gate = Gate(
        Starlette(routes=routes), sessions=sessions, secret="s", proxies=PROXIES,
        allowed_hosts=["iman.example"],
    )  # fmt: skip

    async def sign_in(peer: str, **headers: str) -> int:
        transport = httpx.ASGITransport(app=gate, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://iman.example") as http:
            form = {"name": "ada", "password": "wrong"}
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            return (await http.post("/auth/login", data=form, headers=told)).status_code

    forged = "203.0.113.9, 198.51.100.7"
    assert asyncio.run(sign_in("10.0.0.5", x_forwarded_for=forged)) == 401
    assert asyncio.run(sign_in("198.51.100.8", x_forwarded_for=forged)) == 401
    assert sessions.addresses == ["198.51.100.7", "198.51.100.8"]


@pytest.mark.parametrize(
    "value", ["0.0.0.0/0", "::/0", "proxy.example", "10.0.0.1/8", "10.0.0.0/99"]
)
def test_who_is_trusted_is_an_address_or_a_network_and_not_everybody(monkeypatch, value: str):
    monkeypatch.setenv("IMAN_TRUSTED_PROXIES", f"192.0.2.7, {value}")
    with pytest.raises(SettingsError, match="IMAN_TRUSTED_PROXIES"):
        load(DashboardSettings)
