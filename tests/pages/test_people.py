from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iman.api.wire import NewUser, User
from iman.dashboard import session
from iman.domain.people import Role
from tests.dashboard.fakes import SeededReading
from tests.pages.conftest import OpenPage, html_of


def test_an_admin_adds_a_person(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
    known = [User(name="ada", role=Role.ADMIN, created_at=datetime.now(UTC))]

    def add(name: str, password: str, role: str) -> User:
        asked = NewUser(name=name, password=password, role=Role(role))
        known.append(User(name=asked.name, role=asked.role, created_at=datetime.now(UTC)))
        return known[-1]

    monkeypatch.setattr(session, "users", lambda: list(known))
    monkeypatch.setattr(session, "add_user", add)
    at = open_page("people.py", SeededReading())
    at.text_input(key="person_name").set_value("sam")
    at.text_input(key="person_password").set_value("short")
    at.button[0].click().run()
    assert "a password at least 8 characters" in html_of(at)
    at.text_input(key="person_name").set_value("sam")
    at.text_input(key="person_password").set_value("long enough")
    at.selectbox(key="person_role").select(Role.SUPPORT)
    at.button[0].click().run()
    assert "sam can sign in now." in html_of(at)
    assert [(u.name, u.role) for u in known] == [("ada", Role.ADMIN), ("sam", Role.SUPPORT)]
    assert at.text_input(key="person_password").value == ""
