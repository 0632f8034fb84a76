"""The same history in other stores, each with the indexes its handbook would give it.

Every store answers the same questions; an answer is compared, so it is made of plain values:
a page is ids in order and how many there are in all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pandas as pd
import psycopg
import pyarrow as pa

from iman.ledger import listing, read_model
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.read_model import Window
from tests.bench.stores.history import ATTENTION, DAYS, PAGE, History
from tests.postgres import running_postgres

Page = tuple[list[int], int]


class Store(Protocol):
    def attention(self) -> Page:
        """What is failed, retrying or unknown, newest first."""

    def newest(self) -> Page: ...

    def refunds_of_a_site(self) -> Page: ...

    def booking(self) -> Page:
        """Whatever names it, newest first."""

    def refusals(self) -> dict[str, int]:
        """By error type, in the last days."""

    def first_attempts(self) -> tuple[int, int]:
        """In the last days: how many, and how many of them were accepted."""

    def document(self) -> list[int]:
        """Ids of one document's attempts, in order."""


QUESTIONS = {
    "needs attention, newest 25": "attention",
    "everything, newest 25": "newest",
    "one site's refunds, newest 25": "refunds_of_a_site",
    "search for a booking": "booking",
    "refusals by error type, 30 days": "refusals",
    "first attempts, 30 days": "first_attempts",
    "one document's attempts": "document",
}


class Ours:
    """The read model, which answers with whole rows and all that a page shows."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, history: History, now: datetime) -> None:
        self._cursor, self._history = cursor, history
        self._window = Window(24 * DAYS, now)

    def _page(self, **wanted: Any) -> Page:
        found, total = listing.documents(self._cursor, limit=PAGE, **wanted)
        return found["id"].to_pylist(), total

    def attention(self) -> Page:
        return self._page(states=list(ATTENTION))

    def newest(self) -> Page:
        return self._page()

    def refunds_of_a_site(self) -> Page:
        return self._page(site="HGH", entry_type="refund")

    def booking(self) -> Page:
        return self._page(search=self._history.booking)

    def refusals(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in read_model.failures(self._cursor, self._window).to_pylist():
            found[row["error_type"]] = found.get(row["error_type"], 0) + row["failures"]
        return found

    def first_attempts(self) -> tuple[int, int]:
        found = read_model.overview(self._cursor, self._window)
        share = found["first_attempt_success"] or 0
        return found["first_attempts"], round(share * found["first_attempts"])

    def document(self) -> list[int]:
        found = read_model.document(self._cursor, self._history.one)["attempts"]
        return sorted(row["id"] for row in found)


_INDEXES = (
    "CREATE INDEX by_began ON documents (began DESC, id DESC)",
    "CREATE INDEX by_state ON documents (state, began DESC, id DESC)",
    "CREATE INDEX by_site ON documents (site, entry_type, began DESC, id DESC)",
    "CREATE INDEX by_document ON attempts (document_id)",
    "CREATE INDEX by_end ON attempts (ended_at, outcome, error_type)",
)
_PAGE = "SELECT id FROM documents {where} ORDER BY began DESC, id DESC LIMIT 25"
_COUNT = "SELECT count(*) FROM documents {where}"
_REFUSALS = (
    "SELECT error_type, count(*) FROM attempts WHERE outcome = 'refused' AND ended_at >= {since} "
    "GROUP BY error_type"
)
_FIRST = (
    "SELECT count(*), count(CASE WHEN outcome = 'accepted' THEN 1 END) FROM attempts "
    "WHERE is_first AND ended_at >= {since}"
)
_DOCUMENT = "SELECT id FROM attempts WHERE document_id = {one} ORDER BY id"


class Relational:
    """*ask*: a statement's rows. *moment*: how the store writes one down. *finds*: its condition
    for documents with a word that begins like ``{word}``."""

    def __init__(
        self,
        ask: Callable[[str], list[Any]],
        history: History,
        moment: Callable[[datetime], Any],
        *,
        finds: str,
    ) -> None:
        self._ask, self._history = ask, history
        self._since = f"'{moment(history.since)}'"
        self._finds = finds.format(word=history.booking)

    def _page(self, where: str) -> Page:
        ids = [row[0] for row in self._ask(_PAGE.format(where=where))]
        return ids, self._ask(_COUNT.format(where=where))[0][0]

    def attention(self) -> Page:
        return self._page(f"WHERE state IN {ATTENTION}")

    def newest(self) -> Page:
        return self._page("")

    def refunds_of_a_site(self) -> Page:
        return self._page("WHERE site = 'HGH' AND entry_type = 'refund'")

    def booking(self) -> Page:
        return self._page(f"WHERE {self._finds}")

    def refusals(self) -> dict[str, int]:
        return dict(self._ask(_REFUSALS.format(since=self._since)))

    def first_attempts(self) -> tuple[int, int]:
        count, accepted = self._ask(_FIRST.format(since=self._since))[0]
        return count, accepted

    def document(self) -> list[int]:
        return [row[0] for row in self._ask(_DOCUMENT.format(one=self._history.one))]


class InMemory:
    """Two data frames, in their natural order; no index but the rows' own numbers."""

    def __init__(self, history: History) -> None:
        self._documents = history.documents.to_pandas()
        self._attempts = history.attempts.to_pandas()
        self._history = history

    def _page(self, found: pd.DataFrame) -> Page:
        page = found.sort_values(["began", "id"], ascending=False).head(PAGE)
        return page["id"].tolist(), len(found)

    def attention(self) -> Page:
        return self._page(self._documents[self._documents["state"].isin(ATTENTION)])

    def newest(self) -> Page:
        return self._page(self._documents)

    def refunds_of_a_site(self) -> Page:
        known = self._documents
        return self._page(known[(known["site"] == "HGH") & (known["entry_type"] == "refund")])

    def booking(self) -> Page:
        words = self._documents["words"]
        return self._page(self._documents[words.str.contains(rf"\b{self._history.booking}")])

    def _lately(self) -> pd.DataFrame:
        return self._attempts[self._attempts["ended_at"] >= self._history.since]

    def refusals(self) -> dict[str, int]:
        lately = self._lately()
        return lately[lately["outcome"] == "refused"].groupby("error_type").size().to_dict()

    def first_attempts(self) -> tuple[int, int]:
        first = self._lately().query("is_first")
        return len(first), int((first["outcome"] == "accepted").sum())

    def document(self) -> list[int]:
        return self._attempts[self._attempts["document_id"] == self._history.one]["id"].tolist()


