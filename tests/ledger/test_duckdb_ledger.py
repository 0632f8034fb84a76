"""What is DuckDB's own: the file, its lock, its one writer, its migrations."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.errors import LedgerError, LedgerLocked, LedgerTooNew
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.migrate import migrate, migrations, schema_version
from iman.ledger.offline import read_only
from iman.ledger.utc import from_db, to_db
from iman.ledger.writer import Writer
from tests.builders import NOW
from tests.ledger.books import Books


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.duckdb"


def opened(path: Path, **options) -> DuckDBLedger:
    return DuckDBLedger(path, now=NOW, **options)


# -- lock --------------------------------------------------------------------------------------

HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from iman.ledger.duckdb_ledger import DuckDBLedger
ledger = DuckDBLedger(Path(sys.argv[1]), now=datetime.now(UTC))
print("held", flush=True)
sys.stdin.readline()
ledger.close()
"""


def test_a_ledger_held_by_another_process_is_told_and_free_again_afterwards(path: Path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LedgerLocked, match=r"Another sync_daemon holds.*IMAN_LEDGER"):
            opened(path)
        with pytest.raises(LedgerLocked), read_only(path):
            pass
        holder.communicate(b"\n")
    opened(path).close()


def test_a_ledger_held_in_this_process_is_told_too(path: Path):
    ledger = opened(path)
    with pytest.raises(LedgerLocked):
        opened(path)
    ledger.close()
    opened(path).close()


