"""The control API on a free loopback port, over a real ledger, with a clock the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from argon2 import PasswordHasher

from iman.api.app import create_app
from iman.api.client import DaemonClient
from iman.api.passwords import hash_password
from iman.api.wire import Health
from iman.daemon import ApiThread
from iman.domain.people import Role
from iman.ledger.accounts import save_user
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.net import listen
from tests.builders import NOW
from tests.ledger.books import Books

PASSWORDS = {role: f"{role}-password" for role in Role}

#: Argon2 takes its tenth of a second on purpose; two hundred tests cannot.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class QuietDaemon:
    """Well, and remembers that it was woken."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self.woken = 0

    def health(self) -> Health:
        now = self._served.books.now
        return Health.model_validate(
            {
                "status": "ready",
                "version": "0",
                "company": "SERDAT",
                "now": now,
                "started_at": now,
                "sandbox": True,
                "loops": [],
                "breaker": {"state": "closed", "reason": "", "since": None, "next_probe_at": None},
            }
        )

    def stuck(self) -> bool:
        return False

    def wake(self) -> None:
        self.woken += 1


class Served:
    """The API, its ledger, and people of every role signed in."""

    url: str
    app: Any

    def __init__(self, books: Books) -> None:
        self.books = books
        self.daemon = QuietDaemon(self)
        self.tokens: dict[Role, str] = {}

    def now(self) -> datetime:
        return self.books.now

    def sign_in(self) -> None:
        """Everybody who may with a password."""
        with self.http() as http:
            for role, password in PASSWORDS.items():
                body = {"name": role.value, "password": password}
                answer = http.post("/api/v1/sessions", json=body)
                if answer.is_success:
                    self.tokens[role] = answer.json()["token"]

    def http(self, token: str | None = None) -> httpx.Client:
        """Close it; a token of the test's own may be given."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20)

    def call(self, method: str, path: str, role: Role | None = Role.ADMIN, **request: Any):
        token = None if role is None else self.tokens[role]
        with self.http(token) as http:
            return http.request(method, "/api/v1" + path, **request)

    @contextmanager
    def client(self, role: Role | None = Role.ADMIN) -> Iterator[DaemonClient]:
        with self.http() as http:
            yield DaemonClient(http, None if role is None else self.tokens[role])

    def audit(self) -> list[dict[str, Any]]:
        return self.books.rows("SELECT * FROM audit_events ORDER BY event_id")


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Served]:
    """*options*: what ``create_app`` takes besides."""
    with patch("iman.api.passwords._HASHER", _QUICK):
        yield from _serving(folder, options)


def _serving(folder: Path, options: dict[str, Any]) -> Iterator[Served]:
    books = Books(lambda now: DuckDBLedger(folder / "ledger.duckdb", now=now))
    served = Served(books)
    for role, password in PASSWORDS.items():
        save = partial(
            save_user, name=role.value, role=role, password_hash=hash_password(password), now=NOW
        )
        books.ledger.write(save).result()
    served.app = create_app(ledger=books.ledger, daemon=served.daemon, now=served.now, **options)
    listening = listen("127.0.0.1", 0, "a free port")
    served.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread = ApiThread(served.app, listening)
    thread.start()
    try:
        served.sign_in()
        yield served
    finally:
        thread.stop()
        books.ledger.close()
