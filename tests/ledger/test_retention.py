"""Old attempts move into files month by month: reachable as before, and whole after any kill."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iman.domain.attempt import Finished
from iman.domain.outcome import Accepted
from iman.domain.retention import Ages
from iman.domain.retry import Done, RetryAt
from iman.errors import LedgerError
from iman.ledger import read_model, retention
from iman.ledger.archives import archives
from iman.ledger.backup import back_up
from iman.ledger.disk import archive_folder
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.offline import read_only
from iman.ledger.restoring import restore
from iman.ledger.rollups import differences
from tests.builders import NOW, make_finished, refused
from tests.ledger.books import Books

AGES = Ages(attempts=60, bodies=30)
MONTHS = 5


def year_of(books: Books) -> None:
    """Each month six documents, refused once and then entered; one that stays open; bodies."""
    for month in range(1, MONTHS + 1):
        books.now = datetime(2026, 6 + month - 1, 10, 3, tzinfo=UTC)
        books.arrive(*(f"INV-{month}{n}" for n in range(6)), f"OPEN-{month}")
        for round_ in range(2):
            books._wait(books.ledger.finish(list(_tried(books, round_)), now=books.now))
            books.later(60)
    books.now = NOW


def _tried(books: Books, round_: int) -> Iterator[Finished]:
    for claim in books.claim():
        last = round_ == 1 and not claim.key.number.startswith("OPEN")
        outcome = Accepted(reference=f"{claim.attempt_id}-1") if last else refused()
        far = books.now + timedelta(days=4000 if round_ else 0, seconds=20)
        following = Done(outcome.reference) if last else RetryAt(far, burnt=True)
        yield make_finished(
            claim, outcome, following, ended_at=books.now, sent="{}", answered=f"no {claim.token}"
        )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger's file, closed; each test works on a copy."""
    path = tmp_path_factory.mktemp("year") / "ledger.duckdb"
    made = Books(lambda now: DuckDBLedger(path, now=now))
    made.ledger.write(
        lambda conn: conn.execute("INSERT INTO facts VALUES ('company', 'SERDAT')")
    ).result()
    year_of(made)
    made.ledger.close()
    return path


@pytest.fixture
def books(written: Path, tmp_path: Path) -> Iterator[Books]:
    path = tmp_path / "ledger.duckdb"
    shutil.copyfile(written, path)
    made = Books(lambda now: DuckDBLedger(path, now=now))
    yield made
    made.ledger.close()


def whole(conn) -> dict[str, object]:
    """What people can ask of every document, and what the figures say."""
    numbers = [row[0] for row in conn.execute("SELECT number FROM documents").fetchall()]
    found = {number: read_model.find_document(conn, number, None) for number in numbers}
    return {
        "documents": {n: read_model.document(conn, id_)["attempts"] for n, id_ in found.items()},
        "differences": differences(conn),
        "rollup": conn.execute("SELECT sum(attempts) FROM attempt_rollup").fetchall(),
        "attempts": conn.execute("SELECT count(*), count(DISTINCT attempt_id) FROM all_attempts")
        .fetchall(),
    }  # fmt: skip


def counted(books: Books, table: str) -> int:
    return len(books.rows(f"FROM {table}"))


def applied(books: Books, **more) -> retention.Done:
    return retention.apply(books.ledger, AGES, now=books.now, **more)


def test_a_plan_says_what_is_past_its_age_and_changes_nothing(books: Books):
    assert retention.plan(books.ledger.reader(), Ages(), now=NOW).attempts == 0
    plan = retention.plan(books.ledger.reader(), AGES, now=NOW)
    assert [(month.month, count) for month, count in plan.months] == [(6, 12), (7, 12), (8, 12)]
    assert plan.bodies == 5 * 12  # every closed document's, none of the open
    assert counted(books, "archives") == 0


def test_old_attempts_are_asked_for_as_before(books: Books):
    bodies_kept = Ages(attempts=60)
    before = whole(books.ledger.reader())
    steps: list[str] = []
    done = retention.apply(
        books.ledger, bodies_kept, now=NOW, progress=lambda doing, _: steps.append(doing)
    )
    assert done == retention.Done(attempts=36, bodies=0)
    assert counted(books, "attempts") == 5 * 14 - 36
    assert len(archives(books.ledger.reader())) == 3
    assert whole(books.ledger.reader()) == before
    assert before["differences"] == {}
    assert "2026-06 moved" in steps
    assert applied(books, part=5).attempts == 0  # nothing is left to move
    ledger = books.reopened()
    assert whole(ledger.reader()) | {"documents": 0} == before | {"documents": 0}
    books.arrive("INV-NEW")  # its numbers go on after those that were moved out
    assert books.claim_one().attempt_id > 70
    ledger.close()
    with read_only(ledger.path) as conn:
        id_ = read_model.find_document(conn, "INV-10", None)
        assert [a["outcome"] for a in read_model.document(conn, id_)["attempts"]] == [
            "refused", "accepted",
        ]  # fmt: skip


