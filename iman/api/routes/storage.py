"""How much room the ledger takes, and how long it lasts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from iman.api.routes.asking import needs
from iman.api.storage import StorageState, StorageView
from iman.domain.people import Permission, Person

router = APIRouter(tags=["storage"])


@router.get("/storage")
def storage(
    request: Request, _: Annotated[Person, Depends(needs(Permission.VIEW_SETTINGS))]
) -> StorageState:
    """The ledger's files, the free space, and until when it lasts at the present growth."""
    found: StorageView = request.app.state.storage
    return found.state()
