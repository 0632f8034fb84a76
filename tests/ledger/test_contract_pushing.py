"""What every ledger promises about claims, outcomes and rounds."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from iman.errors import DaemonRefused, NotFound
from iman.ledger import listing
from iman.ledger.pushing import NO_ANSWER_YET
from iman.ledger.utc import to_db
from tests.builders import (
    F48,
    NOW,
    absent,
    accepted,
    refused,
    unavailable,
    unknown,
)
from tests.ledger.books import Books

SOON = timedelta(seconds=20)


def outcome_rows(books: Books) -> list[dict]:
    return books.rows("SELECT * FROM outcomes ORDER BY attempt_id")


# -- claim -------------------------------------------------------------------------------------


def test_documents_are_claimed_oldest_first_and_no_more_than_asked(books: Books):
    for number in ("INV-3", "INV-1", "INV-2"):
        books.arrive(number)
        books.later(1)
    assert [claim.key.number for claim in books.claim(2)] == ["INV-3", "INV-1"]
    assert [claim.key.number for claim in books.claim(2)] == ["INV-2"]


def test_a_claimed_document_is_not_claimed_again(books: Books):
    books.arrive("INV-1")
    books.claim_one()
    assert books.claim() == []
    assert books.next_due() is None


def test_a_claim_is_a_durable_intent(books: Books):
    books.arrive("INV-1")
    claim = books.claim_one()
    (intent,) = books.rows("SELECT attempt_id, number, trigger, token FROM attempts")
    assert intent == {
        "attempt_id": claim.attempt_id,
        "number": 1,
        "trigger": "intake",
        "token": claim.token,
    }
    assert books.open_row()["state"] == "syncing"


def test_nothing_is_claimed_before_it_is_due(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), RetryAt(NOW + SOON, burnt=True))
    books.later(19.9)
    assert books.claim() == []
    assert books.next_due() == NOW + SOON
    books.later(0.1)
    claim = books.claim_one()
    assert (claim.number, claim.trigger, claim.asks) == (2, "retry", False)


def test_a_failed_document_is_never_due(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())
    books.later(10**7)
    assert books.claim() == []
    assert books.next_due() is None


# -- finish ------------------------------------------------------------------------------------


def test_an_accepted_document_is_closed_with_its_reference(books: Books):
    books.arrive("INV-1")
    claim = books.claim_one()
    books.finish(claim, accepted("187-1"), Done("187-1"), sent="{}", answered="{ok}")
    assert books.rows("SELECT * FROM open_documents") == []
    (closing,) = books.rows("SELECT state, reference, round, attempt FROM closings")
    assert closing == {"state": "synced", "reference": "187-1", "round": 1, "attempt": 1}
    (outcome,) = outcome_rows(books)
    assert (outcome["outcome"], outcome["burnt"]) == ("accepted", True)
    assert books.rows("SELECT sent, answered FROM bodies") == [{"sent": "{}", "answered": "{ok}"}]
    (told,) = books.write_backs()
    assert (told.status, told.reference, told.attempts) == ("processed", "187-1", 1)


def test_a_refused_document_waits_for_its_next_try_and_byondpro_is_told_why(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), RetryAt(NOW + SOON, burnt=True))
    row = books.open_row()
    assert (row["state"], row["attempt"], row["error_code"]) == ("retrying", 1, "1020")
    assert (row["error_text"], row["entity"]) == (F48, "F48")
    (told,) = books.write_backs()
    assert (told.status, told.message, told.attempts) == ("pending", f"1020 - {F48}", 1)


def test_a_try_that_was_not_burnt_leaves_the_count_as_it_was(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), unavailable(), RetryAt(NOW, burnt=False))
    row = books.open_row()
    assert (row["state"], row["attempt"], row["first_failed_at"]) == ("pending", 0, None)
    assert outcome_rows(books)[0]["burnt"] is False
    assert books.write_backs() == []
    assert books.claim_one().number == 1


def test_an_unburnt_try_of_a_retrying_document_keeps_it_retrying(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), RetryAt(NOW, burnt=True))
    books.finish(books.claim_one(), unavailable(), RetryAt(NOW, burnt=False))
    row = books.open_row()
    assert (row["state"], row["attempt"]) == ("retrying", 1)
    assert books.claim_one().number == 2


def test_a_document_given_up_is_failed_and_byondpro_says_so(books: Books):
    books.arrive("INV-1")
    for number in range(1, 5):
        claim = books.claim_one()
        assert claim.number == number
        books.finish(claim, refused(), RetryAt(NOW, burnt=True))
    books.finish(books.claim_one(), refused(), GiveUp())
    row = books.open_row()
    assert (row["state"], row["attempt"], row["due_at"]) == ("failed", 5, None)
    told = books.write_backs()
    assert [status.status for status in told] == ["pending"] * 4 + ["failed"]
    assert told[-1].attempts == 5


def test_a_lost_answer_makes_the_next_claim_a_question(books: Books):
    books.arrive("INV-1")
    pushed = books.claim_one()
    books.later(80)
    books.finish(pushed, unknown(), AskSage(books.now))
    asked = books.claim_one()
    assert (asked.asks, asked.number, asked.trigger) == (True, 1, "lookup")
    assert asked.pushed_at == pushed.started_at
    assert asked.token == pushed.token
    assert not asked.crashed
    assert books.write_backs() == []


def test_asking_in_vain_is_no_attempt_and_forgets_no_push(books: Books):
    books.arrive("INV-1")
    pushed = books.claim_one()
    books.finish(pushed, unknown(), AskSage(NOW))
    for _ in range(3):
        asked = books.claim_one()
        assert asked.pushed_at == pushed.started_at
        books.later(5)
        books.finish(asked, unknown(), AskSage(books.now))
    assert len(books.rows("SELECT * FROM attempts")) == 1
    assert books.open_row()["state"] == "unknown"


def test_a_document_found_in_sage_is_closed_by_the_question(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), unknown(), AskSage(NOW))
    books.finish(books.claim_one(), accepted("9-1", adopted=True), Done("9-1"))
    assert [row["trigger"] for row in books.rows("SELECT trigger FROM attempts")] == [
        "intake",
        "lookup",
    ]
    assert [row["outcome"] for row in outcome_rows(books)] == ["unknown", "accepted"]
    assert books.rows("SELECT state FROM closings") == [{"state": "synced"}]


def test_not_there_is_pushed_again_and_does_not_hide_what_was_said_before(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), RetryAt(NOW, burnt=True))
    books.finish(books.claim_one(), unknown(), AskSage(NOW))
    lost = books.open_row()["error_text"]
    books.finish(books.claim_one(), absent(), RetryAt(NOW, burnt=True))
    row = books.open_row()
    assert (row["state"], row["attempt"], row["pushed_at"]) == ("retrying", 2, None)
    assert row["error_text"] == lost
    claim = books.claim_one()
    assert (claim.asks, claim.number) == (False, 3)


def test_the_first_failure_is_remembered_through_all_that_follow(books: Books):
    books.arrive("INV-1")
    books.later(1)
    first = books.now
    books.finish(books.claim_one(), refused(), RetryAt(first, burnt=True))
    books.later(20)
    books.finish(books.claim_one(), refused(), GiveUp())
    books.later(20)
    books.resync()
    books.finish(books.claim_one(), accepted(), Done("187-1"))
    (closing,) = books.rows("SELECT first_failed_at FROM closings")
    assert closing["first_failed_at"] == first.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("outcome", "following"),
    [
        (accepted("188-1"), Done("188-1")),
        (refused(), GiveUp()),
        (refused(), RetryAt(NOW, burnt=True)),
        (unknown(), AskSage(NOW)),
    ],
)
def test_a_finished_attempt_cannot_move_its_document_again(books: Books, outcome, following):
    books.arrive("INV-1")
    claim = books.claim_one()
    books.later(1)
    books.finish(claim, refused(), RetryAt(NOW, burnt=True))
    told = books.write_backs()
    later = books.claim_one()
    books.finish(claim, outcome, following)
    row = books.open_row()
    assert (row["state"], row["attempt"]) == ("syncing", 1)
    assert len(outcome_rows(books)) == 1
    assert books.write_backs() == told
    books.finish(later, accepted("187-1"), Done("187-1"))
    books.finish(later, accepted("187-1"), Done("187-1"))
    assert len(books.rows("SELECT * FROM closings")) == 1
    assert books.rows("SELECT sum(documents) AS n FROM closing_rollup") == [{"n": 1}]


def test_outcomes_of_many_documents_share_one_call(books: Books):
    from tests.builders import make_finished

    books.arrive(*(f"INV-{n}" for n in range(9)))
    outcomes = [
        (accepted(), Done("1-1")),
        (refused(), GiveUp()),
        (unknown(), AskSage(NOW)),
    ] * 3
    finished = [
        make_finished(claim, outcome, following)
        for claim, (outcome, following) in zip(books.claim(), outcomes, strict=True)
    ]
    books._wait(books.ledger.finish(finished, now=books.now))
    states = books.rows(
        "SELECT state, count(*) AS n FROM open_documents GROUP BY state ORDER BY state"
    )
    assert states == [{"state": "failed", "n": 3}, {"state": "unknown", "n": 3}]


# -- recover -----------------------------------------------------------------------------------


def test_a_push_cut_short_by_the_daemons_end_is_asked_about(books: Books):
    books.arrive("INV-1", "INV-2")
    claim, _ = books.claim()
    books.finish(claim, accepted(), Done("187-1"))
    books.later(30)
    assert books.reopened().recovered == 1
    row = books.open_row(2)
    assert (row["state"], row["crashed"], row["attempt"]) == ("unknown", True, 0)
    cut = outcome_rows(books)[-1]
    assert (cut["outcome"], cut["burnt"], cut["duration_ms"]) == ("unknown", False, 30_000)
    asked = books.claim_one()
    assert (asked.asks, asked.crashed, asked.pushed_at) == (True, True, NOW)


def shown(books: Books) -> dict[str, object]:
    """As the Integration Monitor's list has it."""
    page, _ = listing.documents(books.ledger.reader(), states=("unknown",))
    (row,) = page.to_pylist()
    return row


