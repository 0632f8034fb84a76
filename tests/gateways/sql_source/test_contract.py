"""What every source of documents promises, whatever it is made of."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from iman.domain.feed import DocumentArrived, ResyncRequested
from iman.errors import SourceUnavailable
from tests.builders import NOW, make_key, make_payload
from tests.gateways.sql_source.sources import deliver, fetch, make_status

NUMBERS = [f"INV-{place}" for place in range(1, 8)]


def numbers(page):
    return [event.key.number for event in page.events]


def test_an_empty_outbox_has_nothing_and_no_more(byondpro):
    page = fetch(byondpro)
    assert (page.events, page.more) == ((), False)
    assert fetch(byondpro, page.next).next == page.next


def test_events_come_in_their_order(byondpro):
    byondpro.put("INV-2", "INV-1")
    byondpro.put_resync("INV-2", by="jo.clark")
    page = fetch(byondpro)
    assert [type(event) for event in page.events] == [
        DocumentArrived,
        DocumentArrived,
        ResyncRequested,
    ]
    assert numbers(page) == ["INV-2", "INV-1", "INV-2"]
    assert page.more is False


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_steps_of_any_size_read_everything_once(byondpro, limit):
    byondpro.put(*NUMBERS)
    seen, after = [], None
    while True:
        page = fetch(byondpro, after, limit)
        assert len(page.events) <= limit
        seen += numbers(page)
        if not page.more:
            break
        assert page.events
        after = page.next
    assert seen == NUMBERS


def test_reading_again_is_harmless(byondpro):
    byondpro.put(*NUMBERS)
    first = fetch(byondpro, limit=3)
    assert fetch(byondpro, limit=3) == first
    second = fetch(byondpro, first.next)
    assert fetch(byondpro, first.next) == second
    assert numbers(first) + numbers(second) == NUMBERS


def test_at_the_end_the_cursor_stays(byondpro):
    byondpro.put("INV-1")
    end = fetch(byondpro).next
    assert end is not None
    assert fetch(byondpro, end) == dataclasses.replace(fetch(byondpro, end), events=(), next=end)
    byondpro.put("INV-2")
    assert numbers(fetch(byondpro, end)) == ["INV-2"]


def test_a_document_arrives_with_its_payload_and_summary(byondpro):
    byondpro.put("INV-1")
    (event,) = fetch(byondpro).events
    assert event.key == make_key("INV-1")
    assert (str(event.amount), event.terms_code, event.booking) == ("3760.000", "F48", "10319")
    assert '"amount":"3760.00"' in event.payload
    assert make_payload()["customer"]["name"] == event.customer_name


def test_a_resync_says_who_and_when(byondpro):
    byondpro.put_resync("INV-1", by="jo.clark")
    (event,) = fetch(byondpro).events
    assert (event.key, event.by) == (make_key("INV-1"), "jo.clark")
    assert event.requested_at.utcoffset() == timedelta(0)


def test_the_newest_status_wins(byondpro):
    byondpro.put("INV-1", "INV-2")
    newer = NOW + timedelta(microseconds=1)
    deliver(byondpro, make_status("INV-1", attempts=1), make_status("INV-2", status="pending"))
    deliver(byondpro, make_status("INV-1", attempts=2, decided_at=newer))
    deliver(byondpro, make_status("INV-1", attempts=3, decided_at=NOW - timedelta(days=1)))
    assert byondpro.statuses() == {
        "INV-1": ("failed", "1020 - no terms", 2),
        "INV-2": ("pending", "1020 - no terms", 5),
    }


def test_the_same_status_again_changes_nothing(byondpro):
    byondpro.put("INV-1")
    deliver(byondpro, make_status("INV-1", message="first"))
    deliver(byondpro, make_status("INV-1", message="same moment"))
    assert byondpro.statuses() == {"INV-1": ("failed", "first", 5)}


def test_two_statuses_of_one_document_in_one_delivery(byondpro):
    byondpro.put("INV-1")
    newer = make_status("INV-1", status="processed", decided_at=NOW + timedelta(seconds=1))
    deliver(byondpro, make_status("INV-1"), newer, make_status("INV-1", attempts=9))
    assert byondpro.statuses()["INV-1"] == ("processed", "1020 - no terms", 5)


def test_text_from_sage_is_kept_as_it_is(byondpro):
    byondpro.put("INV-1")
    nasty = '\'; DROP TABLE iman_status; -- \u2014 \U0001f480 %s :at "quoted"'
    deliver(byondpro, make_status("INV-1", message=nasty))
    assert byondpro.statuses()["INV-1"][1] == nasty


def test_a_source_that_is_away_says_so(byondpro):
    byondpro.is_away()
    with pytest.raises(SourceUnavailable, match=r"does not answer|There is no SQLite file"):
        fetch(byondpro)
    with pytest.raises(SourceUnavailable, match=r"does not answer|There is no SQLite file"):
        deliver(byondpro, make_status())
