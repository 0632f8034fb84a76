from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from iman.dashboard import backend, session
from iman.domain.people import Role
from tests.dashboard.fake_keeping import FakeKeeping
from tests.dashboard.fake_remedies import EmptyRemedies, SeededRemedies
from tests.dashboard.fakes import EmptyReading, make_me

ENTRY = Path(__file__).parents[2] / "pages" / "_entry.py"

OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens *page* as *role* over *reading*; ``params`` are the address's."""

    def opened(
        page: str,
        reading: Any,
        *,
        role: Role = Role.ADMIN,
        params: dict[str, str] | None = None,
        remedies: SeededRemedies | None = None,
        keeping: FakeKeeping | None = None,
    ) -> AppTest:
        kept = keeping or FakeKeeping()
        for name in ("backups", "back_up", "storage"):
            monkeypatch.setattr(session, name, getattr(kept, name))
        shown = remedies or _remedies_beside(reading)
        monkeypatch.setattr(session, "reading", lambda: reading)
        monkeypatch.setattr(session, "remedies", lambda: shown)
        monkeypatch.setattr(session, "remedy", lambda action: action(shown))
        monkeypatch.setattr(session, "preview_release", shown.preview_release)
        for action in ("resync", "pause", "resume", "prefer", "save_view", "remove_view"):
            monkeypatch.setattr(session, action, getattr(reading, action))
        monkeypatch.setattr(session, "look_up", lambda token: make_me(role) if token else None)
        monkeypatch.setattr(session, "read_only_sign_in", lambda: False)
        at = AppTest.from_file(str(ENTRY), default_timeout=20)
        at.user = {"session": "t" * 20, "gate": backend.GATE_SECRET}
        at.run()
        if page != "overview.py":
            at.switch_page(page)
            for name, value in (params or {}).items():
                at.query_params[name] = value
            at.run()
        return at

    return opened


def _remedies_beside(reading: Any) -> SeededRemedies:
    return (EmptyRemedies if isinstance(reading, EmptyReading) else SeededRemedies)(reading)


def html_of(at: AppTest) -> str:
    """All HTML of the page's body."""
    return "\n".join(one.proto.body for one in at.get("html"))
