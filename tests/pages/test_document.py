from __future__ import annotations

import pytest

from iman.dashboard import session
from iman.domain.people import Role
from iman.errors import DaemonRefused
from iman.ledger.pushing import NO_ANSWER_YET
from tests.dashboard.fake_remedies import SeededRemedies
from tests.dashboard.fakes import F48, AwayReading, SeededReading
from tests.pages.conftest import OpenPage, html_of

FAILED = {"id": "1"}
UNKNOWN = next(i for i, one in SeededReading().known.items() if one.state == "unknown")


def resync_button(at):
    return next(b for b in at.button if b.key.startswith(("start_", "resync_off_")))


def test_without_an_id_one_is_found_by_what_it_says(open_page: OpenPage):
    shown = html_of(open_page("document.py", SeededReading(), params={"q": "lindqvist"}))
    assert "INV-010322" in shown
    assert 'href="/document?id=2&amp;type=all' in shown


def test_a_failed_document_says_what_happened_and_what_to_do(open_page: OpenPage):
    at = open_page("document.py", SeededReading(), params=FAILED)
    shown = html_of(at)
    assert at.title[0].value == "Invoice INV-010319"
    assert at.code[0].value == f"1020 - {F48}"
    assert "Left failed after 5 attempts" in shown
    assert "sync failed" in shown
    assert "http://127.0.0.1:8602/sales-orders/SO-010319" in shown
    assert len(at.expander) == 5
    assert at.expander[0].label.startswith("Attempt 5 of 5 · ")


def test_an_admin_starts_one_resync_with_the_reason_and_follows_it_to_the_end(open_page: OpenPage):
    reading = SeededReading()
    at = open_page("document.py", reading, params=FAILED)
    at.text_area[0].set_value("F48 added in A/R Terms").run()
    resync_button(at).click().run()
    assert [(i, why) for i, why, _ in reading.resynced] == [(1, "F48 added in A/R Terms")]
    assert reading.resynced[0][2]  # a request id: the same press twice is one round
    assert "The resync has been started." in html_of(at)
    assert "It will be pushed within seconds." in html_of(at)
    reading.finish(1)
    at.run()
    assert "It is in Sage 300 as BATCH-77/1" in html_of(at)
    assert resync_button(at).disabled
    assert len(reading.resynced) == 1


