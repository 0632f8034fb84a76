"""Redis and PostgreSQL for the peers, of their own, durable, on loopback; stopped by handle."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.system import free_ports, wait_for


class Missing(Exception):
    """The server is not installed; the text says how to get it."""


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """With its append-only file, synced each second: its usual durable setting."""
    program = shutil.which("redis-server")
    if program is None:
        raise Missing("no redis-server: install Debian's package redis-server")
    folder.mkdir()
    port = free_ports(1)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
             "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        wait_for(lambda: _answers(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(20)


def _answers(port: int) -> bool:
    import redis  # of the optional group

    with contextlib.suppress(redis.ConnectionError), redis.Redis(port=port) as asked:
        return bool(asked.ping())
    return False


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """With fsync, as PostgreSQL comes; an empty database's connection string."""
    import pytest

    from tests.postgres import HOW_TO_GET_IT, running_postgres

    try:
        with running_postgres(durable=True) as server:
            yield server.database().replace("postgresql+psycopg:", "postgresql:")
    except (pytest.skip.Exception, pytest.fail.Exception) as exc:
        raise Missing(HOW_TO_GET_IT) from exc
