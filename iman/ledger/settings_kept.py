"""What the daemon was started with; who started it with other values than the time before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

from iman.domain.setting import SettingChange, SettingValue, changes
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.ids import Ids
from iman.ledger.queries import queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("settings")
_SHOWN = 200  # changes, the newest


def note_start(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    settings: Sequence[SettingValue],
    *,
    who: str,
    now: datetime,
) -> tuple[SettingChange, ...]:
    """Keep *settings*, and record what changed; *who* started it, or '' where that is not known."""
    known = {row[0]: row[1] for row in conn.execute(_SQL["setting_values"]).fetchall()}
    changed = changes(known, settings)
    for one in changed:
        conn.execute(
            _SQL["insert_setting_change"],
            {
                "now": to_db(now), "name": one.name, "before": one.before, "after": one.now,
                "origin": one.origin, "who": who,
            },
        )  # fmt: skip
        event = AuditEvent(
            who=who or "not known", role="", action="change_setting", target=one.name,
            allowed=True, reason="", origin="daemon", before=one.before or "none",
            after=one.now or "none",
        )  # fmt: skip
        write_audit(conn, ids, event, now=now)
    conn.execute(_SQL["forget_setting_values"])
    for position, value in enumerate(settings):
        conn.execute(
            _SQL["insert_setting_value"],
            {
                "position": position, "name": value.name, "value": value.value,
                "default": value.default, "origin": value.origin, "meaning": value.meaning,
            },
        )  # fmt: skip
    return changed


def settings(conn: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """As ``wire_settings.SettingsRecord``."""
    start = dict(conn.execute(_SQL["start"]).fetchall())
    names = ("name", "value", "default", "origin", "meaning")
    return {
        "settings": [
            dict(zip(names, row, strict=True))
            for row in conn.execute(_SQL["setting_values"]).fetchall()
        ],
        "changes": [
            {
                "at": from_db(moment), "name": name, "before": before, "now": now,
                "origin": origin, "started_by": who,
            }
            for moment, name, before, now, origin, who in conn.execute(
                _SQL["setting_changes"], {"limit": _SHOWN}
            ).fetchall()
        ],
        "file": start.get("settings_file", ""),
        "started_at": start.get("started_at"),
        "started_by": start.get("started_by", ""),
    }  # fmt: skip
