"""Which table, which columns: names from the settings, as SQLAlchemy quotes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnClause, Table, TableClause, column, table


@dataclass(frozen=True, kw_only=True, slots=True)
class Outbox:
    """The outbox table or view. *type* and *at* are empty where they stand in the payload."""

    name: str
    cursor: str
    type: str
    payload: str
    at: str

    @property
    def wanted(self) -> list[str]:
        """The columns that must be there."""
        return [name for name in (self.cursor, self.type, self.payload, self.at) if name]

    def clause(self) -> TableClause:
        schema, name = split(self.name)
        others: list[ColumnClause[Any]] = [
            column(each) for each in self.wanted if each != self.cursor
        ]
        return table(name, column(self.cursor, BigInteger), *others, schema=schema)


#: The columns of the status table. Their names are part of the contract.
STATUS_KEY = ("company", "entry_type", "number")
STATUS_VALUES = ("revision", "status", "message", "erp_reference", "attempts", "at")


def split(name: str) -> tuple[str | None, str]:
    """``dbo.outbox`` into schema and name."""
    schema, dot, last = name.rpartition(".")
    return (schema if dot else None), last


def missing(found: Table, wanted: list[str]) -> list[str]:
    """Which columns are not there; databases differ in how they write the case of names."""
    there = {each.name.lower() for each in found.columns}
    return [name for name in wanted if name.lower() not in there]
