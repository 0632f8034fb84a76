from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from iman.api.backups import BackupState
from iman.dashboard import session, text_keeping
from iman.domain.people import Role
from iman.errors import DaemonRefused
from tests.dashboard.fake_keeping import FakeKeeping
from tests.dashboard.fakes import SeededReading, make_health
from tests.pages.conftest import OpenPage, html_of


def test_an_admin_sees_the_last_backup_the_disk_and_backs_up(open_page: OpenPage):
    keeping = FakeKeeping()
    at = open_page("daemon.py", SeededReading(), keeping=keeping)
    shown = html_of(at)
    assert "The last one is 5 h old" in shown
    assert "310.4 MB, 1,204,311 rows" in shown
    assert "The ledger takes 5.0 GB; 61.0 GB are free" in shown
    assert "enough for more than two years" in shown
    at.button(key="back_up").click().run()
    assert keeping.asked == 1
    shown = html_of(at)
    assert "Copying, 40% done." in shown
    assert "The backup is under way." in shown
    assert "back_up" not in {button.key for button in at.button}


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_others_see_that_it_is_safe_and_have_no_button(role: Role, open_page: OpenPage):
    shown = html_of(open_page("daemon.py", SeededReading(), role=role))
    assert "The last one is 5 h old" in shown
    assert text_keeping.ONLY_ADMINS in shown
    assert text_keeping.ROOM not in shown


def test_a_refusal_is_told(open_page: OpenPage, monkeypatch):
    at = open_page("daemon.py", SeededReading())

    def refuses() -> None:
        raise DaemonRefused("A backup is under way already.")

    monkeypatch.setattr(session, "back_up", refuses)
    at.button(key="back_up").click().run()
    assert "A backup is under way already." in html_of(at)


@pytest.mark.parametrize(
    ("changes", "tone", "word"),
    [
        ({}, "synced", text_keeping.SAFE),
        ({"late": True}, "failed", text_keeping.LATE),
        ({"trouble": "No room."}, "failed", text_keeping.FAILED),
        ({"running": True, "late": True}, "retrying", text_keeping.RUNNING),
        ({"last": None}, "parked", text_keeping.NEVER),
    ],
)
def test_a_backups_lamp(changes, tone, word):
    assert text_keeping.backup_lamp(FakeKeeping(backups=changes).backups()) == (tone, word)


def test_what_is_said_without_a_schedule_and_of_a_disk_that_runs_short():
    now = datetime.now(UTC)
    bare = FakeKeeping(backups={"last": None, "every_hours": 0, "next_at": None}).backups()
    assert isinstance(bare, BackupState)
    assert text_keeping.backup_told(bare, ZoneInfo("UTC"), now) == [text_keeping.NO_SCHEDULE]
    short = FakeKeeping(storage={"days_left": 3.2}).storage()
    assert text_keeping.room_lamp(short) == ("retrying", text_keeping.SHORT)
    assert text_keeping.room_told(short)[-1].endswith("enough for 3 days.")
    full = FakeKeeping(storage={"resting": True}).storage()
    assert text_keeping.room_lamp(full) == ("failed", text_keeping.RESTING)
    young = FakeKeeping(storage={"per_day_bytes": None, "days_left": None}).storage()
    assert "after two days" in text_keeping.room_told(young)[-1]
    assert text_keeping.size(870_000) == "870 kB"


def test_every_page_says_that_the_disk_holds_pushing_back(open_page: OpenPage):
    reading = SeededReading()
    reading.health = make_health(held_back="the ledger's disk has 20 MB left")
    assert "Pushing is held back: the ledger" in html_of(open_page("overview.py", reading))
