"""dramatiq on Redis: one process with threads, outcomes in its Redis result backend."""

from __future__ import annotations

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends.redis import RedisBackend

from tests.bench.peers import jobs

broker = RedisBroker(url=jobs.store() or "redis://127.0.0.1:9")
broker.add_middleware(Results(backend=RedisBackend(url=jobs.store() or "redis://127.0.0.1:9")))
dramatiq.set_broker(broker)


@dramatiq.actor(store_results=True, max_retries=0)
def push(body: str) -> str:
    return jobs.post(body)
