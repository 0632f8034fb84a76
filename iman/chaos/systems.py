"""The processes of a run: both sandbox systems and the daemon, started and ended by handle."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from iman.errors import ImanError
from iman.up import ask_to_stop, script

_START = 60.0  # seconds a process may take to answer
COMPANY, USER = "SERDAT", "WEBAPI"


@dataclass(slots=True)
class Process:
    """One of ours, with its log. Nothing else is ever ended."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("IMAN_")}
        # a group of their own: Ctrl-C reaches only us, and we stop them in order
        apart: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        with self.log.open("ab") as out:
            self.popen = subprocess.Popen(  # noqa: S603 -- our own interpreter and scripts
                self.command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=kept | self.environment, cwd=script("sync_daemon.py").parent, **apart,
            )  # fmt: skip

    def check(self) -> None:
        """Raises ``ImanError`` with the end of its log when it ended by itself."""
        if self.popen is not None and (status := self.popen.poll()) is not None:
            raise ImanError(f"{self.name} ended by itself (status {status}):\n{self.tail()}")

    def kill(self) -> None:
        """As ``kill -9``: no chance to tidy up."""
        if self.popen is not None:
            self.popen.kill()
            self.popen.wait()
            self.popen = None

    def stop(self) -> None:
        if self.popen is None:
            return
        if self.popen.poll() is None:
            ask_to_stop(self.popen)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(40)
        self.kill()

    def tail(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-12:])


@dataclass(slots=True)
class Systems:
    """Where everything is. The sandbox systems run throughout; the daemon comes and goes."""

    folder: Path
    ports: tuple[int, int, int]
    token: str
    password: str
    byondpro: Process
    sage300: Process
    daemon: Process

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def byondpro_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def sage_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[2]}"

    def start_daemon(self, *, wait: bool = True) -> None:
        self.daemon.start()
        if wait:
            await_answer(self.daemon, f"{self.api_url}/api/v1/health")


def await_answer(process: Process, url: str) -> None:
    """Raises ``ImanError`` when *process* ends, or does not answer in time."""
    end = time.monotonic() + _START
    with httpx.Client(trust_env=False, timeout=2) as http:
        while True:
            process.check()
            with contextlib.suppress(httpx.HTTPError):
                if http.get(url).status_code < 500:
                    return
            if time.monotonic() > end:
                raise ImanError(f"{process.name} does not answer after {_START:.0f} s.")
            time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on just now."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in found]


@contextlib.contextmanager
def systems(
    folder: Path, settings: dict[str, str], *, scenario: str = "empty"
) -> Iterator[Systems]:
    """Both sandbox systems running, the daemon ready to be started; all stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    api, feed, erp = free_ports(3)
    token, password = secrets.token_urlsafe(24), secrets.token_hex(8).upper()
    sandbox = [sys.executable, "-m", "iman.sandbox"]
    common = ["--data", str(folder), "--scenario", scenario]
    theirs = {"IMAN_SANDBOX_TOKEN": token, "IMAN_SANDBOX_PASSWORD": password}
    ours = {
        "IMAN_SETTINGS": str(folder / "iman.toml"),  # not there: the environment says it all
        "IMAN_LEDGER": str(folder / "ledger.duckdb"),
        "IMAN_BYONDPRO_URL": f"http://127.0.0.1:{feed}",
        "IMAN_BYONDPRO_TOKEN": token,
        "IMAN_SAGE_URL": f"http://127.0.0.1:{erp}/Sage300WebApi",
        "IMAN_SAGE_COMPANY": COMPANY,
        "IMAN_SAGE_USER": USER,
        "IMAN_SAGE_PASSWORD": password,
        "IMAN_API_PORT": str(api),
        "IMAN_SANDBOX": "true",
    }
    made = Systems(
        folder=folder,
        ports=(api, feed, erp),
        token=token,
        password=password,
        byondpro=Process("byondpro", [*sandbox, "byondpro", "--port", str(feed), *common],
                         theirs, folder / "byondpro.log"),
        sage300=Process("sage300", [*sandbox, "sage300", "--port", str(erp), "--user", USER,
                                    *common], theirs, folder / "sage300.log"),
        daemon=Process("daemon", [sys.executable, str(script("sync_daemon.py"))],
                       ours | settings, folder / "daemon.log"),
    )  # fmt: skip
    try:
        made.byondpro.start()
        made.sage300.start()
        await_answer(made.byondpro, made.byondpro_url + "/")
        await_answer(made.sage300, made.sage_url + "/")
        yield made
    finally:
        for process in (made.daemon, made.sage300, made.byondpro):
            process.stop()
