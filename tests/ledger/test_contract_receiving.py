"""What every ledger promises about what comes in."""

from __future__ import annotations

import pytest

from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from tests.builders import (
    NOW,
    accepted,
    make_arrived,
    make_key,
    make_resync_event,
    make_unreadable,
    refused,
    unknown,
)
from tests.ledger.books import Books


def count(books: Books, table: str) -> int:
    return len(books.rows(f"SELECT 1 FROM {table}"))  # noqa: S608 -- our own table names


def test_a_new_document_is_due_at_once_in_its_first_round(books: Books):
    received = books.receive(make_arrived("INV-1"))
    assert (received.documents, received.resyncs, received.problems) == (1, 0, 0)
    row = books.open_row()
    assert (row["state"], row["round"], row["attempt"]) == ("pending", 1, 0)
    assert books.next_due() == NOW


def test_an_older_or_equal_revision_changes_nothing(books: Books):
    books.arrive("INV-1", revision=3, amount="10.00")
    for revision in (1, 2, 3):
        assert books.receive(make_arrived("INV-1", revision=revision)).documents == 0
    (row,) = books.rows("SELECT revision, amount FROM documents")
    assert (row["revision"], str(row["amount"])) == (3, "10.000")


def test_a_newer_revision_replaces_a_failed_document_and_begins_a_round(books: Books):
    books.arrive("INV-1", revision=1, amount="10.00")
    books.finish(books.claim_one(), refused(), GiveUp())
    assert books.receive(make_arrived("INV-1", revision=2, amount="20.00")).documents == 1
    (row,) = books.rows("SELECT document_id, revision, amount FROM documents")
    assert (row["document_id"], row["revision"], str(row["amount"])) == (1, 2, "20.000")
    row = books.open_row()
    assert (row["state"], row["round"], row["attempt"]) == ("pending", 2, 0)
    assert row["error_text"] is None


def test_a_revision_of_what_sage_holds_is_kept_for_people_to_see(books: Books):
    books.arrive("INV-1", amount="10.00")
    books.finish(books.claim_one(), accepted(), Done("187-1"))
    received = books.receive(make_arrived("INV-1", revision=2, amount="99.00"))
    assert (received.documents, received.problems) == (0, 1)
    assert books.rows("SELECT revision FROM documents") == [{"revision": 1}]
    (problem,) = books.rows("SELECT reason FROM intake_problems")
    assert "Revision 2 of SERC/invoice/INV-1 was not taken" in problem["reason"]


@pytest.mark.parametrize("lost", [False, True])
def test_a_revision_waits_for_the_push_that_is_under_way(books: Books, lost: bool):
    books.arrive("INV-1", amount="10.00")
    claim = books.claim_one()
    if lost:
        books.finish(claim, unknown(), AskSage(NOW))
    assert books.receive(make_arrived("INV-1", revision=2, amount="99.00")).problems == 0
    assert books.rows("SELECT revision FROM documents") == [{"revision": 1}]
    if lost:
        claim = books.claim_one()
    books.finish(claim, refused(), RetryAt(NOW, burnt=True))
    (row,) = books.rows("SELECT revision, amount FROM documents")
    assert (row["revision"], str(row["amount"])) == (2, "99.000")
    assert (books.open_row()["state"], books.open_row()["round"]) == ("pending", 2)


def test_a_revision_that_waited_for_a_push_that_went_through_is_shown(books: Books):
    books.arrive("INV-1")
    claim = books.claim_one()
    books.receive(make_arrived("INV-1", revision=2))
    books.finish(claim, accepted(), Done("187-1"))
    (problem,) = books.rows("SELECT reason FROM intake_problems")
    assert "Sage 300 holds the document already" in problem["reason"]
    assert count(books, "waiting_revisions") == 0


def test_of_two_revisions_in_one_page_the_newer_one_counts(books: Books):
    for first, second in [(1, 2), (2, 1)]:
        number = f"INV-{first}{second}"
        books.receive(make_arrived(number, revision=first), make_arrived(number, revision=second))
        found = books.rows("SELECT revision FROM documents WHERE number = $n", n=number)
        assert found == [{"revision": 2}]


