from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.dashboard.fake_api import PASSWORD, FakeApi, Served
from tests.system import HTTP

ROOT = Path(__file__).parents[2]


@dataclass
class Dashboard:
    """A dashboard's process, the API it talks to, and a stranger's HTTP client."""

    url: str
    api: FakeApi
    served: Served
    http: httpx.Client

    @property
    def stream(self) -> str:
        return self.url.replace("http", "ws") + "/_stcore/stream"

    def sign_in(self, name: str = "ada", **headers: str) -> str:
        """The new session's token."""
        answer = self.http.post(
            "/auth/login", data={"name": name, "password": PASSWORD}, headers=headers
        )
        assert answer.status_code == 303, answer.text
        self.http.cookies.clear()
        return answer.cookies["iman_session"]


def clean_environment(**ours: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IMAN_", "STREAMLIT_"))}
    return {**kept, **ours}


@contextmanager
def process(command: list[str], url: str, env: dict[str, str], log: Path) -> Iterator[None]:
    """*command*, until ``/_stcore/health`` answers at *url*; stopped by its own handle."""
    with log.open("wb") as out:
        started = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        end = time.monotonic() + 60
        while True:
            assert started.poll() is None, log.read_text()
            with suppress(httpx.TransportError):
                if HTTP.get(url + "/_stcore/health", timeout=2).status_code == 200:
                    break
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def started(folder: Path) -> Iterator[Dashboard]:
    api, port = FakeApi(), free_loopback_port()
    url = f"http://127.0.0.1:{port}"
    with Served(api) as served:
        env = clean_environment(
            IMAN_API_URL=served.url,
            IMAN_DASHBOARD_PORT=str(port),
            IMAN_SANDBOX="1",
            IMAN_LEDGER=str(folder / "none.duckdb"),
        )
        with (
            process([sys.executable, "app.py"], url, env, folder / "app.log"),
            httpx.Client(base_url=url, timeout=20) as http,
        ):
            yield Dashboard(url, api, served, http)


@pytest.fixture(scope="session")
def running_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with started(tmp_path_factory.mktemp("dashboard")) as dashboard:
        yield dashboard


@pytest.fixture
def dashboard(running_dashboard: Dashboard) -> Dashboard:
    """Running for a while; nobody is signed in."""
    running_dashboard.http.cookies.clear()
    running_dashboard.api.revoke()
    return running_dashboard


@pytest.fixture
def fresh_dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """Just started: nobody has opened a page of it yet."""
    with started(tmp_path) as dashboard:
        yield dashboard


def free_loopback_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
