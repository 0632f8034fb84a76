from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from iman.dashboard import filters, text_overview
from iman.domain.document import DocumentState, EntryType


def test_without_an_address_level_2_shows_the_invoices_that_need_attention():
    wanted = filters.from_address({})
    assert wanted.entry_type is EntryType.INVOICE
    assert set(wanted.states) == {
        DocumentState.FAILED,
        DocumentState.RETRYING,
        DocumentState.UNKNOWN,
    }


def test_an_address_says_all_of_the_filter():
    wanted = filters.from_address(
        {
            "type": "receipt",
            "show": "synced",
            "site": "HGH",
            "error": "terms_missing",
            "entity": "F48",
            "q": " 10319 ",
            "order": "amount",
        }
    )
    assert wanted.entry_type is EntryType.RECEIPT
    assert wanted.states == (DocumentState.SYNCED, DocumentState.SETTLED)
    assert (wanted.site, wanted.error_type, wanted.entity) == ("HGH", "terms_missing", "F48")
    assert (wanted.search, wanted.order) == ("10319", "amount")


@pytest.mark.parametrize(
    "typed", [{"type": "nonsense"}, {"show": "x"}, {"order": "'; drop"}, {"site": ""}]
)
def test_what_nobody_can_read_is_taken_as_absent(typed: dict[str, str]):
    assert filters.from_address(typed) == filters.from_address({})


def test_a_cause_may_span_entry_types():
    assert filters.from_address({"type": "all"}).entry_type is None


def test_every_state_is_found_under_some_show():
    shown = {state for states in filters.SHOW.values() for state in states}
    assert shown == set(DocumentState)


def test_what_is_carried_on_is_the_filter_only():
    assert filters.carried({"id": "7", "page": "2", "q": "x", "site": ""}) == {"q": "x"}


SYDNEY = ZoneInfo("Australia/Sydney")
NOW = datetime(2026, 3, 4, 2, 2, 11, tzinfo=UTC)


def narrowed(**typed: str):
    return filters.from_address(typed, SYDNEY, NOW)


def test_a_charts_click_narrows_the_list_to_what_was_refused_then():
    refused = narrowed(
        since="2026-03-03T10:00+00:00", until="2026-03-03T11:00+00:00", weekday="2", hour="21"
    ).refused
    assert refused is not None
    assert refused.until - refused.since == timedelta(hours=1)
    assert (refused.weekday, refused.hour, refused.zone) == (2, 21, "Australia/Sydney")


@pytest.mark.parametrize(
    ("age", "begins", "ends"),
    [
        ("0", timedelta(hours=1), None),
        ("2", timedelta(days=7), timedelta(days=1)),
        ("4", None, timedelta(days=30)),
    ],
)
def test_an_age_band_is_counted_from_now(age: str, begins, ends):
    wanted, minute = narrowed(age=age), NOW.replace(second=0)
    assert wanted.began_from == (None if begins is None else minute - begins)
    assert wanted.began_to == (None if ends is None else minute - ends)


@pytest.mark.parametrize(
    "typed",
    [
        {"since": "2026-03-03T10:00+00:00"},
        {"since": "yesterday", "until": "today"},
        {"since": "2026-03-03T10:00", "until": "2026-03-03T11:00"},  # of which zone?
        {"since": "0001-01-01T00:00+00:00", "until": "9999-12-31T23:59-14:00"},
        {"age": "5"},
        {"age": "-1"},
        {"due": "soon"},
    ],
)
def test_a_narrowing_nobody_can_read_is_taken_as_absent(typed: dict[str, str]):
    assert narrowed(**typed) == narrowed()


def test_a_day_may_bound_the_documents_own_date():
    assert narrowed(due="2026-03-31").dated_to == date(2026, 3, 31)
    assert narrowed(company="SERDAT").company == "SERDAT"


def test_the_bands_are_those_of_the_overview():
    assert len(filters.AGES) == len(text_overview.BANDS)
    oldest = [to for _, to in filters.AGES]
    assert oldest == [following for following, _ in filters.AGES[1:]] + [None]


def test_what_narrows_is_carried_on_too():
    carried = filters.carried({"since": "x", "age": "1", "page": "3"})
    assert carried == {"since": "x", "age": "1"}
