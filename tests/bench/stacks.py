"""Whole systems to measure on: the sandbox, a daemon over a made-up ledger, and a dashboard."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from iman.bench.seed_ledger import refusals
from iman.chaos.systems import Process, await_answer, free_ports, systems
from iman.ledger.seeding import Seed, make
from iman.up import script

NAME, PASSWORD = "admin", "admin-demo"


@dataclass(frozen=True, slots=True)
class Stack:
    """*cookie*: of somebody who has signed in."""

    dashboard_url: str
    daemon: Process
    dashboard: Process
    cookie: tuple[str, str]

    @property
    def cookie_header(self) -> str:
        return "=".join(self.cookie)


def pid_of(process: Process) -> int:
    assert process.popen is not None
    return process.popen.pid


@contextlib.contextmanager
def stack(*, documents: int, attempts: int, say: Callable[[str], None]) -> Iterator[Stack]:
    """All of it running; *documents* 0: an empty ledger. Everything is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        if documents:
            kinds, fingerprint = refusals()
            seed = Seed(
                documents=documents, attempts=attempts, seed=1, days=730, until=datetime.now(UTC)
            )
            make(folder / "ledger.duckdb", seed, kinds, fingerprint=fingerprint, say=say)
        with systems(folder, {}) as ours:
            say("Starting the daemon and the dashboard")
            ours.start_daemon()
            (port,) = free_ports(1)
            dashboard = Process(
                "dashboard",
                [sys.executable, str(script("app.py"))],
                {
                    "IMAN_SETTINGS": str(folder / "iman.toml"),
                    "IMAN_LEDGER": str(folder / "ledger.duckdb"),
                    "IMAN_API_URL": ours.api_url,
                    "IMAN_DASHBOARD_PORT": str(port),
                    "IMAN_SANDBOX": "true",
                },
                folder / "dashboard.log",
            )
            dashboard.start()
            try:
                url = f"http://127.0.0.1:{port}"
                await_answer(dashboard, f"{url}/_stcore/health")
                yield Stack(url, ours.daemon, dashboard, _signed_in(url))
            finally:
                dashboard.stop()


def _signed_in(url: str) -> tuple[str, str]:
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.post(
            f"{url}/auth/login",
            data={"name": NAME, "password": PASSWORD, "next": "/"},
            headers={"origin": url},
        )
        if answer.status_code != 303:
            raise RuntimeError(f"Nobody could sign in: {answer.status_code}")
        ((name, value),) = answer.cookies.items()
        return name, value


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors so far. Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], share: float) -> float:
    """The smallest of *values* that *share* of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 100) * len(ordered) // 100) - 1))]