def test_a_first_push_cut_short_says_honestly_that_there_is_no_answer_yet(books: Books):
    books.arrive("INV-1")
    books.claim_one()
    books.later(30)
    books.reopened()
    row = books.open_row()
    assert row["error_text"] == shown(books)["error"] == NO_ANSWER_YET
    assert (row["error_code"], row["error_type"]) == (None, None)  # nobody's fault, and no cause
    assert row["last_tried_at"] == to_db(NOW)
    # a look-up that could not tell leaves it so; what is learnt later takes its place
    books.finish(books.claim_one(), unknown(), AskSage(books.now))
    assert books.open_row()["error_text"] == NO_ANSWER_YET
    asked = books.claim_one()
    books.finish(asked, absent(), RetryAt(books.now, burnt=False))
    assert books.open_row()["error_text"] == absent().reason


def test_a_later_push_cut_short_keeps_the_last_known_error(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), RetryAt(books.later(20), burnt=True))
    books.claim_one()
    books.later(30)
    books.reopened()
    assert shown(books)["error"] == f"1020 - {F48}"
    row = books.open_row()
    assert (row["error_type"], row["entity"], row["attempt"]) == ("terms_missing", "F48", 1)
    assert row["last_tried_at"] == to_db(books.now - timedelta(seconds=30))


