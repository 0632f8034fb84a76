from __future__ import annotations

import pytest

from iman.domain.people import Role
from tests.dashboard.fake_remedies import SeededRemedies
from tests.dashboard.fakes import AwayReading, EmptyReading, SeededReading
from tests.pages.conftest import OpenPage, html_of


def test_the_cause_with_the_most_money_comes_first_with_what_to_do(open_page: OpenPage):
    shown = html_of(open_page("causes.py", SeededReading()))
    assert "<strong>G/L account missing: 6030</strong>" in shown
    assert "It came back: start the checklist. 6 documents worth 46,500.00 AUD wait" in shown
    assert "Amount (AUD)" in shown
    assert "Refusals per hour, 6 in all" in shown
    assert "Resolved" in shown
    assert "<img src=x" not in shown


def test_a_cause_that_is_worked_on_leads_to_its_checklist(open_page: OpenPage):
    remedies = SeededRemedies()
    remedies.start_on_cause(1)
    shown = html_of(open_page("causes.py", remedies.reading, remedies=remedies))
    assert 'href="/checklist?id=1">Open the checklist</a>' in shown
    assert ">sam</td>" in shown


def test_one_cause_names_every_set_up_that_would_produce_it_again(open_page: OpenPage):
    at = open_page("causes.py", SeededReading(), params={"id": "2"})
    shown = html_of(at)
    assert "revenue: 6000" in shown
    assert 'href="http://127.0.0.1:8602/categories/600"' in shown
    assert shown.count("/document?id=") == 6
    assert at.code[0].value.startswith("G/L account 6030")


def test_support_starts_the_checklist_and_stands_on_it(open_page: OpenPage):
    remedies = SeededRemedies()
    params = {"id": "1"}
    at = open_page(
        "causes.py", remedies.reading, role=Role.SUPPORT, params=params, remedies=remedies
    )
    at.button(key="start_checklist").click().run()
    assert remedies.subject == {1: ("terms_missing", 1, None)}
    assert "Is F48 (48 Month Repayment Plan) right for this cemetery?" in html_of(at)


@pytest.mark.parametrize(
    ("role", "reading", "why"),
    [
        (Role.MANAGER, SeededReading, "Support and administrators work on checklists"),
        (Role.ADMIN, AwayReading, "The daemon is away: nothing can be done here"),
    ],
)
def test_whoever_cannot_start_is_told_why(role: Role, reading: type, why: str, open_page: OpenPage):
    at = open_page("causes.py", reading(), role=role, params={"id": "1"})
    assert at.button(key="start_checklist").disabled
    assert why in at.button(key="start_checklist").help


@pytest.mark.parametrize("role", list(Role))
def test_what_is_to_be_done_stands_there_before_anybody_starts(role: Role, open_page: OpenPage):
    """For those who may not start it too."""
    at = open_page("causes.py", SeededReading(), role=role, params={"id": "1"})
    assert "What is to be done about it?" in [one.value for one in at.header]
    shown = html_of(at)
    assert "Add terms code F48 in Sage 300" in shown
    assert "Valid sales set-up" in shown
    assert "Invalid sales set-up" in shown
    assert "{" not in shown.split('class="iman-ask"')[1].split("</ol>")[0]
    assert "<img src=x" not in shown


def test_nothing_underneath_is_good_news(open_page: OpenPage):
    assert "Nothing lies underneath" in html_of(open_page("causes.py", EmptyReading()))


def test_a_cause_nobody_has_is_answered_kindly(open_page: OpenPage):
    at = open_page("causes.py", SeededReading(), params={"id": "99"})
    assert "There is no such cause." in html_of(at)


def test_a_merged_cause_leads_to_the_one_its_documents_went_to(open_page: OpenPage):
    class Merged(SeededRemedies):
        def causes(self, *, hours: int = 24):
            return [one.model_copy(update={"merged_into": 2}) for one in super().causes()]

    remedies = Merged()
    at = open_page("causes.py", remedies.reading, remedies=remedies, params={"id": "3"})
    assert "/causes?id=2" in html_of(at)
    assert "New rules read the errors of its documents as another cause" in html_of(at)
