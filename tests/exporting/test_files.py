"""Files read back by others' readers: Python's csv, openpyxl, pyarrow."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.exporting import About, Format, files, pieces, title

ABOUT = About(
    what="Documents",
    taken_at=datetime(2026, 3, 4, 14, 2, tzinfo=UTC),
    by="ada",
    filters={"site": "HGH", "search": "=1+1", "order": ""},
    zone="Australia/Sydney",
)
FORMULAS = ["=1+1", "+61 3", "-1", "@sum", "\t=1", "\r=1", "＝1", "＠x"]


def make_table(**overrides) -> pa.Table:
    columns = {
        "number": pa.array(["INV-1", None]),
        "amount": pa.array([Decimal("-3760.125"), None], pa.decimal128(19, 3)),
        "attempt": pa.array([-2, None], pa.int32()),
        "document_date": pa.array([date(2026, 3, 4), None]),
        "first_failed_at": pa.array(
            [datetime(2026, 3, 4, 14, 0, 1, 999, tzinfo=UTC), None], pa.timestamp("us", "UTC")
        ),
        "allowed": pa.array([True, None]),
    }
    return pa.table({**columns, **overrides})


def as_file(tables, form: Format) -> bytes:
    return b"".join(pieces(tables, form, ABOUT))


def csv_of(content: bytes) -> tuple[list[list[str]], list[list[str]]]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return rows[:3], rows[3:]


def sheets_of(content: bytes) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.values) for sheet in book}


def test_csv_says_what_it_is_and_keeps_numbers_numbers_and_moments_local():
    about, (names, row, empty) = csv_of(as_file([make_table()], Format.CSV))
    assert [line[0][:9] for line in about] == ["# Table: ", "# Filter:", "# Taken: "]
    assert about[1][0] == "# Filter: site HGH; search =1+1"
    assert "2026-03-05 01:02:00 by ada" in about[2][0]
    assert names == ["Number", "Amount", "Attempt", "Document date", "First failed", "Allowed"]
    assert row == ["INV-1", "-3760.125", "-2", "2026-03-04", "2026-03-05 01:00:01", "yes"]
    assert empty == [""] * 6


def test_excel_has_numbers_moments_and_a_sheet_about_itself():
    sheets = sheets_of(as_file([make_table()], Format.EXCEL))
    assert list(sheets) == ["Rows", "About"]
    names, row, *_ = sheets["Rows"]
    assert names[4] == "First failed"
    assert [str(cell) for cell in row] == [
        "INV-1", "-3760.125", "-2", "2026-03-04 00:00:00", "2026-03-05 01:00:01", "yes",
    ]  # fmt: skip
    told = dict(sheets["About"])
    assert told["Filter"] == "site HGH; search =1+1"
    assert told["Rows"] == "2"


def test_parquet_is_the_table_itself_with_the_filter_in_its_metadata():
    table = make_table()
    found = pq.read_table(io.BytesIO(as_file([table], Format.PARQUET)))
    assert found.equals(table)
    told = json.loads(found.schema.metadata[b"iman"])
    assert told["filters"] == ABOUT.filters
    assert told["Filter"] == ABOUT.filter


@pytest.mark.parametrize("start", FORMULAS)
def test_a_text_that_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(start: str):
    table = pa.table({"said": [start], start: ["plain"]})
    _, (names, row) = csv_of(as_file([table], Format.CSV))
    assert row[0] == f"'{start}"
    assert not names[1].startswith(tuple("=+-@\t\r"))
    book = openpyxl.load_workbook(io.BytesIO(as_file([table], Format.EXCEL)))
    cell = book["Rows"]["A2"]
    assert cell.data_type == "s"
    assert cell.value[0] == "'"


@given(st.text(max_size=50))
def test_no_text_ever_begins_as_a_formula(text: str):
    try:
        table = pa.table({"said": [text, text]})
    except UnicodeEncodeError:
        return  # half a surrogate pair never gets into a table
    content = as_file([table], Format.CSV).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline=""), lineterminator="\r\n"))
    assert not rows[-1][0].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_csv_leaves_while_the_tables_still_come():
    taken = []

    def tables():
        for number in range(3):
            taken.append(number)
            yield pa.table({"n": [number]})

    found = pieces(tables(), Format.CSV, ABOUT)
    next(found)
    assert taken == [0]
    rest = b"".join(found)
    assert rest == b"1\r\n2\r\n"


def test_a_full_sheet_goes_on_in_the_next(monkeypatch):
    monkeypatch.setattr(files, "SHEET_ROWS", 10)
    tables = [pa.table({"n": list(range(at, at + 5))}) for at in range(0, 25, 5)]
    sheets = sheets_of(as_file(tables, Format.EXCEL))
    assert list(sheets) == ["Rows", "Rows 2", "Rows 3", "About"]
    told = [row[0] for name in list(sheets)[:3] for row in sheets[name][1:]]
    assert told == list(range(25))
    assert all(sheets[name][0] == ("N",) for name in list(sheets)[:3])


@pytest.mark.parametrize("form", list(Format))
def test_an_empty_list_has_its_columns(form: Format):
    content = as_file([make_table().slice(0, 0)], form)
    if form is Format.PARQUET:
        assert pq.read_table(io.BytesIO(content)).num_rows == 0
    elif form is Format.CSV:
        assert len(csv_of(content)[1]) == 1
    else:
        assert len(sheets_of(content)["Rows"]) == 1


def test_a_text_longer_than_a_cell_of_excel_is_cut():
    (_, row) = sheets_of(as_file([pa.table({"said": ["x" * 40_000]})], Format.EXCEL))["Rows"]
    assert len(row[0]) == 32_767
    assert row[0].endswith("…")


def test_a_column_is_named_as_people_read_it():
    assert title("first_failed_at") == "First failed"
    assert title("erp_reference") == "In Sage 300 as"
    assert title("site") == "Site"
