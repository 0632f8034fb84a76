"""What the Daemon page says of settings."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from iman.api.wire_settings import SettingsRecord
from iman.dashboard.formats import moment
from iman.domain.setting import Origin

TITLE = "What does the daemon run on, and who changed it?"
CHANGES = "What changed between two starts"
NO_CHANGES = "Nothing has changed since Iman began to look."
NOT_DEFAULT = "Settings that are not at their default"
ALL = "All settings of the daemon"
OWN = "The dashboard’s own settings"
NONE = "none"
NOT_KNOWN = "not known"
NOT_KEPT = "The daemon has not been started since Iman keeps its settings."
ORIGINS: dict[Origin, str] = {
    "default": "Default",
    "file": "Settings file",
    "environment": "Environment",
    "start": "Handed in at the start",
}
SECRET = "Of a secret it is only said whether it is set, so its change is not seen here."  # noqa: S105 -- a sentence


def how_to_change(record: SettingsRecord) -> str:
    """Where to change them; nothing is changed on the page."""
    where = f"in {record.file} or " if record.file else "in the file iman.toml, or "
    return (
        f"Settings are not changed here: change them {where}in the daemon’s environment "
        "(IMAN_ and the name in capitals), and start the daemon again."
    )


def started(record: SettingsRecord, zone: ZoneInfo, now: datetime) -> str:
    who = record.started_by or NOT_KNOWN
    return f"Started {moment(record.started_at, zone, now)} by {who}."


def origin(name: str, where: Origin) -> str:
    said = ORIGINS[where]
    return f"{said}: IMAN_{name.upper()}" if where == "environment" else said
