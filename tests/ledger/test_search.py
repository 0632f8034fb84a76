"""The search finds what a plain reading finds, whatever became of the documents meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iman.domain.outcome import Accepted, Refused
from iman.domain.people import Reach
from iman.domain.retention import Ages
from iman.domain.retry import Done, GiveUp
from iman.errors import NotFound
from iman.keeping.indexing import Indexing
from iman.ledger import by_hand, listing, read_model, retention, rollups, search
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.search import Sought
from iman.sync.beats import Beats
from tests.builders import NOW
from tests.ledger.books import Books
from tests.ledger.test_listing import begins_a_word

LETTERS = st.sampled_from(["a", "B", "0", "00", "7", "-", " ", "é", "'", ".", "x_y", "ann", "ANN"])
TEXT = st.lists(LETTERS, max_size=6).map("".join)
NAMES = st.fixed_dictionaries(
    {
        "booking": TEXT,
        "customer": TEXT,
        "customer_name": TEXT,
        "site": st.sampled_from(["HGH", "RIV"]),
    }
)
LIVES = st.lists(
    st.tuples(NAMES, st.sampled_from(["open", "synced", "settled", "reopened", "resettled"])),
    min_size=1, max_size=7,
)  # fmt: skip
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextlib.contextmanager
def books_of(lives, stretch):
    """Documents that came and went; the search is taken a step further after each of them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "ledger.duckdb"
        books = Books(lambda now: DuckDBLedger(path, now=now, inline=True))
        try:
            for number, (names, life) in enumerate(lives, start=1):
                books.arrive(f"INV-{number:04}", **payload(names), amount=100 + number * 7 % 5)
                books.later(60)
                live(books, number, life)
                with contextlib.closing(books.ledger.new_reader()) as cursor:
                    search.step(cursor, stretch=stretch)
            yield books
        finally:
            books.ledger.close()


def payload(names):
    return {
        "booking": names["booking"],
        "customer": {"number": names["customer"], "name": names["customer_name"]},
        "site": {"code": names.get("site", "HGH"), "name": "", "gl_segment": "30"},
    }


def live(books, document_id, life):
    claim = books.claim_one()
    if life == "synced":
        books.finish(claim, Accepted(reference=f"{document_id}-1"), Done(f"{document_id}-1"))
        return
    refused = Refused(code="1020", text="Terms Code “F48” is not defined", http_status=409)
    books.finish(claim, refused, GiveUp())
    if life == "open":
        return
    settle(books, document_id)
    ledger, one = books.ledger, document_id
    if life != "settled":
        at = books.later(5)
        write(books, lambda c: by_hand.reopen(c, ledger.ids, one, reason="", who="ada", now=at))
    if life == "resettled":
        settle(books, document_id)
    elif life == "reopened":  # it is due again: the next one must not find it
        told = {"who": "ada", "reason": "", "until": None, "now": books.now}
        write(books, lambda c: by_hand.park(c, ledger.ids, one, **told))


def settle(books, document_id):
    told = {"how": "do_not_send", "reference": "", "reason": "", "who": "ada"}
    at = books.later(5)
    write(books, lambda c: by_hand.settle(c, books.ledger.ids, document_id, **told, now=at))


def write(books, work):
    return books.ledger.write(work).result()


def plainly(books, text, **wanted):
    rows = books.rows(
        "SELECT d.*, o.error_text, coalesce(o.state, c.state) AS state,"
        " coalesce(o.first_failed_at, c.began, o.received_at) AS began FROM documents d"
        " LEFT JOIN open_documents o USING (document_id) LEFT JOIN closings c USING (document_id)"
    )
    word = " ".join(text.replace("\x1f", " ").split("\n")).strip().lower()
    found = [
        row
        for row in rows
        if not word
        or word in (row["error_text"] or "").lower()
        or any(
            begins_a_word(word, row[name].lower())
            for name in ("number", "booking", "customer", "customer_name")
        )
    ]
    found = [row for row in found if all(row[name] == value for name, value in wanted.items())]
    found.sort(key=lambda row: (row["began"], row["document_id"]), reverse=True)
    return [row["document_id"] for row in found]


