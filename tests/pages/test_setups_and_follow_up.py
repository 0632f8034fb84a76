from __future__ import annotations

from iman.domain.people import Role
from tests.dashboard.fake_remedies import SeededRemedies
from tests.dashboard.fakes import EmptyReading, SeededReading
from tests.pages.conftest import OpenPage, html_of


def test_the_mirror_says_what_is_missing_and_whom_it_hits(open_page: OpenPage):
    shown = html_of(open_page("setups.py", SeededReading()))
    assert "3 set-ups not mirrored; 6 documents are blocked by it now" in shown
    assert "Blocked now: 6 documents, 18,600.00 AUD." in shown
    assert "Would fail: 2 documents, 200.00 AUD." in shown
    assert "Nothing is affected yet" in shown
    assert "category 600 – Memorials &lt;img src=x" in shown
    assert "and 2 more" in shown
    assert "Sage 300’s set-ups (tax group) could not be read" in shown


def test_the_filter_stands_in_the_address(open_page: OpenPage):
    at = open_page("setups.py", SeededReading(), params={"problem": "inactive"})
    assert "Terms code F36" in html_of(at)
    assert "G/L account 6030" not in html_of(at)
    at.selectbox(key="kind").select("account").run()
    assert "No finding matches." in html_of(at)


def test_a_finding_starts_its_checklist_before_anything_fails(open_page: OpenPage):
    remedies = SeededRemedies()
    at = open_page("setups.py", remedies.reading, role=Role.SUPPORT, remedies=remedies)
    at.button(key="compare").click().run()
    assert remedies.compared == 1
    assert "Compared: 3 set-ups not mirrored, 1 of them new." in html_of(at)
    at.button(key="start_gap_1").click().run()
    assert remedies.subject == {1: ("gl_account_missing", None, None)}
    assert at.title[0].value == "Checklist"


def test_a_manager_reads_the_mirror(open_page: OpenPage):
    at = open_page("setups.py", SeededReading(), role=Role.MANAGER)
    assert all(one.disabled for one in at.button)


def test_nothing_was_compared_yet(open_page: OpenPage):
    at = open_page("setups.py", EmptyReading())
    assert "The set-ups have not been compared yet." in html_of(at)


def test_what_a_remedy_left_for_later_stays_on_the_list(open_page: OpenPage):
    remedies = SeededRemedies()
    remedies.start_on_cause(1)
    remedies.choose_branch(1, "invalid-setup", "because")
    remedies.answer(1, "credit", "leave")
    remedies.tick(1, "create-on-purpose", reason="done")
    remedies.tick(1, "resync", reason="done")
    shown = html_of(open_page("follow_up.py", remedies.reading, remedies=remedies))
    assert "2 steps left for later, the oldest for 1 d 6 h" in shown
    assert "Make terms code F48 inactive in Sage 300." in shown
    assert "byondpro administrator" in shown
    assert "Nothing is left for later." in html_of(open_page("follow_up.py", EmptyReading()))
