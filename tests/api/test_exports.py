"""A list's file holds all of its pages, for those who may, and it is audited."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pyarrow.parquet as pq
import pytest

from iman.domain.people import PERMISSIONS, Permission, Role
from iman.domain.retry import GiveUp
from iman.reading import frames
from tests.api.serving import Served, serving
from tests.builders import refused

PATH = "/exports/documents"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("exports")) as served:
        served.books.arrive(*(f"INV-{n:05}" for n in range(1500)), booking="=cmd|' /C calc'!A0")
        for claim in served.books.claim(limit=2):
            served.books.finish(claim, refused(), GiveUp())
        yield served


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[3:]


def test_csv_holds_every_page_of_the_list(filled: Served):
    answer = filled.call("GET", f"{PATH}?order=number", Role.MANAGER)
    assert answer.headers["content-type"].startswith("text/csv")
    names, *rows = rows_of(answer.content)
    assert len(names) == len(frames.DOCUMENTS)
    assert [row[2] for row in rows] == [f"INV-{n:05}" for n in range(1500)]
    assert {row[4] for row in rows} == {"'=cmd|' /C calc'!A0"}


def test_the_filter_is_obeyed_and_named(filled: Served):
    params = {"state": "failed", "site": "HGH", "zone": "Australia/Sydney", "form": "parquet"}
    answer = filled.call("GET", PATH, Role.MANAGER, params=params)
    found = pq.read_table(io.BytesIO(answer.content))
    assert found["state"].to_pylist() == ["failed", "failed"]
    assert tuple(found.column_names) == frames.DOCUMENTS
    told = json.loads(found.schema.metadata[b"iman"])
    assert told["filters"] == {"states": "failed", "site": "HGH", "order": "newest"}
    assert "Australia/Sydney" in told["Taken"]


def test_excel_is_a_workbook_and_nothing_in_it_runs(filled: Served):
    answer = filled.call("GET", f"{PATH}?form=xlsx&state=failed", Role.SUPPORT)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book["Rows"].max_row == 3
    assert {cell.data_type for row in book["Rows"].iter_rows() for cell in row} <= {"s", "n", "d"}
    assert book["About"]["B2"].value == "states failed; order newest"


def test_it_is_written_to_the_audit_trail(filled: Served):
    filled.call("GET", f"{PATH}?search=nobody", Role.MANAGER)
    event = filled.audit()[-1]
    assert (event["who"], event["action"], event["target"]) == (
        "manager", "export", "documents as csv",
    )  # fmt: skip
    assert event["reason"] == "search nobody; order newest"


def test_who_may_not_export_is_refused_and_that_is_audited(filled: Served, monkeypatch):
    monkeypatch.setitem(PERMISSIONS, Role.SUPPORT, frozenset({Permission.VIEW}))
    answer = filled.call("GET", PATH, Role.SUPPORT)
    assert answer.status_code == 403
    event = filled.audit()[-1]
    assert (event["action"], event["allowed"]) == ("export", False)


@pytest.mark.parametrize("wrong", ["form=pdf", "zone=Nowhere/Land", "zone=localtime", "weekday=8"])
def test_nonsense_is_told(filled: Served, wrong: str):
    assert filled.call("GET", f"{PATH}?{wrong}").status_code == 422


def test_the_client_reads_it_in_pieces(filled: Served):
    with (
        filled.client(Role.MANAGER) as client,
        client.download(PATH, {"form": "csv"}) as answer,
    ):
        pieces = list(answer.iter_bytes(4096))
    assert len(pieces) > 10
    assert len(rows_of(b"".join(pieces))) == 1501