def test_a_question_cut_short_is_asked_again(books: Books):
    books.arrive("INV-1")
    pushed = books.claim_one()
    books.finish(pushed, unknown(), AskSage(NOW))
    books.claim_one()
    books.later(5)
    assert books.reopened().recovered == 1
    asked = books.claim_one()
    assert (asked.asks, asked.pushed_at) == (True, pushed.started_at)
    assert len(outcome_rows(books)) == 1


def test_reopening_a_ledger_at_rest_changes_nothing(books: Books):
    books.arrive("INV-1", "INV-2")
    books.finish(books.claim(1)[0], refused(), GiveUp())
    before = books.rows("SELECT * FROM open_documents ORDER BY document_id")
    first = books.ledger.ledger_id
    assert books.reopened().recovered == 0
    assert books.ledger.ledger_id == first
    assert books.rows("SELECT * FROM open_documents ORDER BY document_id") == before


def test_numbers_go_on_after_a_restart(books: Books):
    books.arrive("INV-1")
    first = books.claim_one()
    books.reopened()
    books.arrive("INV-2")
    claims = books.claim()
    assert {claim.document_id for claim in claims} == {1, 2}
    assert min(claim.attempt_id for claim in claims) > first.attempt_id


# -- resync ------------------------------------------------------------------------------------


