"""A disk that is full: nothing acknowledged is lost, and writing goes on once there is room."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

#: Writes until the file may not grow, in the log or while it is folded in; then there is room.
FILLS = """
import json, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from iman.ledger.duckdb_ledger import DuckDBLedger

path, threshold = Path(sys.argv[1]), sys.argv[2]
ledger = DuckDBLedger(path, now=datetime.now(UTC), wait_seconds=0)
ledger.reader().execute(f"SET GLOBAL checkpoint_threshold = '{threshold}'")
ledger.write(lambda conn: conn.execute("CREATE TABLE kept (number INTEGER, body VARCHAR)")).result()
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, hard))
kept, told, attempts = [], [], 0
while attempts < 3000 and len(told) < 3:
    attempts += 1
    def work(conn, number=attempts):
        conn.execute("INSERT INTO kept SELECT $n, string_agg(md5(random()::VARCHAR || x), '') "
                     "FROM range(400) r (x)", {"n": number})
        return number
    try:
        kept.append(ledger.write(work).result(timeout=20))
    except Exception as exc:
        told.append(str(exc))
        if len(told) == 1 and threshold == "1MB":
            break
    if threshold == "1MB" and ledger._opened:
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
again = ledger.write(lambda conn: conn.execute("SELECT count(*) FROM kept").fetchall()).result(20)
seen = ledger.reader().execute("SELECT list(number ORDER BY number) FROM kept").fetchall()[0][0]
ledger.close()
ledger = DuckDBLedger(path, now=datetime.now(UTC))
after = ledger.reader().execute("SELECT list(number ORDER BY number) FROM kept").fetchall()[0][0]
ledger.close()
print(json.dumps({"kept": kept, "told": told, "seen": seen, "after": after, "again": again,
                  "opened": ledger._opened}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@pytest.mark.parametrize("threshold", ["64MB", "1MB"])
def test_what_was_acknowledged_is_there_and_writing_goes_on(tmp_path: Path, threshold: str):
    ran = subprocess.run(
        [sys.executable, "-c", FILLS, str(tmp_path / "ledger.duckdb"), threshold],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["kept"] == found["seen"] == found["after"]
    assert len(found["kept"]) > 20
    if threshold == "64MB":  # the log could not grow: each is told, and none is half there
        assert len(found["told"]) == 3
        assert all("File too large" in one for one in found["told"])
    else:  # folding the log in failed: DuckDB gave up, and was opened anew
        assert "ledger_reopened" in ran.stdout