def test_what_the_daemon_refuses_is_said(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
    at = open_page("document.py", SeededReading(), params=FAILED)

    def refuse(*_: object, **__: object) -> None:
        raise DaemonRefused("It is <b>already</b> being pushed.")

    monkeypatch.setattr(session, "resync", refuse)
    resync_button(at).click().run()
    assert "It is &lt;b&gt;already&lt;/b&gt; being pushed." in html_of(at)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_only_an_admin_has_the_button(role: Role, open_page: OpenPage):
    at = open_page("document.py", SeededReading(), role=role, params=FAILED)
    assert resync_button(at).disabled
    assert "Only an administrator may press Resync." in html_of(at)


def test_while_the_daemon_is_away_nothing_can_be_resynced(open_page: OpenPage):
    at = open_page("document.py", AwayReading(), params=FAILED)
    assert resync_button(at).disabled
    assert "nothing can be resynced until it is back" in html_of(at)


def test_a_retrying_document_has_its_next_try_and_no_resync(open_page: OpenPage):
    at = open_page("document.py", SeededReading(), params={"id": "2"})
    assert "attempt 4 of 5." in html_of(at)
    assert resync_button(at).disabled


@pytest.mark.parametrize(
    ("known", "heading", "words", "classified"),
    [
        ({"error_code": None, "error_text": NO_ANSWER_YET, "error_type": None},
         "What is known", NO_ANSWER_YET, False),
        ({"error_code": "1020", "error_text": F48, "error_type": "terms_missing"},
         "What Sage 300 said before", f"1020 - {F48}", True),
    ],
)  # fmt: skip
def test_a_push_cut_short_shows_the_last_known_error_or_that_there_is_none(
    known, heading: str, words: str, classified: bool, open_page: OpenPage
):
    reading = SeededReading()
    document = reading.known[UNKNOWN]
    reading.known[UNKNOWN] = document.model_copy(update={**known, "entity": None})
    at = open_page("document.py", reading, params={"id": str(UNKNOWN)})
    shown = html_of(at)
    assert heading in [one.value for one in at.header]
    assert at.code[0].value == words
    assert "Sage 300 is asked whether it has the document" in shown
    assert ("Terms code missing" in shown) is classified
    assert "Not classified" not in shown


def test_the_neighbours_are_those_of_the_filter(open_page: OpenPage):
    at = open_page("document.py", SeededReading(), params={"id": "4", "show": "failed"})
    shown = html_of(at)
    assert 'href="/document?id=1&amp;show=failed"' in shown
    assert 'href="/document?id=5&amp;show=failed"' in shown
    assert 'href="/monitor?show=failed"' in shown


@pytest.mark.parametrize("given", ["999", "x", "-1", "1; drop", "9" * 40])
def test_an_id_nobody_has_is_answered_kindly(given: str, open_page: OpenPage):
    at = open_page("document.py", SeededReading(), params={"id": given})
    assert not at.exception
    assert "find it here by booking" in html_of(at)


def test_a_document_is_found_by_its_booking(open_page: OpenPage):
    at = open_page("document.py", SeededReading())
    at.text_input(key="q").set_value("10319").run()
    assert "INV-010319" in html_of(at)


def test_what_waits_says_for_what_and_that_is_one_click_away(open_page: OpenPage):
    shown = html_of(open_page("document.py", SeededReading(), params={"id": "40"}))
    link = '<a class="" href="/document?number=INV-010319&amp;kind=invoice">Invoice INV-010319</a>'
    assert f"It waits until {link} is in Sage 300" in shown
    at = open_page("document.py", SeededReading(), params={"number": "INV-010319"})
    assert at.title[0].value == "Invoice INV-010319"


def test_what_people_wrote_stays_text(open_page: OpenPage):
    at = open_page("document.py", SeededReading(), params={"id": "4"})
    assert "6030 was added &lt;img src=x" in html_of(at)
    assert not [m for m in at.markdown if "evil" in m.value]


def test_the_guilty_line_is_marked_and_the_way_to_its_set_up_told(open_page: OpenPage):
    shown = html_of(open_page("document.py", SeededReading(), params={"id": "4"}))
    assert '<tr class="iman-guilty">' in shown
    for stop in (
        "Line 1",
        "item M-6000",
        "Memorial boulder",
        "category 600",
        "revenue account 6000",
    ):
        assert stop in shown
    assert 'href="http://127.0.0.1:8602/categories/600"' in shown
    assert 'href="/causes?id=2"' in shown


def test_a_header_culprit_has_code_and_description(open_page: OpenPage):
    shown = html_of(open_page("document.py", SeededReading(), params=FAILED))
    assert 'href="http://127.0.0.1:8602/terms/F48"' in shown
    assert "48 Month Repayment Plan &lt;img src=x" in shown
    assert '<tr class="iman-guilty"' not in shown


def test_it_is_parked_with_a_reason_and_taken_back(open_page: OpenPage):
    remedies = SeededRemedies()
    at = open_page(
        "document.py", remedies.reading, role=Role.SUPPORT, params=FAILED, remedies=remedies
    )
    at.button(key="park_now_1").click().run()
    assert "Give a reason first." in html_of(at)
    at.text_input(key="park_why_1").set_value("The family asked for time")
    at.button(key="park_now_1").click().run()
    assert remedies.done_by_hand == [("park", 1, "The family asked for time", None)]
    assert not [b for b in at.button if b.key == "not_send_now_1"]  # closing is for admins
    at.button(key="unpark_1").click().run()
    assert remedies.done_by_hand[-1] == ("unpark", 1)


def test_it_is_closed_by_hand_and_reopened(open_page: OpenPage):
    remedies = SeededRemedies()
    at = open_page("document.py", remedies.reading, params=FAILED, remedies=remedies)
    at.button(key="in_sage_now_1").click().run()
    assert "Sage 300 was asked: INV-010319 is not there" in html_of(at)
    at.text_input(key="not_send_why_1").set_value("Entered twice")
    at.button(key="not_send_now_1").click().run()
    assert remedies.done_by_hand == [("settle", 1, "do_not_send", "Entered twice", "")]
    at.button(key="reopen_now_1").click().run()
    assert remedies.done_by_hand[-1] == ("reopen", 1, "")


def test_a_checklist_for_this_document_alone(open_page: OpenPage):
    remedies = SeededRemedies()
    at = open_page("document.py", remedies.reading, params=FAILED, remedies=remedies)
    at.button(key="alone_1").click().run()
    assert remedies.subject == {1: ("terms_missing", None, 1)}
    assert at.title[0].value == "Checklist"
