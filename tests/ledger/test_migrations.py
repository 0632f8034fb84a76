"""Every earlier version's ledger comes forward whole, whenever it is cut off on the way."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from iman.domain.retry import Done
from iman.ledger import audit, listing, read_model
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.migrate import migrations, schema_version
from iman.ledger.rollups import differences
from tests.builders import accepted
from tests.ledger.books import Books
from tests.ledger.old_ledgers import VERSIONS, Tables, make_old, rows_of
from tests.system import ROOT

NEWEST = migrations()[-1][0]
#: Opening settles what an interrupted push left; the rest stays to the letter.
_CHANGES = {"open_documents"}
_DOCUMENTS = 14


class Opened(Books):
    """Later than all that the old code did."""

    def __init__(self, path: Path) -> None:
        def opened(now: datetime) -> DuckDBLedger:
            return DuckDBLedger(path, now=now + timedelta(days=1))

        super().__init__(opened)
        self.now += timedelta(days=1)


def check_whole(books: Books, old: Tables) -> None:
    conn = books.ledger.reader()
    for table, held in old.items():
        if table in _CHANGES:
            continue
        before = Counter(map(tuple, held["rows"]))
        after = Counter(map(tuple, rows_of(conn, table, held["columns"])))
        assert not before - after, table
    assert differences(conn) == {}
    found = audit.verify(conn)
    assert found.broken is None
    assert found.head.events == len(old["audit_events"]["rows"]) == 2
    listed, total = listing.documents(conn, limit=100)
    assert listed.num_rows == total == _DOCUMENTS
    open_now = {row["document_id"]: row["state"] for row in books.rows("FROM open_documents")}
    old_open = old["open_documents"]
    place, state = (old_open["columns"].index(name) for name in ("document_id", "state"))
    assert open_now == {
        int(row[place]): {"syncing": "unknown"}.get(row[state], row[state])
        for row in old_open["rows"]
    }
    assert "unknown" in open_now.values()


def check_goes_on(books: Books) -> None:
    """What was cut off is asked about, and everything gets through and is counted."""
    for claim in books.claim():
        books.finish(claim, accepted(), Done("190-1"))
    conn = books.ledger.reader()
    assert differences(conn) == {}
    assert sum(books.rows("SELECT sum(documents) AS n FROM closed_totals")[0].values()) == (
        _DOCUMENTS - len(books.rows("FROM open_documents"))
    )
    assert read_model.document(conn, 13)


def test_there_is_a_ledger_of_each_version_that_was_long_the_newest():
    assert set(range(3, VERSIONS[-1])) <= set(VERSIONS)
    assert NEWEST - VERSIONS[-1] <= 3, "take up what landed since: tests/ledger/old/make.py"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_old_ledger_comes_forward_with_every_row(version: int, tmp_path: Path):
    path = tmp_path / "ledger.duckdb"
    old = make_old(path, version)
    books = Opened(path)
    assert books.ledger.schema == NEWEST
    check_whole(books, old)
    check_goes_on(books)
    books.ledger.close()


#: Dies where the migration of that number is written and not committed.
DIES = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from iman.ledger import migrate
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.builders import NOW
first = migrate._AFTER.get(int(sys.argv[2]), lambda conn: None)
def die(conn):
    first(conn)
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
migrate._AFTER[int(sys.argv[2])] = die
DuckDBLedger(Path(sys.argv[1]), now=NOW + timedelta(days=1))
"""


def test_killed_in_any_migration_it_stands_before_it_and_the_next_start_goes_on(tmp_path: Path):
    path = tmp_path / "ledger.duckdb"
    old = make_old(path, 1)
    before = 1
    for number, _ in migrations()[1:]:
        ran = subprocess.run(
            [sys.executable, "-c", DIES, str(path), str(number)], cwd=ROOT, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert ran.returncode < 0 or sys.platform == "win32", ran.stderr[-2000:]
        with duckdb.connect(str(path)) as conn:
            assert schema_version(conn) == before
            assert len(rows_of(conn, "documents", ["number"])) == _DOCUMENTS
        before = number
    books = Opened(path)
    check_whole(books, old)
    check_goes_on(books)
    books.ledger.close()
