"""The overview's figures against plain SQL over the raw records."""

from __future__ import annotations

import math
import re
import tempfile
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iman.domain.retry import Done, GiveUp, RetryAt
from iman.ledger import causes, figures, holding, listing, read_model
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.migrate import migrate, migrations
from iman.ledger.read_model import Scope, Window
from iman.reading import frames
from tests.builders import NOW, TERMS_MISSING, accepted, refused
from tests.ledger.books import Books
from tests.ledger.history import STEPS, live

FEW = settings(max_examples=settings.default.max_examples // 5)
MONTH = 24 * 30
SYDNEY = "Australia/Sydney"


@contextmanager
def lived(steps):
    with tempfile.TemporaryDirectory() as folder:
        books = Books(lambda now: DuckDBLedger(Path(folder) / "l.duckdb", now=now, inline=True))
        try:
            yield live(books, steps)
        finally:
            books.ledger.close()


def reconcile(books: Books) -> None:
    ledger = books.ledger
    ledger.write(
        lambda conn: causes.reconcile(conn, ledger.ids, template_of=str, now=books.now)
    ).result()


def look(books: Books) -> bool:
    return books.ledger.write(lambda conn: figures.look(conn, now=books.now)).result()


def percentile(values: list[float], share: float) -> float:
    """The smallest value that *share* of them do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


@FEW
@given(STEPS)
def test_what_stands_and_what_happened_add_up(steps):
    with lived(steps) as books:
        reader, window = books.ledger.reader(), Window(MONTH, books.now)
        standing = read_model.standing(reader, now=books.now)
        assert tuple(standing.column_names) == frames.STANDING
        (raw,) = books.rows(
            "SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount,"
            " count(*) FILTER (WHERE state = 'failed') AS failed FROM open_documents"
        )
        assert sum(standing["documents"].to_pylist()) == raw["n"]
        assert sum(standing["failed"].to_pylist()) == raw["failed"]
        assert sum(standing["amount"].to_pylist(), Decimal(0)) == raw["amount"]
        series = read_model.series(reader, window)
        assert tuple(series.column_names) == frames.SERIES
        overview = read_model.overview(reader, window)
        for column in ("refused", "synced", "first_attempts"):
            assert sum(series[column].to_pylist()) == overview[column]


@FEW
@given(STEPS)
def test_how_long_it_took_is_what_the_closings_say(steps):
    with lived(steps) as books:
        took = figures.durations(books.ledger.reader(), Window(MONTH, books.now))
        raw = books.rows(
            "SELECT epoch(c.closed_at - d.received_at) AS sync,"
            " epoch(c.closed_at - c.first_failed_at) AS remedy"
            " FROM closings c JOIN documents d USING (document_id) WHERE c.state = 'synced'"
        )
        for what, count in (("sync", "synced"), ("remedy", "remedied")):
            plain = [row[what] for row in raw if row[what] is not None]
            assert took[count] == len(plain)
            if not plain:
                assert took[f"{what}_seconds_mean"] is took[f"{what}_seconds_p95"] is None
                continue
            assert took[f"{what}_seconds_mean"] == pytest.approx(sum(plain) / len(plain))
            for part, share in (("median", 0.5), ("p95", 0.95)):
                expected = max(percentile(plain, share), 0.05)
                assert took[f"{what}_seconds_{part}"] == pytest.approx(expected, rel=0.026)
        assert all(took[name] is None for name in took if name.startswith("previous"))


@FEW
@given(STEPS)
def test_rollups_of_retries_say_what_the_raw_attempts_say(steps):
    with lived(steps) as books:
        found = figures.retries(books.ledger.reader(), Window(MONTH, books.now))
        assert tuple(found.column_names) == frames.RETRIES
        raw = books.rows(
            "SELECT coalesce(x.error_type, '') AS error_type, count(*) AS n"
            " FROM outcomes x JOIN attempts a USING (attempt_id)"
            " WHERE x.outcome = 'refused' AND a.number > 1 GROUP BY 1"
        )
        rows = found.to_pylist()
        assert {r["error_type"]: r["attempts"] for r in rows} == {
            r["error_type"]: r["n"] for r in raw
        }
        assert not any(row["transient"] for row in rows)


@FEW
@given(STEPS)
def test_the_causes_met_are_those_documents_joined(steps):
    with lived(steps) as books:
        reconcile(books)
        for row in books.rows("SELECT document_id FROM open_documents WHERE state = 'failed'"):
            books.resync(row["document_id"])
        for claim in books.claim():
            books.finish(claim, accepted(), Done("187-1"))
        reconcile(books)
        found = figures.met_causes(books.ledger.reader(), Window(MONTH, books.now))
        assert tuple(found.column_names) == frames.MET_CAUSES
        raw = books.rows(
            "SELECT m.cause_id AS id, count(*) AS documents, sum(coalesce(d.amount, 0)) AS amount"
            " FROM (SELECT cause_id, document_id FROM cause_documents"
            "       UNION ALL SELECT cause_id, document_id FROM cause_leavings) m"
            " JOIN documents d USING (document_id) GROUP BY m.cause_id"
        )
        told = {(r["id"], r["documents"]) for r in found.to_pylist()}
        assert told == {(r["id"], r["documents"]) for r in raw}
        ever = books.rows("SELECT cause_id AS id, documents_ever AS documents FROM causes")
        assert told == {(r["id"], r["documents"]) for r in ever}


@FEW
@given(STEPS)
def test_busy_hours_are_those_of_the_persons_own_zone(steps):
    with lived(steps) as books:
        window = Window(MONTH, books.now, zone=SYDNEY)
        found = figures.busy_hours(books.ledger.reader(), window)
        assert tuple(found.column_names) == frames.BUSY_HOURS
        told: dict[tuple[int, int], int] = {}
        for row in books.rows("SELECT ended_at FROM outcomes WHERE outcome = 'refused'"):
            here = row["ended_at"].replace(tzinfo=UTC).astimezone(ZoneInfo(SYDNEY))
            place = (here.isoweekday(), here.hour)
            told[place] = told.get(place, 0) + 1
        assert {(r["weekday"], r["hour"]): r["refused"] for r in found.to_pylist()} == told


@FEW
@given(STEPS, st.integers(-3, 3))
def test_what_would_miss_a_period_end_is_what_is_open_and_dated_so_far(steps, days):
    with lived(steps) as books:
        due = date(2026, 11, 23) + timedelta(days=days)
        found = figures.period_end(books.ledger.reader(), due=due)
        assert tuple(found.column_names) == frames.PERIOD_END
        (raw,) = books.rows(
            "SELECT count(*) AS n, coalesce(sum(coalesce(d.amount, 0)), 0) AS amount"
            " FROM open_documents o JOIN documents d USING (document_id)"
            " WHERE coalesce(d.document_date, CAST(d.received_at AS DATE)) <= $due",
            due=due,
        )
        assert sum(found["documents"].to_pylist()) == raw["n"]
        assert sum(found["amount"].to_pylist(), Decimal(0)) == raw["amount"]


@FEW
@given(STEPS)
def test_an_upgrade_counts_the_past_as_if_it_had_always_been_counted(steps):
    with lived(steps) as books:
        reconcile(books)
        script = dict(migrations())[5]
        for name in ("retry_rollup", "duration_rollup", "cause_rollup"):
            columns = "hour, company, site, entry_type"
            columns += {"retry_rollup": ", error_type", "duration_rollup": ", what, bucket"}.get(
                name, ", cause_id"
            )
            count = "attempts" if name == "retry_rollup" else "documents"
            sums = f"SELECT {columns}, CAST(sum({count}) AS BIGINT) AS n FROM {name} GROUP BY ALL"  # noqa: S608 -- ours
            kept = books.rows(f"{sums} ORDER BY ALL")
            rebuilt = re.search(rf"INSERT INTO {name}\n.*?;", script, re.DOTALL)
            assert rebuilt is not None
            books.ledger.write(lambda c, n=name: c.execute(f"DELETE FROM {n}")).result()  # noqa: S608
            books.ledger.write(lambda c, sql=rebuilt[0]: c.execute(sql)).result()
            again = books.rows(f"{sums} ORDER BY ALL")
            assert without_site(again) == without_site(kept), name


def without_site(rows):
    """A new revision may move a document to another site: what was counted then stays there."""
    told: dict[tuple, int] = {}
    for row in rows:
        key = tuple(v for k, v in row.items() if k not in ("site", "n"))
        told[key] = told.get(key, 0) + row["n"]
    return told


def test_a_ledger_of_the_version_before_is_brought_along(tmp_path: Path, monkeypatch):
    """As an installation that has run for a while: its past is counted when it is upgraded."""
    older = [one for one in migrations() if one[0] < 5]
    with duckdb.connect(str(tmp_path / "l.duckdb")) as conn:
        with monkeypatch.context() as before:
            before.setattr("iman.ledger.migrate.migrations", lambda: older)
            migrate(conn)
        conn.execute(
            "INSERT INTO documents SELECT i, 'SERC', 'invoice', 'INV-' || i, 1, 'HGH', '', '', '',"
            " '', '', '', DATE '2026-11-20', 10, 'AUD', '', '', NULL, TIMESTAMP '2026-11-24 01:00',"
            " '{}' FROM range(3) t(i)"
        )
        conn.execute(
            "INSERT INTO open_documents (document_id, entry_type, company, site, amount, state,"
            " since, round, attempt, next_trigger, crashed) VALUES (0, 'invoice', 'SERC', 'HGH',"
            " 10, 'failed', TIMESTAMP '2026-11-24 01:00', 1, 2, 'resync', FALSE)"
        )
        conn.execute(
            "INSERT INTO closings SELECT i, 1, 'synced', TIMESTAMP '2026-11-24 01:01', '1-1', 1, 1,"
            " NULL FROM range(1, 3) t(i)"
        )
        conn.execute(
            "INSERT INTO attempts SELECT i, 0, 1, 1, i, 'intake', 't', TIMESTAMP '2026-11-24 01:00'"
            " FROM range(1, 3) t(i)"
        )
        conn.execute(
            "INSERT INTO outcomes SELECT i, 0, TIMESTAMP '2026-11-24 01:00', 'refused', TRUE, 409,"
            " '1020', 'x', 'terms_missing', 'terms', 'F48', NULL, 5 FROM range(1, 3) t(i)"
        )
    books = Books(lambda now: DuckDBLedger(tmp_path / "l.duckdb", now=now, inline=True))
    try:
        reader, window = books.ledger.reader(), Window(24, NOW)
        assert figures.retries(reader, window)["attempts"].to_pylist() == [1]
        took = figures.durations(reader, window)
        assert (took["synced"], took["sync_seconds_mean"]) == (2, 60)
        assert books.open_row(0)["document_date"] == date(2026, 11, 20)
        due = figures.period_end(reader, due=date(2026, 11, 20))
        assert due["documents"].to_pylist() == [1]
        everything, total = listing.documents(reader, search="inv-", order="number")
        assert (total, everything["number"].to_pylist()) == (3, ["INV-0", "INV-1", "INV-2"])
        assert listing.documents(reader, states=["synced"])[1] == 2
    finally:
        books.ledger.close()


def test_what_stood_open_is_written_down_once_an_hour_and_told_as_it_was(books: Books):
    assert look(books)
    assert not look(books)
    told = []
    for hour in range(5):
        books.later(3600)
        if hour < 3:
            books.arrive(f"INV-{hour}")
            books.finish(books.claim_one(), refused(), GiveUp())
        else:
            books.resync(hour - 2)
            books.finish(books.claim_one(), accepted(), Done("187-1"))
        look(books)
        (row,) = books.rows("SELECT count(*) AS n, sum(amount) AS amount FROM open_documents")
        told.append((row["n"], row["amount"]))
    reader, window = books.ledger.reader(), Window(4, books.now)
    found = figures.history(reader, window)
    assert tuple(found.column_names) == frames.HISTORY
    assert list(zip(found["failed"].to_pylist(), found["amount"].to_pylist(), strict=True)) == told
    overview = read_model.overview(reader, window)
    assert (overview["previous_failed"], overview["previous_not_in_sage_amount"]) == told[0]
    assert overview["failed"] == told[-1][0] == 1
    nobody = read_model.overview(reader, Window(400, books.now))
    assert nobody["previous_failed"] is nobody["previous_not_in_sage_amount"] is None
    elsewhere = read_model.overview(reader, window, Scope(site="nowhere"))
    assert elsewhere["previous_failed"] == 0


def test_beyond_three_days_the_first_look_of_each_local_day_counts(books: Books):
    for _ in range(30):
        look(books)
        books.later(3600 * 4)
    found = figures.history(books.ledger.reader(), Window(24 * 5, books.now, zone=SYDNEY))
    days = [at.astimezone(ZoneInfo(SYDNEY)) for at in found["bucket"].to_pylist()]
    assert [(day.hour, day.minute) for day in days] == [(0, 0)] * len(days)
    assert len(set(days)) == len(days) >= 5


def test_days_are_those_of_the_persons_zone(books: Books):
    books.now = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)  # 23:30 in Sydney
    for wait in (0, 3600):
        books.later(wait)
        books.arrive(f"INV-{wait}")
        books.finish(books.claim_one(), refused(), GiveUp())
    reader = books.ledger.reader()
    here = read_model.failures(reader, Window(MONTH, books.now, zone=SYDNEY))
    assert [at.astimezone(ZoneInfo(SYDNEY)).date() for at in here["bucket"].to_pylist()] == [
        date(2026, 11, 24), date(2026, 11, 25),
    ]  # fmt: skip
    assert read_model.failures(reader, Window(MONTH, books.now))["failures"].to_pylist() == [2]


def test_a_window_that_has_ended_knows_nothing_of_later(books: Books):
    for number in range(3):
        books.arrive(f"INV-{number}")
        books.finish(books.claim_one(), refused(), GiveUp())
        books.later(3600 * 24)
    until = NOW + timedelta(hours=30)
    reader, window = books.ledger.reader(), Window(24, books.now, until)
    overview = read_model.overview(reader, window)
    assert (overview["refused"], overview["previous_refused"]) == (1, 1)
    assert sum(read_model.failures(reader, window)["failures"].to_pylist()) == 1


def test_marks_tell_what_explains_a_change(books: Books):
    def breaker(state: str) -> None:
        books.ledger.write(
            lambda c: holding.record_breaker(c, state, "Sage 300 answered 503", now=books.now)
        ).result()

    breaker("open")
    began = books.now
    books.later(60)
    breaker("half_open")
    books.later(60)
    breaker("closed")
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    reconcile(books)
    books.resync(1)
    books.finish(books.claim_one(), accepted(), Done("187-1"))
    books.later(3600)
    reconcile(books)
    breaker("open")
    found = figures.marks(books.ledger.reader(), Window(24, books.now))
    assert tuple(found.column_names) == frames.MARKS
    told = [(row["kind"], row["ended_at"]) for row in found.to_pylist()]
    assert sorted(told, key=str) == sorted(
        [
            ("outage", began + timedelta(seconds=120)),
            ("outage", None),
            ("cause_resolved", None),
        ],
        key=str,
    )
    late = figures.marks(books.ledger.reader(), Window(1, began + timedelta(hours=40)))
    assert [row["ended_at"] for row in late.to_pylist()] == [None]  # it goes on


def test_the_documents_behind_a_bar_are_those_refused_then(books: Books):
    soon = NOW + timedelta(seconds=20)
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), RetryAt(soon, burnt=True))
    books.later(3600 * 5)
    books.arrive("INV-2")
    for claim in books.claim():
        books.finish(claim, accepted(), Done("187-1"))

    def behind(**overrides):
        values = {"since": NOW, "until": NOW + timedelta(hours=1), **overrides}
        page, total = listing.documents(
            books.ledger.reader(), refused=read_model.Refusals(**values),
            error_type=TERMS_MISSING.error_type,
        )  # fmt: skip
        assert page.num_rows == total
        return page["number"].to_pylist()

    assert behind() == ["INV-1"]  # although it is in Sage 300 since
    assert behind(since=NOW + timedelta(minutes=1)) == []
    assert behind(weekday=2, hour=5) == ["INV-1"]
    assert behind(weekday=2, hour=16, zone=SYDNEY) == ["INV-1"]
    assert behind(weekday=3, hour=5) == []


def test_a_list_may_be_bounded_by_age_date_and_company(books: Books):
    books.arrive("INV-1", date="2026-11-01")
    books.later(3600)
    books.arrive("INV-2", date="2026-11-30")
    reader = books.ledger.reader()

    def numbers(**wanted):
        return listing.documents(reader, **wanted)[0]["number"].to_pylist()

    assert numbers(dated_to=date(2026, 11, 15)) == ["INV-1"]
    assert numbers(began_from=NOW + timedelta(minutes=1)) == ["INV-2"]
    assert numbers(began_to=NOW + timedelta(minutes=1)) == ["INV-1"]
    assert numbers(company="SERC") == ["INV-2", "INV-1"]
    assert numbers(company="OTHER") == []


def test_all_documents_come_in_pieces_as_of_one_moment(books: Books):
    books.arrive(*(f"INV-{n:04}" for n in range(25)))
    pieces = listing.all_documents(books.ledger.reader(), rows=10, order="number")
    first = next(pieces)
    assert tuple(first.column_names) == frames.DOCUMENTS
    books.arrive("INV-0003-LATE")  # while it is being read
    told = first["number"].to_pylist() + [n for one in pieces for n in one["number"].to_pylist()]
    assert told == [f"INV-{n:04}" for n in range(25)]
    (nothing,) = listing.all_documents(books.ledger.reader(), search="nobody")
    assert tuple(nothing.column_names) == frames.DOCUMENTS


def test_preferences_are_a_persons_own(books: Books):
    for who, value in (("ada", "1"), ("ada", "2"), ("sam", "3")):
        books.ledger.write(
            lambda c, w=who, v=value: figures.save_preference(c, w, "tour", v)
        ).result()
    assert figures.preferences(books.ledger.reader(), "ada") == {"tour": "2"}
    assert figures.preferences(books.ledger.reader(), "mia") == {}


@pytest.mark.parametrize(("hours", "place"), [(0, 0), (2, 1), (30, 2), (24 * 8, 3), (24 * 31, 4)])
def test_the_age_of_what_is_open_falls_into_its_band(books: Books, hours: int, place: int):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    books.later(3600 * hours)
    standing = read_model.standing(books.ledger.reader(), now=books.now)
    assert standing["place"].to_pylist() == [place]


def test_every_figure_obeys_the_scope(books: Books):
    books.arrive("INV-1")
    again = RetryAt(books.now, burnt=True)
    books.finish(books.claim_one(), refused(), again)
    books.finish(books.claim_one(), refused(), GiveUp())
    books.arrive("INV-2")
    books.finish(books.claim_one(), accepted(), Done("187-1"))
    look(books)
    reconcile(books)
    reader, now = books.ledger.reader(), books.now
    window, due = Window(24, now), now.date()
    for scope, there in (
        (Scope(entry_type="invoice"), True), (Scope(entry_type="receipt"), False),
        (Scope(site="nowhere"), False), (Scope(company="SERC"), True), (Scope(company="X"), False),
    ):  # fmt: skip
        overview = read_model.overview(reader, window, scope)
        told = (overview["failed"], overview["refused"], overview["synced"])
        assert told == ((1, 2, 1) if there else (0, 0, 0))
        assert bool(read_model.failures(reader, window, scope).num_rows) == there
        assert bool(read_model.series(reader, window, scope).num_rows) == there
        assert bool(read_model.standing(reader, now=now, scope=scope).num_rows) == there
        assert bool(read_model.open_errors(reader, scope).num_rows) == there
        for figure in (figures.busy_hours, figures.retries, figures.met_causes):
            assert bool(figure(reader, window, scope).num_rows) == there, figure
        assert sum(figures.history(reader, window, scope)["failed"].to_pylist()) == int(there)
        assert bool(figures.period_end(reader, due=due, scope=scope).num_rows) == there
        took = figures.durations(reader, window, scope)
        assert (took["sync_seconds_median"] is not None) == there
