"""A log whose tail is rubbish: the ledger opens, and everything acknowledged is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iman.errors import LedgerError
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.builders import NOW

_FACTS = 40
_WRITE = """
import os, signal, sys
from pathlib import Path
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.builders import NOW
ledger = DuckDBLedger(Path(sys.argv[1]), now=NOW)
for number in range(int(sys.argv[2])):
    sql = f"INSERT INTO facts VALUES ('fact {number}', 'x')"
    ledger.write(lambda conn: conn.execute(sql)).result()
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """File and log of a ledger whose daemon was killed."""
    path = tmp_path_factory.mktemp("killed") / "ledger.duckdb"
    subprocess.run([sys.executable, "-c", _WRITE, str(path), str(_FACTS)], check=False)
    return path.read_bytes(), path.with_name("ledger.duckdb.wal").read_bytes()


def written(folder: Path, file: bytes, log: bytes) -> Path:
    path = folder / "ledger.duckdb"
    path.write_bytes(file)
    path.with_name("ledger.duckdb.wal").write_bytes(log)
    return path


def facts(path: Path) -> int:
    ledger = DuckDBLedger(path, now=NOW)
    try:
        row = ledger.reader().execute("SELECT count(*) FROM facts WHERE name LIKE 'fact %'")
        return int((row.fetchone() or (0,))[0])
    finally:
        ledger.close()


_TAILS = {
    "nothing": b"",
    "zeros": bytes(8192),
    "a length without end": b"\xff" * 64,
    "a length that is too much": (2**40).to_bytes(8, "little") + bytes(64),
    "a few bytes": b"\x07\x00\x00",
    "text": b"INVOICE 10319, three lines\n" * 20,
}


@pytest.mark.parametrize("tail", _TAILS.values(), ids=_TAILS)
def test_rubbish_behind_the_log_loses_nothing(
    tail: bytes, killed: tuple[bytes, bytes], tmp_path: Path
):
    file, log = killed
    path = written(tmp_path, file, log + tail)
    assert facts(path) == _FACTS
    assert facts(path) == _FACTS  # and once more


def test_any_piece_of_the_log_behind_it_loses_nothing(killed: tuple[bytes, bytes], tmp_path: Path):
    file, log = killed
    for number, start in enumerate(range(len(log) - 400, len(log) - 10, 39)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert facts(written(folder, file, log + log[start : start + 61])) == _FACTS, start


def test_what_was_cut_off_is_kept(killed: tuple[bytes, bytes], tmp_path: Path):
    file, log = killed
    tail = b"\xff" * 64  # as an unwritten page of a flash disk; DuckDB alone gives up over it
    assert facts(written(tmp_path, file, log + tail)) == _FACTS
    assert [one.read_bytes() for one in tmp_path.glob("*.torn-*")] == [tail]


def test_a_file_that_is_no_ledger_is_told_in_one_line(tmp_path: Path):
    path = tmp_path / "ledger.duckdb"
    path.write_bytes(os.urandom(5000))
    with pytest.raises(LedgerError, match="cannot be opened") as caught:
        DuckDBLedger(path, now=NOW)
    assert "\n" not in str(caught.value)
