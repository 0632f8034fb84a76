from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from iman.api.wire import Breaker, Queue
from iman.dashboard import filters, text, text_daemon, text_overview
from iman.domain.document import DocumentState, EntryType, ErpSyncStatus
from iman.domain.people import Role
from iman.reading.reading import LAST_DAY
from tests.dashboard.fakes import EmptyReading, SeededReading, make_document, make_health

MELBOURNE = ZoneInfo("Australia/Melbourne")
NOW = datetime(2026, 3, 4, 2, 2, 11, tzinfo=UTC)  # 13:02:11 in Melbourne


def test_a_moment_is_local_and_dated_unless_it_is_today():
    assert text.moment(NOW, MELBOURNE, NOW) == "13:02:11"
    yesterday_utc_today_there = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)
    assert text.moment(yesterday_utc_today_there, MELBOURNE, NOW) == "00:30:00"
    assert text.moment(NOW - timedelta(days=2), MELBOURNE, NOW) == "2 Mar, 13:02:11"
    assert text.moment(NOW - timedelta(days=100), MELBOURNE, NOW).startswith("24 Nov 2025, ")
    assert text.moment(None, MELBOURNE, NOW) == text.moment(pd.NaT, MELBOURNE, NOW) == "–"
    assert text.moment_in_two(NOW, MELBOURNE, NOW) == ("13:02:11", "")
    assert text.moment_in_two(NOW - timedelta(days=2), MELBOURNE, NOW) == ("13:02:11", "2 Mar")


@pytest.mark.parametrize("name", [None, "", "Nowhere/Land", "../etc/passwd", "x" * 300])
def test_a_zone_nobody_knows_is_utc(name: str | None):
    assert text.zone_of(name).key == "UTC"


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("3760"), "3,760.00"),
        (Decimal("3760.000"), "3,760.00"),
        (Decimal("1234567.125"), "1,234,567.125"),
        (Decimal("-3.5"), "-3.50"),
        (Decimal("1E+3"), "1,000.00"),
        (0, "0.00"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_money_has_its_thousands_and_cents(amount: object, shown: str):
    assert text.money(amount) == shown
    if shown != "–":
        assert text.money(amount, "AUD") == f"{shown} AUD"


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=-4), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=5, seconds=59), "5 min"),
        (timedelta(hours=3, minutes=12), "3 h 12 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=2, hours=4), "2 d 4 h"),
        (timedelta(days=40, hours=4), "40 d"),
    ],
)
def test_a_span_is_its_two_largest_units(length: timedelta, shown: str):
    assert text.span(length) == shown


def test_every_name_has_its_words():
    assert set(text.STATES) == set(text.STATE_MEANINGS) == set(DocumentState)
    assert set(text.ENTRY_TYPES) == set(EntryType)
    assert set(text.ERP_STATUS) == set(ErpSyncStatus)
    assert set(text.ROLES) == set(text.ROLE_MAY) == set(Role)
    assert set(text.SHOW) == set(filters.SHOW)
    assert set(text.ORDERS) == set(filters.ORDERS)


@pytest.mark.parametrize("state", list(DocumentState))
def test_every_state_has_a_next_step(state: DocumentState):
    assert text.next_step(make_document(state=state), MELBOURNE, NOW).endswith(".")


def test_the_next_step_says_when_and_what():
    retrying = make_document(state=DocumentState.RETRYING, attempt=2, next_try_at=NOW)
    assert text.next_step(retrying, MELBOURNE, NOW) == "Next try at 13:02:11, attempt 3 of 5."
    failed = text.next_step(make_document(), MELBOURNE, NOW)
    assert failed.startswith("Left failed after 5 attempts;")
    assert failed.endswith("then press Resync Invoice.")
    waiting = make_document(state=DocumentState.WAITING, parent="INV-010319")
    assert "until INV-010319 is in Sage 300" in text.next_step(waiting, MELBOURNE, NOW)


def test_the_verdict_counts_what_is_stuck():
    said = text.verdict(SeededReading().overview(LAST_DAY), MELBOURNE, NOW)
    assert said.tone == "bad"
    assert said.headline == "6 documents worth 50,260.00 AUD have failed"
    assert text.verdict(EmptyReading().overview(LAST_DAY), MELBOURNE, NOW).headline == text.ALL_WELL


def test_what_was_refused_and_is_tried_again_is_not_called_nothing():
    under_way = SeededReading().overview(LAST_DAY).model_copy(update={"failed": 0, "retrying": 3})
    assert "3 refused" in text.verdict(under_way, MELBOURNE, NOW).detail
    quiet = under_way.model_copy(update={"retrying": 0})
    assert text.verdict(quiet, MELBOURNE, NOW).detail.endswith("Nobody needs to do anything.")


def test_an_error_is_its_number_and_its_text_once():
    assert text.error("1020", "Terms Code") == "1020 - Terms Code"
    assert text.error("1000", "1000 – G/L account 6030") == "1000 – G/L account 6030"
    assert text.error(None, "lost") == "lost"
    assert text.error(None, None) == ""


