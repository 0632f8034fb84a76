from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.single_sign_on.provider import PEOPLE
from tests.system import HTTP, Process, answers, clean_environment, free_ports, python, wait_for


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
def running_provider(folder: Path, callback: str) -> Iterator[RunningProvider]:
    port = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    process = Process(
        python("-m", "tests.single_sign_on.provider", str(port), callback),
        folder / "provider.log",
        clean_environment(),
    ).start()
    try:
        wait_for(lambda: answers(url + "/jwks"))
        yield RunningProvider(url)
    finally:
        process.stop()


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    folder = tmp_path_factory.mktemp("provider")
    with running_provider(folder, "http://127.0.0.1:1/oauth2callback") as started:
        yield started
