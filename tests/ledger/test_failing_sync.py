"""An fsync that fails: what was acknowledged is there, and nothing is written twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.syncs import can_fail, preloading
from tests.system import ROOT

WRITES = """
import asyncio, json, sys
from concurrent.futures import wait
from datetime import UTC, datetime
from pathlib import Path
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.builders import make_arrived

path, flag, now = Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC)
ledger = DuckDBLedger(path, now=now, wait_seconds=0)
ledger.write(lambda conn: conn.execute("CREATE TABLE kept (number INTEGER)")).result()
events = [make_arrived(f"INV-{n}", cursor=str(n)) for n in range(3)]
asyncio.run(ledger.receive(events, source="test", cursor="3", now=now))
kept, told = [], []
def put(*numbers):
    asked = [
        (n, ledger.write(lambda conn, n=n: conn.execute("INSERT INTO kept VALUES ($n)", {"n": n})))
        for n in numbers
    ]
    wait([done for _, done in asked], 30)
    for number, done in asked:
        (told if done.exception() else kept).append(number)
put(1, 2, 3)
flag.touch()
put(10)
put(11, 12, 13)
try:
    asyncio.run(ledger.claim(limit=2, now=now))
    claimed = True
except Exception:
    claimed = False
flag.unlink()
put(20, 21)
units = asyncio.run(ledger.claim(limit=10, now=now))
states = ledger.reader().execute("SELECT state FROM open_documents ORDER BY 1").fetchall()
seen = ledger.reader().execute("SELECT number FROM kept ORDER BY 1").fetchall()
ledger.close()
ledger = DuckDBLedger(path, now=now)
after = ledger.reader().execute("SELECT number FROM kept ORDER BY 1").fetchall()
ledger.close()
print(json.dumps({"kept": kept, "told": told, "seen": [n for n, in seen], "claimed": claimed,
                  "after": [n for n, in after], "states": [s for s, in states],
                  "asks": [[c.asks for c in unit] for unit in units]}))
"""


@pytest.mark.skipif(not can_fail(), reason="fsync is made to fail by a compiled library, on Linux")
@pytest.mark.parametrize("stays", [False, True], ids=["taken back", "cannot be taken back"])
def test_nothing_acknowledged_is_lost_and_nothing_is_written_twice(tmp_path: Path, stays: bool):
    flag = tmp_path / "syncs-fail"
    ran = subprocess.run(
        [sys.executable, "-c", WRITES, str(tmp_path / "ledger.duckdb"), str(flag)], cwd=ROOT,
        env=os.environ | preloading(tmp_path, flag=flag, truncate=stays), capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["kept"] == [1, 2, 3, 20, 21]
    assert found["told"] == [10, 11, 12, 13]
    assert found["seen"] == found["after"]
    assert len(found["seen"]) == len(set(found["seen"]))
    assert set(found["kept"]) <= set(found["seen"])
    # a claim that was told to have failed was nobody's: where it stands all the same, it is asked
    assert not found["claimed"]
    assert found["states"] == ["syncing"] * 3
    asked = [[True], [True], [False]] if stays else [[False]] * 3
    assert sorted(found["asks"], reverse=True) == asked
