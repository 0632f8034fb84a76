"""Documents a second: the real pipeline against a bare loop that only sends, in turns.

The pipeline is the daemon's own: intents and outcomes durable in a real ledger, one document a
request. The bare loop is asyncio and httpx, one client a worker, no ledger, bodies ready made.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import httpx

from iman import logs
from iman.bench.invoices import arrivals, bodies
from iman.bootstrap import sage_client, tls, utc_now, values_of
from iman.classify import RulesInForce
from iman.domain.attempt import Claim, Finished
from iman.domain.retry import RetryPolicy
from iman.gateways.byondpro_documents import read_document
from iman.gateways.sage300 import Sage300
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.settings import DaemonSettings
from iman.sync.batching import Batcher
from iman.sync.beats import Beats
from iman.sync.breaker import Breaker
from iman.sync.ports import Together
from iman.sync.push import Pusher
from iman.verdicts import verdicts

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Turn:
    """*cpu_ms*: of this process a document. It travels better than a rate on a shared machine."""

    per_second: float
    cpu_ms: float


def _turn(documents: int, begun: float, busy: float) -> Turn:
    return Turn(
        documents / (time.perf_counter() - begun),
        (time.process_time() - busy) * 1000 / documents,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """At one latency, turn by turn."""

    latency_ms: int
    documents: int
    in_flight: int
    bare: list[Turn]
    pipeline: list[Turn]

    @property
    def ratios(self) -> list[float]:
        return [
            ours.per_second / theirs.per_second
            for ours, theirs in zip(self.pipeline, self.bare, strict=True)
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "latency_ms": self.latency_ms,
            "documents": self.documents,
            "in_flight": self.in_flight,
            "bare_per_s": round(median(turn.per_second for turn in self.bare), 1),
            "pipeline_per_s": round(median(turn.per_second for turn in self.pipeline), 1),
            "bare_cpu_ms": round(median(turn.cpu_ms for turn in self.bare), 2),
            "pipeline_cpu_ms": round(median(turn.cpu_ms for turn in self.pipeline), 2),
            "ratio": round(median(self.ratios), 3),
            "ratios": [round(one, 3) for one in self.ratios],
        }


def measure(
    latencies: Sequence[int], *, documents: int, in_flight: int, turns: int, say: Say
) -> list[Rate]:
    found = []
    logs.set_up("info", Path(os.devnull).open("w"))  # noqa: SIM115 -- as long as the process
    for latency in latencies:
        # enough for a few seconds, whatever the latency
        count = min(documents, 20 * in_flight) if latency >= 100 else documents
        bare, ours = list[Turn](), list[Turn]()
        with stub_erp(latency) as url:
            for turn in range(turns):
                say(f"{latency} ms, turn {turn + 1} of {turns}")
                order = (bare_loop, pipeline) if turn % 2 else (pipeline, bare_loop)
                for what in order:
                    gc.collect()
                    (ours if what is pipeline else bare).append(what(url, count, in_flight))
        found.append(
            Rate(latency_ms=latency, documents=count, in_flight=in_flight, bare=bare, pipeline=ours)
        )
    return found


@contextlib.contextmanager
def stub_erp(latency_ms: float, *, refuse_each: int = 0) -> Iterator[str]:
    """The stub in a process of its own."""
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [
            sys.executable,
            "-m",
            "iman.bench.stub_erp",
            "--latency-ms",
            str(latency_ms),
            "--refuse-each",
            str(refuse_each),
        ],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    try:
        assert process.stdout is not None  # noqa: S101 -- for mypy: it was asked for
        port = int(process.stdout.readline())
        yield f"http://127.0.0.1:{port}/Sage300WebApi"
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def settings_for(url: str) -> DaemonSettings:
    return DaemonSettings.model_validate(
        {
            "byondpro_url": "http://127.0.0.1:9",
            "byondpro_token": "none",
            "sage_url": url,
            "sage_company": "SERDAT",
            "sage_user": "WEBAPI",
            "sage_password": "BENCH-PASSWORD",
        }
    )


def bare_loop(url: str, documents: int, in_flight: int) -> Turn:
    ready = bodies(documents)

    async def run() -> Turn:
        base = f"{url}/v1.0/-/SERDAT/"
        context = tls(settings_for(url))
        clients = [
            httpx.AsyncClient(
                base_url=base, auth=("WEBAPI", "BENCH-PASSWORD"), timeout=80, trust_env=False,
                verify=context,
            )
            for _ in range(in_flight)
        ]  # fmt: skip
        left = iter(ready)

        async def work(client: httpx.AsyncClient) -> None:
            for body in left:
                answer = await client.post(
                    "AR/ARInvoiceBatches", content=body,
                    headers={"content-type": "application/json"},
                )  # fmt: skip
                answer.raise_for_status()

        begun, busy = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work(client) for client in clients))
        turn = _turn(documents, begun, busy)
        for client in clients:
            await client.aclose()
        return turn

    return asyncio.run(run())


class _Counting:
    """A ledger that says when so many documents are through."""

    def __init__(self, ledger: DuckDBLedger, wanted: int) -> None:
        self._ledger = ledger
        self._wanted = wanted
        self.done = asyncio.Event()

    @property
    def ledger_id(self) -> str:
        return self._ledger.ledger_id

    async def claim(
        self, *, limit: int, now: datetime, together: Together, plans: bool
    ) -> list[list[Claim]]:
        return await self._ledger.claim(limit=limit, now=now, together=together, plans=plans)

    async def finish(self, finished: Sequence[Finished], *, now: datetime) -> None:
        await self._ledger.finish(finished, now=now)
        self._wanted -= len(finished)
        if self._wanted <= 0:
            self.done.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


def pipeline(url: str, documents: int, in_flight: int, *, batch_most: int = 1) -> Turn:
    """One turn of the daemon's pipeline; *batch_most* invoices a request at the most."""
    with tempfile.TemporaryDirectory(prefix="iman-bench-") as folder:
        ledger = DuckDBLedger(Path(folder) / "ledger.duckdb", now=datetime.now(UTC))
        with contextlib.closing(ledger):
            return asyncio.run(_pipeline(url, documents, in_flight, batch_most, ledger))


