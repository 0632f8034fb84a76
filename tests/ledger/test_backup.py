"""A backup is made through the database while it is written to, verified, and put back whole."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from iman.domain.backup import Manifest
from iman.domain.outcome import Accepted
from iman.domain.retry import Done
from iman.errors import LedgerError, LedgerLocked, LedgerTooNew
from iman.ledger.backup import back_up, forget_older, manifest_path
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.offline import read_only
from iman.ledger.offline_backup import back_up_offline
from iman.ledger.restoring import restore
from tests.builders import NOW
from tests.ledger.books import Books


@pytest.fixture
def books(tmp_path: Path):
    made = Books(lambda now: DuckDBLedger(tmp_path / "ledger.duckdb", now=now))
    made.ledger.write(
        lambda conn: conn.execute("INSERT INTO facts VALUES ('company', 'SERDAT')")
    ).result()
    yield made
    made.ledger.close()


def backed_up(books: Books, folder: Path, **more) -> tuple[Path, Manifest]:
    cursor = books.ledger.new_reader()
    try:
        return back_up(cursor, folder, now=books.now, **more)
    finally:
        cursor.close()


def put_back(backup: Path, ledger: Path, company: str = "SERDAT", **more):
    return restore(backup, ledger, company=company, now=NOW + timedelta(days=1), **more)


def numbers(path: Path) -> set[str]:
    with read_only(path) as conn:
        return {row[0] for row in conn.execute("SELECT number FROM documents").fetchall()}


def test_writing_goes_on_while_a_copy_of_one_moment_is_made(books: Books, tmp_path: Path):
    books.arrive("INV-1", "INV-2")
    books.finish(books.claim(1)[0], Accepted(reference="187-1"), Done("187-1"))
    wrote, steps = threading.Event(), []

    def meanwhile(step) -> None:
        steps.append(step.doing)
        if not wrote.is_set():
            wrote.set()
            books.arrive("INV-3")  # committed while the copy is under way

    backup, manifest = backed_up(books, tmp_path / "copies", progress=meanwhile)
    assert {row["number"] for row in books.rows("SELECT number FROM documents")} == {
        "INV-1", "INV-2", "INV-3",
    }  # fmt: skip
    assert {"copying", "verifying"} == set(steps)
    assert backup.name == f"iman-SERDAT-{NOW:%Y%m%dT%H%M%S}Z.duckdb"
    with duckdb.connect(str(backup), read_only=True) as copy:
        copied = {row[0] for row in copy.execute("SELECT number FROM documents").fetchall()}
        state = copy.execute("SELECT state FROM closings").fetchall()
    assert copied == {"INV-1", "INV-2"}
    assert state == [("synced",)]
    assert manifest.tables["documents"].rows == 2
    assert json.loads(manifest_path(backup).read_text())["company"] == "SERDAT"
    assert sorted(p.name for p in backup.parent.iterdir()) == [backup.name, backup.name + ".json"]


def test_a_backup_does_not_drop_the_lock(books: Books, tmp_path: Path):
    """The trap: closing any handle of the ledger's file would let a second writer in."""
    backed_up(books, tmp_path)
    for script in (
        "import duckdb; duckdb.connect(sys.argv[1])",
        "from iman.ledger.duckdb_ledger import DuckDBLedger; from datetime import *;"
        "DuckDBLedger(Path(sys.argv[1]), now=datetime.now(timezone.utc), wait_seconds=0)",
    ):
        told = subprocess.run(
            [sys.executable, "-c", f"import sys; from pathlib import Path; {script}",
             str(books.ledger.path)], capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert told.returncode != 0
        assert "lock" in told.stderr.lower()
    with pytest.raises(LedgerLocked):
        back_up_offline(books.ledger.path, tmp_path, now=NOW, progress=lambda _: None)


def test_a_copy_that_was_cut_short_is_cleared_away_and_never_taken_for_one(books, tmp_path):
    def breaks(step) -> None:
        if step.doing == "verifying":
            raise OSError("No space left on device")

    left = tmp_path / "iman-SERDAT-20200101T000000Z.duckdb.partial"
    left.write_bytes(b"killed")
    with pytest.raises(LedgerError, match="No space left"):
        backed_up(books, tmp_path, progress=breaks)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("iman-")]
    backed_up(books, tmp_path)  # nothing of the failed one stands in the way


