"""Writes sync statuses into a table of byondpro's: one row a document, the newest wins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    MetaData,
    String,
    Table,
    and_,
    exc,
    insert,
    select,
    update,
)

from iman.domain.feed import WriteBack
from iman.errors import SourceUnavailable
from iman.gateways.byondpro_feed import as_wire_moment
from iman.gateways.sql_source.database import Database
from iman.gateways.sql_source.names import STATUS_KEY, STATUS_VALUES, missing, split


class StatusTable:
    """Blocking. Raises ``SourceUnavailable``."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._known: Table | None = None
        self._advice = (
            f"check IMAN_SQL_STATUS ({name}), the types of its columns and that the user may "
            "SELECT, INSERT and UPDATE it."
        )

    def write(self, statuses: Sequence[WriteBack]) -> list[WriteBack]:
        """Answers those whose document byondpro does not have, as its constraints tell.

        All in one transaction where nothing is wrong; else each alone, so that one the table
        refuses holds up no other.
        """
        try:
            self._write_all(statuses)
        except SourceUnavailable as error:
            if not isinstance(error.__cause__, exc.IntegrityError):
                raise
        else:
            return []
        return [status for status in statuses if not self._is_taken(status)]

    def _is_taken(self, status: WriteBack) -> bool:
        try:
            self._write_all([status])
        except SourceUnavailable as error:
            if _is_foreign_key(error.__cause__):
                return False
            if not self._has(status):  # else another writer came first
                raise
        return True

    def _write_all(self, statuses: Sequence[WriteBack]) -> None:
        with self._database.writing(self._advice) as conn:
            table = self._table(conn)
            for status in statuses:
                _upsert(conn, table, status)

    def _has(self, status: WriteBack) -> bool:
        with self._database.writing(self._advice) as conn:
            table = self._table(conn)
            row = _row(table, status)
            return _newer(conn, table, row) or _is_there(conn, table, row)

    def _table(self, conn: Connection) -> Table:
        """Its columns' types are asked for once: moments and texts are written to fit them."""
        if self._known is None:
            self._known = describe(conn, self._name)
        return self._known


def _is_foreign_key(cause: BaseException | None) -> bool:
    if not isinstance(cause, exc.IntegrityError):
        return False
    return (
        getattr(cause.orig, "sqlstate", "") == "23503" or "foreign key" in str(cause.orig).lower()
    )


def describe(conn: Connection, name: str) -> Table:
    """Raises ``SourceUnavailable`` where the table or one of its columns is not there."""
    schema, bare = split(name)
    try:
        found = Table(bare, MetaData(), schema=schema, autoload_with=conn)
    except exc.NoSuchTableError as error:
        raise SourceUnavailable(
            f"There is no table {name} for sync statuses: make it as docs/sql-source.md says, set "
            "IMAN_SQL_STATUS to another, or leave it empty to keep statuses to the dashboard."
        ) from error
    absent = missing(found, [*STATUS_KEY, *STATUS_VALUES])
    if absent:
        raise SourceUnavailable(
            f"The table {name} for sync statuses has no column {', '.join(absent)}: make it as "
            "docs/sql-source.md says."
        )
    return found


def _upsert(conn: Connection, table: Table, status: WriteBack) -> None:
    """Portable: no dialect's own MERGE or ON CONFLICT."""
    row = _row(table, status)
    if not _newer(conn, table, row) and not _is_there(conn, table, row):
        conn.execute(insert(table).values(row))


def _newer(conn: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Whether the row was there with an older moment, and was changed."""
    at = table.c[_name(table, "at")]
    values = {name: row[name] for name in row if name.lower() not in STATUS_KEY}
    changed = conn.execute(update(table).where(_same(table, row), at < row[at.name]).values(values))
    return changed.rowcount > 0


def _is_there(conn: Connection, table: Table, row: dict[str, Any]) -> bool:
    found = conn.execute(select(table.c[_name(table, "at")]).where(_same(table, row)))
    return found.first() is not None


def _same(table: Table, row: dict[str, Any]) -> Any:
    names = [_name(table, each) for each in STATUS_KEY]
    return and_(*(table.c[name] == row[name] for name in names))


def _row(table: Table, status: WriteBack) -> dict[str, Any]:
    values: dict[str, Any] = {
        "company": status.key.company,
        "entry_type": status.key.entry_type.value,
        "number": status.key.number,
        "revision": status.revision,
        "status": status.status,
        "message": status.message,
        "erp_reference": status.reference,
        "attempts": status.attempts,
        "at": status.decided_at,
    }
    return {
        _name(table, each): _fitting(table.c[_name(table, each)].type, value)
        for each, value in values.items()
    }


def _name(table: Table, wanted: str) -> str:
    return next(name for name in table.c.keys() if name.lower() == wanted)  # noqa: SIM118 -- names


def _fitting(kind: Any, value: Any) -> Any:
    """A moment as the column keeps moments; a text cut to the column's width."""
    if isinstance(value, datetime):
        if not isinstance(kind, DateTime):
            return as_wire_moment(value)
        moment = value.astimezone(UTC)
        return moment if kind.timezone else moment.replace(tzinfo=None)
    if isinstance(value, str) and isinstance(kind, String) and kind.length:
        return value[: kind.length]
    return value