def test_a_daemon_waits_for_a_reader_that_is_just_reading(path: Path):
    opened(path).close()
    reading = subprocess.Popen(
        [
            sys.executable, "-c",
            "import sys, duckdb; c = duckdb.connect(sys.argv[1], read_only=True);"
            "print('held', flush=True); sys.stdin.readline(); c.close()",
            str(path),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with reading:
        assert reading.stdout.readline() == b"held\n"
        with pytest.raises(LedgerLocked, match="keeps reading"):
            opened(path, wait_seconds=0.2)
        done_soon = threading.Timer(0.3, reading.communicate, [b"\n"])
        done_soon.start()
        opened(path, wait_seconds=20).close()
        done_soon.join()


def test_a_file_that_is_no_ledger_is_told(path: Path):
    path.write_bytes(b"this is a letter to the editor, not a database " * 100)
    with pytest.raises(LedgerError, match="cannot be opened") as told:
        opened(path)
    assert not isinstance(told.value, LedgerLocked)


def test_a_closed_ledger_says_so(path: Path):
    ledger = opened(path)
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerError, match="closed"):
        ledger.reader()
    with pytest.raises(LedgerError, match="closed"):
        ledger.write(lambda _: None)


# -- migrations --------------------------------------------------------------------------------


def test_migrations_are_numbered_in_order_and_each_number_once():
    numbers = [number for number, _ in migrations()]
    assert numbers == sorted(set(numbers))


def test_a_migration_that_lands_behind_a_newer_one_is_not_passed_over(monkeypatch):
    every = migrations()
    with duckdb.connect() as conn:
        monkeypatch.setattr("iman.ledger.migrate.migrations", lambda: [*every, (999, "SELECT 1")])
        migrate(conn)
        late = (998, "CREATE TABLE late (a INT)")
        monkeypatch.setattr(
            "iman.ledger.migrate.migrations", lambda: [*every, late, (999, "SELECT 1")]
        )
        assert migrate(conn) == 999
        assert conn.execute("SELECT count(*) FROM late").fetchone() == (0,)


def test_a_fresh_file_gets_every_migration_and_a_second_time_none():
    with duckdb.connect() as conn:
        assert schema_version(conn) == 0
        newest = migrate(conn)
        applied = conn.execute("SELECT * FROM schema_migrations ORDER BY number").fetchall()
        assert [number for number, _ in applied] == [number for number, _ in migrations()]
        assert migrate(conn) == newest
        assert conn.execute("SELECT * FROM schema_migrations ORDER BY 1").fetchall() == applied


def test_a_migration_that_breaks_leaves_nothing_of_itself(monkeypatch: pytest.MonkeyPatch):
    broken = [*migrations(), (999, "CREATE TABLE half (a INT); SELECT nonsense;")]
    with duckdb.connect() as conn:
        migrate(conn)
        before = schema_version(conn)
        monkeypatch.setattr("iman.ledger.migrate.migrations", lambda: broken)
        with pytest.raises(LedgerError, match="Migration 999"):
            migrate(conn)
        assert schema_version(conn) == before
        tables = conn.execute("SELECT table_name FROM information_schema.tables").fetchall()
        assert ("half",) not in tables


def test_a_ledger_of_a_newer_iman_is_left_alone(path: Path):
    opened(path).close()
    with duckdb.connect(str(path)) as conn:
        conn.execute("INSERT INTO schema_migrations VALUES (9999, now()::TIMESTAMP)")
    with pytest.raises(LedgerTooNew, match="written by a newer Iman"):
        opened(path)
    with pytest.raises(LedgerTooNew), read_only(path):
        pass


# -- the writer --------------------------------------------------------------------------------


@pytest.fixture
def counted():
    with duckdb.connect() as conn:
        conn.execute("CREATE TABLE kept (n INTEGER)")
        yield conn


def keep(n: int):
    def work(conn):
        conn.execute("INSERT INTO kept VALUES ($n)", {"n": n})
        return n

    return work


def kept(conn) -> list[int]:
    return [n for (n,) in conn.execute("SELECT n FROM kept ORDER BY n").fetchall()]


def break_off(conn):
    conn.execute("INSERT INTO kept VALUES (-1)")
    raise ZeroDivisionError


def held_back(writer: Writer):
    """The writer busy until the event is set, so that what follows gathers in one batch."""
    go, begun = threading.Event(), threading.Event()

    def work(conn):
        begun.set()
        go.wait(10)

    waiting = writer.submit(work)
    begun.wait(10)
    return go, waiting


def test_what_queued_up_shares_a_commit_and_each_gets_its_own_answer(counted):
    writer = Writer(counted)
    go, _ = held_back(writer)
    answers = [writer.submit(keep(n)) for n in range(50)]
    go.set()
    assert [answer.result(10) for answer in answers] == list(range(50))
    writer.close()
    assert kept(counted) == list(range(50))


def test_a_broken_function_fails_alone(counted):
    writer = Writer(counted)
    go, _ = held_back(writer)
    before, broken, after = (
        writer.submit(keep(1)), writer.submit(break_off), writer.submit(keep(2)),
    )  # fmt: skip
    go.set()
    with pytest.raises(ZeroDivisionError):
        broken.result(10)
    assert (before.result(10), after.result(10)) == (1, 2)
    writer.close()
    assert kept(counted) == [1, 2]


def test_closing_finishes_what_is_queued_and_takes_no_more(counted):
    writer = Writer(counted)
    go, _ = held_back(writer)
    answers = [writer.submit(keep(n)) for n in range(300)]  # more than one batch
    threading.Timer(0.05, go.set).start()
    writer.close()
    assert not wait(answers, timeout=0).not_done
    assert kept(counted) == list(range(300))
    with pytest.raises(LedgerError, match="closed"):
        writer.submit(keep(1))


def test_who_gives_up_waiting_stops_neither_the_write_nor_those_behind(counted):
    writer = Writer(counted)
    go, _ = held_back(writer)

    async def give_up() -> None:
        await asyncio.wait_for(asyncio.wrap_future(writer.submit(keep(1))), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    behind = writer.submit(keep(2))
    go.set()
    behind.result(10)
    writer.close()
    assert kept(counted) == [1, 2]


def test_many_threads_may_submit_at_once(counted):
    writer = Writer(counted)
    threads = [
        threading.Thread(
            target=lambda first=first: [
                writer.submit(keep(first * 100 + n)).result(10) for n in range(20)
            ]
        )
        for first in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert len(kept(counted)) == 160


def test_a_reader_sees_what_is_committed_and_blocks_nobody(path: Path):
    ledger = opened(path)
    reader = ledger.reader()
    before = reader.execute("SELECT count(*) FROM facts").fetchall()
    ledger.write(lambda conn: conn.execute("INSERT INTO facts VALUES ('a', 'b')")).result(10)
    assert reader.execute("SELECT count(*) FROM facts").fetchall() == [(before[0][0] + 1,)]
    ledger.close()


# -- UTC ---------------------------------------------------------------------------------------

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1), timezones=ZONES)  # noqa: DTZ001 -- bounds are naive by contract


@given(MOMENTS)
def test_a_moment_comes_back_the_same_whatever_its_zone(moment: datetime):
    stored = to_db(moment)
    assert stored.utcoffset() is None
    assert from_db(stored) == moment
    assert from_db(stored).tzinfo is UTC


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no timezone"):
        to_db(datetime(2026, 1, 1))  # noqa: DTZ001 -- what the test is about


def test_nothing_is_what_it_was():
    assert from_db(None) is None


@pytest.mark.parametrize("zone", ["Australia/Sydney", "America/Los_Angeles"])
def test_moments_near_midnight_are_stored_in_utc_wherever_the_machine_stands(
    path: Path, zone: str, monkeypatch: pytest.MonkeyPatch
):
    script = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.ledger.books import Books
books = Books(lambda now: DuckDBLedger(Path(sys.argv[1]), now=now, inline=True))
for moment in ("2026-11-24T23:59:59.999999", "2026-11-25T00:00:00"):
    books.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    books.arrive("INV-" + moment)
    assert books.next_due() is not None
    assert books.claim_one().started_at == books.now
for row in books.rows("SELECT received_at FROM documents ORDER BY document_id"):
    print(row["received_at"].isoformat())
books.ledger.close()
"""
    monkeypatch.setenv("TZ", zone)
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["2026-11-24T23:59:59.999999", "2026-11-25T00:00:00"]


def test_ledgers_of_two_files_have_names_of_their_own(tmp_path: Path):
    books = [Books(lambda now, n=n: DuckDBLedger(tmp_path / f"{n}.duckdb", now=now)) for n in "ab"]
    assert books[0].ledger.ledger_id != books[1].ledger.ledger_id
    for one in books:
        one.ledger.close()