def test_bodies_past_their_age_are_gone_and_the_others_go_along(books: Books):
    done = applied(books)
    assert done.bodies == 60
    kept = books.rows("SELECT count(*) AS n FROM all_bodies")[0]["n"]
    assert kept == 10
    # an open document's words with Sage 300 stay, however old
    assert books.rows(
        "SELECT count(*) AS n FROM bodies JOIN documents d USING (document_id) "
        "WHERE d.number LIKE 'OPEN%'"
    )[0]["n"] == 10  # fmt: skip


def test_what_changed_while_it_was_moved_out_stays(books: Books):
    def changes(doing: str, _: int) -> None:
        if doing == "file named":
            books.ledger.write(
                lambda conn: conn.execute("UPDATE outcomes SET error_type = 'read_anew'")
            ).result()

    with pytest.raises(LedgerError, match="Something changed"):
        applied(books, progress=changes)
    assert counted(books, "attempts") == 70
    assert archives(books.ledger.reader()) == []
    assert applied(books).attempts == 36


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
from iman.domain.retention import Ages
from iman.ledger import retention
from iman.ledger.duckdb_ledger import DuckDBLedger

now = datetime.fromisoformat(sys.argv[2])
ledger = DuckDBLedger(Path(sys.argv[1]), now=now)
left = [int(sys.argv[4])]

def progress(doing, done):
    if doing == sys.argv[3]:
        left[0] -= 1
        if not left[0]:
            os._exit(9)

retention.apply(ledger, Ages(attempts=60), now=now, progress=progress, part=7)
"""


def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(books: Books, tmp_path: Path):
    before = whole(books.ledger.reader())
    books.ledger.close()
    for step in ("file written", "file named", "rows exchanged", "committed"):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, str(books.ledger.path), NOW.isoformat(), step, "2"],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert killed.returncode == 9, killed.stderr[-2000:]
        ledger = books.reopened()
        assert whole(ledger.reader()) == before, step
        ledger.close()
    books.reopened()
    retention.apply(books.ledger, Ages(attempts=60), now=NOW, part=7)
    assert whole(books.ledger.reader()) == before
    assert counted(books, "attempts") == 70 - 36
    assert not list(archive_folder(books.ledger.path).glob("*.partial"))


def test_a_backup_takes_the_moved_months_along_and_a_restore_brings_them(books, tmp_path):
    retention.apply(books.ledger, Ages(attempts=60), now=NOW)
    before = whole(books.ledger.reader())
    cursor = books.ledger.new_reader()
    backup, manifest = back_up(cursor, tmp_path / "copies", now=NOW)
    cursor.close()
    told = json.loads(backup.with_name(backup.name + ".json").read_text())
    assert len(told["archives"]) == len(manifest.archives) == 3
    elsewhere = tmp_path / "elsewhere" / "ledger.duckdb"
    (first, *_) = sorted((tmp_path / "copies" / "archive").iterdir())
    kept = first.read_bytes()
    first.write_bytes(kept[:-1])
    with pytest.raises(LedgerError, match="not whole"):
        restore(backup, elsewhere, company="SERDAT", now=NOW)
    first.write_bytes(kept)
    restore(backup, elsewhere, company="SERDAT", now=NOW)
    for one in archive_folder(books.ledger.path).iterdir():
        one.unlink()  # the new one reads its own
    again = DuckDBLedger(elsewhere, now=NOW)
    assert whole(again.reader()) == before
    again.close()


def test_a_file_that_is_gone_does_not_keep_the_ledger_shut(books: Books):
    retention.apply(books.ledger, Ages(attempts=60), now=NOW)
    (first, *_) = archive_folder(books.ledger.path).iterdir()
    first.unlink()
    ledger = books.reopened()
    found = ledger.reader().execute("SELECT count(*) FROM all_attempts").fetchall()
    assert found == [(70 - 12,)]