@FEW
@given(LIVES, st.integers(1, 3), st.lists(TEXT, min_size=1, max_size=3), st.booleans())
def test_a_search_finds_what_a_plain_reading_finds(lives, stretch, texts, archived):
    with books_of(lives, stretch) as books:
        conn = books.ledger.reader()
        if archived:
            retention.apply(books.ledger, Ages(attempts=1), now=NOW + timedelta(days=70))
        for text in {
            *texts,
            *(names["customer_name"][:3] for names, _ in lives),
            "INV-0001",
            "f48",
        }:
            found, total = listing.documents(conn, search=text)
            assert (found["id"].to_pylist(), total) == ((ids := plainly(books, text)), len(ids)), (
                text
            )
        of_site, _ = listing.documents(conn, search=texts[0], site="RIV")
        assert of_site["id"].to_pylist() == plainly(books, texts[0], site="RIV")
        limited = books.ledger.reader(Reach(sites=("HGH",)))
        found, total = listing.documents(limited, search="inv")
        assert (found["id"].to_pylist(), total) == (
            (ids := plainly(books, "inv", site="HGH")), len(ids),
        )  # fmt: skip
        assert rollups.differences(conn) == {}


@FEW
@given(LIVES, st.integers(1, 3))
def test_a_document_is_found_by_its_number_and_amounts_are_in_order(lives, stretch):
    with books_of(lives, stretch) as books:
        conn = books.ledger.reader()
        for number in range(1, len(lives) + 1):
            assert read_model.find_document(conn, f"INV-{number:04}") == number
        for odd in ("INV-000", "inv-0001", " INV-0001", "INV-0001\x1f"):
            with pytest.raises(NotFound):
                read_model.find_document(conn, odd)
        found, _ = listing.documents(conn, order="amount", limit=3)
        expected = books.rows(
            "SELECT document_id FROM documents ORDER BY amount DESC, document_id DESC LIMIT 3"
        )
        assert found["id"].to_pylist() == [row["document_id"] for row in expected]


def test_what_is_missing_in_the_search_is_noticed_and_it_can_be_made_anew():
    names = {"booking": "10319", "customer": "HGH-1", "customer_name": "Ann Ellison"}
    with books_of([(names, "synced")] * 5, 1) as books:
        conn = books.ledger.reader()
        write(books, lambda c: c.execute("DELETE FROM search_late WHERE closing_id = 2"))
        write(books, lambda c: c.execute("UPDATE search_late SET cell = 9 WHERE closing_id = 3"))
        wrong = rollups.differences(conn)
        assert set(wrong) == {"search"}
        assert listing.documents(conn, search="ellison")[1] == 4
        with contextlib.closing(books.ledger.new_reader()) as cursor:
            search.rebuild(cursor, stretch=2)
        assert rollups.differences(conn) == {}
        assert listing.documents(conn, search="ellison")[1] == 5


def test_the_daemon_keeps_the_search_and_rests_where_there_is_no_room():
    names = {"booking": "1", "customer": "2", "customer_name": "Ann"}
    with books_of([(names, "synced")] * 5, 10**6) as books:
        room, beats = ["the disk is full"], Beats(lambda: books.now)
        beats.expect("search", 5.0)
        loop = Indexing(ledger=books.ledger, beats=beats, held_back=lambda: room[0], stretch=2)
        asyncio.run(loop.round())
        assert search.indexed(books.ledger.reader()) == 0
        room[0] = ""
        for _ in range(4):
            asyncio.run(loop.round())
        assert search.indexed(books.ledger.reader()) == 4
        (told,) = [beat for beat in beats.all() if beat.loop == "search"]
        assert told.detail == "all but the newest 1"


@pytest.mark.parametrize("text", [chr(number) for number in range(33, 127)] + ["€", "ü", "中", "ı"])
def test_every_character_can_be_searched_for(text):
    with duckdb.connect() as conn:
        for typed in (f"a{text}b", text):
            found = search.sought(conn, typed)
            assert found is not None
            assert conn.execute(
                "SELECT regexp_matches(lower($text), $pattern)",
                {"text": f"x\x1f{typed}", "pattern": found.pattern},
            ).fetchone() == (True,)


def test_zeros_count_all_or_not_at_all():
    with duckdb.connect() as conn:
        for text, fits in (("0047", True), ("47", True), ("047", False), ("7", False)):
            asked = {"pattern": Sought(text).pattern}
            sql = "SELECT regexp_matches('inv-0047', $pattern)"
            assert conn.execute(sql, asked).fetchone() == (fits,), text
