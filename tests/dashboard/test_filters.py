from __future__ import annotations

import pytest

from iman.dashboard import filters
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
