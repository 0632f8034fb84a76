"""A whole daemon without its API: the real loops and ledger over fakes, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

from iman.bootstrap import values_of
from iman.classify import RulesInForce
from iman.domain.retry import RetryPolicy
from iman.gateways.byondpro_documents import read_document
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.resyncing import restart_or_say_why
from iman.sync.batching import Batcher
from iman.sync.beats import Beats
from iman.sync.breaker import Breaker
from iman.sync.intake import Intake, StatusWriteBack
from iman.sync.loops import keep_going
from iman.sync.push import Pusher
from iman.verdicts import verdicts
from tests.builders import make_arrived
from tests.sync.fakes import FakeSage, FakeSource
from tests.sync.virtual_time import virtual_now


class _Mortal:
    """The ledger as a process sees it: once killed, nothing it asks is ever done."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._ledger, name)

        async def asked(*args: Any, **kwargs: Any) -> Any:
            if self.dead:
                await asyncio.Event().wait()
            return await found(*args, **kwargs)

        return asked


class World:
    def __init__(self, path: Path, *, seed: int = 0, lanes: int = 4) -> None:
        self.path = path
        self.sage = FakeSage()
        self.source = FakeSource()
        self.policy = RetryPolicy()
        self.rng = Random(seed)
        self.lanes = lanes
        self.batch_most = 1
        self.posting = False
        self.watched: Callable[[DuckDBLedger], Any] = lambda ledger: ledger

    def start(self) -> None:
        self.ledger = DuckDBLedger(self.path, now=virtual_now(), inline=True)
        self._mortal = mortal = _Mortal(self.watched(self.ledger))
        self.beats = Beats(virtual_now)
        self.breaker = Breaker(virtual_now)
        self._stop = asyncio.Event()
        recorded = asyncio.Event()
        self.pusher = Pusher(
            lanes=[self.sage] * self.lanes,
            ledger=mortal,
            read=read_document,
            classify=verdicts(RulesInForce()),
            policy=self.policy,
            breaker=self.breaker,
            beats=self.beats,
            now=virtual_now,
            rng=self.rng,
            batcher=Batcher(
                most=self.batch_most, lanes=self.lanes, carries=values_of, now=virtual_now
            ),
            posting=self.posting,
            recorded=recorded,
        )
        self.beats.expect("push", 1.0)
        shared = {"source": self.source, "ledger": mortal, "beats": self.beats, "now": virtual_now}
        intake = Intake(**shared, arrived=self.pusher.wake)
        write_back = StatusWriteBack(**shared)
        running = {"beats": self.beats, "stop": self._stop}
        self._tasks = [
            asyncio.create_task(self.pusher.run(self._stop)),
            asyncio.create_task(keep_going(intake, every=3.0, **running)),
            asyncio.create_task(keep_going(write_back, every=2.0, nudge=recorded, **running)),
        ]

    async def stop(self) -> None:
        """Gracefully, as a service manager asks for it."""
        self._stop.set()
        await asyncio.gather(*self._tasks)
        self.ledger.close()

    async def kill(self) -> None:
        """As ``kill -9``: nothing more is written, sent or read; Sage goes on with what it has."""
        self._mortal.dead = True
        ours = asyncio.all_tasks() - {asyncio.current_task()} - self.sage.at_work
        while ours := {task for task in ours if not task.done()}:
            for task in ours:
                task.cancel()
            await asyncio.wait(ours, timeout=0.001)
        self.ledger.close()

    def arrive(self, number: str, **overrides: Any) -> None:
        self.source.events.append(make_arrived(number, **overrides))

    def resync(self, number: str) -> int:
        document_id = self.one("SELECT document_id FROM documents WHERE number = $n", n=number)
        ledger = self.ledger
        _, begun = ledger.write(
            lambda conn: restart_or_say_why(
                conn, ledger.ids, document_id, who="ada", origin="api", reason="",
                request_id="", now=virtual_now(),
            )
        ).result()  # fmt: skip
        self.pusher.wake()
        return begun

    def one(self, sql: str, **values: Any) -> Any:
        rows = self.ledger.reader().execute(sql, values).fetchall()
        return rows[0][0] if rows else None

    def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        return self.ledger.reader().execute(sql, values).fetchall()

    def state(self, number: str) -> str | None:
        """None while the ledger does not know it."""
        return self.one(
            "SELECT coalesce(o.state, c.state) FROM documents d "
            "LEFT JOIN open_documents o USING (document_id) "
            "LEFT JOIN closings c USING (document_id) WHERE d.number = $n",
            n=number,
        )

    async def until(
        self, true: Callable[[], bool], *, within: float = 600.0, every: float = 0.25
    ) -> float:
        """Wait for it; returns how many virtual seconds it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not true():
            assert loop.time() - began < within, f"not within {within} virtual seconds"
            await asyncio.sleep(every)
        return loop.time() - began

    async def settled(self, *numbers: str, within: float = 600.0) -> None:
        await self.until(
            lambda: all(self.state(number) in {"synced", "failed"} for number in numbers),
            within=within,
            every=1.0,
        )


@contextlib.asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    world.start()
    try:
        yield world
    finally:
        await world.stop()
