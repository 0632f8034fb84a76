from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from iman.domain.people import Role
from iman.playbooks import built_in, parsed
from tests.dashboard.fake_remedies import SeededRemedies
from tests.dashboard.fakes import HOSTILE, AwayReading
from tests.pages.conftest import OpenPage, html_of

TERMS = {"type": "terms_missing"}


@pytest.fixture
def remedies() -> SeededRemedies:
    return SeededRemedies()


def opened(
    open_page: OpenPage, remedies: SeededRemedies, role: Role = Role.ADMIN, **params: str
) -> AppTest:
    at = open_page("playbooks.py", remedies.reading, role=role, remedies=remedies, params=params)
    assert not at.exception
    return at


def field(at: AppTest, kind: str, name: str):
    """A widget of the editor: its key holds which time it was drawn anew."""
    keys = re.compile(rf"pb_\d+_{re.escape(name)}")
    (found,) = (one for one in at.get(kind) if keys.fullmatch(one.key or ""))
    return found


def saved(remedies: SeededRemedies):
    return parsed(remedies.edited[-1][1])


def test_every_remedy_is_listed(open_page: OpenPage, remedies: SeededRemedies):
    shown = html_of(opened(open_page, remedies))
    assert shown.count("/playbooks?type=") == len(built_in())
    assert "Sage 300 does not accept terms code F48" in shown
    assert "As delivered" in shown


@pytest.mark.parametrize("role", list(Role))
def test_everybody_reads_one_as_it_stands_on_a_checklist(
    open_page: OpenPage, remedies: SeededRemedies, role: Role
):
    at = opened(open_page, remedies, role, **TERMS)
    shown = html_of(at)
    assert "Is F48 (48 Month Repayment Plan) right for this cemetery?" in shown
    assert "Only on the way “Valid sales set-up" in shown
    assert "Only where the answer is “Yes: credit and re-invoice”" in shown
    assert "Iman looks whether it is done: Sage 300 has the terms code, active" in shown
    assert "Locked while a document still uses the code" in shown
    assert "{entity}" not in shown
    assert at.button(key="playbook_edit").disabled == (role is not Role.ADMIN)
    assert ("Administrators edit playbooks" in shown) == (role is not Role.ADMIN)


def test_an_admin_edits_in_a_form_and_sees_it_before_it_is_saved(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies, **TERMS)
    at.button(key="playbook_edit").click().run()
    assert at.button(key="playbook_save").disabled
    assert "Nothing is changed yet." in html_of(at)
    field(at, "text_input", "title").set_value("Terms code {entity} is unknown").run()
    field(at, "text_area", "s_add-in-sage_do").set_value(f"Ring finance. {HOSTILE}").run()
    shown = html_of(at)
    assert "Terms code F48 is unknown" in shown
    assert "Ring finance. &lt;img src=x" in shown
    assert remedies.edited == []
    at.button(key="playbook_save").click().run()
    book, before = saved(remedies), built_in()["terms_missing"].playbook
    assert (book.title, book.version) == ("Terms code {entity} is unknown", before.version + 1)
    assert book.step("add-in-sage").do.startswith("Ring finance.")
    assert book.steps[1:] == before.steps[1:]
    assert "Saved. Checklists that start from now on use it." in html_of(at)
    assert "Edited here" in html_of(at)


def test_what_cannot_be_saved_is_said_and_nothing_typed_is_lost(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies, **TERMS)
    at.button(key="playbook_edit").click().run()
    field(at, "text_area", "s_resync_do").set_value("Do {nothing}").run()
    assert "{nothing} is no placeholder" in html_of(at)
    assert at.button(key="playbook_save").disabled
    field(at, "button", "add").click().run()  # wants what was typed put right first
    assert field(at, "text_area", "s_resync_do").value == "Do {nothing}"
    field(at, "text_area", "s_resync_do").set_value("").run()
    assert "do is missing" in html_of(at)


def test_steps_are_added_moved_and_removed(open_page: OpenPage, remedies: SeededRemedies):
    at = opened(open_page, remedies, **TERMS)
    at.button(key="playbook_edit").click().run()
    field(at, "text_input", "title").set_value("Typed before")
    field(at, "button", "add").click().run()
    assert field(at, "text_input", "title").value == "Typed before"
    field(at, "text_area", "s_step-1_do").set_value("Tell the family.")
    field(at, "button", "s_step-1_up").click().run()
    field(at, "button", "s_credit-note_remove").click().run()
    at.button(key="playbook_save").click().run()
    ids = [step.id for step in saved(remedies).steps]
    assert ids[-2:] == ["step-1", "re-invoice"]
    assert "credit-note" not in ids
    assert saved(remedies).step("step-1").do == "Tell the family."
    assert saved(remedies).step("re-invoice").after == ()  # what it waited for has gone


def test_the_whole_text_may_be_edited_and_goes_back_into_the_form(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies, **TERMS)
    at.button(key="playbook_edit").click().run()
    field(at, "text_input", "title").set_value("Typed in the form").run()
    field(at, "button_group", "mode").set_value("text").run()
    written = field(at, "text_area", "text").value
    assert 'title = "Typed in the form"' in written
    field(at, "text_area", "text").set_value(written.replace("version = 1", "version = x")).run()
    assert "It cannot be saved yet:" in html_of(at)
    assert "not valid TOML" in html_of(at)
    field(at, "text_area", "text").set_value(written.replace("version = 1", "version = 7")).run()
    at.button(key="playbook_save").click().run()
    assert (saved(remedies).version, saved(remedies).title) == (7, "Typed in the form")


def test_an_edited_playbook_goes_back_to_the_built_in(
    open_page: OpenPage, remedies: SeededRemedies
):
    text = built_in()["terms_missing"].text.replace("version = 1", "version = 2")
    remedies.edited.append(("terms_missing", text))
    at = opened(open_page, remedies, **TERMS)
    assert "Saved version 2" in html_of(at)
    at.button(key="playbook_back_now").click().run()
    assert remedies.edited[-1] == ("terms_missing", "")
    assert "Went back to the text as delivered" in html_of(at)
    at.button(key="take_1").click().run()  # and an old version may be taken up again
    at.button(key="playbook_save").click().run()
    assert saved(remedies).version >= 2


def test_a_version_somebody_saved_meanwhile_is_not_overwritten(
    open_page: OpenPage, remedies: SeededRemedies
):
    at = opened(open_page, remedies, **TERMS)
    at.button(key="playbook_edit").click().run()
    field(at, "text_input", "title").set_value("Mine").run()
    text = built_in()["terms_missing"].text.replace("version = 1", "version = 2")
    remedies.edited.append(("terms_missing", text))
    at.run()
    assert "Somebody saved another version since you began." in html_of(at)
    assert at.button(key="playbook_save").disabled
    at.button(key="playbook_cancel").click().run()
    assert len(remedies.edited) == 1


def test_a_remedy_nobody_knows_and_a_daemon_away(open_page: OpenPage, remedies: SeededRemedies):
    assert "There is no such playbook." in html_of(opened(open_page, remedies, type="nonsense"))
    away = open_page("playbooks.py", AwayReading(), params=TERMS)
    assert away.button(key="playbook_edit").disabled
    assert "Is F48" in html_of(away)
