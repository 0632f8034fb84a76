"""The connection to byondpro's database: reads that hold nobody up, and errors in plain words.

SQL is put together by SQLAlchemy from names in the settings, which it quotes for the dialect, and
bound values; there is no text with a value in it. That is why it does not live in files here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, exc, func, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from iman.errors import SettingsError, SourceUnavailable
from iman.secret import Secret

_CONNECT_SECONDS = 10

#: What a dialect calls the seconds it may take to connect, where we know it.
_CONNECT_ARGUMENT: Final = {
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "pymysql": "connect_timeout",
    "pyodbc": "timeout",
    "pysqlite": "timeout",  # how long to wait for another writer
}
#: The package that brings a driver.
_PACKAGES: Final = {"psycopg": "'psycopg[binary]'", "pyodbc": "pyodbc", "MySQLdb": "mysqlclient"}


class Database:
    """A small pool on byondpro's database. Blocking: called from any thread.

    An address, or a password in it, that was changed in its file or key ring is taken up by the
    next question. Raises ``SettingsError`` where it is none or its driver is not installed.
    """

    def __init__(self, url: str | Secret, *, timeout: float) -> None:
        self._timeout = timeout
        self._secret = url if isinstance(url, Secret) else None
        self._lock = Lock()
        self._given = url if isinstance(url, str) else url.value()
        self._url = _read_url(self._given)
        self._passwords = {self._url.password or ""}  # of before, too: an error may come late
        self._engine = _engine(self._url, timeout)

    def _take_up(self) -> None:
        """Another address than the last. One of another kind of database wants a new start."""
        if self._secret is None:
            return
        with self._lock:
            try:
                given = self._secret.value()
                if given == self._given:
                    return
                url = _read_url(given)
                engine = _engine(url, self._timeout)
            except SettingsError as error:
                raise SourceUnavailable(str(error)) from error
            if engine.dialect.name != self._engine.dialect.name:
                engine.dispose()
                raise SourceUnavailable(
                    f"IMAN_SQL_URL names {engine.dialect.name} now and named "
                    f"{self._engine.dialect.name} at the start: start the daemon again."
                )
            before, self._engine = self._engine, engine
            self._url, self._given = url, given
            self._passwords.add(url.password or "")
        before.dispose()  # what is being asked over it is finished

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @property
    def shown(self) -> str:
        """Where it is, without passwords or options."""
        where = self._url.host or ""
        port = f":{self._url.port}" if self._url.port else ""
        return f"{self.dialect}://{where}{port}/{self._url.database or ''}"

    def close(self) -> None:
        self._engine.dispose()

    @contextlib.contextmanager
    def reading(self, advice: str) -> Iterator[Connection]:
        """A transaction that cannot write. Raises ``SourceUnavailable`` ending in *advice*."""
        with self._connected() as conn, self._translated(advice):
            try:
                _begin_reading(conn, self._timeout)
                yield conn
            finally:
                _end_reading(conn)

    @contextlib.contextmanager
    def writing(self, advice: str) -> Iterator[Connection]:
        """A transaction, committed at the end. Raises ``SourceUnavailable`` ending in *advice*."""
        with self._connected() as conn, self._translated(advice):
            _limit_waiting(conn, self._timeout)
            yield conn
            conn.commit()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        self._take_up()
        self._check_file()
        try:
            conn = self._connect()
        except exc.TimeoutError as error:  # our own pool, while a lost network holds both
            raise SourceUnavailable(
                f"The connections to byondpro's database at {self.shown} are all waiting."
            ) from error
        except (exc.DBAPIError, OSError) as error:
            raise SourceUnavailable(
                f"byondpro's database does not answer at {self.shown} ({self.words(error)}): "
                "check IMAN_SQL_URL, that the server runs and that a firewall lets us through."
            ) from error
        with conn:
            yield conn

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except exc.DBAPIError:
            # a key ring is looked at again only when what it said before is refused
            if self._secret is None or not self._secret.changed():
                raise
        self._take_up()
        return self._engine.connect()

    def _check_file(self) -> None:
        """SQLite would make a new, empty file of a mistyped name."""
        if self.dialect != "sqlite" or not self._url.database:
            return
        if not self._url.database.startswith("file:") and not Path(self._url.database).exists():
            raise SourceUnavailable(
                f"There is no SQLite file {self._url.database}: check IMAN_SQL_URL."
            )

    @contextlib.contextmanager
    def _translated(self, advice: str) -> Iterator[None]:
        try:
            yield
        except exc.SQLAlchemyError as error:
            if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
                raise SourceUnavailable(
                    f"The connection to byondpro's database at {self.shown} was lost."
                ) from error
            raise SourceUnavailable(f"{self.words(error)}: {advice}") from error

    def words(self, error: BaseException) -> str:
        """The first line of what the database said, without our password."""
        cause = getattr(error, "orig", None) or error
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        line = lines[0].strip().rstrip(".:")[:300]
        written = {quote(one, safe="") for one in self._passwords}
        for secret in (self._passwords | written) - {""}:
            line = line.replace(secret, "***")
        return line


def _read_url(text_: str) -> URL:
    try:
        return make_url(text_)
    except (exc.ArgumentError, ValueError):
        raise SettingsError(
            "IMAN_SQL_URL is not a database's address: it reads like "
            "postgresql+psycopg://user:password@host/database, "
            "mssql+pyodbc://user:password@host/database?driver=ODBC+Driver+18+for+SQL+Server or "
            "sqlite:////path/to/file; characters of the password such as @ and / are written %40 "
            "and %2F."
        ) from None  # the cause would show the password


def _engine(url: URL, timeout: float) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        dialect = url.get_dialect()()
        arguments: dict[str, Any] = {}
        argument = _CONNECT_ARGUMENT.get(dialect.driver)
        if argument and argument not in url.query:
            arguments[argument] = _CONNECT_SECONDS
        engine = create_engine(
            url,
            connect_args=arguments,
            poolclass=QueuePool,
            pool_size=2,  # one reads, one writes
            max_overflow=0,
            pool_timeout=timeout,
            pool_pre_ping=True,
            pool_recycle=1800,
            hide_parameters=True,
            **_own_json(dialect.name),
        )
    except ModuleNotFoundError as error:
        missing = error.name or ""
        raise SettingsError(
            f"IMAN_SQL_URL needs the driver {missing}, which is not installed: "
            f"pip install {_PACKAGES.get(missing, missing)}."
        ) from error
    except (exc.NoSuchModuleError, exc.ArgumentError, TypeError) as error:
        raise SettingsError(
            f"IMAN_SQL_URL names a kind of database that is not known here ({url.drivername}): "
            "use postgresql+psycopg, mssql+pyodbc or sqlite, or install the SQLAlchemy dialect."
        ) from error
    if dialect.driver == "pyodbc":
        event.listen(engine, "connect", _limit_pyodbc(timeout))
    return engine


def _own_json(dialect: str) -> dict[str, Any]:
    """PostgreSQL's drivers parse JSON by themselves, and one spoilt value would end the page."""
    return {"json_deserializer": lambda raw: raw} if dialect == "postgresql" else {}


