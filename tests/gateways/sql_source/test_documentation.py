"""The statements of docs/sql-source.md do what it says; its settings are all of them."""

from __future__ import annotations

import json

from iman.gateways.byondpro_feed import read_document
from iman.settings import DaemonSettings
from tests.gateways.sql_source.sources import ddl, fetch
from tests.system import ROOT

HEADERS = """CREATE TABLE documents (
    change_number bigint PRIMARY KEY, changed_at varchar(40), entry_type varchar(20),
    number varchar(22), revision integer, company varchar(10), booking varchar(20),
    document_date {date}, site varchar(10), gl_segment varchar(10), customer varchar(12),
    customer_name varchar(60), terms varchar(6), currency varchar(3), amount {money})"""
LINES = """CREATE TABLE document_lines (
    number varchar(22), line integer, item varchar(20), gl_account varchar(20),
    category varchar(10), quantity {money}, unit_price {money}, amount {money})"""


def test_a_view_over_headers_and_lines_is_an_outbox(bare):
    postgres = bare.dialect == "postgresql"
    kinds = {"date": "date" if postgres else "TEXT", "money": "numeric(19, 2)"}
    bare.run(HEADERS.format(**kinds))
    bare.run(LINES.format(**kinds))
    bare.run(ddl("view", bare.dialect))
    bare.run(
        "INSERT INTO documents VALUES (1, '2026-11-24T05:00:00Z', 'invoice', 'INV-1', 1, 'SERC', "
        "'10319', '2026-11-23', 'HGH', '30', 'HGH-1', 'Margaret \"Peg\" Ellison', 'F48', 'AUD', "
        "0.30)"
    )
    for line, amount in ((2, "0.20"), (1, "0.10")):
        bare.run(
            "INSERT INTO document_lines VALUES ('INV-1', :line, 'R-1010', '4000', '100', 1, "
            "CAST(:amount AS numeric), CAST(:amount AS numeric))",
            line=line, amount=amount,
        )  # fmt: skip
    bare.names = {"name": "iman_outbox"}
    (event,) = fetch(bare).events
    document = read_document(event.payload)
    assert json.loads(event.payload)["amount"] == "0.30"
    assert sorted((line.line, str(line.amount)) for line in document.lines) == [
        (1, "0.10"), (2, "0.20"),
    ]  # fmt: skip
    assert document.customer_name == 'Margaret "Peg" Ellison'


def test_every_setting_of_the_source_is_in_its_page():
    page = (ROOT / "docs" / "sql-source.md").read_text("utf-8")
    for name, field in DaemonSettings.model_fields.items():
        if not name.startswith("sql_"):
            continue
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `IMAN_{name.upper()}`")]
        default = field.default if isinstance(field.default, str) else None
        if isinstance(field.default, float):
            default = f"{field.default:.0f}"
        assert row.split("|")[2].strip() == (f"`{default}`" if default else "")
