"""Reads outbox rows: what is new, what turned up late, and each alone where one spoils the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exc, or_, select

from iman.domain.feed import FeedEvent
from iman.errors import SourceUnavailable
from iman.gateways.sql_source.database import Database
from iman.gateways.sql_source.names import Outbox
from iman.gateways.sql_source.position import Gap
from iman.gateways.sql_source.rows import event_of, unreadable, whole_number

_GAPS_A_QUERY = 100  # two parameters each; SQL Server takes 2100, SQLite an expression 1000 deep

Numbered = list[tuple[int, FeedEvent]]


class OutboxReader:
    """Blocking. Every call may raise ``SourceUnavailable``."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        columns = outbox.clause().c
        self._cursor = columns[outbox.cursor]
        self._columns = [self._cursor.label("cursor"), columns[outbox.payload].label("payload")]
        if outbox.type:
            self._columns.append(columns[outbox.type].label("type"))
        if outbox.at:
            self._columns.append(columns[outbox.at].label("at"))
        self._advice = (
            f"check IMAN_SQL_OUTBOX ({outbox.name}), the settings of its columns "
            f"({', '.join(outbox.wanted)}) and that the user may SELECT it."
        )

    def above(self, top: int | None, limit: int) -> tuple[Numbered, bool]:
        """Up to *limit* rows above *top*, in order, and whether there are more."""
        rows = self._rows(None if top is None else self._cursor > top, limit + 1)
        if len(rows) <= limit:
            return rows, False
        beyond = rows[limit][0]
        whole = [row for row in rows if row[0] != beyond]  # rows of one number stay together
        if not whole:
            raise SourceUnavailable(
                f"More than {limit} rows of the outbox {self._outbox.name} have the number "
                f"{beyond}: its column {self._outbox.cursor} must give every row its own."
            )
        return whole, True

    def late(self, gaps: Sequence[Gap], limit: int) -> Numbered:
        """Up to *limit* rows whose numbers were left out."""
        found: Numbered = []
        for start in range(0, len(gaps), _GAPS_A_QUERY):
            if len(found) >= limit:
                break
            stretches = gaps[start : start + _GAPS_A_QUERY]
            within = or_(*(self._cursor.between(gap.first, gap.last) for gap in stretches))
            found += self._rows(within, limit - len(found))
        return found

    def _rows(self, where: ColumnElement[bool] | None, limit: int) -> Numbered:
        try:
            with self._database.reading(self._advice) as conn:
                return list(self._read(conn, where, limit))
        except Exception as error:
            if not _is_of_a_value(error):
                raise
        return list(self._one_by_one(where, limit))

    def _one_by_one(
        self, where: ColumnElement[bool] | None, limit: int
    ) -> Iterator[tuple[int, FeedEvent]]:
        """The database or its driver fails on a value: find its row, and let the others by."""
        with self._database.reading(self._advice) as conn:
            found = conn.execute(self._ordered(select(self._cursor), where, limit))
            numbers = [self._number(row[0]) for row in found]
        for number in dict.fromkeys(numbers):
            try:
                with self._database.reading(self._advice) as conn:
                    rows = list(self._read(conn, self._cursor == number, limit))
            except Exception as error:
                if not _is_of_a_value(error):
                    raise
                why = self._database.words(error.__cause__ or error)
                yield number, unreadable(number, f"the database cannot hand it out ({why})")
            else:
                yield from rows

    def _read(
        self, conn: Connection, where: ColumnElement[bool] | None, limit: int
    ) -> Iterator[tuple[int, FeedEvent]]:
        for row in conn.execute(self._ordered(select(*self._columns), where, limit)).mappings():
            plain: Mapping[str, Any] = {str(name): value for name, value in row.items()}
            number = self._number(plain["cursor"])
            yield number, event_of({**plain, "cursor": number})

    def _ordered(
        self, statement: Select[Any], where: ColumnElement[bool] | None, limit: int
    ) -> Select[Any]:
        if where is not None:
            statement = statement.where(where)
        return statement.order_by(self._cursor).limit(limit)

    def _number(self, found: Any) -> int:
        number = whole_number(found)
        if number is None:
            raise SourceUnavailable(
                f"The column {self._outbox.cursor} of the outbox {self._outbox.name} must hold "
                f"whole numbers that only grow; it holds a {type(found).__name__}."
            )
        return number


def _is_of_a_value(error: Exception) -> bool:
    """Whether a single value is at fault, not the table, the network or a right."""
    cause = error.__cause__ if isinstance(error, SourceUnavailable) else error
    match cause:
        case exc.DataError() | ValueError() | ArithmeticError():
            return True
        case exc.OperationalError():
            return "Could not decode to UTF-8" in str(cause.orig)  # SQLite's way to say so
        case _:
            return False