@pytest.mark.parametrize(
    "number", ["![x](http://evil.test/x.png)", "a b", "<b>", "*x*", "$x$", ":smile:", "x" * 60]
)
def test_a_title_shows_no_number_that_could_be_markdown(number: str):
    assert text.document_title(EntryType.INVOICE, number) == "Invoice"


def test_a_title_shows_a_plain_number():
    assert text.document_title(EntryType.CREDIT_NOTE, "CN-000118") == "Credit note CN-000118"


def test_the_breaker_says_since_when_and_why():
    shut = Breaker(state="closed", reason="", since=None, next_probe_at=None)
    assert text.breaker(shut, MELBOURNE, NOW) == ""
    held = Breaker(state="open", reason="HTTP 503", since=NOW, next_probe_at=NOW)
    assert text.breaker(held, MELBOURNE, NOW) == (
        "Pushing is held back: HTTP 503, since 13:02:11. "
        "No attempt is used up. Sage 300 is asked again at 13:02:11."
    )


def make_queue(**overrides) -> Queue:
    values = {
        "depth": 12, "waiting_for_others": 0, "trend": "shrinking", "seconds_to_empty": 230.0,
        "highest": 40, "highest_at": NOW,
    }  # fmt: skip
    return Queue(**{**values, **overrides})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (20.0, "in less than a minute"),
        (70.0, "in about 1 minute"),
        (230.0, "in about 4 minutes"),
        (5399.0, "in about 90 minutes"),
        (9000.0, "in about 2 hours"),
        (100_000.0, "in more than a day"),
    ],
)
def test_a_shrinking_queue_says_when_it_is_empty(seconds: float, said: str):
    told = text_daemon.forecast(make_queue(seconds_to_empty=seconds), "", MELBOURNE, NOW)
    assert told.headline == f"12 documents on the way; empty {said} at the present rate"
    assert told.detail == "It was 40 at 13:02:11."


def test_a_queue_that_does_not_shrink_says_so_and_why():
    standing = make_queue(trend="not_shrinking", seconds_to_empty=None, waiting_for_others=2)
    told = text_daemon.forecast(standing, "", MELBOURNE, NOW)
    assert told.headline == "12 documents on the way; not shrinking"
    assert told.detail.endswith("2 further documents follow once their parent is in Sage 300.")
    paused = text_daemon.hindered(make_health(paused=["all"]))
    assert "paused" in text_daemon.forecast(make_queue(), paused, MELBOURNE, NOW).detail
    young = make_queue(trend="not_known", seconds_to_empty=None)
    assert "too short a time" in text_daemon.forecast(young, "", MELBOURNE, NOW).detail


def test_away_says_since_when():
    assert text.away(NOW, MELBOURNE, NOW) == (
        "The daemon has been away since 13:02:11; pages are read-only."
    )
    assert text.away(None, MELBOURNE, NOW) == "The daemon has been away; pages are read-only."


def test_a_day_is_short_within_the_year():
    assert text.day(date(2026, 3, 4), date(2026, 1, 1)) == "4 Mar"
    assert text.day(date(2025, 3, 4), date(2026, 1, 1)) == "4 Mar 2025"
    assert text.day(None) == "–"


def test_changes_say_against_what():
    before = "the 7 days before"
    assert text_overview.change(5, 5, "4 Mar") == "as on 4 Mar"
    assert text_overview.change(3, 5, "4 Mar") == "−2 since 4 Mar"
    assert text_overview.change(3, None, "4 Mar") == "not known for 4 Mar"
    money = text_overview.money_change(Decimal(3), Decimal("5.5"), "4 Mar")
    assert money == "−2.50 since 4 Mar"
    assert text_overview.points_change(0.9, 0.85, before) == "+5.0 points on the 7 days before"
    assert text_overview.points_change(None, 0.85, before).startswith("no comparison")
    assert text_overview.time_change(60, 120, before, "-") == "1 min less than the 7 days before"
    assert text_overview.time_change(None, 120, before, "nothing") == "nothing"


def test_hours_saved_tell_their_formula():
    assert text_overview.hours_saved(40, 6) == "4.0 h"
    told = text_overview.hours_saved_how(40, 6)
    assert told.startswith("40 documents synced × 6 minutes by hand each ÷ 60.")
    assert "minutes_by_hand" in told


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Must the ageing follow the true terms?", "Must the ageing follow the true terms?"),
        ("Valid set-up: the term is right", "Valid set-up: the term is right"),
        ("Really? Yes: 10% & more!", "Really? Yes: 10% & more!"),
        (":red[x] :smile: :material/home:", "red x smile: material/home:"),
        ("a:b ::c", "a b c"),
        ("&lt;b&gt; <b> &amp", "lt;b gt; b amp"),
        ("![x](http://evil.test)", "! x (http //evil.test)"),
        ("[y](javascript:alert(2))", "y (javascript alert(2))"),
        ("**bold** _it_ `code` $x^2$ #h ~s~ |t|", "bold it code x 2 h s t"),
        ("www.evil.test -- a", "www evil.test - a"),
    ],
)  # fmt: skip
def test_a_label_keeps_its_punctuation_and_no_markup(words: str, shown: str):
    assert text.label(words) == shown
