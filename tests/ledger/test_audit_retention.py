"""Old audit events move into files, and the chain is proven through them and the ledger."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from iman.domain.retention import Ages
from iman.errors import LedgerError
from iman.ledger import audit, audit_retention, retention
from iman.ledger.backup import back_up
from iman.ledger.disk import archive_folder
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.offline import read_only
from iman.ledger.restoring import restore
from tests.builders import NOW
from tests.ledger.books import Books
from tests.ledger.test_audit import append, make_event
from tests.system import ROOT

AGES = Ages(audit=365)
OLD, NEW = 7, 3


def write_trail(books: Books) -> None:
    """Seven events of two years ago, three of today."""
    books.ledger.write(
        lambda conn: conn.execute("INSERT OR IGNORE INTO facts VALUES ('company', 'SERDAT')")
    ).result()
    for days, count in ((730, OLD), (0, NEW)):
        for number in range(count):
            event, at = make_event(who=f"ada{number}"), NOW - timedelta(days=days, seconds=-number)
            books.ledger.write(
                lambda conn, e=event, at=at: audit.write_audit(conn, books.ledger.ids, e, now=at)
            ).result()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trail") / "ledger.duckdb"
    books = Books(lambda now: DuckDBLedger(path, now=now))
    write_trail(books)
    books.ledger.close()
    return path


@pytest.fixture
def books(written: Path, tmp_path: Path) -> Iterator[Books]:
    path = tmp_path / "ledger.duckdb"
    shutil.copyfile(written, path)
    made = Books(lambda now: DuckDBLedger(path, now=now))
    yield made
    made.ledger.close()


@pytest.fixture
def moved(books: Books) -> Books:
    """Two files, of four and of three events; then two more events, one of them each file's."""
    for limit in (4, 100):
        audit_retention.move_out(
            books.ledger, NOW - timedelta(days=365), now=NOW, progress=lambda _doing, _done: None,
            part=limit,
        )  # fmt: skip
    return books


def verified(books: Books, known: audit.Head | None = None) -> audit.Verification:
    return audit.verify(books.ledger.reader(), known)


def broken(books: Books) -> str:
    found = verified(books).broken
    assert found is not None
    return found.why


def files(books: Books) -> list[Path]:
    return sorted(archive_folder(books.ledger.path).glob("audit-*.parquet"))


def change(file: Path, sql: str) -> None:
    """Write the file anew, as whoever may write beside the ledger can."""
    rows = f"read_parquet('{file}')"
    with duckdb.connect() as conn:
        conn.execute(f"CREATE TABLE events AS SELECT * FROM {rows} ORDER BY event_id")  # noqa: S608 -- our own file's name
        conn.execute(sql)
        conn.execute(f"COPY events TO '{file}' (FORMAT parquet)")


def test_a_plan_says_how_many_events_move_and_a_run_moves_them(books: Books):
    head = verified(books).head
    assert retention.plan(books.ledger.reader(), Ages(), now=NOW).events == 0
    assert retention.plan(books.ledger.reader(), AGES, now=NOW).events == OLD
    assert retention.apply(books.ledger, AGES, now=NOW).events == OLD
    later = NOW + timedelta(days=1)
    assert retention.apply(books.ledger, AGES, now=later).events == 0
    assert retention.last_run(books.ledger.reader())[1].events == 0
    kept = books.rows("SELECT action FROM audit_events ORDER BY event_id")
    assert [row["action"] for row in kept] == ["pause"] * NEW + ["archive_audit"]
    found = verified(books, head)  # a head kept before the move is in the chain still
    assert (found.broken, found.head.events) == (None, OLD + NEW + 1)


def test_the_chain_goes_through_all_files_and_goes_on(moved: Books):
    append(moved.ledger, make_event(who="grace"))
    assert len(files(moved)) == 2
    assert verified(moved).broken is None
    assert verified(moved).head.events == OLD + NEW + 2 + 1
    moved.reopened()
    append(moved.ledger, make_event(who="grace"))  # its number is none that was there before
    assert verified(moved).broken is None


