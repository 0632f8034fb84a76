"""Searching what is closed: words, sorted, so that a search reads a few blocks of them.

DuckDB has no index over words that a closed network could count on, so this is ours, and simple.
``closings`` are numbered in the order they are written. Every STRETCH of them the words they hold
are added to ``search_late``, sorted; SORTED_TOGETHER of these stretches become one of
``search_words``, and stay that. DuckDB keeps the least and the greatest of each block of rows, so a
range of words costs a block or two of each stretch. What is newer than the last stretch is read in
``closings`` itself, which costs nothing at write time.

What a search finds: documents in which its text stands and begins a word, see ``Sought``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from iman.ledger.queries import first_row, queries
from iman.ledger.transactions import transaction

_SQL = queries("search")

STRETCH = 32_768  # closings; up to so many are read instead of looked up
SORTED_TOGETHER = 16  # stretches
AMOUNTS = 2**121  # 1,000 times an amount below it; all words are less than half of it
_BYTES = 15  # of a word: what fits into DuckDB's widest signed number
_CONTROL = re.compile(r"[\x00-\x1f]+")
_ALNUM = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Sought:
    """A search, as it is compared with ``search_text``.

    It fits where it stands at the beginning of a word: of a name, of a number, of the digits in a
    number, with all of their leading zeros or with none. More words must stand as they were typed,
    and the last need not be whole. Letters' case does not count.
    """

    text: str  # in small letters

    @property
    def pattern(self) -> str:
        """For ``search_text``, whose fields chr(31) parts."""
        if not _ALNUM.match(self.text):
            return "(?:^|\x1f)" + _escaped(self.text)
        zeros = "" if self.text.startswith("0") else "0*"
        return r"(?:^|[^\p{L}\p{N}])" + zeros + _escaped(self.text)

    @property
    def low(self) -> int:
        return _key(self.text, b"\x00")

    @property
    def high(self) -> int:
        return _key(self.text, b"\xff")

    @property
    def longer(self) -> bool:
        """Whether the search holds only its beginning."""
        return len(self.text.encode()) > _BYTES


def typed(text: str) -> str:
    """*text* as somebody can type it into a box."""
    return _CONTROL.sub(" ", text).strip()


def sought(conn: duckdb.DuckDBPyConnection, text: str) -> Sought | None:
    """None where nothing is searched for."""
    plain = typed(text)
    if not plain:
        return None
    if plain.isascii():
        return Sought(plain.lower())
    row = first_row(conn, "SELECT lower($text)", {"text": plain})  # not always Python's
    return Sought(str(row[0]) if row else plain)


@dataclass(frozen=True, slots=True)
class Kept:
    """What has to be read: *late* and *sorted* rows, and closings after *indexed*."""

    indexed: int
    sorted: bool
    late: bool
    gone: bool  # something was taken back


def kept(conn: duckdb.DuckDBPyConnection) -> Kept:
    row = first_row(conn, _SQL["kept"])
    return Kept(*row) if row else Kept(0, False, False, False)


def indexed(conn: duckdb.DuckDBPyConnection) -> int:
    """The last closing whose words are in the search."""
    row = first_row(conn, _SQL["progress"])
    return int(row[0]) if row else 0


def behind(conn: duckdb.DuckDBPyConnection) -> int:
    """How many closings are newer than the last stretch, about."""
    newest = first_row(conn, _SQL["newest"])
    return max(0, int(newest[0]) - indexed(conn)) if newest else 0


def step(conn: duckdb.DuckDBPyConnection, *, stretch: int = STRETCH) -> bool:
    """Add one stretch, or sort some together; whether there was anything to do.

    *conn* is nobody else's: the writer goes on meanwhile. May be broken off anywhere.
    """
    row = first_row(conn, _SQL["progress"])
    last, sorted_to = row or (0, 0)
    left = behind(conn)
    many = stretch * SORTED_TOGETHER
    if last - sorted_to >= many:
        with transaction(conn):
            conn.execute(_SQL["sort_late"])
            conn.execute(_SQL["empty_late"])
            conn.execute(_SQL["set_progress"], {"indexed": last, "sorted": last})
        return True
    if left >= many and last == sorted_to:  # an old ledger, or one that was made at once
        with transaction(conn):
            _words(conn, last, last + many)
            conn.execute(_SQL["add_sorted"])
            conn.execute(_SQL["set_progress"], {"indexed": last + many, "sorted": last + many})
        return True
    if left >= stretch:
        with transaction(conn):
            _words(conn, last, last + stretch)
            conn.execute(_SQL["add_late"])
            conn.execute(_SQL["set_progress"], {"indexed": last + stretch, "sorted": sorted_to})
        return True
    return False


def rebuild(conn: duckdb.DuckDBPyConnection, *, stretch: int = STRETCH) -> None:
    """Make it anew from what is closed. H."""
    with transaction(conn):
        conn.execute(_SQL["forget_all"])
    while step(conn, stretch=stretch):
        pass


def differences(conn: duckdb.DuckDBPyConnection) -> int:
    """Rows of the search that do not say what the closings say. H."""
    _choose(conn, 0, indexed(conn))
    row = first_row(conn, _SQL["differ"])
    conn.execute("DROP VIEW words")
    return int(row[0]) if row else 0


def _words(conn: duckdb.DuckDBPyConnection, first: int, last: int) -> None:
    conn.execute(_SQL["new_cells"], {"first": first, "last": last})
    _choose(conn, first, last)


def _choose(conn: duckdb.DuckDBPyConnection, first: int, last: int) -> None:
    conn.execute("SET VARIABLE first_closing = $first", {"first": first})
    conn.execute("SET VARIABLE amounts = $amounts::HUGEINT", {"amounts": AMOUNTS})
    conn.execute("SET VARIABLE last_closing = $last", {"last": last})
    conn.execute(_SQL["words"])


def _key(text: str, filled_with: bytes) -> int:
    return int.from_bytes(text.encode()[:_BYTES].ljust(_BYTES, filled_with), "big")


def _escaped(text: str) -> str:
    """For RE2, which knows fewer escapes than Python."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