def test_reading_the_same_page_again_is_harmless(books: Books):
    page = [make_arrived(f"INV-{n}", cursor=str(n)) for n in range(20)]
    books.receive(*page)
    books.claim(5)
    before = books.rows("SELECT * FROM open_documents ORDER BY document_id")
    again = books.receive(*page)
    assert again.documents == 0
    assert books.rows("SELECT * FROM open_documents ORDER BY document_id") == before
    assert count(books, "documents") == 20


def test_one_number_may_stand_for_documents_of_two_types_and_companies(books: Books):
    books.receive(
        make_arrived("1"),
        make_arrived("1", entry_type="receipt"),
        make_arrived("1", company="OTHER"),
    )
    assert count(books, "documents") == 3


def test_what_could_not_be_read_is_kept_beside_what_could(books: Books):
    received = books.receive(
        make_unreadable(reason="Its type is 'gift'."), make_arrived("INV-1"), make_unreadable()
    )
    assert (received.documents, received.problems) == (1, 2)
    reasons = [row["reason"] for row in books.rows("SELECT * FROM intake_problems")]
    assert reasons == ["Its type is 'gift'.", "An event could not be read."]


def test_a_document_with_spoilt_money_and_date_still_stands_in_the_ledger(books: Books):
    books.receive(make_arrived("INV-1", amount="much", date="yesterday", customer=None))
    (row,) = books.rows("SELECT amount, document_date, customer FROM documents")
    assert row == {"amount": None, "document_date": None, "customer": ""}
    assert len(books.claim()) == 1


def test_the_cursor_is_remembered_with_what_it_brought(books: Books):
    assert books.cursor() is None
    books.receive(make_arrived("INV-1"), cursor="a17")
    assert books.cursor() == "a17"
    books.reopened()
    assert books.cursor() == "a17"
    assert count(books, "documents") == 1


def test_documents_and_cursor_are_one_commit(books: Books):
    """A page that cannot be stored leaves the cursor where it was: it will be read again."""
    books.receive(make_arrived("INV-1"), cursor="1")
    unstorable = make_unreadable(reason=None)
    with pytest.raises(Exception, match=r"(?i)null"):
        books.receive(make_arrived("INV-2"), unstorable, cursor="2")
    assert books.cursor() == "1"
    assert books.rows("SELECT number FROM documents") == [{"number": "INV-1"}]


def test_resync_pressed_in_byondpro_begins_a_round(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    assert books.receive(make_resync_event("INV-1", by="jo.clark")).resyncs == 1
    row = books.open_row()
    assert (row["state"], row["round"], row["attempt"]) == ("pending", 2, 0)
    (asked,) = books.rows("SELECT asked_by, origin, round FROM resyncs")
    assert asked == {"asked_by": "jo.clark", "origin": "byondpro", "round": 2}


def test_the_same_resync_event_read_twice_begins_one_round(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    books.receive(make_resync_event("INV-1", cursor="18"))
    books.finish(books.claim_one(), refused(), GiveUp())
    books.receive(make_resync_event("INV-1", cursor="18"))
    assert books.open_row()["state"] == "failed"
    assert count(books, "resyncs") == 1


def test_resync_of_a_document_that_is_on_its_way_changes_nothing(books: Books):
    books.arrive("INV-1")
    assert books.receive(make_resync_event("INV-1")).resyncs == 0
    assert books.open_row()["round"] == 1


def test_resync_of_a_document_nobody_sent_is_kept_for_people_to_see(books: Books):
    received = books.receive(make_resync_event("INV-404"), make_arrived("INV-1"))
    assert (received.documents, received.resyncs) == (1, 0)
    (problem,) = books.rows("SELECT reason FROM intake_problems")
    assert str(make_key("INV-404")) in problem["reason"]


def test_a_document_and_its_resync_may_come_in_one_page(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    received = books.receive(make_arrived("INV-2"), make_resync_event("INV-1"))
    assert (received.documents, received.resyncs) == (1, 1)
    assert {claim.key.number for claim in books.claim()} == {"INV-1", "INV-2"}