def _limit_pyodbc(timeout: float) -> Any:
    def limit(connection: Any, _record: Any) -> None:
        connection.timeout = max(1, round(timeout))  # seconds a statement may take

    return limit


def _begin_reading(conn: Connection, timeout: float) -> None:
    match conn.dialect.name:
        case "postgresql" | "mysql" | "mariadb" | "oracle":
            conn.execute(text("SET TRANSACTION READ ONLY"))
        case "sqlite":
            conn.execute(text("PRAGMA query_only = ON"))
    _limit_waiting(conn, timeout)


def _end_reading(conn: Connection) -> None:
    if conn.dialect.name == "sqlite" and not conn.closed and not conn.invalidated:
        conn.rollback()
        conn.execute(text("PRAGMA query_only = OFF"))


def _limit_waiting(conn: Connection, timeout: float) -> None:
    """No statement of ours waits long, for a lock or for its result."""
    match conn.dialect.name:
        case "postgresql":
            limit = f"{max(1, round(timeout * 1000))}ms"
            conn.execute(select(func.set_config("statement_timeout", limit, True)))
        case "mssql":
            conn.execute(text("SET LOCK_TIMEOUT 10000"))  # takes no parameter
        case "mysql" | "mariadb":
            conn.execute(text("SET SESSION innodb_lock_wait_timeout = 10"))
