"""The JSON shapes of saved views."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from iman.api.wire import Wire
from iman.domain.view import FilterName, ListColumn, Order, in_order

Value = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ViewToSave(Wire):
    """A list of the Integration Monitor under a name."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] = (
        Field(description="Each person's own views differ in it")
    )
    shared: bool = Field(default=False, description="Whether everybody sees it")
    filter: dict[FilterName, Value] = Field(
        default={}, description="Which documents, in the words of the monitor's address"
    )
    order: Order = "newest"
    columns: list[ListColumn] = Field(
        default=[], max_length=len(ListColumn), description="None: those a person usually sees"
    )

    @field_validator("name")
    @classmethod
    def _printable(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("a name is one line of printable text")
        return name

    @field_validator("columns")
    @classmethod
    def _as_they_stand(cls, columns: list[ListColumn]) -> list[ListColumn]:
        return list(in_order(columns)) if columns else []


class SavedView(ViewToSave):
    id: int
    owner: str = Field(description="Who made it; they and administrators may change a shared one")
    changed_at: datetime
    changed_by: str
