"""What every ledger promises about documents that wait, for a parent or for a person."""

from __future__ import annotations

import pytest

from iman.domain.retry import AskSage, Done, GiveUp
from tests.builders import NOW, accepted, make_arrived, refused, unknown
from tests.ledger.books import Books


def receipt(number: str = "REC-1", parent: str = "INV-1", **overrides):
    return make_arrived(
        number,
        entry_type="receipt",
        parent={"entry_type": "invoice", "number": parent},
        **overrides,
    )


def claimed(books: Books) -> list[str]:
    return [claim.key.number for claim in books.claim()]


def test_a_child_waits_until_its_parent_is_through_and_is_due_at_once_then(books: Books):
    books.receive(make_arrived("INV-1"), receipt())
    parent = books.claim_one()
    assert books.open_row(2)["state"] == "waiting"
    books.later(60)
    assert books.next_due() is None
    books.finish(parent, accepted(), Done("187-1"))
    row = books.open_row(2)
    assert (row["state"], row["waits_for"], row["attempt"]) == ("pending", None, 0)
    assert claimed(books) == ["REC-1"]


def test_a_child_whose_parent_failed_waits_for_it_and_burns_nothing(books: Books):
    books.receive(make_arrived("INV-1"))
    books.finish(books.claim_one(), refused(), GiveUp())
    books.receive(receipt())
    assert claimed(books) == []
    books.resync()
    books.finish(books.claim_one(), accepted(), Done("187-1"))
    assert claimed(books) == ["REC-1"]


@pytest.mark.parametrize("synced", [True, False])
def test_a_child_of_a_parent_that_is_through_or_was_never_seen_does_not_wait(books, synced):
    if synced:
        books.arrive("INV-1")
        books.finish(books.claim_one(), accepted(), Done("187-1"))
    books.receive(receipt())
    assert claimed(books) == ["REC-1"]


def test_a_child_waits_for_its_own_parent_only(books: Books):
    books.receive(
        make_arrived("INV-1"),
        make_arrived("INV-10"),
        make_arrived("INV-1", company="OTHER"),
        receipt(parent="INV-10"),
    )
    first, tenth, _ = books.claim()
    books.finish(first, accepted(), Done("187-1"))
    assert claimed(books) == []
    books.finish(tenth, accepted(), Done("187-2"))
    assert claimed(books) == ["REC-1"]


def test_a_whole_line_of_descent_comes_in_its_order(books: Books):
    refund = make_arrived(
        "REF-1", entry_type="refund", parent={"entry_type": "receipt", "number": "REC-1"}
    )
    books.receive(refund, receipt(), make_arrived("INV-1"))
    came = []
    while claims := books.claim():
        for claim in claims:
            came.append(claim.key.number)
            books.finish(claim, accepted(), Done("1-1"))
    assert came == ["INV-1", "REC-1", "REF-1"]


def test_a_waiting_child_still_waits_after_a_restart(books: Books):
    books.receive(make_arrived("INV-1"), receipt())
    books.reopened()
    assert claimed(books) == ["INV-1"]


# -- a pause -----------------------------------------------------------------------------------


def pause(books: Books, entry_type: str) -> None:
    sql = "INSERT INTO pauses VALUES ($entry_type, now()::TIMESTAMP, 'ada', 'month end')"
    books.ledger.write(lambda conn: conn.execute(sql, {"entry_type": entry_type})).result()


@pytest.mark.parametrize(
    ("paused", "left"), [("", []), ("invoice", ["REC-9"]), ("receipt", ["INV-1"])]
)
def test_what_is_paused_is_not_pushed_and_the_rest_is(books: Books, paused, left):
    books.receive(make_arrived("INV-1"), receipt("REC-9", parent="INV-0"))
    pause(books, paused)
    assert (books.next_due() is None) == (not left)
    assert claimed(books) == left


def test_a_pause_does_not_keep_a_lost_answer_from_being_looked_up(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), unknown(), AskSage(NOW))
    pause(books, "")
    assert books.claim_one().asks


def test_a_lost_answer_is_looked_up_under_the_token_it_was_sent_with(books: Books):
    books.arrive("INV-1")
    pushed = books.claim_one()
    books.finish(pushed, unknown(), AskSage(NOW))
    books.ledger.write(
        lambda conn: conn.execute("UPDATE facts SET value = 'ffff' WHERE name = 'ledger_id'")
    ).result()
    books.reopened()
    assert books.claim_one().token == pushed.token
