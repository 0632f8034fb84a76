"""The JSON shapes of what the daemon runs on."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from iman.api.wire import Wire
from iman.domain.setting import Origin


class Setting(Wire):
    name: str
    value: str = Field(description="Of a secret only whether it is set; empty: none")
    default: str = Field(description="required, where there is none")
    origin: Origin = Field(description="Where the value stands")
    meaning: str


class ChangedSetting(Wire):
    """Something the daemon was started with that differed from the start before."""

    at: datetime = Field(description="When it was started")
    name: str
    before: str
    now: str
    origin: Origin
    started_by: str = Field(description="The operating system's user; empty: not known")


class SettingsRecord(Wire):
    """Nothing of it is changed here: settings are a file's or the environment's."""

    settings: list[Setting]
    changes: list[ChangedSetting] = Field(description="Newest first, at most 200")
    file: str = Field(description="The settings file; empty: there was none at the start")
    started_at: datetime | None
    started_by: str
