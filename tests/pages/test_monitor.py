from __future__ import annotations

import re

from tests.dashboard.fakes import F48, HOSTILE, EmptyReading, SeededReading
from tests.pages.conftest import OpenPage, html_of


def test_level_1_lists_every_entry_type_invoice_first(open_page: OpenPage):
    shown = html_of(open_page("monitor.py", SeededReading()))
    kinds = re.findall(r'href="/monitor\?type=(\w+)', shown)
    assert kinds[0] == "invoice"
    assert len(set(kinds)) == 7
    assert "6 failed" in shown


def test_level_2_shows_booking_10319_as_the_reference_scenario_has_it(open_page: OpenPage):
    shown = html_of(open_page("monitor.py", SeededReading()))
    assert '<a href="http://127.0.0.1:8602/bookings/10319" target="_blank"' in shown
    assert f"1020 - {F48}".replace('"', "&quot;") in shown
    for fact in ("Margaret Ellison", "HGH-004512", "3,760.00", "F48", "48 Month Repayment Plan"):
        assert fact in shown
    assert "attempt 5 of 5" in shown


def test_what_waits_names_and_links_what_it_waits_for(open_page: OpenPage):
    params = {"type": "receipt", "show": "waiting"}
    shown = html_of(open_page("monitor.py", SeededReading(), params=params))
    link = 'href="/document?number=INV-010319&amp;kind=invoice">Invoice INV-010319</a>'
    assert f'Waits for <a class="" {link}' in shown


def test_none_failed_is_muted(open_page: OpenPage):
    shown = html_of(open_page("monitor.py", SeededReading()))
    assert 'iman-tally iman-none"><i aria-hidden="true"></i>0 failed' in shown
    assert 'iman-tally iman-failed"><i aria-hidden="true"></i>6 failed' in shown


def test_the_address_chooses_what_is_shown(open_page: OpenPage):
    reading = SeededReading()
    receipts = html_of(
        open_page("monitor.py", reading, params={"type": "receipt", "show": "waiting"})
    )
    assert "REC-004471" in receipts
    assert "INV-010322" not in receipts
    found = html_of(open_page("monitor.py", reading, params={"q": "lindqvist", "show": "all"}))
    assert "INV-010322" in found
    assert "INV-010319" not in found


def test_choosing_in_the_bar_writes_the_address_and_goes_to_page_one(open_page: OpenPage):
    at = open_page("monitor.py", SeededReading(), params={"show": "all", "page": "2"})
    assert "26–39 of 39" in html_of(at)
    at.selectbox(key="site").select("CVM").run()
    assert at.query_params["site"] == "CVM"
    assert "page" not in at.query_params
    assert "1–25 of 32" in html_of(at)
    at.selectbox(key="site").select("").run()
    assert "site" not in at.query_params


def test_text_from_outside_stays_text(open_page: OpenPage):
    shown = html_of(open_page("monitor.py", SeededReading()))
    assert "<img src=x" not in shown
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in shown


def test_a_link_that_is_not_of_the_web_is_only_text(open_page: OpenPage):
    reading = SeededReading()
    links = reading.known[1].links.model_copy(update={"booking": "javascript:alert(1)"})
    reading.known[1] = reading.known[1].model_copy(update={"links": links})
    assert "javascript:alert(1)" not in html_of(open_page("monitor.py", reading)).replace(
        "[y](javascript:alert(2))", ""
    )


def test_an_empty_list_says_what_to_do(open_page: OpenPage):
    assert "Nothing here needs attention." in html_of(open_page("monitor.py", EmptyReading()))
    at = open_page("monitor.py", EmptyReading(), params={"q": "nobody"})
    assert "No document matches." in html_of(at)
