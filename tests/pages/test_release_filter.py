from __future__ import annotations

import pytest

from iman.domain.document import DocumentState, EntryType
from iman.domain.people import Role
from tests.dashboard.fake_remedies import SeededRemedies
from tests.dashboard.fakes import AwayReading, EmptyReading
from tests.pages.conftest import OpenPage, html_of

FAILED = {"type": "invoice", "show": "failed", "site": "HGH", "error": "terms_missing", "q": "103"}


@pytest.fixture
def remedies() -> SeededRemedies:
    return SeededRemedies()


def test_an_admin_resyncs_what_the_filter_shows(open_page: OpenPage, remedies: SeededRemedies):
    at = open_page("monitor.py", remedies.reading, remedies=remedies, params=FAILED)
    assert at.button(key="release_start").label == "Resync 1 document (3,760.00 AUD)"
    shown = html_of(at)
    assert "These are left alone" in [one.label for one in at.expander]
    assert "CN-000118" in shown  # with why
    assert "<img src=x" not in shown
    at.text_area(key="release_reason").set_value("set-up is there now").run()
    at.button(key="release_start").click().run()
    (order,) = remedies.released
    assert order.filter is not None
    assert order.filter.model_dump() == {
        "entry_type": EntryType.INVOICE, "states": [DocumentState.FAILED], "site": "HGH",
        "error_type": "terms_missing", "entity": None, "search": "103",
    }  # fmt: skip
    assert (order.digest, order.reason, order.cause_id) == ("d1", "set-up is there now", None)
    assert order.request_id


def test_it_is_watched_undone_and_told_for_each_document(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = open_page("monitor.py", remedies.reading, remedies=remedies, params=FAILED)
    at.button(key="release_start").click().run()
    assert "Can still be undone" in html_of(at)
    assert not [one for one in at.button if one.key == "release_start"]  # one at a time
    at.button(key="stop_1_True").click().run()
    assert remedies.release_state == "undone"
    remedies.release_state = "done"
    at.run()
    assert "In Sage 300 as 29-1." in html_of(at)
    assert at.button(key="release_start")  # and the next may be begun


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_others_see_it_disabled_with_the_reason(
    open_page: OpenPage, remedies: SeededRemedies, role: Role
):
    at = open_page("monitor.py", remedies.reading, remedies=remedies, params=FAILED, role=role)
    assert at.button(key="release_off").disabled
    assert "Only an administrator may release" in html_of(at)


def test_only_failed_documents_are_offered(open_page: OpenPage, remedies: SeededRemedies):
    for show in ("attention", "retrying", "synced", "all"):
        at = open_page(
            "monitor.py", remedies.reading, remedies=remedies, params={**FAILED, "show": show}
        )
        assert not [one for one in at.button if (one.key or "").startswith("release")]


def test_while_failed_ones_stand_among_others_the_way_to_them_is_shown(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = open_page("monitor.py", remedies.reading, remedies=remedies, params={"type": "all"})
    assert "/monitor?type=all&amp;show=failed" in html_of(at)
    at = open_page("monitor.py", remedies.reading, remedies=remedies, role=Role.SUPPORT)
    assert "Show the failed ones only" not in html_of(at)


def test_nothing_is_offered_where_nothing_failed_or_nobody_answers(open_page: OpenPage):
    class Nothing(SeededRemedies):
        def preview_release(self, selection):
            found = super().preview_release(selection)
            return found.model_copy(update={"documents": 0, "touched": []})

    at = open_page("monitor.py", EmptyReading(), remedies=Nothing(), params=FAILED)
    assert not [one for one in at.button if (one.key or "").startswith("release")]
    away = open_page("monitor.py", AwayReading(), params=FAILED)
    assert all(one.disabled for one in away.button if (one.key or "").startswith("release"))
