from __future__ import annotations

import pytest

from iman.dashboard import session, text_tour
from iman.domain.document import DocumentState
from iman.domain.people import Role
from tests.dashboard.fakes import EmptyReading, SeededReading
from tests.pages.conftest import OpenPage, html_of


@pytest.fixture
def in_a_sandbox(monkeypatch):
    monkeypatch.setattr(session, "sandbox", lambda: True)


def test_outside_a_sandbox_there_is_no_tour(open_page: OpenPage):
    assert text_tour.TOUR not in html_of(open_page("overview.py", SeededReading()))


@pytest.mark.parametrize("role", list(Role))
def test_it_begins_with_booking_10319s_error(in_a_sandbox, open_page: OpenPage, role: Role):
    shown = html_of(open_page("overview.py", SeededReading(), role=role))
    assert "Step 1 of 5" in shown
    assert "Find booking 10319&#x27;s error" in shown
    assert 'href="/monitor?type=invoice&amp;q=10319"' in shown


def test_it_goes_on_from_what_has_really_happened(in_a_sandbox, open_page: OpenPage):
    reading = SeededReading()
    at = open_page("monitor.py", reading)
    assert "Step 1 of 5" not in html_of(at)  # the error has been seen
    reading.resync(1, reason="", request_id="x")
    reading.finish(1)
    shown = html_of(open_page("overview.py", reading))
    assert text_tour.DONE in shown
    assert reading.known[1].state is DocumentState.SYNCED


def test_who_ends_it_is_not_asked_again_and_may_have_it_back(in_a_sandbox, open_page: OpenPage):
    reading = SeededReading()
    at = open_page("overview.py", reading)
    at.button(key="tour_end").click().run()
    assert reading.preferred == {"tour": "ended"}
    assert text_tour.TOUR not in html_of(at)
    another_day = open_page("how_it_works.py", reading)
    assert text_tour.TOUR not in html_of(another_day)
    another_day.button(key="tour_again").click().run()
    assert reading.preferred == {"tour": ""}
    assert text_tour.TOUR in html_of(another_day)


def test_before_the_invoice_has_come_it_says_so(in_a_sandbox, open_page: OpenPage):
    assert text_tour.NOT_YET in html_of(open_page("overview.py", EmptyReading()))
