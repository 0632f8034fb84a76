"""huey on SQLite: its consumer with threads, outcomes in its own result store."""

from __future__ import annotations

from huey import SqliteHuey

from tests.bench.peers import jobs

queue = SqliteHuey("peers", filename=jobs.store() or ":memory:", fsync=True)


@queue.task()
def push(body: str) -> str:
    return jobs.post(body)