# -- each made and taken away again -------------------------------------------------------------


@contextmanager
def ours(ledger: Path, history: History, now: datetime) -> Iterator[Store]:
    with closing(DuckDBLedger(ledger, now=now)) as kept:
        yield Ours(kept.reader(), history, now)


@contextmanager
def bare_duckdb(folder: Path, history: History) -> Iterator[Store]:
    """No index: DuckDB's own block statistics serve what is in order."""
    with duckdb.connect(str(folder / "bare.duckdb")) as conn:
        for name, table in (("documents", history.documents), ("attempts", history.attempts)):
            conn.register("given", table)
            conn.execute(f"CREATE TABLE {name} AS FROM given")
            conn.unregister("given")
        conn.execute("CHECKPOINT")
        yield Relational(
            lambda sql: conn.execute(sql).fetchall(), history, datetime.isoformat,
            finds=r"regexp_matches(words, '\b{word}')",
        )  # fmt: skip


_TYPES = {pa.int64(): "BIGINT", pa.float64(): "DOUBLE PRECISION", pa.bool_(): "BOOLEAN"}


def _columns(table: pa.Table, moments: str) -> str:
    def kind(field: pa.Field) -> str:
        return moments if pa.types.is_timestamp(field.type) else _TYPES.get(field.type, "TEXT")

    return ", ".join(f"{field.name} {kind(field)}" for field in table.schema)


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=50_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


@contextmanager
def sqlite(folder: Path, history: History) -> Iterator[Store]:
    """In its write-ahead mode, with a cache of 256 MB, statistics, and its full-text search."""
    with closing(sqlite3.connect(folder / "history.sqlite")) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA cache_size = -262144")
        for name, table in (("documents", history.documents), ("attempts", history.attempts)):
            conn.execute(f"CREATE TABLE {name} ({_columns(table, 'TEXT')}, PRIMARY KEY (id))")
            marks = ", ".join("?" * table.num_columns)
            rows = (
                tuple(_told(value) if isinstance(value, datetime) else value for value in row)
                for row in _rows(table)
            )
            conn.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 -- ours
        for index in _INDEXES:
            conn.execute(index)
        conn.execute(
            "CREATE VIRTUAL TABLE found USING fts5(words, content=documents, content_rowid=id)"
        )
        conn.execute("INSERT INTO found (found) VALUES ('rebuild')")
        conn.execute("ANALYZE")
        conn.commit()
        yield Relational(
            lambda sql: conn.execute(sql).fetchall(), history, _told,
            finds="id IN (SELECT rowid FROM found WHERE found MATCH '{word}*')",
        )  # fmt: skip


def _told(moment: datetime) -> str:
    """Sorts as it was, with or without a fraction of a second."""
    return moment.isoformat(" ", "microseconds")


_VECTOR = "to_tsvector('simple', words)"


@contextmanager
def postgres(folder: Path, history: History) -> Iterator[Store]:
    """Statements prepared by the driver after a few turns; full-text search, and vacuumed."""
    with running_postgres(durable=True) as server:
        url = server.database().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as conn:
            for name, table in (("documents", history.documents), ("attempts", history.attempts)):
                conn.execute(
                    f"CREATE TABLE {name} ({_columns(table, 'TIMESTAMP')}, PRIMARY KEY (id))"
                )
                with conn.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                    for row in _rows(table):
                        copy.write_row(row)
            for index in _INDEXES:
                conn.execute(index)
            conn.execute(f"CREATE INDEX by_word ON documents USING gin ({_VECTOR})")
            conn.execute("VACUUM ANALYZE")
            yield Relational(
                lambda sql: conn.execute(sql).fetchall(), history, datetime.isoformat,
                finds=_VECTOR + " @@ to_tsquery('simple', '{word}:*')",
            )  # fmt: skip


@contextmanager
def pandas(folder: Path, history: History) -> Iterator[Store]:
    yield InMemory(history)


#: By name; each is given an empty folder.
PEERS = {
    "bare DuckDB": bare_duckdb,
    "SQLite": sqlite,
    "PostgreSQL": postgres,
    "pandas": pandas,
}
