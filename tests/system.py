"""The real thing, started by tests: processes, ports, and what one can ask of them over HTTP."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests import forked

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 180.0  # seconds; only a test that fails waits so long, on whatever machine
#: A client of one's own costs tens of milliseconds; a process may end between two questions.
HTTP = httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))


def clean_environment(**ours: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMAN_")}
    return kept | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"} | ours


def wait_for(what: Callable[[], T], *, seconds: float = PATIENCE, every: float = 0.05) -> T:
    """The first true answer of *what*; fails with its last one."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"still {found!r} after {seconds} s"
        time.sleep(every)
    return found


_NEXT_PORT = itertools.cycle(
    range(20000 + os.getpid() % 100 * 120, 20120 + os.getpid() % 100 * 120)
)


def free_ports(count: int) -> int:
    """The first of *count* ports in a row that are free just now.

    Each process has a stretch of its own and goes through it in turn, below what the system gives
    out by itself: so two tests do not take the same ports between looking and listening.
    """
    for base in itertools.islice(_NEXT_PORT, 120):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + count):
                    one = stack.enter_context(socket.socket())
                    one.bind(("127.0.0.1", port))
            except OSError:
                continue
        for _ in range(count - 1):
            next(_NEXT_PORT)
        return base
    raise AssertionError("no ports are free")


@dataclass
class Process:
    """A process of ours with its log; ended by its own handle only."""

    command: list[str]
    log: Path
    environment: dict[str, str]
    popen: subprocess.Popen[bytes] | forked.Forked | None = field(default=None, repr=False)

    def start(self) -> Process:
        with self.log.open("ab") as out:
            if sys.platform == "linux" and self.command[0] == sys.executable:
                self.popen = forked.start(self.command[1:], self.environment, out.fileno())
            else:
                self.popen = subprocess.Popen(
                    self.command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                    env=self.environment, cwd=ROOT,
                )  # fmt: skip
        return self

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def kill(self) -> None:
        """As ``kill -9``."""
        assert self.popen is not None
        self.popen.kill()
        self.popen.wait()

    def stop(self, *, seconds: float = 40) -> int:
        assert self.popen is not None
        if self.running:
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop:\n{self.text()[-3000:]}") from None

    def text(self) -> str:
        return self.log.read_text("utf-8", "replace")


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


class Api:
    """The control API as somebody sees it."""

    def __init__(self, base: str, name: str, password: str) -> None:
        self.http = httpx.Client(base_url=base + "/api/v1", trust_env=False, timeout=20)
        token = self.http.post("/sessions", json={"name": name, "password": password}).json()
        self.http.headers["authorization"] = f"Bearer {token['token']}"

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    def document(self, number: str) -> dict[str, Any]:
        found = self.http.get("/document-ids", params={"number": number})
        if found.status_code == 404:
            return {}
        return self.get(f"/documents/{found.json()['id']}")

    def state(self, number: str) -> str | None:
        found = self.document(number)
        return found["document"]["state"] if found else None