def push_from(
    ledger: DuckDBLedger, url: str, documents: int, in_flight: int, *, first: int
) -> Turn:
    """One turn with a ledger that is there; *first*: number of the first new invoice."""
    return asyncio.run(_pipeline(url, documents, in_flight, 1, ledger, first=first))


async def _pipeline(
    url: str, documents: int, in_flight: int, batch_most: int, ledger: DuckDBLedger, first: int = 1
) -> Turn:
    events = arrivals(documents, first=first)
    for start in range(0, documents, 500):
        page = events[start : start + 500]
        await ledger.receive(page, source="bench", cursor=page[-1].cursor, now=utc_now())
    settings = settings_for(url)
    context = tls(settings)
    clients = [sage_client(settings, context) for _ in range(in_flight)]
    counting = _Counting(ledger, documents)
    beats = Beats(utc_now)
    beats.expect("push", 1.0)
    pusher = Pusher(
        lanes=[Sage300(client) for client in clients],
        ledger=counting,
        read=read_document,
        classify=verdicts(RulesInForce()),
        policy=RetryPolicy(),
        breaker=Breaker(utc_now),
        beats=beats,
        now=utc_now,
        rng=Random(1),  # noqa: S311 -- spreads retries
        batcher=Batcher(most=batch_most, lanes=in_flight, carries=values_of, now=utc_now),
    )
    stop = asyncio.Event()
    begun, busy = time.perf_counter(), time.process_time()
    running = asyncio.create_task(pusher.run(stop))
    await counting.done.wait()
    turn = _turn(documents, begun, busy)
    stop.set()
    await running
    for client in clients:
        await client.aclose()
    return turn
