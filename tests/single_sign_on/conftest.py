from __future__ import annotations

import html
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.single_sign_on.provider import PEOPLE
from tests.system import HTTP, Process, clean_environment, free_ports, python, wait_for


@dataclass
class RunningProvider:
    """The provider's process, and what a test may do to it."""

    url: str

    def token(self, person: str = "olga", **asked: Any) -> str:
        return self._ask("POST", "token", {"person": person, **asked}).json()["id_token"]

    def rotate(self) -> None:
        self._ask("POST", "rotate")

    def people(self, **people: list[str]) -> None:
        """Those of the beginning, and these."""
        self._ask("PUT", "people", PEOPLE | people)

    def manners(self, **manners: str) -> None:
        self._ask("PUT", "manners", manners)

    def asked(self) -> list[str]:
        """Since this was asked last."""
        return self._ask("GET", "asked").json()

    def _ask(self, method: str, what: str, body: Any = None) -> httpx.Response:
        return HTTP.request(method, f"{self.url}/test/{what}", json=body).raise_for_status()


@contextmanager
def running_provider(
    folder: Path, callback: str, certificate: Path | None = None
) -> Iterator[RunningProvider]:
    """*certificate*: a file with certificate and key; it speaks TLS then."""
    port = free_ports(1)
    url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    more = [str(certificate)] if certificate else []
    process = Process(
        python("-m", "tests.single_sign_on.provider", str(port), callback, *more),
        folder / "provider.log",
        clean_environment(),
    ).start()
    try:
        wait_for(lambda: listens(port))
        yield RunningProvider(url)
    finally:
        process.stop()


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    folder = tmp_path_factory.mktemp("provider")
    with running_provider(folder, "http://127.0.0.1:1/oauth2callback") as started:
        yield started


def by_http(dashboard: str, provider: str, person: str, **options: Any) -> httpx.Response:
    """The whole way without a browser; the last answer."""
    with httpx.Client(trust_env=False, timeout=20, **options) as http:
        answer = http.get(dashboard + "/auth/sso", follow_redirects=True)
        hidden = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', answer.text))
        if not str(answer.url).startswith(provider):
            return answer  # it was not led there
        form = {name: html.unescape(value) for name, value in hidden.items()}
        form["person"] = person
        answer = http.post(provider + "/authorize", data=form)
        while answer.is_redirect and "/auth/login" not in answer.headers["location"]:
            answer = http.get(httpx.URL(dashboard).join(answer.headers["location"]))
            if "iman_session" in answer.headers.get("set-cookie", ""):
                return answer
        return answer
