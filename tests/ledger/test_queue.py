"""The queue's forecast against plain counting and a plain straight line."""

from __future__ import annotations

import statistics

import pytest

from iman.domain.retry import Done, GiveUp, RetryAt
from iman.ledger import queue as queues
from tests.builders import NOW, accepted, refused
from tests.ledger.books import Books

MOVING = (
    "SELECT count(*) AS n FROM open_documents"
    " WHERE state IN ('pending', 'syncing', 'retrying', 'unknown')"
)


def sample(books: Books) -> None:
    books.ledger.write(lambda conn: queues.sample(conn, now=books.now)).result()


def queue(books: Books) -> dict:
    return queues.queue(books.ledger.reader(), now=books.now)


def pushed(books: Books, number: int) -> None:
    for claim in books.claim(number):
        books.finish(claim, accepted(), Done("187-1"))


def test_a_queue_that_gets_less_says_when_it_is_empty(books: Books):
    books.arrive(*(f"INV-{n}" for n in range(40)))
    depths = []
    for _ in range(10):
        sample(books)
        depths.append((books.now, books.rows(MOVING)[0]["n"]))
        pushed(books, 3)
        books.later(5)
    depths.append((books.now, books.rows(MOVING)[0]["n"]))
    found = queue(books)
    seconds = [(moment - NOW).total_seconds() for moment, _ in depths]
    line = statistics.linear_regression(seconds, [depth for _, depth in depths])
    assert (found["depth"], found["trend"], found["highest"]) == (10, "shrinking", 40)
    assert found["highest_at"] == NOW
    assert found["seconds_to_empty"] == pytest.approx(10 / -line.slope)
    assert found["seconds_to_empty"] == pytest.approx(10 / (3 / 5))


def test_the_rate_is_that_since_it_was_last_at_its_highest(books: Books):
    books.arrive(*(f"INV-{n}" for n in range(20)))
    for _ in range(60):  # nothing moves for five minutes
        sample(books)
        books.later(5)
    for _ in range(6):
        sample(books)
        pushed(books, 2)
        books.later(5)
    found = queue(books)
    assert (found["depth"], found["highest"], found["trend"]) == (8, 20, "shrinking")
    assert found["seconds_to_empty"] == pytest.approx(8 / (2 / 5))


@pytest.mark.parametrize("more", [0, 2])
def test_one_that_stands_or_grows_is_not_shrinking(books: Books, more: int):
    books.arrive("INV-0")
    for turn in range(8):
        sample(books)
        books.arrive(*(f"INV-{turn}-{n}" for n in range(more)))
        books.later(5)
    found = queue(books)
    assert (found["trend"], found["seconds_to_empty"]) == ("not_shrinking", None)


def test_just_after_the_start_nothing_is_foretold(books: Books):
    books.arrive("INV-1", "INV-2")
    assert queue(books)["trend"] == "not_known"
    sample(books)
    pushed(books, 1)
    books.later(10)
    assert queue(books)["trend"] == "not_known"


def test_what_failed_or_waits_for_its_parent_is_not_in_the_queue(books: Books):
    assert queue(books)["trend"] == "empty"
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), RetryAt(books.now, burnt=True))
    assert queue(books)["depth"] == 1
    books.finish(books.claim_one(), refused(), GiveUp())
    books.arrive("RC-1", entry_type="receipt", parent={"entry_type": "invoice", "number": "INV-1"})
    assert books.claim() == []
    found = queue(books)
    assert (found["depth"], found["trend"], found["waiting_for_others"]) == (0, "empty", 1)


def test_old_samples_are_forgotten(books: Books):
    for _ in range(4):
        sample(books)
        books.later(queues.WINDOW.total_seconds() / 2)
    kept = books.rows("SELECT min(taken_at) AS oldest, count(*) AS n FROM queue_depths")
    assert kept[0]["n"] == 3