def failed(books: Books) -> None:
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp())


def test_a_resync_begins_a_new_round_with_all_its_attempts(books: Books):
    failed(books)
    assert books.resync(reason="F48 added") == ("INV-1", 2)
    claim = books.claim_one()
    assert (claim.round, claim.number, claim.trigger) == (2, 1, "resync")
    assert books.write_backs()[-1].status == "pending"


def test_the_same_request_begins_one_round_and_answers_the_same(books: Books):
    failed(books)
    assert books.resync(request_id="r-1") == ("INV-1", 2)
    assert books.resync(request_id="r-1") == ("INV-1", 2)
    books.finish(books.claim_one(), refused(), GiveUp())
    assert books.resync(request_id="r-1") == ("INV-1", 2)
    assert books.open_row()["state"] == "failed"
    assert books.resync(request_id="r-2") == ("INV-1", 3)


def test_a_document_that_does_not_exist_cannot_be_resynced(books: Books):
    with pytest.raises(NotFound, match="no document 404"):
        books.resync(404)


@pytest.mark.parametrize("stands", ["pending", "syncing", "retrying", "unknown", "synced"])
def test_a_document_on_its_way_or_arrived_refuses_a_resync_and_says_so(books: Books, stands: str):
    books.arrive("INV-1")
    claim = None if stands == "pending" else books.claim_one()
    moves = {
        "retrying": (refused(), RetryAt(NOW + SOON, burnt=True)),
        "unknown": (unknown(), AskSage(NOW)),
        "synced": (accepted(), Done("187-1")),
    }
    if claim is not None and stands in moves:
        books.finish(claim, *moves[stands])
    with pytest.raises(DaemonRefused, match=f"INV-1 is {stands}; only a failed or parked"):
        books.resync()
    assert books.rows("SELECT * FROM resyncs") == []


def test_a_parked_document_can_be_resynced(books: Books):
    failed(books)
    books.ledger.write(
        lambda conn: conn.execute("UPDATE open_documents SET state = 'parked'")
    ).result()
    assert books.resync() == ("INV-1", 2)


# -- write-backs -------------------------------------------------------------------------------


def test_what_byondpro_is_to_be_told_survives_a_restart_until_it_is_delivered(books: Books):
    failed(books)
    (told,) = books.write_backs()
    books.reopened()
    assert books.write_backs() == [told]
    books.forget([told])
    assert books.write_backs() == []


# -- units -------------------------------------------------------------------------------------


