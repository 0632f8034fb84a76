"""Celery on Redis: one process with threads, late acknowledgement, outcomes in its backend.

Late, because by default a task is acknowledged before it is done and lost with its worker.
"""

from __future__ import annotations

from celery import Celery

from tests.bench.peers import jobs

app = Celery("peers", broker=jobs.store(), backend=jobs.store())
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=2,
    broker_connection_retry_on_startup=True,
)


@app.task(name="push")
def push(body: str) -> str:
    return jobs.post(body)
