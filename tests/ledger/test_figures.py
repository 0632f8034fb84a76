"""The overview's figures against plain SQL over the raw records."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings

from iman.domain.retry import Done, GiveUp
from iman.ledger import read_model
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.read_model import Scope
from iman.reading import frames
from tests.builders import accepted, refused
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


@FEW
@given(STEPS)
def test_what_stands_and_what_happened_add_up(steps):
    with lived(steps) as books:
        reader, month = books.ledger.reader(), 24 * 30
        standing = read_model.standing(reader, now=books.now)
        assert tuple(standing.column_names) == frames.STANDING
        (raw,) = books.rows(
            "SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount,"
            " count(*) FILTER (WHERE state = 'failed') AS failed FROM open_documents"
        )
        assert sum(standing["documents"].to_pylist()) == raw["n"]
        assert sum(standing["failed"].to_pylist()) == raw["failed"]
        assert sum(standing["amount"].to_pylist(), Decimal(0)) == raw["amount"]
        series = read_model.series(reader, hours=month, now=books.now)
        assert tuple(series.column_names) == frames.SERIES
        overview = read_model.overview(reader, hours=month, now=books.now)
        for column in ("refused", "synced", "first_attempts"):
            assert sum(series[column].to_pylist()) == overview[column]
        took = read_model.durations(reader, hours=month, now=books.now)
        (plain,) = books.rows(
            "SELECT median(epoch(c.closed_at - d.received_at)) AS middle,"
            " avg(epoch(c.closed_at - c.first_failed_at)) AS remedy"
            " FROM closings c JOIN documents d USING (document_id) WHERE c.state = 'synced'"
        )
        assert took["sync_seconds_median"] == pytest.approx(plain["middle"])
        assert took["remedy_seconds"] == pytest.approx(plain["remedy"])
        assert took["previous_remedy_seconds"] is None


@pytest.mark.parametrize(("hours", "place"), [(0, 0), (2, 1), (30, 2), (24 * 8, 3), (24 * 31, 4)])
def test_the_age_of_what_is_open_falls_into_its_band(books: Books, hours: int, place: int):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    books.later(3600 * hours)
    standing = read_model.standing(books.ledger.reader(), now=books.now)
    assert standing["place"].to_pylist() == [place]


def test_every_figure_obeys_the_scope(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    books.arrive("INV-2")
    books.finish(books.claim_one(), accepted(), Done("187-1"))
    reader, now = books.ledger.reader(), books.now
    for scope, there in (
        (Scope(entry_type="invoice"), True), (Scope(entry_type="receipt"), False),
        (Scope(site="nowhere"), False),
    ):  # fmt: skip
        overview = read_model.overview(reader, hours=24, now=now, scope=scope)
        figures = (overview["failed"], overview["refused"], overview["synced"])
        assert figures == ((1, 1, 1) if there else (0, 0, 0))
        assert bool(read_model.failures(reader, hours=24, now=now, scope=scope).num_rows) == there
        assert bool(read_model.series(reader, hours=24, now=now, scope=scope).num_rows) == there
        assert bool(read_model.standing(reader, now=now, scope=scope).num_rows) == there
        assert bool(read_model.open_errors(reader, scope).num_rows) == there
        took = read_model.durations(reader, hours=24, now=now, scope=scope)
        assert (took["sync_seconds_median"] is not None) == there
