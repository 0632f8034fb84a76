"""What the daemon runs on. Read only: settings stand in a file and the environment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from iman.api.routes.asking import needs, reader
from iman.api.wire_settings import SettingsRecord
from iman.domain.people import Permission, Person
from iman.ledger import settings_kept

router = APIRouter(tags=["settings"])


@router.get("/settings")
def settings(
    request: Request, _: Annotated[Person, Depends(needs(Permission.VIEW_SETTINGS))]
) -> SettingsRecord:
    """Every setting with its origin, and what changed between starts."""
    return SettingsRecord.model_validate(settings_kept.settings(reader(request)))
