"""From Sage 300's refusal to where it is read through the API: the real daemon, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from iman import logs
from iman.api.app import create_app
from iman.api.passwords import hash_password
from iman.bench.rate import settings_for, stub_erp
from iman.bench.writing import receive, shares
from iman.bootstrap import api_rules, build_daemon
from iman.daemon import ApiThread, Daemon
from iman.domain.people import Role
from iman.ledger.accounts import save_user
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.net import listen
from iman.settings import DaemonSettings

Row = dict[str, Any]
_ONE_IN = 10  # documents that are refused
_READERS = 2
_READ = 4  # of so many refused documents one is read, so that readers keep up
_PAUSE = 0.05  # seconds between two questions of a reader, which are part of what is measured
_FIRST = 90_000_000
_PASSWORD = "bench-password"  # noqa: S105 -- of an account that this measurement makes
_LIMIT = 120.0  # seconds for one error to be read


def measure(
    folder: Path, *, documents: int, in_flight: int, latency: int, say: Callable[[str], None]
) -> list[Row]:
    """Milliseconds from the stub's writing a refusal to an answer of the API that shows it."""
    logs.set_up("warning", Path(os.devnull).open("w"))  # noqa: SIM115 -- as long as the process
    say(f"{in_flight} pushes in flight")
    with stub_erp(latency, refuse_each=_ONE_IN) as url:
        path = folder / "readable.duckdb"
        settings = settings_for(url).model_copy(
            update={
                "push_concurrency": in_flight, "batch_most": 1, "ledger": path,
                "api_calls_per_second": 1_000_000, "disk_reserve": 0,
            }
        )  # fmt: skip
        with contextlib.closing(DuckDBLedger(path, now=datetime.now(UTC))) as ledger:
            receive(ledger, documents, first=_FIRST)
            with (
                _running(settings, ledger) as api,
                httpx.Client(trust_env=False, timeout=60) as stub,
            ):
                seen = _read(api, ledger)
                refused = json.loads(stub.get(f"{url}/refused").content)
    waits = [moment - refused[number] for number, moment in seen.items()]
    return [{"errors": len(waits), "in_flight": in_flight, "latency_ms": latency} | shares(waits)]


@contextlib.contextmanager
def _running(settings: DaemonSettings, ledger: DuckDBLedger) -> Iterator[str]:
    """The daemon's loops on a thread, its API on another; the API's address."""

    def now() -> datetime:
        return datetime.now(UTC)

    hashed = hash_password(_PASSWORD)
    ledger.write(lambda conn: save_user(conn, "bench", Role.MANAGER, hashed, now=now())).result()
    begun, ended = threading.Event(), threading.Event()
    made: list[Daemon] = []

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        made.append(build_daemon(settings, ledger=ledger, now=now))
        begun.set()
        waiting = loop.run_in_executor(None, ended.wait)
        waiting.add_done_callback(lambda _: stop.set())
        await made[0].run(stop)

    listening = listen("127.0.0.1", 0, "a free port")
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    loops = threading.Thread(target=lambda: asyncio.run(run()))
    loops.start()
    begun.wait()
    daemon = made[0]
    app = create_app(ledger=ledger, daemon=daemon, now=now, rules=api_rules(settings))
    api = ApiThread(app, listening)
    api.start()
    try:
        yield address
    finally:
        ended.set()
        loops.join()
        api.stop()
        daemon.keeping.close()


def _read(api: str, ledger: DuckDBLedger) -> dict[str, float]:
    """When each refusal was first seen, by the document's number."""
    rows = ledger.reader().execute("SELECT document_id, number FROM documents ORDER BY document_id")
    wanted = [
        (key, number) for key, number in rows.fetchall() if not int(number[4:]) % (_ONE_IN * _READ)
    ]
    with httpx.Client(base_url=f"{api}/api/v1", trust_env=False, timeout=60) as http:
        body = {"name": "bench", "password": _PASSWORD}
        token = http.post("/sessions", json=body).raise_for_status().json()["token"]
    seen: dict[str, float] = {}

    def read(mine: list[tuple[int, str]]) -> None:
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(
            base_url=f"{api}/api/v1", headers=headers, trust_env=False, timeout=60
        ) as http:
            for key, number in mine:
                began = time.perf_counter()
                while time.perf_counter() - began < _LIMIT:
                    told = http.get(f"/documents/{key}").raise_for_status().json()["document"]
                    if told["error_text"]:
                        seen[number] = time.perf_counter()
                        break
                    time.sleep(_PAUSE)  # it shares the processor with what it waits for

    readers = [threading.Thread(target=read, args=(wanted[n::_READERS],)) for n in range(_READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return seen
