"""Every page opens, for every role, whatever the daemon does."""

from __future__ import annotations

from pathlib import Path

import pytest

from iman.domain.people import Role
from tests.dashboard.fake_people import FakePeople
from tests.dashboard.fakes import AwayReading, EmptyReading, SeededReading, SilentReading
from tests.pages.conftest import ENTRY, OpenPage, html_of

PAGES = sorted(p.name for p in Path(ENTRY).parent.glob("*.py") if p.name != "_entry.py")
READINGS = [EmptyReading, SeededReading, AwayReading, SilentReading]
PARAMS = {"document.py": {"id": "1"}}
FOR_ADMINS = {"people.py", "audit.py"}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("reading", READINGS, ids=lambda r: r.__name__)
def test_every_page_opens(page: str, role: Role, reading: type, open_page: OpenPage, monkeypatch):
    monkeypatch.setattr("iman.dashboard.session.people", FakePeople)
    if page in FOR_ADMINS and role is not Role.ADMIN:
        with pytest.raises(ValueError, match="page"):
            open_page(page, reading(), role=role)
        return
    at = open_page(page, reading(), role=role, params=PARAMS.get(page))
    assert not at.exception
    assert at.title or reading is SilentReading
    away = "The daemon has been away" in html_of(at)
    assert away == (reading in (AwayReading, SilentReading))


def test_without_the_gate_nothing_is_shown(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    at.user = {"session": "t" * 20}
    at.run()
    assert [e.value for e in at.error] == [
        "Start the dashboard with its own command: python app.py"
    ]
    assert not at.title
