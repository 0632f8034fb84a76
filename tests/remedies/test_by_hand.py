"""Closed by hand, set aside, and taken back: on a real ledger, and all of it counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from iman.errors import DaemonRefused
from iman.ledger import by_hand, listing, read_model
from tests.remedies.shelf import Shelf, invoice, shelf


@pytest.fixture
def books(tmp_path: Path):
    with shelf(tmp_path) as made:
        made.arrive(invoice("INV-1"), invoice("INV-2"))
        made.fail("INV-1", "INV-2")
        yield made


def park(books: Shelf, number: str, **changes):
    values = {"who": "sam", "reason": "waits for finance", "until": None, "now": books.now}
    return books.write(
        lambda conn: by_hand.park(conn, books.ledger.ids, books.id_of(number), **(values | changes))
    )


def settle(books: Shelf, number: str, how="do_not_send", reference="", **changes):
    return books.write(
        lambda conn: by_hand.settle(
            conn, books.ledger.ids, books.id_of(number), how=how, reference=reference,
            reason="keyed by hand", who="ada", now=books.now, **changes,
        )
    )  # fmt: skip


def reopen(books: Shelf, number: str):
    return books.write(
        lambda conn: by_hand.reopen(
            conn, books.ledger.ids, books.id_of(number), reason="wrong", who="ada", now=books.now
        )
    )


def count(books: Shelf, state: str) -> tuple:
    return books.sql(
        "SELECT coalesce(sum(documents), 0), coalesce(sum(amount), 0) FROM closing_rollup"
        " WHERE state = $s", s=state,
    )[0]  # fmt: skip


def test_a_parked_document_is_still_counted_and_is_not_pushed(books: Shelf):
    park(books, "INV-1")
    assert books.state("INV-1") == "parked"
    books.passes(3600)
    assert books.try_all({}, give_up=False) == 0
    counts = read_model.counts(books.conn).to_pylist()[0]
    assert (counts["parked"], counts["failed"]) == (1, 1)
    assert [row["number"] for row in by_hand.parked(books.conn)] == ["INV-1"]


def test_parked_until_a_date_it_goes_on_by_itself(books: Shelf):
    park(books, "INV-1", until=books.now + timedelta(days=1))
    end = lambda: books.write(  # noqa: E731 -- said twice
        lambda conn: by_hand.end_parkings(conn, books.ledger.ids, now=books.now)
    )
    assert end() == 0
    assert not by_hand.any_due(books.conn, now=books.now)
    books.passes(86400)
    assert by_hand.any_due(books.conn, now=books.now)
    assert end() == 1
    assert books.state("INV-1") == "pending"
    assert by_hand.parkings_of(books.conn, books.id_of("INV-1"))[0]["ended_by"] == "iman"


def test_a_date_in_the_past_is_refused(books: Shelf):
    with pytest.raises(DaemonRefused, match="past"):
        park(books, "INV-1", until=books.now)


def test_unparked_it_is_back_where_it_was(books: Shelf):
    park(books, "INV-1")
    books.write(lambda conn: by_hand.unpark(conn, books.id_of("INV-1"), who="sam", now=books.now))
    assert books.state("INV-1") == "failed"
    with pytest.raises(DaemonRefused, match="not parked"):
        books.write(
            lambda conn: by_hand.unpark(conn, books.id_of("INV-1"), who="sam", now=books.now)
        )


def test_settled_it_is_closed_counted_and_told_to_byondpro(books: Shelf):
    settle(books, "INV-1", "already_in_sage", "187-1")
    books.reconcile()
    assert books.state("INV-1") == "settled"
    assert count(books, "settled") == (1, 3360)
    told = books.sql("SELECT status, reference, message FROM write_backs ORDER BY write_back_id")
    assert told[-1] == ("processed", "187-1", "Closed by ada: already in Sage 300")
    assert books.sql("SELECT how FROM cause_leavings") == [("settled",)]
    page, total = listing.documents(books.conn, states=["settled"])
    assert (total, page["erp_reference"][0].as_py()) == (1, "187-1")
    with pytest.raises(DaemonRefused, match="closed already"):
        settle(books, "INV-1")


def test_what_waited_for_a_settled_document_goes_on(books: Shelf):
    receipt = invoice("RC-1", entry_type="receipt",
                      parent={"entry_type": "invoice", "number": "INV-1"})  # fmt: skip
    books.arrive(receipt)
    assert books.state("RC-1") == "waiting"
    settle(books, "INV-1", "already_in_sage", "187-1")
    assert books.state("RC-1") == "pending"


def test_a_settlement_taken_back_is_a_new_round_and_counts_no_more(books: Shelf):
    settle(books, "INV-1")
    books.passes(60)
    assert reopen(books, "INV-1") == ("INV-1", 2)
    assert books.state("INV-1") == "pending"
    assert count(books, "settled") == (0, 0)
    (row,) = by_hand.settlements(books.conn, document_id=books.id_of("INV-1"))
    assert (row["how"], row["reopened_by"], row["reopen_reason"]) == (
        "do_not_send", "ada", "wrong",
    )  # fmt: skip
    books.try_all({}, give_up=False)
    assert books.state("INV-1") == "synced"
    assert count(books, "synced") == (1, 3360)
    with pytest.raises(DaemonRefused, match="not closed by hand"):
        reopen(books, "INV-1")


def test_the_same_request_settles_once(books: Shelf):
    for _ in range(2):
        assert settle(books, "INV-1", request_id="r1") == "INV-1"
    assert len(by_hand.settlements(books.conn)) == 1


@pytest.mark.parametrize("state", ["syncing", "unknown"])
def test_nobody_touches_a_document_while_its_request_may_be_with_sage(books: Shelf, state: str):
    books.write(
        lambda conn: conn.execute(
            "UPDATE open_documents SET state = $s WHERE document_id = $id",
            {"s": state, "id": books.id_of("INV-1")},
        )
    )
    for work in (park, settle):
        with pytest.raises(DaemonRefused, match="Try again shortly"):
            work(books, "INV-1")
