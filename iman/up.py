"""Everything at once, for trying it out: both sandbox systems, the daemon and the dashboard."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from iman.demo import DEMO_SIGN_INS
from iman.errors import ImanError
from iman.net import listen

_START = 60.0  # seconds each process may take until it is healthy
_COMPANY, _SAGE_USER = "SERDAT", "WEBAPI"


@dataclass(frozen=True, slots=True)
class Ports:
    """Four in a row from a base."""

    base: int

    @property
    def dashboard(self) -> int:
        return self.base

    @property
    def api(self) -> int:
        return self.base + 1

    @property
    def byondpro(self) -> int:
        return self.base + 2

    @property
    def sage300(self) -> int:
        return self.base + 3

    def check(self) -> None:
        """Raises ``ImanError`` naming the first port that is taken."""
        for port in (self.dashboard, self.api, self.byondpro, self.sage300):
            listen("127.0.0.1", port, "--port-base").close()


@dataclass(slots=True)
class Started:
    """One process of ours, its log, and how to tell that it is well."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    log_from: int  # where this start's lines begin
    health: str

    def healthy(self, http: httpx.Client) -> bool:
        if self.process.poll() is not None:
            raise ImanError(
                f"{self.name} ended at once (status {self.process.returncode}):\n{self.tail()}"
            )
        with contextlib.suppress(httpx.HTTPError):
            answer = http.get(self.health, timeout=2)
            if self.name == "daemon":
                return answer.is_success and answer.json()["status"] in {"ready", "degraded"}
            return answer.status_code < 500
        return False

    def tail(self) -> str:
        with self.log.open("rb") as opened:
            opened.seek(self.log_from)
            lines = opened.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-12:])


@dataclass(slots=True)
class Sandbox:
    """Where everything is once it runs."""

    data: Path
    ports: Ports
    speed: float
    seed: int
    scenario: str
    running: list[Started] = field(default_factory=list)

    @property
    def urls(self) -> dict[str, str]:
        at = "http://127.0.0.1:{}"
        return {
            "dashboard": at.format(self.ports.dashboard),
            "api": at.format(self.ports.api),
            "byondpro": at.format(self.ports.byondpro),
            "sage300": at.format(self.ports.sage300),
        }

    @property
    def settings_file(self) -> Path:
        return self.data / "iman.toml"

    def ready(self) -> dict[str, Any]:
        """What a ready file says."""
        return {
            **self.urls,
            "sign_ins": [
                {"name": one.name, "role": one.role.value, "password": one.password}
                for one in DEMO_SIGN_INS
            ],
            "settings": str(self.settings_file),
            "processes": {one.name: one.process.pid for one in self.running},
        }


def write_settings(sandbox: Sandbox) -> dict[str, str]:
    """The settings file both our processes read; secrets are made once and kept in it.

    Only this user may read the file. Returns the secrets for the sandbox's own processes.
    """
    file = sandbox.settings_file
    kept = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    token = str(kept.get("byondpro_token") or secrets.token_urlsafe(24))
    password = str(kept.get("sage_password") or secrets.token_hex(8).upper())
    content: dict[str, Any] = {
        "ledger": str(sandbox.data / "ledger.duckdb"),
        "byondpro_url": sandbox.urls["byondpro"],
        "byondpro_token": token,
        "sage_url": f"{sandbox.urls['sage300']}/Sage300WebApi",
        "sage_company": _COMPANY,
        "sage_user": _SAGE_USER,
        "sage_password": password,
        "api_port": sandbox.ports.api,
        "api_url": sandbox.urls["api"],
        "dashboard_port": sandbox.ports.dashboard,
        "speed": sandbox.speed,
        "sandbox": True,
    }
    lines = ["# Written by `iman up`; the daemon and the dashboard read it (IMAN_SETTINGS)."]
    lines += [f"{name} = {json.dumps(value)}" for name, value in content.items()]
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write("\n".join(lines) + "\n")
    return {"IMAN_SANDBOX_TOKEN": token, "IMAN_SANDBOX_PASSWORD": password}


def script(name: str) -> Path:
    """``app.py`` or ``sync_daemon.py``: in the wheel, or in the checkout around this package."""
    package = Path(__file__).resolve().parent
    shipped = package / "_dash" / name
    return shipped if shipped.exists() else package.parent / name


@contextlib.contextmanager
def running(
    sandbox: Sandbox,
    *,
    say: Callable[[str], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Sandbox]:
    """Start all four, wait until each is well, and stop them at the end.

    Raises ``ImanError`` for a port that is taken or a process that does not come up; what was
    started is stopped first.
    """
    sandbox.ports.check()
    (sandbox.data / "logs").mkdir(parents=True, exist_ok=True)
    its_secrets = write_settings(sandbox)
    us = [sys.executable]
    plans: list[tuple[str, list[str], str]] = [
        (
            "byondpro",
            [*us, "-m", "iman.sandbox", "byondpro", "--port", str(sandbox.ports.byondpro),
             "--data", str(sandbox.data), "--seed", str(sandbox.seed),
             "--scenario", sandbox.scenario],
            f"{sandbox.urls['byondpro']}/",
        ),
        (
            "sage300",
            [*us, "-m", "iman.sandbox", "sage300", "--port", str(sandbox.ports.sage300),
             "--data", str(sandbox.data), "--user", _SAGE_USER,
             "--scenario", sandbox.scenario],
            f"{sandbox.urls['sage300']}/",
        ),
        ("daemon", [*us, str(script("sync_daemon.py"))], f"{sandbox.urls['api']}/api/v1/health"),
        ("dashboard", [*us, str(script("app.py"))], f"{sandbox.urls['dashboard']}/_stcore/health"),
    ]  # fmt: skip
    try:
        for name, command, health in plans:
            theirs = its_secrets if name in {"byondpro", "sage300"} else {}
            sandbox.running.append(_start(sandbox, name, command, health, theirs))
        with httpx.Client(trust_env=False) as http:
            for one in sandbox.running:
                say(f"Waiting for {one.name}")
                _await(one, http, stopped)
        yield sandbox
    finally:
        stop(sandbox.running)


def _start(
    sandbox: Sandbox, name: str, command: list[str], health: str, its_secrets: dict[str, str]
) -> Started:
    log = sandbox.data / "logs" / f"{name}.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("IMAN_")}
    environment |= {"IMAN_SETTINGS": str(sandbox.settings_file.resolve()), **its_secrets}
    # A group of their own: Ctrl-C reaches only us, and we stop them in order.
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with log.open("ab") as out:
        log_from = out.tell()
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter and scripts
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=environment, cwd=script("app.py").parent, **apart,
        )  # fmt: skip
    return Started(name=name, process=process, log=log, log_from=log_from, health=health)


def _await(one: Started, http: httpx.Client, stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + _START
    while not one.healthy(http):
        if stopped():
            raise ImanError("Stopped before everything was up.")
        if time.monotonic() > end:
            raise ImanError(f"{one.name} is not well after {_START:.0f} s:\n{one.tail()}")
        time.sleep(0.1)


def stop(started: list[Started]) -> None:
    """The dashboard first, the two systems last, so that the daemon can finish its work."""
    for one in reversed(started):
        if one.process.poll() is None:
            ask_to_stop(one.process)
            try:
                one.process.wait(30)
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()


def ask_to_stop(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.terminate()


def write_ready(path: Path, content: dict[str, Any]) -> None:
    """All of it or nothing: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    part.replace(path)
