"""A stream of tables as a file, without ever holding all of it."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import chain
from typing import IO, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from iman.exporting.cells import as_cell, as_text, inert

#: Rows a sheet of Excel holds below its header.
SHEET_ROWS = 1_048_575
_PIECE = 256 * 1024  # bytes


class Format(StrEnum):
    CSV = "csv"
    EXCEL = "xlsx"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        return {
            Format.CSV: "text/csv; charset=utf-8",
            Format.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format.PARQUET: "application/vnd.apache.parquet",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What a file says of itself: three lines of a CSV, a sheet of Excel, Parquet's metadata."""

    what: str
    taken_at: datetime
    by: str
    filters: Mapping[str, str] = field(default_factory=dict)  # empty values say nothing
    zone: str = "UTC"

    @property
    def filter(self) -> str:
        said = [f"{name} {value}" for name, value in self.filters.items() if value]
        return "; ".join(said) or "everything"

    @property
    def facts(self) -> dict[str, str]:
        taken = self.taken_at.astimezone(ZoneInfo(self.zone))
        return {
            "Table": self.what,
            "Filter": self.filter,
            "Taken": f"{taken:%Y-%m-%d %H:%M:%S} by {self.by}; moments are those of {self.zone}",
        }


_TITLES = {
    "id": "ID",
    "erp_reference": "In Sage 300 as",
    "is_open": "Still open",
    "max_attempts": "Attempts at most",
}


def title(column: str) -> str:
    """A column's name as people read it: ``first_failed_at`` is *First failed*."""
    return _TITLES.get(column) or column.removesuffix("_at").replace("_", " ").capitalize()


def pieces(tables: Iterable[pa.Table], form: Format, about: About) -> Iterator[bytes]:
    """The file's bytes. At least one table must come, if only with the columns.

    CSV leaves as the tables come; Excel and Parquet are gathered on disk first.
    """
    if form is Format.CSV:
        yield from _csv(tables, about)
        return
    write = _excel if form is Format.EXCEL else _parquet
    yield from _from_disk(write, tables, about)


def _csv(tables: Iterable[pa.Table], about: About) -> Iterator[bytes]:
    """Three lines beginning with ``#`` say what it is; the names of the columns follow."""
    zone, first = ZoneInfo(about.zone), True
    for table in tables:
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        if first:
            out.write("\ufeff")  # so that Excel reads it as UTF-8
            for name, fact in about.facts.items():
                writer.writerow([f"# {name}: {fact}"])
            writer.writerow([inert(title(name)) for name in table.column_names])
            first = False
        writer.writerows(zip(*(_texts(column, zone) for column in table.columns), strict=True))
        yield out.getvalue().encode("utf-8", "replace")


def _texts(column: pa.ChunkedArray, zone: ZoneInfo) -> list[Any]:
    """A column's cells; a whole column at a time is several times faster than cell by cell."""
    kind = column.type
    if pa.types.is_string(kind):
        return [value and inert(value) for value in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        texts: list[Any] = column.cast(pa.string()).to_pylist()
        return texts
    return [as_text(value, zone) for value in column.to_pylist()]


def _excel(tables: Iterable[pa.Table], about: About, out: IO[bytes]) -> None:
    zone = ZoneInfo(about.zone)
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    with closing(xlsxwriter.Workbook(out, options)) as book:
        sheets = _Sheets(book)
        for table in tables:
            sheets.begin(table.schema)
            for row in _rows(table):
                sheets.write([as_cell(value, zone) for value in row])
        told = book.add_worksheet("About")
        told.set_column(0, 0, 12)
        told.set_column(1, 1, 90)
        facts = {**about.facts, "Rows": f"{sheets.rows:,}"}
        for place, (name, fact) in enumerate(facts.items()):
            told.write_string(place, 0, name, sheets.bold)
            told.write_string(place, 1, inert(fact))


class _Sheets:
    """Rows go to the first sheet, and on to another where that is full."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.bold = book.add_format({"bold": True})
        self._money = book.add_format({"num_format": "#,##0.00##"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._schema = pa.schema([])
        self._sheet: Any = None
        self._row = 0
        self.rows = 0

    def begin(self, schema: pa.Schema) -> None:
        if self._sheet is None:
            self._schema = schema
            self._new()

    def write(self, cells: list[Any]) -> None:
        if self._row > SHEET_ROWS:
            self._new()
        for column, cell in enumerate(cells):
            self._cell(column, cell)
        self._row += 1
        self.rows += 1

    def _new(self) -> None:
        number = 1 + self.rows // SHEET_ROWS
        self._sheet = self._book.add_worksheet("Rows" if number == 1 else f"Rows {number}")
        self._sheet.freeze_panes(1, 0)
        for place, one in enumerate(self._schema):
            self._sheet.set_column(place, place, _width(one.type))
            self._sheet.write_string(0, place, inert(title(one.name)), self.bold)
        self._row = 1

    def _cell(self, column: int, cell: Any) -> None:
        if cell is None:
            return
        if isinstance(cell, str):  # never write(): that makes formulas and links of texts
            self._sheet.write_string(self._row, column, cell)
        elif isinstance(cell, datetime):
            self._sheet.write_datetime(self._row, column, cell, self._moment)
        elif isinstance(cell, date):
            self._sheet.write_datetime(self._row, column, cell, self._day)
        elif cell != cell or cell in (float("inf"), float("-inf")):
            self._sheet.write_string(self._row, column, str(cell))
        else:
            exact = pa.types.is_decimal(self._schema.field(column).type)
            self._sheet.write_number(self._row, column, cell, self._money if exact else None)


def _width(kind: pa.DataType) -> int:
    if pa.types.is_timestamp(kind):
        return 19
    return 24 if pa.types.is_string(kind) or pa.types.is_large_string(kind) else 12


def _parquet(tables: Iterable[pa.Table], about: About, out: IO[bytes]) -> None:
    """Names, types and texts as they are: a program reads it."""
    told = json.dumps({**about.facts, "filters": dict(about.filters)}, ensure_ascii=False)
    several = iter(tables)
    first = next(several)
    schema = first.schema.with_metadata({"iman": told.encode("utf-8")})
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for table in chain([first], several):
            writer.write_table(table.cast(schema))


def _from_disk(
    write: Callable[[Iterable[pa.Table], About, IO[bytes]], None],
    tables: Iterable[pa.Table],
    about: About,
) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as out:
        write(tables, about, out)
        out.seek(0)
        while piece := out.read(_PIECE):
            yield piece


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    columns = [column.to_pylist() for column in table.columns]
    return zip(*columns, strict=True)