def test_older_backups_of_this_ledger_only_are_deleted(books: Books, tmp_path: Path):
    made = []
    for _ in range(4):
        made.append(backed_up(books, tmp_path)[0].name)
        books.later(60)
    foreign = tmp_path / "iman-OTHER-20200101T000000Z.duckdb"
    foreign.write_bytes(b"")
    manifest_path(foreign).write_text("{}")
    gone = forget_older(tmp_path, ledger_id=books.ledger.ledger_id, keep=2)
    assert gone == made[:2]
    assert foreign.exists()
    assert {p.name for p in tmp_path.glob("iman-SERDAT*.duckdb")} == set(made[2:])


# -- restoring ---------------------------------------------------------------------------------


def test_what_was_there_is_kept_aside(books: Books, tmp_path: Path):
    books.arrive("INV-1")
    backup, _ = backed_up(books, tmp_path / "copies")
    books.arrive("INV-2")
    path = books.ledger.path
    with pytest.raises(LedgerLocked, match="Another sync_daemon"):
        put_back(backup, path)
    books.ledger.close()
    done = put_back(backup, path)
    assert done.taken_at == NOW
    assert numbers(path) == {"INV-1"}
    assert numbers(done.kept_aside) == {"INV-1", "INV-2"}
    assert not list(tmp_path.glob("*.restoring*"))


def test_a_backup_is_put_where_no_ledger_is(books: Books, tmp_path: Path):
    backup, _ = backed_up(books, tmp_path)
    assert put_back(backup, tmp_path / "new" / "ledger.duckdb").kept_aside is None


def test_what_must_not_be_restored_is_refused_and_changes_nothing(books: Books, tmp_path: Path):
    books.arrive("INV-1")
    backup, manifest = backed_up(books, tmp_path / "copies")
    path = books.ledger.path
    books.ledger.close()
    before = path.read_bytes()

    with pytest.raises(LedgerError, match=r"of the company SERDAT; this Iman pushes into OTHER"):
        put_back(backup, path, company="OTHER")
    with pytest.raises(LedgerError, match="There is no file"):
        put_back(tmp_path / "nowhere", path)
    with pytest.raises(LedgerError, match="the ledger itself"):
        put_back(path, path)

    alone = tmp_path / "alone.duckdb"
    alone.write_bytes(backup.read_bytes())
    with pytest.raises(LedgerError, match="does not stand beside"):
        put_back(alone, path)

    with duckdb.connect(str(alone)) as conn:
        conn.execute("INSERT INTO schema_migrations VALUES (9999, now())")
    with pytest.raises(LedgerTooNew, match="newer Iman"):
        put_back(alone, path, unchecked=True)
    alone.write_bytes(b"a letter" * 9000)
    with pytest.raises(LedgerError, match="cannot be read"):
        put_back(alone, path, unchecked=True)

    damaged = bytearray(backup.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    backup.write_bytes(damaged)
    with pytest.raises(LedgerError, match="damaged"):
        put_back(backup, path)
    manifest_path(backup).write_text("{}")
    with pytest.raises(LedgerError, match="cannot be read"):
        put_back(backup, path)

    assert path.read_bytes() == before
    assert manifest.bytes > 0
    assert not list(tmp_path.glob("*replaced*"))


def test_after_a_restore_nothing_is_sent_before_it_was_looked_up(books: Books, tmp_path: Path):
    books.arrive("INV-1")
    backup, _ = backed_up(books, tmp_path / "copies")
    path = books.ledger.path
    books.ledger.close()
    put_back(backup, path)
    ledger = books.reopened()
    assert "restored" in ledger.held_back()
    assert books.claim() == []  # byondpro was not read to its end yet
    books.arrive("INV-2")
    books._wait(ledger.caught_up())
    assert ledger.held_back() == ""
    books.arrive("INV-3")
    asks = {claim.key.number: (claim.asks, claim.anywhere) for claim in books.claim()}
    assert asks == {"INV-1": (True, True), "INV-2": (True, True), "INV-3": (False, False)}
    books.reopened()  # killed meanwhile: it is asked again, and as widely
    asks = {claim.key.number: claim.anywhere for claim in books.claim()}
    assert asks == {"INV-1": True, "INV-2": True, "INV-3": False}
