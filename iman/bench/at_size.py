"""What a ledger with years of history costs: the push, its memory, and how long a start takes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from iman.bench.rate import Turn, stub_erp

Say = Callable[[str], None]
Row = dict[str, Any]
_ROOT = Path(__file__).resolve().parents[2]
_READY = 120.0  # seconds a start may take before it counts as none

#: One turn of the pipeline in a process of its own, for its memory is told by its highest mark.
_TURN = """
import contextlib, json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from iman import logs
from iman.bench.rate import push_from
from iman.ledger.duckdb_ledger import DuckDBLedger
logs.set_up("info", Path(os.devnull).open("w"))
path, url, documents, in_flight, memory, first = sys.argv[1:]
ledger = DuckDBLedger(Path(path), now=datetime.now(UTC), memory_limit=memory)
with contextlib.closing(ledger):
    ledger.write(lambda conn: conn.execute("DELETE FROM pauses")).result()
    turn = push_from(ledger, url, int(documents), int(in_flight), first=int(first))
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
except ImportError:
    peak = 0
print(json.dumps([turn.per_second, turn.cpu_ms, peak]))
"""


def push(
    history: Path, folder: Path, *, documents: int, in_flight: int, latency: int, turns: int,
    memory: str, say: Say,
) -> list[Row]:  # fmt: skip
    """Documents a second with the ledger at *history*'s size against an empty one, in turns."""
    big, found = folder / "big.duckdb", dict[str, list[tuple[Turn, int]]](empty=[], history=[])
    shutil.copyfile(history, big)
    with stub_erp(latency) as url:
        for turn in range(turns):
            say(f"Push, turn {turn + 1} of {turns}")
            small = folder / f"small-{turn}.duckdb"
            first = 60_000_000 + turn * documents
            for name, path in (("empty", small), ("history", big))[:: 1 if turn % 2 else -1]:
                found[name].append(_turn(path, url, documents, in_flight, memory, first))
    ratios = [
        of_history.per_second / of_empty.per_second
        for (of_history, _), (of_empty, _) in zip(found["history"], found["empty"], strict=True)
    ]
    return [
        {
            "ledger": name,
            "documents_per_s": round(median(turn.per_second for turn, _ in each), 1),
            "cpu_ms": round(median(turn.cpu_ms for turn, _ in each), 2),
            "highest_memory_mb": round(max(peak for _, peak in each) / 1e6),
            "ledger_memory": memory,
            "ratio": round(median(ratios), 3) if name == "history" else "",
            "ratios": [round(one, 2) for one in ratios] if name == "history" else "",
        }
        for name, each in found.items()
    ]


def _turn(
    path: Path, url: str, documents: int, in_flight: int, memory: str, first: int
) -> tuple[Turn, int]:
    told = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", _TURN, str(path), url, str(documents), str(in_flight), memory,
         str(first)],
        cwd=_ROOT, stdout=subprocess.PIPE, check=True, text=True,
    ).stdout  # fmt: skip
    per_second, cpu_ms, peak = json.loads(told.splitlines()[-1])
    return Turn(per_second, cpu_ms), int(peak)


# -- starts ---------------------------------------------------------------------------------

#: Makes so many documents pending, all of them held back.
_PENDING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from iman.bench.writing import receive
from iman.ledger.duckdb_ledger import DuckDBLedger
ledger = DuckDBLedger(Path(sys.argv[1]), now=datetime.now(UTC))
now = datetime.now(UTC).replace(tzinfo=None)
ledger.write(lambda conn: conn.execute(
    "INSERT OR IGNORE INTO pauses VALUES ('', $now, 'bench', 'a measurement')", {"now": now}
)).result()
receive(ledger, int(sys.argv[2]), first=70_000_000)
ledger.close()
"""
#: Writes until the log has so many bytes, and dies by kill -9 with it.
_LOG = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from iman.bench.writing import receive
from iman.ledger.duckdb_ledger import DuckDBLedger
path = Path(sys.argv[1])
ledger = DuckDBLedger(path, now=datetime.now(UTC))
ledger.write(lambda conn: conn.execute("SET checkpoint_threshold = '10GB'")).result()
log, first = path.with_name(path.name + ".wal"), 80_000_000
while not log.exists() or log.stat().st_size < int(sys.argv[2]):
    receive(ledger, 2000, first=first)
    first += 2000
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def starts(history: Path, folder: Path, *, pending: int, log_mb: int, say: Say) -> list[Row]:
    """Seconds from the process's start until it is ready, of the real daemon."""
    ledger = folder / "starts.duckdb"
    shutil.copyfile(history, ledger)
    say(f"Making {pending:,} documents pending")
    _run(_PENDING, ledger, pending)
    found = [
        {"start": what, "ready_s": _ready(ledger, say), "log_mb": _log_mb(ledger)}
        for what in (f"{pending:,} pending", "again")
    ]
    say(f"Writing a log of {log_mb} MB")
    _run(_LOG, ledger, log_mb * 1_000_000, killed=True)
    found.append({"start": "after kill -9", "log_mb": _log_mb(ledger)})
    found[-1]["ready_s"] = _ready(ledger, say)
    return found


def _run(code: str, ledger: Path, number: int, *, killed: bool = False) -> None:
    ran = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code, str(ledger), str(number)], cwd=_ROOT, check=False
    )
    if not killed:
        ran.check_returncode()


def _log_mb(ledger: Path) -> float:
    log = ledger.with_name(ledger.name + ".wal")
    return round(log.stat().st_size / 1e6, 1) if log.exists() else 0.0


def _ready(ledger: Path, say: Say) -> float:
    """Of a daemon whose byondpro and Sage 300 are away: the ledger is what is measured."""
    say("Starting")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    nobody = "http://127.0.0.1:9"
    environment = {name: value for name, value in os.environ.items() if name[:5] != "IMAN_"} | {
        "IMAN_LEDGER": str(ledger), "IMAN_BYONDPRO_URL": nobody, "IMAN_BYONDPRO_TOKEN": "none",
        "IMAN_SAGE_URL": f"{nobody}/Sage300WebApi", "IMAN_SAGE_COMPANY": "SERDAT",
        "IMAN_SAGE_USER": "WEBAPI", "IMAN_SAGE_PASSWORD": "BENCH-PASSWORD",
        "IMAN_API_PORT": str(port), "IMAN_DISK_RESERVE": "0",
    }  # fmt: skip
    begun = time.perf_counter()
    daemon = subprocess.Popen(
        [sys.executable, "sync_daemon.py"], cwd=_ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not _is_ready(port):
            if time.perf_counter() - begun > _READY or daemon.poll() is not None:
                raise RuntimeError("The daemon did not become ready.")
            time.sleep(0.01)
        return round(time.perf_counter() - begun, 2)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/api/v1/health/ready", timeout=5
        ) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
