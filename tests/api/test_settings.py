from __future__ import annotations

import pytest

from iman.domain.people import Role
from iman.domain.setting import SettingValue
from iman.errors import NotAllowed
from iman.ledger.settings_kept import note_start
from iman.reading import open_reading
from iman.reading.from_ledger import FromLedger
from tests.api.serving import Served


def test_admins_see_what_the_daemon_runs_on_and_others_do_not(fresh: Served, tmp_path):
    ledger = fresh.books.ledger
    for value in ("5", "7"):
        setting = SettingValue(
            name="max_attempts", value=value, default="5", origin="environment", meaning="Attempts"
        )
        ledger.write(
            lambda conn, one=setting: note_start(
                conn, ledger.ids, [one], who="svc", now=fresh.now()
            )
        ).result()
    with fresh.client(Role.ADMIN) as ada, fresh.client(Role.SUPPORT) as sam:
        found = open_reading(ada, None).settings()
        assert [one.value for one in found.settings] == ["7"]
        assert [(one.before, one.now, one.started_by) for one in found.changes] == [
            ("5", "7", "svc")
        ]
        with pytest.raises(NotAllowed):
            sam.settings()
    ledger.close()
    assert FromLedger(tmp_path / "ledger.duckdb").settings() == found
