from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from iman.domain.people import Role
from tests.dashboard.fake_remedies import SeededRemedies
from tests.dashboard.fakes import HOSTILE, AwayReading, SeededReading
from tests.pages.conftest import OpenPage, html_of

ONE = {"id": "1"}


def begun(widgets, key: str):
    """The widget of a step or a question: what is stored is the rest of its key."""
    return next(one for one in widgets if one.key.startswith(f"{key}_"))


@pytest.fixture
def remedies() -> SeededRemedies:
    """A checklist just started on F48."""
    found = SeededRemedies()
    found.start_on_cause(1)
    return found


def opened(open_page: OpenPage, remedies: SeededRemedies, role: Role = Role.ADMIN) -> AppTest:
    return open_page("checklist.py", remedies.reading, role=role, params=ONE, remedies=remedies)


def choose(at: AppTest, branch: str) -> None:
    at.text_input(key="way_reason").set_value("Finance offers it")
    at.button(key=f"choose_{branch}").click().run()


def test_the_question_comes_first_with_both_ways_and_wants_a_reason(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies)
    shown = html_of(at)
    assert '<p class="iman-big" role="status">Is F48 (48 Month Repayment Plan) right' in shown
    assert "Valid sales set-up: the term is right" in shown
    assert "Invalid sales set-up: nobody should" in shown
    assert not at.checkbox  # no steps before the way is known
    at.button(key="choose_valid-setup").click().run()
    assert "Give a reason first." in html_of(at)
    choose(at, "valid-setup")
    assert remedies.checklist(1).branch == "valid-setup"
    assert "Chosen by ada at" in html_of(at)
    assert '<p class="iman-big" role="status">Add terms code F48' in html_of(at)


def test_a_step_is_ticked_by_what_is_seen_or_by_a_reason(
    open_page: OpenPage, remedies: SeededRemedies
):
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies)
    tick = "tick_1_add-in-sage"
    begun(at.checkbox, tick).check().run()
    assert "Sage 300 has no terms code F48. Give a reason" in html_of(at)
    at.run()
    assert not begun(at.checkbox, tick).value
    at.text_input(key="why_1_add-in-sage").set_value("Seen in A/R Terms")
    at.button(key="anyway_1_add-in-sage").click().run()
    assert begun(at.checkbox, tick).value
    assert "Ticked by ada at" in html_of(at)
    assert "on their word: Seen in A/R Terms" in html_of(at)
    begun(at.checkbox, tick).uncheck().run()
    assert remedies.checklist(1).steps_done == 0


def test_what_the_probe_sees_is_the_evidence(open_page: OpenPage, remedies: SeededRemedies):
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies)
    remedies.true.add("add-in-sage")
    at.button(key="verify_1_add-in-sage").click().run()
    assert "Verified by Iman at" in html_of(at)
    assert begun(at.checkbox, "tick_1_add-in-sage").value


def test_a_second_persons_tick_shows_at_the_next_refresh(
    open_page: OpenPage, remedies: SeededRemedies
):
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies)
    remedies.who = "sam"
    remedies.tick(1, "add-in-sage", reason="done")
    at.run()
    assert begun(at.checkbox, "tick_1_add-in-sage").value
    assert "Ticked by sam" in html_of(at)


def test_a_locked_step_says_which_comes_first(open_page: OpenPage, remedies: SeededRemedies):
    remedies.choose_branch(1, "invalid-setup", "because")
    remedies.answer(1, "credit", "credit-note")
    at = opened(open_page, remedies)
    assert begun(at.checkbox, "tick_1_inactivate-in-sage").disabled
    shown = html_of(at)
    assert '<p class="iman-locked">First: step 2, step 3.</p>' in shown
    assert "Done before the credit note has synced" in shown


def test_a_question_inside_the_way_is_answered_in_place(
    open_page: OpenPage, remedies: SeededRemedies
):
    remedies.choose_branch(1, "invalid-setup", "because")
    at = opened(open_page, remedies)
    assert "Depends on the answer above" in html_of(at)
    begun(at.radio, "answer_1_credit").set_value("leave").run()
    assert {c.id: c.answer for c in remedies.checklist(1).choices} == {"credit": "leave"}
    assert "Depends on the answer above" not in html_of(at)


def test_notes_and_an_edit_that_came_too_late(open_page: OpenPage, remedies: SeededRemedies):
    at = opened(open_page, remedies, Role.SUPPORT)
    at.text_area(key="note").set_value(f"Asked finance {HOSTILE}").run()
    at.button(key="note_save").click().run()
    assert at.text_area(key="note").value == ""
    at.run()
    shown = html_of(at)
    assert "Asked finance &lt;img src=x" in shown
    key = "edit_1_2_0"
    remedies.edit_note(1, 2, "Sam was quicker", version=2)
    at.text_area(key=key).set_value("Mine")
    at.button(key=f"save_{key}").click().run()
    assert "Somebody changed this note meanwhile." in html_of(at)
    assert remedies.checklist(1).notes[0].text == "Sam was quicker"
    assert at.text_area(key=key).value == "Mine"  # what was typed is not lost


