"""Past hours are summed over all documents, and say what the hours themselves do."""

from __future__ import annotations

from datetime import timedelta

from iman.domain.outcome import Accepted, Refused
from iman.domain.retry import Done, GiveUp
from iman.ledger import figures, read_model, rollups
from iman.ledger.read_model import Scope, Window
from tests.ledger.books import Books


def tried(books, number, *, refused=True):
    books.arrive(number)
    claim = books.claim_one()
    books.later(2)
    if refused:
        outcome = Refused(code="1020", text="Terms Code “F48” is not defined", http_status=409)
        books.finish(claim, outcome, GiveUp())
    else:
        books.finish(claim, Accepted(reference="1-1"), Done("1-1"))


def told(books, window, scope):
    conn = books.ledger.reader()
    return (
        read_model.failures(conn, window, scope).to_pylist(),
        read_model.series(conn, window, scope).to_pylist(),
        figures.durations(conn, window, scope),
        {k: v for k, v in read_model.overview(conn, window, scope).items() if "refused" in k},
    )


def folded(books):
    return books.rows("SELECT up_to FROM totals_folded")[0]["up_to"]


def looked(books):
    books.ledger.write(lambda conn: figures.look(conn, now=books.now)).result()
    assert rollups.differences(books.ledger.reader()) == {}


def same_for_all_and_for_the_one_company(books):
    window = Window(24, books.now)
    everything = told(books, window, Scope())
    assert everything == told(books, window, Scope(company="SERC"))
    return everything


def test_totals_say_what_the_rollups_say_as_hours_go_by(books: Books):
    looked(books)
    for hour in range(5):
        tried(books, f"INV-{hour}")
        tried(books, f"INV-1{hour}", refused=False)
        books.later(3600)
        looked(books)
        failures, *_ = same_for_all_and_for_the_one_company(books)
        assert sum(row["failures"] for row in failures) == hour + 1
    assert books.rows("SELECT sum(attempts) AS n FROM attempt_totals")[0]["n"] > 0
    assert books.rows("SELECT sum(documents) AS n FROM duration_totals")[0]["n"] > 0


def test_what_is_counted_in_a_past_hour_is_summed_again(books: Books):
    """As after the clock was put back."""
    for hour in range(4):
        tried(books, f"INV-{hour}")
        books.later(3600)
    looked(books)
    before = folded(books)
    books.now -= timedelta(hours=5)
    tried(books, "INV-9", refused=False)
    tried(books, "INV-8")
    assert folded(books) < before
    books.now += timedelta(hours=5)
    failures, *_ = same_for_all_and_for_the_one_company(books)
    assert sum(row["failures"] for row in failures) == 5
    books.later(3600)
    looked(books)
    assert folded(books) > before
    same_for_all_and_for_the_one_company(books)
