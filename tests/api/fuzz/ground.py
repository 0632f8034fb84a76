"""What the calls meet: the real app over a real ledger with made-up history, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from argon2 import PasswordHasher

from iman.api.app import create_app
from iman.api.door import Rules
from iman.api.passwords import hash_password
from iman.api.people import People
from iman.api.remedies import NoRemedies
from iman.api.wire import Health
from iman.bench.seed_ledger import refusals
from iman.domain.attempt import Sighting
from iman.domain.people import Role
from iman.domain.single_sign_on import GroupRole
from iman.gateways.oidc import OpenIdProvider, Provider
from iman.ledger.accounts import save_user
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.seeding import Seed, make
from iman.playbooks import built_in

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
PASSWORDS = {role: f"{role}-password" for role in Role}
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
#: A refused call is written down; nothing else of it may be.
TRAIL = frozenset({"audit_events", "audit_head"})


class Well:
    """A daemon that is well."""

    def health(self) -> Health:
        return Health.model_validate(
            {
                "status": "ready", "version": "0", "company": "SERDAT", "now": NOW,
                "started_at": NOW, "sandbox": True, "loops": [],
                "breaker": {"state": "closed", "reason": "", "since": None, "next_probe_at": None},
            }
        )  # fmt: skip

    def stuck(self) -> bool:
        return False

    def wake(self) -> None:
        """Nobody sleeps."""


class Remedies(NoRemedies):
    """The built-in playbooks; Sage 300 knows nothing, surely."""

    files = built_in()

    def compare(self) -> tuple[int, int]:
        return 1, 0

    def find(self, document_id: int) -> Sighting:
        return Sighting(found=None, sure=document_id % 2 == 0, reason="Sage 300 does not answer")


def provider_that_is_away() -> OpenIdProvider:
    """What is no token is refused before it is asked; it does not answer for what could be one."""
    away = httpx.MockTransport(lambda _: httpx.Response(503))
    wanted = Provider(
        issuer="https://provider.example",
        client_id="iman",
        name_claim="name",
        groups_claim="groups",
    )
    return OpenIdProvider(wanted, httpx.Client(transport=away))


class Ground:
    """The app, its ledger, and how everything in it stands."""

    def __init__(self, ledger: DuckDBLedger) -> None:
        self.ledger = ledger
        self.provider = provider_that_is_away()
        self.app = create_app(
            ledger=ledger,
            daemon=Well(),
            now=lambda: NOW + timedelta(minutes=1),
            remedies=Remedies(),
            provider=self.provider,
            mapping=[GroupRole(group="everybody", role=Role.MANAGER)],
            rules=Rules(calls_per_second=1e9),
        )
        tables = ledger.reader().execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name"
        )
        self._sum = " UNION ALL ".join(
            f"SELECT '{name}', count(*), coalesce(sum(hash(t)), 0) FROM {name} t"  # noqa: S608 -- the ledger's own names
            for (name,) in tables.fetchall()
        )

    def sign_in(self, name: str, password: str) -> str:
        """The new session's token."""
        people: People = self.app.state.people
        return people.sign_in(name, password, address="127.0.0.1").token

    def sums(self) -> dict[str, tuple[int, int]]:
        """Rows and a sum over their content, for every table."""
        rows = self.ledger.reader().execute(self._sum).fetchall()
        return {name: (count, content) for name, count, content in rows}


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    path = folder / "ledger.duckdb"
    kinds, fingerprint = refusals()
    wanted = Seed(documents=40, attempts=160, seed=1, days=30, until=NOW)
    make(path, wanted, kinds, fingerprint=fingerprint, say=lambda _: None)
    ledger = DuckDBLedger(path, now=NOW)
    try:
        with patch("iman.api.passwords._HASHER", _QUICK):
            for role, password in PASSWORDS.items():
                hashed = hash_password(password)

                def save(conn: Any, role: Role = role, hashed: str = hashed) -> None:
                    save_user(conn, role.value, role, hashed, now=NOW)

                ledger.write(save).result()
            made = Ground(ledger)
            with closing(made.provider):
                yield made
    finally:
        ledger.close()
