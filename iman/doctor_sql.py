"""Looks at an outbox in a database, for ``iman doctor``. Only reads, and little."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, false, inspect, select, text

from iman.bootstrap import open_source, sql_database, sql_outbox, tls
from iman.doctor import Finding
from iman.domain.feed import Unreadable
from iman.errors import SettingsError, SourceUnavailable
from iman.gateways.sql_source.database import Database
from iman.gateways.sql_source.names import STATUS_KEY, Outbox, split
from iman.gateways.sql_source.rows import whole_number
from iman.gateways.sql_source.statuses import describe
from iman.settings import DaemonSettings

_LOOK_AT = 200  # of the newest rows

_ADVICE = (
    "check IMAN_SQL_OUTBOX, the settings of its columns and that the user may SELECT it; "
    "docs/sql-source.md has the table."
)


def examine_sql(settings: DaemonSettings) -> Iterator[Finding]:
    """The database, the outbox in it, and where statuses go. Changes nothing."""
    try:
        database = sql_database(settings)
    except SettingsError as exc:
        yield Finding("SQL source", "trouble", "The database cannot be addressed", str(exc))
        return
    try:
        yield from _outbox(settings, database)
    except SourceUnavailable as exc:
        yield _told("SQL source", exc)
        return
    finally:
        database.close()
    yield from _events(settings)
    yield from _status(settings)


def _outbox(settings: DaemonSettings, database: Database) -> Iterator[Finding]:
    outbox = sql_outbox(settings)
    with database.reading(_ADVICE) as conn:
        yield Finding("SQL source", "ok", f"{database.shown} answers")
        yield from _locking(conn)
        yield from _numbers(conn, outbox)
        yield from _index(conn, outbox)


def _numbers(conn: Connection, outbox: Outbox) -> Iterator[Finding]:
    table = outbox.clause()
    cursor = table.c[outbox.cursor]
    conn.execute(select(*table.c).where(false()))  # every column is there
    newest = select(cursor).where(cursor.is_not(None)).order_by(cursor.desc()).limit(_LOOK_AT)
    found = [row[0] for row in conn.execute(newest)]
    yield Finding("SQL outbox", "ok", f"{outbox.name} can be read")
    twice = [str(number) for number, times in Counter(found).items() if times > 1]
    if any(whole_number(number) is None for number in found):
        yield Finding(
            "SQL outbox numbers", "trouble", f"{outbox.cursor} holds what is no whole number",
            "Use an identity or bigint column that grows with every row.",
        )  # fmt: skip
    elif twice:
        yield Finding(
            "SQL outbox numbers", "trouble",
            f"{outbox.cursor} has the same number more than once ({', '.join(twice[:3])})",
            "Every row needs its own number: rows that come later under a number already read "
            "are never seen.",
        )  # fmt: skip
    elif conn.execute(select(cursor).where(cursor.is_(None)).limit(1)).first():
        yield Finding(
            "SQL outbox numbers", "trouble", f"{outbox.cursor} is empty in some rows",
            "Rows without a number are never read: make the column NOT NULL.",
        )  # fmt: skip
    else:
        yield Finding("SQL outbox numbers", "ok", "Every row looked at has its own number")


def _index(conn: Connection, outbox: Outbox) -> Iterator[Finding]:
    """Without an index every reading goes through the whole table, every few seconds."""
    schema, name = split(outbox.name)
    inspector = inspect(conn)
    if not inspector.has_table(name, schema=schema) or name in inspector.get_view_names(schema):
        return  # a view's indexes are its tables'
    leading: list[list[str | None]] = [
        [*inspector.get_pk_constraint(name, schema)["constrained_columns"]]
    ]
    leading += [index["column_names"] for index in inspector.get_indexes(name, schema)]
    if not any(names and names[0] == outbox.cursor for names in leading):
        yield Finding(
            "SQL outbox index", "warning", f"{outbox.cursor} has no index",
            "Every reading goes through the whole table: make the column the primary key, or "
            "index it.",
        )  # fmt: skip


def _locking(conn: Connection) -> Iterator[Finding]:
    if conn.dialect.name != "mssql":
        return
    versions = text(
        "SELECT is_read_committed_snapshot_on FROM sys.databases WHERE database_id = DB_ID()"
    )
    if not conn.execute(versions).scalar():
        yield Finding(
            "SQL source locking", "warning", "READ_COMMITTED_SNAPSHOT is off in that database",
            "Readings take shared locks and may wait for byondpro, or byondpro for them: have the "
            "database administrator switch it on.",
        )  # fmt: skip


def _events(settings: DaemonSettings) -> Iterator[Finding]:
    """Reads the first events as the daemon would, and says how many are spoilt."""

    async def fetch() -> tuple[int, list[Unreadable]]:
        async with open_source(settings, tls(settings), lambda: datetime.now(UTC)) as source:
            page = await source.fetch(after=None, limit=_LOOK_AT)
        return len(page.events), [each for each in page.events if isinstance(each, Unreadable)]

    try:
        count, spoilt = asyncio.run(fetch())
    except SourceUnavailable as exc:
        yield _told("SQL outbox events", exc)
        return
    if spoilt:
        yield Finding(
            "SQL outbox events", "warning",
            f"{len(spoilt)} of the first {count} rows cannot be read. {spoilt[0].reason}",
            "docs/sql-source.md says what a row holds; check IMAN_SQL_TYPE, IMAN_SQL_PAYLOAD "
            "and IMAN_SQL_AT.",
        )  # fmt: skip
    else:
        said = f"The first {count} rows can be read" if count else "There is no row yet"
        yield Finding("SQL outbox events", "ok", said)


def _status(settings: DaemonSettings) -> Iterator[Finding]:
    if not settings.sql_status:
        yield Finding(
            "SQL status", "warning", "byondpro is not told how its documents stand",
            "Statuses stay in the dashboard. To have them in byondpro's database, make the table "
            "of docs/sql-source.md and name it in IMAN_SQL_STATUS.",
        )  # fmt: skip
        return
    database = sql_database(settings)
    schema, name = split(settings.sql_status)
    try:
        with database.reading("check IMAN_SQL_STATUS and that the user may SELECT it.") as conn:
            found = describe(conn, settings.sql_status)
            key = {each.name.lower() for each in found.primary_key}
            is_view = name in inspect(conn).get_view_names(schema)
    except SourceUnavailable as exc:
        yield _told("SQL status", exc)
        return
    finally:
        database.close()
    if not is_view and key != set(STATUS_KEY):
        yield Finding(
            "SQL status", "warning", f"The primary key of {settings.sql_status} is another",
            f"Make it {', '.join(STATUS_KEY)}: one row a document.",
        )  # fmt: skip
    else:
        yield Finding("SQL status", "ok", f"{settings.sql_status} is there with its columns")


def _told(subject: str, exc: SourceUnavailable) -> Finding:
    """A message of the source's ends in what to do, after its last colon or full stop."""
    found, colon, advice = str(exc).rpartition(": ")
    if not colon:
        return Finding(subject, "trouble", str(exc), _ADVICE)
    return Finding(subject, "trouble", found, advice[0].upper() + advice[1:])
