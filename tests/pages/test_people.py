from __future__ import annotations

import pytest

from iman.dashboard import session
from iman.domain.people import Permission, Role
from tests.dashboard.fake_people import FakePeople
from tests.dashboard.fakes import SeededReading, make_me
from tests.pages.conftest import OpenPage, html_of


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> FakePeople:
    found = FakePeople()
    monkeypatch.setattr(session, "people", lambda: found)
    return found


def press(at, label: str):
    return next(one for one in at.button if one.label == label).click().run()


def test_an_admin_adds_a_person_limited_to_a_site(open_page: OpenPage, known: FakePeople):
    at = open_page("people.py", SeededReading())
    at.text_input(key="person_name").set_value("sam")
    at.text_input(key="person_password").set_value("short")
    press(at, "Add a person")
    assert "a password at least 8 characters" in html_of(at)
    at.text_input(key="person_name").set_value("sam")
    at.text_input(key="person_password").set_value("long enough")
    at.selectbox(key="person_role").select(Role.SUPPORT)
    at.multiselect(key="person_sites").select("HGH")
    press(at, "Add a person")
    assert "sam can sign in now." in html_of(at)
    assert "Site HGH" in html_of(at)
    assert (known.known["sam"].role, known.known["sam"].sites) == (Role.SUPPORT, ["HGH"])
    assert at.text_input(key="person_password").value == ""


def test_an_admin_changes_resets_and_signs_out(open_page: OpenPage, known: FakePeople):
    at = open_page("people.py", SeededReading())
    at.selectbox(key="change_ada_role").select(Role.MANAGER)
    press(at, "Save")
    assert "only one left" in html_of(at)
    press(at, "One-time password")
    assert "ada signs in once with abcde-fghjk" in html_of(at)
    assert "One-time password" in html_of(at)
    press(at, "Sign out everywhere")
    assert known.ended == ["ada"]
    at.toggle(key="change_ada_active").set_value(False)
    at.selectbox(key="change_ada_role").select(Role.ADMIN)
    press(at, "Save")
    assert known.known["ada"].active is False
    assert "May not sign in" in html_of(at)


def test_an_admin_gives_an_account_to_single_sign_on(
    open_page: OpenPage, known: FakePeople, monkeypatch
):
    monkeypatch.setattr(session, "provider_name", lambda: "Example ID")
    at = open_page("people.py", SeededReading())
    at.toggle(key="change_ada_sso").set_value(True)
    press(at, "Save")
    assert known.known["ada"].single_sign_on
    assert "single sign-on" in html_of(at)
    reset = next(one for one in at.button if one.label == "One-time password")
    assert reset.disabled
    assert "without a password" in reset.help
    at.toggle(key="change_ada_active").set_value(False)
    press(at, "Save")  # what is not touched stays
    assert (known.known["ada"].single_sign_on, known.known["ada"].active) == (True, False)
    monkeypatch.setattr(session, "provider_name", lambda: "")
    at = open_page("people.py", SeededReading())
    at.toggle(key="change_ada_sso").set_value(False)  # also once there is no provider any more
    press(at, "Save")
    assert not known.known["ada"].single_sign_on
    assert not [one for one in at.toggle if one.key == "change_ada_sso"]


def test_who_signs_in_through_the_provider_has_no_password_to_change(
    open_page: OpenPage, monkeypatch
):
    through = make_me(Role.SUPPORT).model_copy(update={"single_sign_on": True})
    monkeypatch.setattr(session, "provider_name", lambda: "Example <b>ID</b>")
    at = open_page("account.py", SeededReading())
    assert "Change your password" in {one.label for one in at.button}
    monkeypatch.setattr(session, "look_up", lambda _: through)
    at.run()
    labels = {one.label for one in at.button}
    assert {"Sign in again", "Sign out here and there"} <= labels
    assert "Change your password" not in labels
    assert "Example &lt;b&gt;ID&lt;/b&gt; tells Iman your groups" in html_of(at)


def test_a_token_is_shown_once_and_revoked(open_page: OpenPage, known: FakePeople):
    at = open_page("people.py", SeededReading())
    assert "No token has been made." in html_of(at)
    at.text_input(key="token_name").set_value("grafana")
    press(at, "Make a token")
    assert [one.value for one in at.code] == ["iman_once"]
    at.run()
    assert not at.code
    assert known.made["grafana"].permissions == [Permission.VIEW]
    press(at, "Revoke")
    assert known.made["grafana"].revoked_by == "ada"
    assert "Revoked" in html_of(at)


@pytest.mark.parametrize("role", Role)
def test_everybody_changes_their_password(
    open_page: OpenPage, known: FakePeople, monkeypatch, role
):
    told: list[str] = []
    monkeypatch.setattr(
        session, "change_password", lambda old, new: told.append(known.change_password(old, new))
    )
    at = open_page("account.py", SeededReading(), role=role)
    for had, new, again, said in (
        ("long enough", "a new one", "another one", "The new passwords are not the same."),
        ("wrong", "a new one", "a new one", "The password you have is another one."),
        ("long enough", "a new one", "a new one", "Your password is changed."),
    ):
        for key, value in (("had", had), ("new", new), ("again", again)):
            at.text_input(key=f"password_{key}").set_value(value)
        press(at, "Change your password")
        assert said in html_of(at)
    assert len(told) == 1


def test_before_an_admins_password_is_changed_there_is_nothing_else(
    open_page: OpenPage, known: FakePeople, monkeypatch
):
    at = open_page("overview.py", SeededReading())
    once = make_me(Role.ADMIN).model_copy(update={"permissions": [], "must_change_password": True})
    monkeypatch.setattr(session, "look_up", lambda _: once)
    at.run()
    assert [one.value for one in at.title] == ["Choose your own password"]
    assert {one.label for one in at.button} == {"Change your password"}


def test_a_limited_person_is_told_so_and_of_guesses(open_page: OpenPage, monkeypatch):
    at = open_page("account.py", SeededReading())
    limited = make_me(Role.SUPPORT).model_copy(
        update={"sites": ["HGH"], "notice": "2 wrong passwords were tried for your name"}
    )
    monkeypatch.setattr(session, "look_up", lambda _: limited)
    at.run()
    assert "Site HGH" in html_of(at)
    assert "2 wrong passwords were tried for your name" in html_of(at)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_what_one_may_not_do_is_shown_with_the_reason(open_page: OpenPage, role: Role):
    at = open_page("document.py", SeededReading(), role=role, params={"id": "1"})
    refused = {one.label: one.help for one in at.button if one.disabled}
    assert (
        refused["It is already in Sage 300"]
        == "Only an administrator may close a document by hand."
    )
    if role is Role.MANAGER:
        assert refused["Park it"] == "Only support and administrators may park a document."
