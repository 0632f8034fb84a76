"""What pages read, against plain SQL over the raw records."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings

from iman.domain.document import DocumentState, EntryType
from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from iman.errors import NotFound
from iman.ledger import listing, read_model, rollups
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.read_model import Window
from iman.reading import frames
from tests.builders import F48, NOW, accepted, make_arrived, make_unreadable, refused, unknown
from tests.ledger.books import Books
from tests.ledger.history import STEPS, live

FEW = settings(max_examples=settings.default.max_examples // 5)


@contextmanager
def lived(steps):
    with tempfile.TemporaryDirectory() as folder:
        books = Books(lambda now: DuckDBLedger(Path(folder) / "l.duckdb", now=now, inline=True))
        try:
            yield live(books, steps)
        finally:
            books.ledger.close()


# -- rollups -----------------------------------------------------------------------------------


@FEW
@given(STEPS)
def test_rollups_say_what_the_raw_records_say(steps):
    with lived(steps) as books:
        rolled = books.rows(
            "SELECT hour, company, entry_type, outcome, error_type, is_first,"
            " CAST(sum(attempts) AS BIGINT) AS n FROM attempt_rollup GROUP BY ALL ORDER BY ALL"
        )
        raw = books.rows(
            "SELECT date_trunc('hour', x.ended_at) AS hour, d.company, d.entry_type, x.outcome,"
            " coalesce(x.error_type, '') AS error_type,"
            " a.round = 1 AND a.number = 1 AND a.trigger <> 'lookup' AS is_first, count(*) AS n"
            " FROM outcomes x JOIN attempts a USING (attempt_id)"
            " JOIN documents d ON d.document_id = x.document_id GROUP BY ALL ORDER BY ALL"
        )
        assert rolled == raw
        closed = books.rows(
            "SELECT hour, company, site, entry_type, state, CAST(sum(documents) AS BIGINT) AS n,"
            " sum(amount) AS amount FROM closing_rollup GROUP BY ALL ORDER BY ALL"
        )
        raw = books.rows(
            "SELECT date_trunc('hour', c.closed_at) AS hour, d.company, d.site, d.entry_type,"
            " c.state, count(*) AS n, sum(coalesce(d.amount, 0)) AS amount"
            " FROM closings c JOIN documents d USING (document_id) GROUP BY ALL ORDER BY ALL"
        )
        assert closed == raw
        assert rollups.differences(books.ledger.reader()) == {}


@FEW
@given(STEPS)
def test_the_ledger_holds_together(steps):
    with lived(steps) as books:
        nothing = {
            "a document is open or closed": "SELECT d.document_id FROM documents d"
            " WHERE (SELECT count(*) FROM open_documents o WHERE o.document_id = d.document_id)"
            " + (SELECT count(*) FROM closings c WHERE c.document_id = d.document_id) <> 1",
            "an attempt has one outcome at most": "SELECT attempt_id FROM outcomes"
            " GROUP BY attempt_id HAVING count(*) > 1",
            "an outcome has its intent": "SELECT attempt_id FROM outcomes"
            " WHERE attempt_id NOT IN (SELECT attempt_id FROM attempts)",
            "burnt attempts are those counted": "SELECT o.document_id FROM open_documents o"
            " WHERE o.attempt <> (SELECT count(*) FROM attempts a JOIN outcomes x USING"
            " (attempt_id) WHERE a.document_id = o.document_id AND a.round = o.round"
            " AND x.burnt)",
            "what is due is not failed": "SELECT document_id FROM open_documents"
            " WHERE (due_at IS NULL) <> (state IN ('failed', 'parked', 'syncing'))",
        }
        for promise, sql in nothing.items():
            assert books.rows(sql) == [], promise


# -- figures -----------------------------------------------------------------------------------


@FEW
@given(STEPS)
def test_counts_are_those_of_the_documents(steps):
    with lived(steps) as books:
        found = read_model.counts(books.ledger.reader())
        assert tuple(found.column_names) == frames.COUNTS
        assert found["entry_type"].to_pylist() == [kind.value for kind in EntryType]
        for row in found.to_pylist():
            kind = row["entry_type"]
            states = [
                one["state"]
                for one in books.rows(
                    "SELECT state FROM open_documents WHERE entry_type = $k", k=kind
                )
            ]
            assert row["failed"] == states.count("failed")
            assert row["retrying"] == states.count("retrying")
            assert row["parked"] == states.count("parked")
            assert row["failed"] + row["retrying"] + row["waiting"] + row["parked"] == len(states)
            closed = books.rows(
                "SELECT 1 FROM closings c JOIN documents d USING (document_id)"
                " WHERE d.entry_type = $k",
                k=kind,
            )
            assert row["synced"] == len(closed)


@FEW
@given(STEPS)
def test_the_overview_adds_up(steps):
    with lived(steps) as books:
        found = read_model.overview(books.ledger.reader(), Window(24 * 30, books.now))
        (open_now,) = books.rows(
            "SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount,"
            " count(*) FILTER (WHERE state = 'failed') AS failed FROM open_documents"
        )
        assert found["not_in_sage"] == open_now["n"]
        assert found["not_in_sage_amount"] == open_now["amount"]
        assert found["failed"] == open_now["failed"]
        assert found["failed"] + found["retrying"] + found["waiting"] == open_now["n"]
        (refused_ones,) = books.rows("SELECT count(*) AS n FROM outcomes WHERE outcome = 'refused'")
        assert found["refused"] == refused_ones["n"]
        assert found["previous_refused"] == 0
        assert found["synced"] == len(books.rows("SELECT 1 FROM closings"))
        success = found["first_attempt_success"]
        assert success is None or 0 <= success <= 1


@FEW
@given(STEPS)
def test_what_lies_underneath_adds_up(steps):
    with lived(steps) as books:
        found = read_model.open_errors(books.ledger.reader())
        assert tuple(found.column_names) == frames.OPEN_ERRORS
        (raw,) = books.rows(
            "SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount FROM open_documents"
            " WHERE error_type IS NOT NULL AND state IN ('failed','retrying','unknown','parked')"
        )
        assert sum(found["documents"].to_pylist()) == raw["n"]
        assert sum(found["amount"].to_pylist(), Decimal(0)) == raw["amount"]


@pytest.mark.parametrize(("hours", "buckets"), [(72, "hour"), (73, "day")])
def test_failures_are_counted_by_the_hour_and_beyond_three_days_by_the_day(books, hours, buckets):
    for wait in (0, 60 * 50, 60 * 20, 3600 * 20):
        books.later(wait)
        books.arrive(f"INV-{books.now.timestamp()}")
        books.finish(books.claim_one(), refused(), GiveUp())
    found = read_model.failures(books.ledger.reader(), Window(hours, books.now))
    assert tuple(found.column_names) == frames.FAILURES
    raw = books.rows(
        f"SELECT date_trunc('{buckets}', ended_at) AS bucket, count(*) AS n"  # noqa: S608 -- ours
        " FROM outcomes GROUP BY 1 ORDER BY 1"
    )
    assert found["failures"].to_pylist() == [row["n"] for row in raw]
    assert found["bucket"].to_pylist() == [row["bucket"].replace(tzinfo=UTC) for row in raw]


def test_a_window_forgets_what_is_older(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    books.later(3600 * 30)
    found = read_model.overview(books.ledger.reader(), Window(24, books.now))
    assert (found["refused"], found["previous_refused"], found["failed"]) == (0, 1, 1)


# -- lists -------------------------------------------------------------------------------------


@pytest.fixture
def shelf(books: Books) -> Books:
    """INV-1 failed, INV-2 synced, INV-3 retrying, INV-4 unknown, INV-5 pending; a minute apart."""
    tomorrow = NOW + timedelta(days=1)
    fates = [
        (refused(), GiveUp()),
        (accepted("187-2"), Done("187-2")),
        (refused("1000", "G/L account 6030 is not defined"), RetryAt(tomorrow, burnt=True)),
        (unknown(), AskSage(tomorrow)),
        None,
    ]  # fmt: skip
    for place, fate in enumerate(fates, start=1):
        books.arrive(
            f"INV-{place}",
            amount=f"{place * 10}.00",
            booking=f"1031{place}",
            site={"code": "HGH" if place % 2 else "RIV", "name": ""},
            entry_type="invoice" if place < 5 else "receipt",
        )
        if fate is not None:
            books.finish(books.claim_one(), *fate)
        books.later(60)
    return books


def numbers(books: Books, **wanted) -> list[str]:
    found, total = listing.documents(books.ledger.reader(), **wanted)
    assert total == found.num_rows
    return found["number"].to_pylist()


def test_a_list_has_its_columns_even_when_it_is_empty(books: Books):
    found, total = listing.documents(books.ledger.reader())
    assert (tuple(found.column_names), total) == (frames.DOCUMENTS, 0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {1, 2, 3, 4, 5}),
        ({"entry_type": "invoice"}, {1, 2, 3, 4}),
        ({"states": ["failed"]}, {1}),
        ({"states": ["synced"]}, {2}),
        ({"states": ["failed", "synced"]}, {1, 2}),
        ({"error_type": "terms_missing"}, {1, 3}),
        ({"entity": "F48", "states": ["retrying"]}, {3}),
        ({"site": "RIV"}, {2, 4}),
        ({"search": "inv-3"}, {3}),
        ({"search": "10314"}, {4}),
        ({"search": "ELLISON"}, {1, 2, 3, 4, 5}),
        ({"search": "6030"}, {3}),
        ({"search": "  "}, {1, 2, 3, 4, 5}),
        ({"search": "%"}, set()),
        ({"search": "'; DROP TABLE documents; --"}, set()),
    ],
)
def test_a_filter_finds_what_it_says(shelf: Books, wanted, found):
    assert set(numbers(shelf, **wanted)) == {f"INV-{place}" for place in found}


@pytest.mark.parametrize(
    ("order", "places"),
    [("number", [1, 2, 3, 4, 5]), ("amount", [5, 4, 3, 2, 1]), ("newest", [5, 4, 3, 2, 1]),
     ("oldest", [1, 2, 3, 4, 5])],
)  # fmt: skip
def test_a_list_comes_in_the_order_asked_for(shelf: Books, order, places):
    assert numbers(shelf, order=order) == [f"INV-{place}" for place in places]


def test_pages_of_a_list_are_the_list_and_each_knows_the_total(shelf: Books):
    reader = shelf.ledger.reader()
    pages = [listing.documents(reader, order="number", limit=2, offset=n) for n in (0, 2, 4)]
    assert [total for _, total in pages] == [5, 5, 5]
    together = [number for page, _ in pages for number in page["number"].to_pylist()]
    assert together == numbers(shelf, order="number")


def test_a_page_past_the_end_is_empty_and_still_knows_the_total(shelf: Books):
    page, total = listing.documents(shelf.ledger.reader(), limit=2, offset=100)
    assert (page.num_rows, total) == (0, 5)


def test_neighbours_are_those_of_the_list(shelf: Books):
    reader = shelf.ledger.reader()
    assert listing.neighbours(reader, 3, order="number") == (2, 4)
    assert listing.neighbours(reader, 1, order="number") == (None, 2)
    assert listing.neighbours(reader, 5, order="number") == (4, None)
    assert listing.neighbours(reader, 5, states=["failed"]) == (None, None)


def test_moments_are_aware_and_money_is_exact(shelf: Books):
    found, _ = listing.documents(shelf.ledger.reader())
    assert found.schema.field("amount").type == pa.decimal128(19, 3)
    for name in ("received_at", "first_failed_at", "next_try_at", "synced_at"):
        assert found.schema.field(name).type.tz == "UTC"


def test_sites_are_those_seen(shelf: Books):
    assert read_model.sites(shelf.ledger.reader()) == ["HGH", "RIV"]


# -- one document ------------------------------------------------------------------------------


def test_one_document_tells_its_whole_story(books: Books):
    books.arrive("INV-1")
    for following in (RetryAt(NOW, burnt=True), GiveUp()):
        books.finish(books.claim_one(), refused(), following, sent="{s}", answered="{a}")
    books.resync(reason="F48 added", who="ada")
    books.finish(books.claim_one(), accepted("187-1"), Done("187-1"))
    told = read_model.document(books.ledger.reader(), 1)
    record, attempts, resyncs = told["document"], told["attempts"], told["resyncs"]
    assert (record["state"], record["erp_reference"]) == (DocumentState.SYNCED, "187-1")
    assert record["first_failed_at"] == NOW
    assert [(one["round"], one["number"], one["outcome"]) for one in attempts] == [
        (1, 1, "refused"), (1, 2, "refused"), (2, 1, "accepted"),
    ]  # fmt: skip
    assert attempts[0]["sent"] == "{s}"
    assert (attempts[0]["error_code"], attempts[0]["error_text"]) == ("1020", F48)
    (resync,) = resyncs
    assert (resync["by"], resync["reason"], resync["result"]) == ("ada", "F48 added", "synced")
    (line,) = record["lines"]
    assert (line["gl_account"], line["amount"]) == ("4030", Decimal("3760.00"))


def test_a_document_byondpro_spoilt_is_shown_with_what_it_has(books: Books):
    books.receive(make_arrived("INV-1", lines="none", amount=None, customer=None, terms=None))
    record = read_model.document(books.ledger.reader(), 1)["document"]
    assert (record["lines"], record["amount"]) == ([], None)


def test_a_document_that_is_not_there_is_told(books: Books):
    with pytest.raises(NotFound):
        read_model.document(books.ledger.reader(), 404)
    with pytest.raises(NotFound):
        read_model.find_document(books.ledger.reader(), "INV-404")


def test_links_lead_into_byondpro_and_escape_what_they_carry(books: Books):
    books.ledger.write(
        lambda conn: conn.execute(
            "INSERT INTO facts VALUES ('link_booking', 'https://b.test/bookings/{booking}')"
        )
    ).result()
    books.receive(make_arrived("INV-1", booking="../a b?x=1"), make_arrived("INV-2", booking=""))
    found, _ = listing.documents(books.ledger.reader(), order="number")
    assert found["booking_url"].to_pylist() == ["https://b.test/bookings/..%2Fa%20b%3Fx%3D1", None]


def test_problems_of_the_intake_come_newest_first(books: Books):
    books.receive(make_unreadable(reason="one"), make_unreadable(reason="two"))
    found = read_model.intake_problems(books.ledger.reader())
    assert tuple(found.column_names) == frames.INTAKE_PROBLEMS
    assert found["reason"].to_pylist() == ["two", "one"]
    assert found["received_at"].to_pylist() == [datetime(2026, 11, 24, 5, tzinfo=UTC)] * 2
