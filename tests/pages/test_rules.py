from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from iman.domain.people import Role
from tests.dashboard.fake_remedies import SeededRemedies
from tests.dashboard.fake_rules import PLOT
from tests.dashboard.fakes import AwayReading, EmptyReading
from tests.pages.conftest import OpenPage, html_of


@pytest.fixture
def remedies() -> SeededRemedies:
    return SeededRemedies()


def opened(open_page: OpenPage, remedies: SeededRemedies, role: Role = Role.ADMIN) -> AppTest:
    at = open_page("rules.py", remedies.reading, role=role, remedies=remedies)
    assert not at.exception
    return at


def field(at: AppTest, kind: str, name: str):
    """A widget of the form: its key ends with which time the form was opened."""
    (found,) = (one for one in at.get(kind) if (one.key or "").startswith(f"rule_{name}_"))
    return found


def tried(at: AppTest, message: str) -> str:
    at.text_area(key="try_text").set_value(message)
    at.button(key="FormSubmitter:try_message-Read it").click().run()
    return html_of(at)


def test_own_rules_stand_first_in_their_order(open_page: OpenPage, remedies: SeededRemedies):
    shown = html_of(opened(open_page, remedies))
    places = [shown.index(one) for one in ("chapel-booked", "vault-sealed", "05-database.toml")]
    assert places == sorted(places)
    assert "chapel {value} is booked" in shown
    assert "Asked by the front desk &lt;img src=x" in shown
    assert "<img src=x" not in shown


def test_progress_of_history_is_shown(open_page: OpenPage, remedies: SeededRemedies):
    shown = html_of(opened(open_page, remedies))
    assert "1,240,000 of 3,000,000 attempts, 41%" in shown
    assert 'aria-valuenow="41"' in shown
    remedies.far = {"state": "done", "attempts": 7, "documents": 1}
    shown = html_of(opened(open_page, remedies))
    assert "7 attempts and 1 open document mean something else" in shown


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_try_a_message(open_page: OpenPage, remedies: SeededRemedies, role: Role):
    at = opened(open_page, remedies, role)
    shown = tried(at, '1020 - Terms Code "F48" is not defined in A/R Terms')
    assert "not-there, a rule that comes with Iman" in shown
    assert "<mark>Terms Code &quot;F48&quot; is not defined" in shown
    assert "terms code F48" in shown
    shown = tried(at, "Chapel West is booked.")
    assert "chapel-booked, this site’s own rule" in shown


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_only_admins_change_rules(open_page: OpenPage, remedies: SeededRemedies, role: Role):
    at = opened(open_page, remedies, role)
    changing = [one for one in at.button if not (one.key or "").startswith("FormSubmitter")]
    assert changing
    assert all(one.disabled for one in changing)
    assert "Administrators change rules; you may read and try them." in html_of(at)
    assert "No rule knows this text" in tried(at, PLOT)
    assert all(one.key != "write_for_it" for one in at.button)


def test_a_rule_is_written_for_a_message_nobody_knows(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies)
    assert "No rule knows this text" in tried(at, PLOT)
    at.button(key="write_for_it").click().run()
    assert field(at, "text_area", "patterns").value == "the plot {value} is closed for sale"
    assert field(at, "text_input", "example").value == PLOT
    assert field(at, "text_input", "finds").value == "Z1"
    field(at, "selectbox", "type").select("setup_code_missing")
    field(at, "text_input", "kind").set_value("plot")
    at.button(key="rule_into_list").click().run()
    shown = html_of(at)
    assert "Not saved yet" in [one.value for one in at.header]
    assert "5 refusals in 1 wording go from" in shown
    assert "1 open document would move to another cause" in shown
    assert remedies.saved == []
    at.text_input(key="rules_reason").set_value("asked by the park").run()
    at.button(key="rules_save").click().run()
    (saved,) = remedies.saved
    assert saved["rules"][0].id == "the-plot-closed"
    assert saved["reason"] == "asked by the park"
    assert "Not saved yet" not in [one.value for one in at.header]
    assert "this site’s own rule" in tried(at, PLOT)


