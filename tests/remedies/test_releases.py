"""Releases on a real ledger, in a time of the test's own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from iman.errors import DaemonRefused
from iman.ledger import by_hand, releases
from iman.ledger.duckdb_ledger import DuckDBLedger
from tests.remedies.shelf import F48, F48_VERDICT, SICK, SICK_VERDICT, Shelf, invoice, shelf

NUMBERS = [f"INV-{n}" for n in range(1, 7)]


@pytest.fixture
def books(tmp_path: Path):
    with shelf(tmp_path) as made:
        made.arrive(*(invoice(number) for number in NUMBERS))
        made.fail(*NUMBERS)
        yield made


def begin(books: Shelf, **changes) -> int:
    values = {
        "document_ids": [books.id_of(number) for number in NUMBERS], "title": "F48",
        "reason": "", "who": "ada", "role": "admin", "origin": "t", "request_id": "",
        "grace": timedelta(seconds=10), "canary": 2,
    }  # fmt: skip
    order = releases.Order(**(values | changes))
    return books.write(lambda conn: releases.begin(conn, books.ledger.ids, order, now=books.now))


def move(books: Shelf, release: int) -> int:
    if release not in releases.to_move(books.conn, now=books.now):
        return 0
    return books.write(lambda conn: releases.move(conn, books.ledger.ids, release, now=books.now))


def results(books: Shelf, release: int) -> dict[str, str]:
    return {
        row["number"]: row["result"] for row in releases.release(books.conn, release)["results"]
    }


def state(books: Shelf, release: int) -> str:
    return releases.release(books.conn, release)["state"]


def test_nothing_moves_within_the_grace_period_and_it_can_be_undone(books: Shelf):
    release = begin(books)
    assert move(books, release) == 0
    books.write(lambda conn: releases.stop(conn, release, who="ada", now=books.now))
    books.passes(60)
    assert move(books, release) == 0
    assert state(books, release) == "undone"
    assert set(results(books, release).values()) == {"not_sent"}
    assert books.state("INV-1") == "failed"


def test_the_canary_goes_first_and_the_rest_follows_when_it_is_through(books: Shelf):
    release = begin(books)
    books.passes(11)
    assert move(books, release) == 2
    assert books.try_all({}, give_up=False) == 2
    assert move(books, release) == 4
    assert state(books, release) == "running"
    books.try_all({}, give_up=False)
    move(books, release)
    assert state(books, release) == "done"
    assert set(results(books, release).values()) == {"synced"}


def test_a_canary_that_is_refused_again_stops_it(books: Shelf):
    release = begin(books)
    books.passes(11)
    move(books, release)
    books.try_all({"INV-1": (F48, F48_VERDICT)}, give_up=False)
    move(books, release)
    told = releases.release(books.conn, release)
    assert told["state"] == "stopped"
    assert told["note"].startswith('INV-1 failed again: Terms Code "F48"')
    assert list(results(books, release).values()) == ["sent", "synced", *["not_sent"] * 4]
    books.passes(30)
    books.try_all({"INV-1": (F48, F48_VERDICT)}, give_up=True)
    move(books, release)  # what was sent is followed to its end
    assert results(books, release)["INV-1"] == "failed"


def test_a_sick_erp_says_nothing_about_the_canary(books: Shelf):
    release = begin(books)
    books.passes(11)
    move(books, release)
    books.try_all(dict.fromkeys(NUMBERS, (SICK, SICK_VERDICT)), give_up=False)
    move(books, release)
    assert state(books, release) == "canary"
    books.passes(10)
    books.try_all({}, give_up=False)
    assert move(books, release) == 4


def test_each_document_has_its_own_result(books: Shelf):
    release = begin(books, canary=0)
    books.passes(11)
    assert move(books, release) == 6
    books.try_all({"INV-3": (F48, F48_VERDICT)}, give_up=True)
    move(books, release)
    told = releases.release(books.conn, release)
    assert (told["state"], told["note"]) == ("done", "1 of 6 failed again.")
    assert results(books, release)["INV-3"] == "failed"
    assert (told["synced"], told["failed"]) == (5, 1)


def test_cancelled_what_was_not_sent_stays_as_it_is(books: Shelf):
    release = begin(books)
    books.passes(11)
    move(books, release)
    books.write(lambda conn: releases.stop(conn, release, who="ada", now=books.now))
    books.try_all({}, give_up=False)
    move(books, release)
    assert state(books, release) == "cancelled"
    assert list(results(books, release).values()) == ["synced", "synced", *["not_sent"] * 4]


def test_the_preview_says_what_is_not_touched_and_why(books: Shelf):
    books.write(
        lambda conn: by_hand.park(
            conn, books.ledger.ids, books.id_of("INV-1"), who="s", reason="r", until=None,
            now=books.now,
        )
    )  # fmt: skip
    books.write(
        lambda conn: by_hand.settle(
            conn, books.ledger.ids, books.id_of("INV-2"), how="do_not_send", reference="",
            reason="r", who="s", now=books.now,
        )
    )  # fmt: skip
    books.arrive(invoice("INV-9"))
    ids = [books.id_of(number) for number in [*NUMBERS, "INV-9"]]
    planned = releases.preview(books.conn, ids, include_parked=False)
    why = {row["number"]: row["why"] for row in planned["untouched"]}
    assert why == {
        "INV-1": "Parked: somebody set it aside.",
        "INV-2": "Closed already.",
        "INV-9": "On its way already.",
    }
    assert (planned["documents"], planned["amount"]) == (4, 4 * 3360)
    assert releases.preview(books.conn, ids, include_parked=True)["documents"] == 5


def test_a_set_that_is_not_the_previewed_one_is_refused(books: Shelf):
    ids = [books.id_of(number) for number in NUMBERS]
    digest = releases.preview(books.conn, ids, include_parked=False)["digest"]
    with pytest.raises(DaemonRefused, match="not those of the preview"):
        begin(books, digest=digest, document_ids=ids[:3])
    assert begin(books, digest=digest)


def test_a_document_is_in_one_release_at_a_time(books: Shelf):
    begin(books)
    with pytest.raises(DaemonRefused, match="no document"):
        begin(books)


def test_the_same_request_is_one_release(books: Shelf):
    assert begin(books, request_id="r1") == begin(books, request_id="r1")


def test_a_release_survives_a_restart(tmp_path: Path):
    with shelf(tmp_path) as books:
        books.arrive(*(invoice(number) for number in NUMBERS))
        books.fail(*NUMBERS)
        release = begin(books)
        books.passes(11)
        move(books, release)
        moment = books.now
    ledger = DuckDBLedger(tmp_path / "ledger.duckdb", now=moment, inline=True)
    try:
        again = Shelf(ledger)
        again.now = moment
        again.try_all({}, give_up=False)
        assert move(again, release) == 4
        again.try_all({}, give_up=False)
        move(again, release)
        assert state(again, release) == "done"
    finally:
        ledger.close()
