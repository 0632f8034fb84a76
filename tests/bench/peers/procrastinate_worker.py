"""procrastinate on PostgreSQL: one asyncio worker, outcomes are its jobs' status."""

from __future__ import annotations

import asyncio

import httpx
from procrastinate import App, PsycopgConnector

from tests.bench.peers import jobs

app = App(connector=PsycopgConnector(conninfo=jobs.store(), min_size=1, max_size=8))
_free: list[httpx.AsyncClient] = []


@app.task(name="push")
async def push(body: str) -> None:
    """A client for each request under way: a shared one costs most of the rate."""
    client = _free.pop() if _free else httpx.AsyncClient(**jobs.client_options())
    try:
        jobs.reference_of(await client.post(jobs.RESOURCE, content=body))
    finally:
        _free.append(client)


async def main() -> None:
    async with app.open_async():
        await app.run_worker_async(concurrency=jobs.in_flight(), listen_notify=True)


if __name__ == "__main__":
    asyncio.run(main())