@dataclass
class Bench:
    """Two sandbox systems and, when started, a daemon between them."""

    folder: Path
    base: int
    settings: dict[str, str]
    scenario: str
    processes: list[Process] = field(default_factory=list)
    daemon: Process | None = None
    apis: list[Api] = field(default_factory=list)
    feed: str = ""  # another byondpro than the sandbox's
    token = "a-token-for-tests"
    password = "SAGE-PASSWORD"

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.base}"

    @property
    def byondpro_url(self) -> str:
        return f"http://127.0.0.1:{self.base + 1}"

    @property
    def sage_url(self) -> str:
        return f"http://127.0.0.1:{self.base + 2}"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.duckdb"

    def start_systems(self) -> None:
        secrets = {"IMAN_SANDBOX_TOKEN": self.token, "IMAN_SANDBOX_PASSWORD": self.password}
        for offset, system, extra in (
            (1, "byondpro", ("--scenario", self.scenario)),
            (2, "sage300", ("--user", "WEBAPI", "--scenario", self.scenario)),
        ):
            self.processes.append(
                Process(
                    python("-m", "iman.sandbox", system, "--port", str(self.base + offset),
                           "--data", str(self.folder), *extra),
                    self.folder / f"{system}.log",
                    clean_environment(**secrets),
                ).start()
            )  # fmt: skip
        for url in (self.byondpro_url, self.sage_url):
            wait_for(lambda url=url: answers(url + "/"))

    def daemon_environment(self) -> dict[str, str]:
        usual = dict(  # noqa: C408 -- names of variables read best unquoted
            IMAN_LEDGER=str(self.ledger),
            IMAN_BYONDPRO_URL=self.feed or self.byondpro_url,
            IMAN_BYONDPRO_TOKEN=self.token,
            IMAN_SAGE_URL=self.sage_url + "/Sage300WebApi",
            IMAN_SAGE_COMPANY="SERDAT",
            IMAN_SAGE_USER="WEBAPI",
            IMAN_SAGE_PASSWORD=self.password,
            IMAN_API_PORT=str(self.base),
            IMAN_SANDBOX="true",
        )
        return clean_environment(**(usual | self.settings))

    def start_daemon(self, *, ready: bool = True) -> Process:
        self.daemon = Process(
            python("sync_daemon.py"), self.folder / "daemon.log", self.daemon_environment()
        ).start()
        if ready:
            wait_for(self._daemon_ready)
        return self.daemon

    def _daemon_ready(self) -> bool:
        assert self.daemon is not None
        assert self.daemon.running, self.daemon.text()[-3000:]
        return answers(self.api_url + "/api/v1/health")

    def api(self, name: str = "admin") -> Api:
        self.apis.append(Api(self.api_url, name, f"{name}-demo"))
        return self.apis[-1]

    def generate(self, invoices: int, *, seed: int = 1, bad: float = 0.0) -> None:
        answer = HTTP.post(
            self.byondpro_url + "/sandbox/generate",
            json={"invoices": invoices, "seed": seed, "bad": bad},
            headers={"authorization": f"Bearer {self.token}"},
        )
        answer.raise_for_status()

    def byondpro_states(self) -> dict[str, dict[str, Any]]:
        answer = HTTP.get(
            self.byondpro_url + "/sandbox/state",
            headers={"authorization": f"Bearer {self.token}"},
        )
        return {one["number"]: one for one in answer.json()["documents"]}

    def sage(self, method: str, path: str, **request: Any) -> httpx.Response:
        return HTTP.request(method, self.sage_url + path, auth=("WEBAPI", self.password), **request)

    def faults(self, **changes: Any) -> None:
        self.sage("PUT", "/sandbox/faults", json=changes).raise_for_status()

    def add_account(self, account: str) -> None:
        """As finance would, so that every invoice's account is there."""
        self.sage(
            "POST", "/Sage300WebApi/v1.0/-/SERDAT/GL/GLAccounts",
            json={"UnformattedAccount": account, "Description": "Added by a test",
                  "AccountType": "IncomeStatement", "NormalBalanceDRCR": "Credit",
                  "Status": "Active"},
        ).raise_for_status()  # fmt: skip

    def in_sage(self) -> Counter[str]:
        """How often each document number stands in Sage 300."""
        found = self.sage("GET", "/sandbox/documents").json()
        rows = found["documents"] if isinstance(found, dict) else found
        return Counter(row["document_number"] for row in rows)

    def stop(self) -> None:
        for api in self.apis:
            api.close()
        if self.daemon is not None and self.daemon.running:
            self.daemon.stop()
        for process in reversed(self.processes):
            if process.running:
                process.stop()


@contextlib.contextmanager
def bench(folder: Path, *, scenario: str = "empty", **settings: str) -> Iterator[Bench]:
    made = Bench(folder, free_ports(3), settings, scenario)
    try:
        made.start_systems()
        yield made
    finally:
        made.stop()


@dataclass
class Up:
    """``iman up`` as a person starts it."""

    process: Process
    ready: dict[str, Any]
    started_at: float
    failed: int = 0  # a failed document, for tests that show one
    checklist: int = 0  # one that is being worked on
    apis: list[Api] = field(default_factory=list)

    @property
    def password_of(self) -> dict[str, str]:
        return {one["name"]: one["password"] for one in self.ready["sign_ins"]}

    def api(self, name: str = "admin") -> Api:
        self.apis.append(Api(self.ready["api"], name, self.password_of[name]))
        return self.apis[-1]


@contextlib.contextmanager
def up(folder: Path, *options: str) -> Iterator[Up]:
    ready = folder / "ready.json"
    process = Process(
        python("-m", "iman", "up", "--no-browser", "--data", str(folder / "data"),
               "--port-base", str(free_ports(4)), "--ready-file", str(ready), *options),
        folder / "up.log",
        clean_environment(),
    )  # fmt: skip
    started_at = time.time()
    process.start()
    started: Up | None = None
    try:

        def is_ready() -> bool:
            assert process.running, process.text()
            return ready.exists()

        wait_for(is_ready)
        started = Up(process, json.loads(ready.read_text()), started_at)
        yield started
    finally:
        for api in started.apis if started is not None else ():
            api.close()
        process.stop()


def answers(url: str) -> bool:
    try:
        return HTTP.get(url, timeout=5).status_code < 500
    except httpx.HTTPError:
        return False
