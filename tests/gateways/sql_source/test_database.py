"""What is the databases' own: locks, rights, names, words, time."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, select, text
from sqlalchemy.dialects import mssql

from iman.errors import SettingsError, SourceUnavailable
from iman.gateways.sql_source.database import Database
from iman.gateways.sql_source.names import Outbox, split
from iman.gateways.sql_source.source import SqlSource
from iman.secret import Secret
from tests.builders import NOW
from tests.gateways.sql_source.sources import Sql, ddl, deliver, fetch, make_status

postgres_only = pytest.mark.xdist_group("postgres")


# -- reading ---------------------------------------------------------------------------------------


@postgres_only
def test_a_reading_cannot_write(pg):
    database = Database(pg.url, timeout=5)
    with (
        pytest.raises(SourceUnavailable, match="read-only transaction: check"),
        database.reading("check") as conn,
    ):
        conn.execute(text("DELETE FROM iman_outbox"))
    database.close()


def test_a_reading_of_sqlite_cannot_write_and_the_next_writing_can(tmp_path):
    file = tmp_path / "byondpro.sqlite"
    lite = Sql(f"sqlite:///{file}", "sqlite")
    file.touch()
    lite.create()
    database = Database(lite.url, timeout=5)
    with (
        pytest.raises(SourceUnavailable, match="readonly database"),
        database.reading("check") as conn,
    ):
        conn.execute(text("DELETE FROM iman_outbox"))
    with database.writing("check") as conn:
        conn.execute(text("DELETE FROM iman_outbox"))
    database.close()


@postgres_only
def test_a_reading_waits_for_no_writer_and_no_writer_for_it(pg):
    pg.put("INV-1")
    database = Database(pg.url, timeout=5)
    with pg.engine.connect() as writer, database.reading("") as conn:
        writer.execute(text("UPDATE iman_outbox SET type = 'document'"))
        writer.execute(text("LOCK TABLE iman_outbox IN EXCLUSIVE MODE"))  # no other may write
        assert len(list(conn.execute(text("SELECT * FROM iman_outbox")))) == 1
        assert len(fetch(pg).events) == 1
        writer.rollback()
    database.close()


@postgres_only
def test_a_table_that_is_locked_away_is_told_in_time(pg):
    pg.options["timeout"] = 0.3
    with pg.engine.connect() as other:
        other.execute(text("LOCK TABLE iman_outbox IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match="statement timeout"):
            fetch(pg)
        assert time.monotonic() - began < 10
        other.rollback()
    assert fetch(pg).events == ()


@postgres_only
def test_a_connection_that_was_cut_is_made_anew(pg):
    pg.put("INV-1")

    async def twice(source):
        first = await source.fetch(after=None, limit=5)
        pg.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return first, await source.fetch(after=None, limit=5)

    first, second = pg.ask(twice)
    assert first == second


# -- words -----------------------------------------------------------------------------------------


@postgres_only
def test_rights_that_are_missing_are_told(pg):
    pg.run(
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'guest') "
        "THEN CREATE ROLE guest LOGIN; END IF; END $$"
    )
    pg.url = pg.url.replace("//iman@", "//guest:S3cret@")
    with pytest.raises(SourceUnavailable) as told:
        fetch(pg)
    assert "permission denied for table iman_outbox: check IMAN_SQL_OUTBOX" in str(told.value)
    assert "may SELECT it" in str(told.value)


@pytest.mark.parametrize(
    ("setting", "column"),
    [("name", "nowhere"), ("cursor", "colour"), ("type", "kind"), ("payload", "p"), ("at", "on")],
)
def test_names_that_are_not_there_are_told(sql, setting, column):
    sql.names = {setting: column}
    with pytest.raises(SourceUnavailable) as told:
        fetch(sql)
    assert column in str(told.value)
    assert "check IMAN_SQL_OUTBOX" in str(told.value)


def test_a_cursor_that_is_no_number_is_told(sql):
    sql.put("INV-1")
    sql.names = {"cursor": "type"}
    with pytest.raises(SourceUnavailable, match="must hold whole numbers that only grow"):
        fetch(sql)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("byondpro", "is not a database's address"),
        ("postgresql+psycopg://iman:p@ss@w:rd/x:y@host:port/x", "is not a database's address"),
        ("nosuch://host/x", "not known here (nosuch)"),
        ("mysql+pymysql://host/x", "needs the driver pymysql, which is not installed: pip install"),
        ("mssql+pyodbc://u:S3cret@host/x", "pip install pyodbc"),
        ("postgresql+psycopg2://u:S3cret@host/x", "needs the driver psycopg2"),
    ],
)
def test_an_address_that_is_none_is_told(url, told):
    with pytest.raises(SettingsError) as raised:
        Database(url, timeout=5)
    assert told in str(raised.value)
    assert "S3cret" not in str(raised.value)
    assert "p@ss" not in str(raised.value)


def test_a_password_is_never_shown(tmp_path):
    database = Database("postgresql://iman:S3%2Fcret@127.0.0.1:1/x?application_name=i", timeout=5)
    assert database.shown == "postgresql://127.0.0.1:1/x"
    assert database.words(ValueError("dsn S3/cret and S3%2Fcret")) == "dsn *** and ***"
    with pytest.raises(SourceUnavailable) as told, database.reading("check"):
        pass
    assert "does not answer at postgresql://127.0.0.1:1/x" in str(told.value)
    assert "cret" not in str(told.value)


def test_a_changed_address_is_used_without_a_restart(tmp_path):
    """As after a move of the database, or a new password; one of another kind is told."""
    secret = tmp_path / "address"
    urls = [f"sqlite:///{tmp_path / name}" for name in ("before.sqlite", "after.sqlite")]
    for number, url in enumerate(urls):
        (tmp_path / url.rsplit("/", 1)[1]).touch()
        with create_engine(url).connect() as conn:
            conn.execute(text("CREATE TABLE t (n integer)"))
            conn.execute(text(f"INSERT INTO t VALUES ({number})"))  # noqa: S608 -- a number of ours
            conn.commit()
        conn.engine.dispose()

    def give(url: str) -> None:
        secret.write_text(url)
        secret.chmod(0o600)

    def read() -> int:
        with database.reading("check") as conn:
            return conn.execute(text("SELECT n FROM t")).scalar_one()

    give(urls[0])
    database = Database(Secret(SecretStr(f"file:{secret}"), "IMAN_SQL_URL"), timeout=5)
    assert read() == 0
    with database.reading("check") as under_way:
        give(urls[1])
        assert read() == 1
        assert under_way.execute(text("SELECT n FROM t")).scalar_one() == 0  # it is finished
    assert read() == 1
    assert "after.sqlite" in database.shown
    give("postgresql://iman:S3cret@127.0.0.1:1/x")
    with pytest.raises(SourceUnavailable, match="start the daemon again"):
        read()
    give("nonsense S3cret")
    with pytest.raises(SourceUnavailable, match="not a database's address") as told:
        read()
    assert "S3cret" not in str(told.value)
    give(urls[0])
    assert read() == 0
    database.close()


def test_a_mistyped_file_is_not_made(tmp_path):
    file = tmp_path / "byondpr.sqlite"
    with pytest.raises(SourceUnavailable, match="There is no SQLite file"):
        fetch(Sql(f"sqlite:///{file}", "sqlite"))
    assert not file.exists()


# -- names -----------------------------------------------------------------------------------------


def test_odd_names_are_quoted(bare):
    bare.run(
        'CREATE TABLE "Out Box-1" ("order" integer PRIMARY KEY, "The Type" varchar(40), '
        '"select" text, "Größe" text)'
    )
    bare.names = {"name": "Out Box-1", "cursor": "order", "type": "The Type", "payload": "select",
                  "at": "Größe"}  # fmt: skip
    bare.status = ""
    assert fetch(bare).events == ()


def test_a_name_cannot_end_its_quotes(sql):
    """Settings refuse such a name; this is the second line."""
    sql.names = {"name": 'x" ; DROP TABLE iman_outbox; --', "at": 'at" FROM iman_status --'}
    with pytest.raises(SourceUnavailable):
        fetch(sql)
    assert sql.run("SELECT count(*) FROM iman_outbox") == [(0,)]


@postgres_only
def test_a_schema_may_stand_before_the_name(pg):
    pg.run("CREATE SCHEMA byond")
    pg.run(ddl("outbox", "postgresql").replace("iman_outbox", "byond.events"))
    pg.run(ddl("status", "postgresql").replace("iman_status", "byond.told"))
    pg.names, pg.status = {"name": "byond.events"}, "byond.told"
    pg.run("INSERT INTO byond.events (type, payload) VALUES ('sonnet', '{}')")
    assert len(fetch(pg).events) == 1
    assert deliver(pg, make_status()) == []
    assert pg.run("SELECT number FROM byond.told") == [("INV-1",)]


def test_what_sql_server_is_asked():
    outbox = Outbox(name="sales.dbo.Outbox", cursor="cursor", type="", payload="Body", at="")
    table = outbox.clause()
    asked = select(*table.c).where(table.c.cursor > 5).order_by(table.c.cursor).limit(500)
    compiled = str(asked.compile(dialect=mssql.dialect()))
    assert re.sub(r"\s+", " ", compiled) == (
        "SELECT TOP __[POSTCOMPILE_param_1] sales.dbo.[Outbox].[cursor], sales.dbo.[Outbox].[Body] "
        "FROM sales.dbo.[Outbox] WHERE sales.dbo.[Outbox].[cursor] > :cursor_1 "
        "ORDER BY sales.dbo.[Outbox].[cursor]"
    )
    assert split("sales.dbo.Outbox") == ("sales.dbo", "Outbox")


# -- statuses --------------------------------------------------------------------------------------


def test_without_a_status_table_nothing_is_written(sql):
    sql.status = ""
    assert deliver(sql, make_status()) == []
    assert sql.statuses() == {}


def test_a_status_table_that_is_not_there_is_told(sql):
    sql.run("DROP TABLE iman_status")
    with pytest.raises(SourceUnavailable, match="There is no table iman_status for sync statuses"):
        deliver(sql, make_status())
    sql.run("CREATE TABLE iman_status (company varchar(10), number varchar(10))")
    with pytest.raises(SourceUnavailable, match="has no column entry_type, revision, status"):
        deliver(sql, make_status())


@postgres_only
@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "text"])
def test_moments_are_kept_in_utc_whatever_the_column(pg, kind):
    pg.run(f"ALTER TABLE iman_status ALTER COLUMN at TYPE {kind} USING at::{kind}")
    sydney = timezone(timedelta(hours=11))
    at = datetime(2026, 1, 1, 0, 30, 0, 250_000, tzinfo=sydney)
    deliver(pg, make_status(decided_at=at))
    ((kept,),) = pg.run("SELECT at FROM iman_status")
    told = {
        "timestamptz": at,
        "timestamp": at.astimezone(UTC).replace(tzinfo=None),
        "text": "2025-12-31T13:30:00.250000Z",
    }
    assert kept == told[kind]
    deliver(pg, make_status(decided_at=at, message="same"))
    deliver(pg, make_status(decided_at=at + timedelta(microseconds=1), message="newer"))
    assert pg.statuses()["INV-1"][1] == "newer"


@postgres_only
def test_texts_are_cut_to_the_width_of_their_column(pg):
    deliver(pg, make_status(message="x" * 5000))
    assert pg.statuses()["INV-1"][1] == "x" * 2000


@postgres_only
def test_documents_byondpro_does_not_have_are_named_and_hold_up_no_other(pg):
    """SQLite asks for foreign keys only where a connection switches them on."""
    pg.run("DROP TABLE iman_status")
    pg.run("CREATE TABLE documents (number varchar(200) PRIMARY KEY)")
    pg.run("INSERT INTO documents VALUES ('INV-1'), ('INV-3')")
    status = ddl("status", pg.dialect)
    pg.run(status[:-1] + ", FOREIGN KEY (number) REFERENCES documents (number))")
    statuses = [make_status(f"INV-{place}") for place in (1, 2, 3)]
    assert deliver(pg, *statuses) == [statuses[1]]
    assert sorted(pg.statuses()) == ["INV-1", "INV-3"]


def test_a_table_that_refuses_everything_loses_no_status(sql):
    sql.run("DROP TABLE iman_status")
    usual = ddl("status", sql.dialect)
    sql.run(re.sub(r"(erp_reference\s+\S+),", r"\1 NOT NULL,", usual))
    with pytest.raises(SourceUnavailable, match=r"(?i)not.null"):
        deliver(sql, make_status())


@postgres_only
def test_two_writers_of_one_status_do_not_fail(pg):
    failures = []

    def write(turn: int) -> None:
        async def all_of_them(source: SqlSource) -> None:
            for step in range(20):
                await source.deliver([make_status(decided_at=moment(step * 2 + turn))])

        try:
            pg.ask(all_of_them)
        except Exception as exc:  # noqa: BLE001 -- told below
            failures.append(exc)

    threads = [threading.Thread(target=write, args=(turn,)) for turn in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert pg.run("SELECT count(*), max(at) FROM iman_status") == [(1, moment(39))]


def moment(second: int) -> datetime:
    return NOW + timedelta(seconds=second)
