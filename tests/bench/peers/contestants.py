"""Each queue with its documents put in, its worker, and how it tells what is recorded."""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.peers import jobs, servers

_PATIENCE = 120.0  # seconds for one turn
_EVERY = 0.2  # between looks: they cost the peer a little


class Contestant(ABC):
    """One turn is: an empty store, documents put in, the worker started, all of it recorded."""

    name: str
    module: str  # of the worker; imported here too, to put documents in
    command: tuple[str, ...]  # of its worker process

    @contextlib.contextmanager
    @abstractmethod
    def store(self, folder: Path) -> Iterator[str]:
        """An empty store; its address. Raises ``servers.Missing``."""

    @abstractmethod
    def put_in(self, worker: Any, bodies: Sequence[str]) -> None: ...

    @abstractmethod
    def recorded(self, worker: Any, store: str) -> int:
        """Outcomes that are kept."""

    def turn(self, erp: str, bodies: Sequence[str], in_flight: int, folder: Path) -> int:
        """How many outcomes were recorded: all, or what there was when patience ended."""
        with self.store(folder) as store:
            told = {jobs.ERP: erp, jobs.STORE: store, jobs.IN_FLIGHT: str(in_flight)}
            worker = _imported(self.module, told)
            self.put_in(worker, bodies)
            with _running(self.command_for(in_flight), told, folder / "worker.log") as check:
                return self._all_recorded(worker, store, len(bodies), check)

    def command_for(self, in_flight: int) -> list[str]:
        filled = (part.replace("IN_FLIGHT", str(in_flight)) for part in self.command)
        return [sys.executable, "-m", *filled]

    def _all_recorded(self, worker: Any, store: str, wanted: int, check: Callable[[], None]) -> int:
        end = time.monotonic() + _PATIENCE
        while (found := self.recorded(worker, store)) < wanted and time.monotonic() < end:
            check()
            time.sleep(_EVERY)
        return found


class Huey(Contestant):
    name = "huey (SQLite)"
    module = "tests.bench.peers.huey_worker"
    command = ("huey.bin.huey_consumer", "tests.bench.peers.huey_worker.queue",
               "--workers", "IN_FLIGHT", "--worker-type", "thread", "--no-periodic",
               "--delay", "0.01", "--max-delay", "0.1", "--quiet")  # fmt: skip

    @contextlib.contextmanager
    def store(self, folder: Path) -> Iterator[str]:
        yield str(folder / "huey.sqlite")

    def put_in(self, worker: Any, bodies: Sequence[str]) -> None:
        for body in bodies:
            worker.push(body)

    def recorded(self, worker: Any, store: str) -> int:
        return int(worker.queue.storage.result_store_size())


class _OnRedis(Contestant):
    keys: str  # of its results

    @contextlib.contextmanager
    def store(self, folder: Path) -> Iterator[str]:
        with servers.running_redis(folder / "redis") as url:
            yield url

    def recorded(self, worker: Any, store: str) -> int:
        import redis

        with redis.Redis.from_url(store) as asked:
            return sum(1 for _ in asked.scan_iter(self.keys, count=5000))


class Dramatiq(_OnRedis):
    name = "dramatiq (Redis)"
    module = "tests.bench.peers.dramatiq_worker"
    command = ("dramatiq", "tests.bench.peers.dramatiq_worker", "--processes", "1",
               "--threads", "IN_FLIGHT")  # fmt: skip
    keys = "?" * 32  # it hashes them

    def put_in(self, worker: Any, bodies: Sequence[str]) -> None:
        for body in bodies:
            worker.push.send(body)


class Celery(_OnRedis):
    name = "Celery (Redis)"
    module = "tests.bench.peers.celery_worker"
    command = ("celery", "-A", "tests.bench.peers.celery_worker", "worker", "--pool", "threads",
               "--concurrency", "IN_FLIGHT", "--loglevel", "WARNING", "--without-gossip",
               "--without-mingle", "--without-heartbeat")  # fmt: skip
    keys = "celery-task-meta-*"

    def put_in(self, worker: Any, bodies: Sequence[str]) -> None:
        for body in bodies:
            worker.push.delay(body)


class Procrastinate(Contestant):
    name = "procrastinate (PostgreSQL)"
    module = "tests.bench.peers.procrastinate_worker"
    command = ("tests.bench.peers.procrastinate_worker",)

    @contextlib.contextmanager
    def store(self, folder: Path) -> Iterator[str]:
        with servers.running_postgresql() as url:
            yield url

    def put_in(self, worker: Any, bodies: Sequence[str]) -> None:
        import asyncio

        async def put() -> None:
            async with worker.app.open_async():
                await worker.app.schema_manager.apply_schema_async()
                await worker.push.batch_defer_async(*({"body": body} for body in bodies))

        asyncio.run(put())

    def recorded(self, worker: Any, store: str) -> int:
        import psycopg

        with psycopg.connect(store) as conn:
            row = conn.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"
            ).fetchone()
        return int(row[0]) if row else 0


PEERS: tuple[Contestant, ...] = (Huey(), Dramatiq(), Procrastinate(), Celery())


def _imported(module: str, told: dict[str, str]) -> Any:
    """The worker's module, which reads at import where its store is."""
    os.environ.update(told)
    found = sys.modules.pop(module, None)
    del found
    return importlib.import_module(module)


@contextlib.contextmanager
def _running(command: list[str], told: dict[str, str], log: Path) -> Iterator[Callable[[], None]]:
    """What is handed out raises ``RuntimeError`` once the worker has ended by itself."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=os.environ | told, cwd=Path(__file__).parents[3],
        )  # fmt: skip

    def check() -> None:
        if process.poll() is not None:
            raise RuntimeError(f"{command}: {log.read_text('utf-8', 'replace')[-2000:]}")

    try:
        yield check
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