def test_a_half_typed_edit_survives_somebody_elses(open_page: OpenPage, remedies: SeededRemedies):
    remedies.start_on_cause(1)
    remedies.note(1, "Asked finance", request_id="")
    at = open_page("checklist.py", remedies.reading, remedies=remedies, params={"id": "1"})
    assert not at.exception
    note = remedies.checklist(1).notes[0]
    key = f"edit_1_{note.id}_0"
    at.session_state[f"pop_edit_1_{note.id}"] = True  # opened; what is typed is not sent yet
    at.run()
    remedies.edit_note(1, note.id, f"Sam was quicker {HOSTILE}", version=note.version)
    at.run()
    assert (
        at.text_area(key=key).value == "Asked finance"
    )  # the same text area, as the browser has it
    shown = html_of(at)
    assert "has changed this note meanwhile; what you typed is still here" in shown
    assert "Sam was quicker &lt;img src=x" in shown
    at.text_area(key=key).set_value("Mine, having read his")
    at.button(key=f"save_{key}").click().run()
    assert remedies.checklist(1).notes[0].text == "Mine, having read his"
    at.run()
    assert at.text_area(key=f"edit_1_{note.id}_1").value == "Mine, having read his"
    assert at.session_state[f"pop_edit_1_{note.id}"] is False


def test_an_edit_nobody_began_shows_the_newest_words(open_page: OpenPage, remedies: SeededRemedies):
    remedies.start_on_cause(1)
    remedies.note(1, "Asked finance", request_id="")
    at = open_page("checklist.py", remedies.reading, remedies=remedies, params={"id": "1"})
    note = remedies.checklist(1).notes[0]
    remedies.edit_note(1, note.id, "Sam was quicker", version=note.version)
    at.run()
    assert at.text_area(key=f"edit_1_{note.id}_1").value == "Sam was quicker"
    assert "has changed this note meanwhile" not in html_of(at)


def test_owner_due_date_and_giving_up(open_page: OpenPage, remedies: SeededRemedies):
    at = opened(open_page, remedies)
    at.button(key="take").click().run()
    assert "with ada, no due date" in html_of(at)
    at.text_input(key="owner").set_value("sam")
    at.button(key="hand_over_now").click().run()
    assert remedies.checklist(1).owner == "sam"
    at.date_input(key="due").set_value(date(2020, 1, 31))
    at.button(key="due_now").click().run()
    assert "due 31 Jan, overdue" in html_of(at)
    at.button(key="give_up_now").click().run()
    assert remedies.checklist(1).phase != "closed"
    at.text_input(key="give_up_reason").set_value("Not ours")
    at.button(key="give_up_now").click().run()
    assert "This checklist was given up." in html_of(at)
    at.button(key="take_up").click().run()
    assert remedies.checklist(1).phase == "choosing"


def test_a_release_is_offered_exactly_and_can_be_undone(
    open_page: OpenPage, remedies: SeededRemedies
):
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies)
    assert "Not done yet: step 1." in html_of(at)
    at.button(key="release_start").click().run()
    assert "Give a reason first." in html_of(at)
    assert not remedies.released
    remedies.tick(1, "add-in-sage", reason="done")
    at.run()
    assert at.button(key="release_start").label == "Resync 1 document (3,760.00 AUD)"
    assert "You have 10 seconds to undo it." in html_of(at)
    assert "CN-000118" in html_of(at)  # left alone, and why
    at.button(key="release_start").click().run()
    assert (remedies.released[0].digest, remedies.released[0].checklist_id) == ("d1", 1)
    assert "Can still be undone" in html_of(at)
    at.button(key="stop_1_True").click().run()
    assert "Undone" in html_of(at)


def test_the_result_of_every_document_is_told(open_page: OpenPage, remedies: SeededRemedies):
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies)
    at.text_area(key="release_reason").set_value("anyway")
    at.button(key="release_start").click().run()
    remedies.release_state = "done"
    at.run()
    shown = html_of(at)
    assert "1 of 1 synced" in shown
    assert "In Sage 300 as 29-1. &lt;img src=x" in shown


def test_support_works_but_does_not_release(open_page: OpenPage, remedies: SeededRemedies):
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies, Role.SUPPORT)
    assert not begun(at.checkbox, "tick_1_add-in-sage").disabled
    assert at.button(key="release_off").disabled
    assert "Only an administrator may release" in html_of(at)


def test_a_manager_reads(open_page: OpenPage, remedies: SeededRemedies):
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies, Role.MANAGER)
    assert all(one.disabled for one in at.checkbox)
    assert "you may read this one" in html_of(at)
    assert not [b for b in at.button if not b.disabled]


def test_while_the_daemon_is_away_it_is_read_only(open_page: OpenPage):
    remedies = SeededRemedies(AwayReading())
    remedies.start_on_cause(1)
    remedies.choose_branch(1, "valid-setup", "because")
    at = opened(open_page, remedies)
    assert all(one.disabled for one in at.checkbox)
    assert "The daemon is away: nothing can be done here until it is back." in html_of(at)


def test_without_an_id_those_that_run_are_listed(open_page: OpenPage, remedies: SeededRemedies):
    at = open_page("checklist.py", remedies.reading, remedies=remedies)
    assert 'href="/checklist?id=1">Sage 300 does not accept terms code F48</a>' in html_of(at)
    at = open_page("checklist.py", SeededReading(), params={"id": "99"})
    assert "There is no such checklist." in html_of(at)