def test_the_trail_is_proven_while_no_daemon_runs(moved: Books):
    path = moved.ledger.path
    moved.ledger.close()
    with read_only(path) as conn:
        assert audit.verify(conn).broken is None
    moved.reopened()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE events SET who = 'eve' WHERE event_id = 2", "its content is not what was written"),
        ("DELETE FROM events WHERE event_id = 2", "does not follow the event before it"),
        ("DELETE FROM events WHERE event_id = 4", "does not end in the hash"),
        ("UPDATE events SET event_id = 99 WHERE event_id = 1", "does not follow"),
        ("DELETE FROM events", "does not end in the hash"),
    ],
)
def test_a_change_in_a_file_is_found(moved: Books, sql: str, why: str):
    change(files(moved)[0], sql)
    assert why in broken(moved)


def test_a_file_that_is_gone_damaged_or_another_is_found(moved: Books):
    first, second = files(moved)
    held = first.read_bytes()
    first.unlink()
    assert "is not there" in broken(moved)
    first.write_bytes(held[:-40])
    assert "cannot be read" in broken(moved)
    first.write_bytes(second.read_bytes())
    assert "does not follow" in broken(moved)
    first.write_bytes(held)
    assert verified(moved).broken is None


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE audit_archives SET last_hash = repeat('0', 64) WHERE first_event = 1", "end in"),
        ("DELETE FROM audit_archives WHERE first_event = 1", "does not follow"),
        ("DELETE FROM audit_archives", "does not follow"),
        ("DELETE FROM audit_events WHERE event_id = 8", "does not follow"),
    ],
)
def test_a_change_of_the_anchor_or_behind_it_is_found(moved: Books, sql: str, why: str):
    moved.ledger.write(lambda conn: conn.execute(sql)).result()
    assert why in broken(moved)


def test_an_anchor_forged_with_its_file_is_not_what_the_trail_says_of_it(moved: Books):
    """The last event of a file taken away, and the anchor made to fit: the next one names it."""
    last = files(moved)[1]
    change(last, "DELETE FROM events WHERE event_id = 7")
    with duckdb.connect() as conn:
        row = conn.execute(f"SELECT hash FROM read_parquet('{last}') WHERE event_id = 6")  # noqa: S608 -- as above
        forged = row.fetchall()[0][0]
    moved.ledger.write(
        lambda conn: conn.execute(
            "UPDATE audit_archives SET last_hash = $forged WHERE last_event = 7",
            {"forged": forged},
        )
    ).result()
    assert "does not follow" in broken(moved)
    told = moved.rows("SELECT new_value FROM audit_events WHERE action = 'archive_audit'")
    assert all(forged not in row["new_value"] for row in told)


def test_a_broken_chain_is_not_moved_out(books: Books):
    books.ledger.write(
        lambda conn: conn.execute("UPDATE audit_events SET who = 'eve' WHERE event_id = 3")
    ).result()
    with pytest.raises(LedgerError, match="broken at event 3"):
        retention.apply(books.ledger, AGES, now=NOW)
    assert len(books.rows("FROM audit_events")) == OLD + NEW
    assert books.rows("FROM audit_archives") == []


def test_a_backup_takes_the_files_along(moved: Books, tmp_path: Path):
    target, _ = back_up(moved.ledger.new_reader(), tmp_path / "backups", now=NOW)
    elsewhere = tmp_path / "elsewhere" / "ledger.duckdb"
    elsewhere.parent.mkdir()
    restore(target, elsewhere, company="SERDAT", now=NOW)
    with read_only(elsewhere) as conn:
        assert audit.verify(conn).broken is None
        assert audit.verify(conn).head.events == OLD + NEW + 2


DIES = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from iman.domain.retention import Ages
from iman.ledger import retention
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.builders import NOW
def progress(doing, done):
    if doing == sys.argv[2]:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
retention.apply(DuckDBLedger(Path(sys.argv[1]), now=NOW), Ages(audit=365), now=NOW,
                progress=progress)
"""


def test_killed_at_any_step_every_event_is_there_once(books: Books):
    path = books.ledger.path
    books.ledger.close()
    for step in ("audit file named", "rows exchanged", "committed"):
        subprocess.run([sys.executable, "-c", DIES, str(path), step], cwd=ROOT, check=False)
        with read_only(path) as conn:
            found = audit.verify(conn)
            assert found.broken is None
            assert found.head.events == OLD + NEW + (step == "committed")
    books.reopened()
    assert retention.apply(books.ledger, AGES, now=NOW).events == 0