def test_documents_that_travel_together_share_a_token_that_no_other_unit_has(books: Books):
    books.arrive(*(f"INV-{n}" for n in range(5)))
    units = books.claim_units(together=lambda claims: [[*claims[:3]], [claims[3]], [claims[4]]])
    assert [len(unit) for unit in units] == [3, 1, 1]
    tokens = [{claim.token for claim in unit} for unit in units]
    assert all(len(own) == 1 for own in tokens)
    assert len(set.union(*tokens)) == 3
    assert max(len(token) for token in set.union(*tokens)) <= 60
    kept = {row["token"] for row in books.rows("SELECT token FROM attempts")}
    assert kept == set.union(*tokens)


def test_a_lost_answer_of_a_shared_batch_is_asked_about_under_the_batchs_token(books: Books):
    books.arrive("INV-1", "INV-2")
    (unit,) = books.claim_units(together=lambda claims: [list(claims)])
    for claim in unit:
        books.finish(claim, unknown(), AskSage(NOW))
    asked = books.claim()
    assert [claim.asks for claim in asked] == [True, True]
    assert {claim.token for claim in asked} == {unit[0].token}


# -- posting -----------------------------------------------------------------------------------


def test_what_only_posting_refused_is_asked_about_from_then_on(books: Books):
    """Under the mark it was sent with, a shared batch's too; in the next round as well."""
    books.arrive("INV-1", "INV-2")
    ((first, _),) = books.claim_units(together=lambda claims: [list(claims)])
    books.finish(first, refused(), RetryAt(books.later(20), burnt=True), entered=True)
    asked = books.claim_one()
    assert (asked.asks, asked.token, asked.pushed_at) == (True, first.token, NOW)
    assert (asked.number, books.open_row()["state"]) == (2, "syncing")
    books.finish(asked, refused(), GiveUp(), entered=True)
    assert books.open_row()["state"] == "failed"
    books.resync()
    again = books.claim_one()
    assert (again.asks, again.token, again.round, again.number) == (True, first.token, 2, 1)
    books.finish(again, absent(), RetryAt(books.now, burnt=True))
    fresh = books.claim_one()
    assert not fresh.asks, "somebody deleted it in Sage 300: then it is sent anew"
    assert fresh.token != first.token


def test_a_revision_of_what_only_posting_refused_comes_too_late(books: Books):
    books.arrive("INV-1")
    books.finish(books.claim_one(), refused(), GiveUp(), entered=True)
    books.arrive("INV-1", revision=2)
    assert books.open_row()["state"] == "failed"
    (problem,) = books.rows("SELECT reason FROM intake_problems")
    assert "Sage 300 holds the document already" in problem["reason"]


def test_a_revision_that_came_during_such_a_push_is_too_late_as_well(books: Books):
    books.arrive("INV-1")
    claim = books.claim_one()
    books.arrive("INV-1", revision=2)
    books.finish(claim, refused(), RetryAt(books.now, burnt=True), entered=True)
    assert books.rows("SELECT revision FROM documents") == [{"revision": 1}]
    assert len(books.rows("SELECT * FROM intake_problems")) == 1


def test_an_invoice_is_told_of_the_plan_that_waits_for_it_where_that_is_asked(books: Books):
    parent = {"entry_type": "invoice", "number": "INV-1"}
    books.arrive("INV-1", "INV-2")
    for number in ("RP-1", "RP-2"):
        books.arrive(number, entry_type="repayment_plan", parent=parent)
    assert all(claim.plan is None for claim in books.claim())
    books.reopened()
    books.later(1)
    with_plan, without = books.claim_units(plans=True)
    assert json.loads(with_plan[0].plan)["number"] == "RP-2", "the one that came last"
    assert without[0].plan is None
    books.reopened()
    aside = "UPDATE open_documents SET state = 'parked' WHERE entry_type = 'repayment_plan'"
    books.ledger.write(lambda conn: conn.execute(aside)).result()
    assert all(unit[0].plan is None for unit in books.claim_units(plans=True))