def test_an_example_that_says_otherwise_cannot_be_saved(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies)
    at.button(key="edit_0").click().run()
    field(at, "text_input", "finds").set_value("East")
    at.button(key="rule_into_list").click().run()
    assert "These rules cannot be saved:" in html_of(at)
    assert "gives entity &#x27;West&#x27;, not &#x27;East&#x27;" in html_of(at)
    assert at.button(key="rules_save").disabled
    at.button(key="rules_discard").click().run()
    assert "These rules cannot be saved:" not in html_of(at)
    assert remedies.saved == []


def test_an_empty_form_says_what_is_missing_and_keeps_what_was_typed(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies)
    at.button(key="new_rule").click().run()
    field(at, "text_area", "patterns").set_value("plot {value} is")
    at.button(key="rule_into_list").click().run()
    assert "Give the rule a name. Give at least one example." in html_of(at)
    assert field(at, "text_area", "patterns").value == "plot {value} is"
    at.button(key="rule_more").click().run()
    examples = [one for one in at.text_input if (one.key or "").startswith("rule_example_")]
    assert len(examples) == 2
    at.button(key="rule_cancel").click().run()
    assert not [one for one in at.text_input if (one.key or "").startswith("rule_example_")]


def test_rules_are_ordered_switched_and_removed(open_page: OpenPage, remedies: SeededRemedies):
    at = opened(open_page, remedies)
    assert at.button(key="up_0").disabled
    assert at.button(key="down_1").disabled
    at.button(key="switch_1").click().run()
    at.button(key="up_1").click().run()
    at.button(key="rules_save").click().run()
    assert [(one.id, one.on) for one in remedies.saved[0]["rules"]] == [
        ("vault-sealed", True), ("chapel-booked", True),
    ]  # fmt: skip
    at.button(key="remove_0").click().run()
    at.button(key="rules_save").click().run()
    assert [one.id for one in remedies.saved[1]["rules"]] == ["chapel-booked"]
    assert "removed vault-sealed" in html_of(at)  # among the versions


def test_built_in_examples_that_change_want_consent(open_page: OpenPage, remedies: SeededRemedies):
    at = opened(open_page, remedies)
    at.button(key="edit_0").click().run()
    field(at, "text_area", "patterns").set_value("chapel {value} is booked\nterms code {value} is")
    at.button(key="rule_into_list").click().run()
    assert "These examples of other rules would be read otherwise:" in html_of(at)
    assert at.button(key="rules_save").disabled
    at.checkbox(key="rules_agreed").check().run()
    at.button(key="rules_save").click().run()
    assert remedies.saved[0]["agreed"] is True


def test_rules_somebody_else_saved_meanwhile_are_not_overwritten(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies)
    at.button(key="switch_1").click().run()
    remedies.save_rules(remedies.own[:1], instead_of=1)
    at.run()
    assert "Somebody saved other rules since you began." in html_of(at)
    assert at.button(key="rules_save").disabled
    assert len(remedies.saved) == 1


def test_all_others_are_found_by_meaning_and_word(open_page: OpenPage, remedies: SeededRemedies):
    at = open_page("rules.py", remedies.reading, remedies=remedies, params={"word": "crystal"})
    table = html_of(at).rpartition("<table")[2]
    assert "report-or-mail" in table
    assert "card-processing" not in table
    at.text_input(key="word").set_value("no such word anywhere").run()
    assert "No rule matches." in html_of(at)


def test_a_site_without_rules(open_page: OpenPage):
    shown = html_of(open_page("rules.py", EmptyReading()))
    assert "This site has no rules of its own." in shown
    assert "All of history is read by these rules." in shown
    assert "Nobody has saved any rule yet." in shown


def test_while_the_daemon_is_away_rules_are_read(open_page: OpenPage):
    at = open_page("rules.py", AwayReading())
    assert all(one.disabled for one in at.button)
    assert "chapel-booked" in html_of(at)
