"""A ledger that is made up holds together as a real one does."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from iman.bench.seed_ledger import refusals
from iman.errors import LedgerError
from iman.ledger import rollups
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.seeding import Seed, make

UNTIL = datetime(2026, 11, 24, 5, tzinfo=UTC)
PROMISES = {
    "a document is open or closed": "SELECT d.document_id FROM documents d"
    " LEFT JOIN open_documents o USING (document_id) LEFT JOIN closings c USING (document_id)"
    " WHERE (o.document_id IS NULL) = (c.document_id IS NULL)",
    "an attempt has one outcome": "SELECT attempt_id FROM attempts FULL JOIN outcomes USING"
    " (attempt_id) GROUP BY attempt_id HAVING count(*) <> 1",
    "burnt attempts are those counted": "SELECT o.document_id FROM open_documents o"
    " WHERE o.attempt <> (SELECT count(*) FROM attempts a WHERE a.document_id = o.document_id"
    " AND a.round = o.round)",
    "what is due has a time": "SELECT document_id FROM open_documents"
    " WHERE (due_at IS NULL) <> (state IN ('failed', 'parked', 'waiting'))",
    "nothing is of the future": "SELECT attempt_id FROM outcomes WHERE ended_at > $until",
    "attempts are numbered as they were begun": "SELECT attempt_id FROM (SELECT attempt_id,"
    " started_at < lag(started_at) OVER (ORDER BY attempt_id) AS late FROM attempts) WHERE late",
    "what waits waits for an open invoice": "SELECT o.document_id FROM open_documents o WHERE"
    " o.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM open_documents p JOIN documents d USING"
    " (document_id) WHERE d.company || '/' || d.entry_type || '/' || d.number = o.waits_for)",
    "what stood open at the last hour is what is open": "SELECT 1 FROM (SELECT sum(documents) AS n"
    " FROM standing_history WHERE hour = (SELECT max(hour) FROM standing_hours))"
    " WHERE n <> (SELECT count(*) FROM open_documents)",
}


def seeded(path, *, documents=3000, attempts=9000, seed=1):
    kinds, fingerprint = refusals()
    wanted = Seed(documents=documents, attempts=attempts, seed=seed, days=60, until=UNTIL)
    return make(path, wanted, kinds, fingerprint=fingerprint, say=lambda _: None)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("seeded") / "ledger.duckdb"
    assert seeded(path) == {"documents": 3000, "attempts": 9000, "open_documents": 15}
    return path


def test_it_holds_together(path):
    with duckdb.connect(str(path), read_only=True) as conn:
        for promise, sql in PROMISES.items():
            values = {"until": UNTIL.replace(tzinfo=None)} if "$until" in sql else {}
            assert conn.execute(sql, values).fetchall() == [], promise


def test_its_rollups_are_its_attempts(path):
    ledger = DuckDBLedger(path, now=UNTIL)  # opens as any other
    try:
        assert ledger.recovered == 0
        assert rollups.differences(ledger.reader()) == {}
        took = "UPDATE attempt_rollup SET attempts = attempts + 1 WHERE rowid = 0"
        back = took.replace("+", "-")
        ledger.write(lambda conn: conn.execute(took)).result()
        assert rollups.differences(ledger.reader()) == {"attempt_rollup": 2, "attempt_totals": 1}
        ledger.write(lambda conn: conn.execute(back)).result()
    finally:
        ledger.close()


def test_the_same_seed_makes_the_same_history(path, tmp_path):
    asked = "SELECT (SELECT bit_xor(hash(d)) FROM documents d),"
    asked += " (SELECT bit_xor(hash(o)) FROM outcomes o)"
    seeded(tmp_path / "again.duckdb")
    seeded(tmp_path / "other.duckdb", seed=2)
    found = []
    for file in (path, tmp_path / "again.duckdb", tmp_path / "other.duckdb"):
        with duckdb.connect(str(file), read_only=True) as conn:
            found.append(conn.execute(asked).fetchone())
    assert found[0] == found[1] != found[2]


def test_a_ledger_that_is_there_is_left_alone(path):
    with pytest.raises(LedgerError, match="already"):
        seeded(path)


def test_what_cannot_be_leaves_nothing_behind(tmp_path):
    with pytest.raises(LedgerError, match="need more attempts"):
        seeded(tmp_path / "l.duckdb", documents=100, attempts=50)
    assert list(tmp_path.iterdir()) == []
