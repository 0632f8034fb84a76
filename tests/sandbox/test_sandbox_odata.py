from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.sandbox import odata
from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_query import read_query
from iman.sandbox.sage_schema import CUSTOMER, INVOICE_BATCH

BATCH = {
    "BatchNumber": 66,
    "Description": "it's ours",
    "BatchStatus": "Open",
    "BatchDate": "2026-11-24T00:00:00Z",
    "BatchTotal": Decimal("99.990"),
    "SourceApplication": None,
}


def passes(text: str) -> bool:
    return odata.compile_filter(INVOICE_BATCH, odata.parse(text))(BATCH)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Description eq 'it''s ours'", True),
        ("'it''s ours' eq Description", True),
        ("Description ne 'it''s ours'", False),
        ("BatchNumber eq 66", True),
        ("BatchNumber gt 66", False),
        ("BatchNumber ge 66 and BatchNumber le 66", True),
        ("BatchNumber lt 66 or BatchTotal gt 99", True),
        ("BatchTotal eq 99.99m", True),
        ("BatchTotal eq 99.99", True),
        ("BatchStatus eq 'Open'", True),
        ("BatchStatus eq '1'", True),
        ("BatchStatus ne 'ReadyToPost'", True),
        ("BatchDate eq 2026-11-24T00:00:00Z", True),
        ("BatchDate ge 2026-11-24", True),
        ("BatchDate lt datetime'2026-11-25T00:00'", True),
        ("BatchDate gt 2026-11-24T00:00:00+00:00", False),
        ("startswith(Description,'it')", True),
        ("startswith(Description,'it') eq false", False),
        ("endswith(Description, 'ours')", True),
        ("contains(Description,'s o')", True),
        ("substringof('s o',Description)", True),
        ("length(Description) eq 9", True),
        ("SourceApplication eq null", True),
        ("SourceApplication gt 'A'", False),
        ("not BatchNumber eq 66", False),
        # and binds tighter than or
        ("BatchNumber eq 66 or BatchNumber eq 1 and BatchNumber eq 2", True),
        ("(BatchNumber eq 66 or BatchNumber eq 1) and BatchNumber eq 2", False),
        ("  ( BatchNumber eq 66 )  ", True),
    ],
)
def test_filters(text, expected):
    assert passes(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BatchNumber",
        "BatchNumber eq",
        "BatchNumber eq 66 and",
        "BatchNumber is 66",
        "(BatchNumber eq 66",
        "BatchNumber eq 66)",
        "BatchNumber eq 'x'",
        "Description eq 5",
        "Description eq 'open",
        "BatchStatus eq 'Nonsense'",
        "BatchStatus gt 'Open'",
        "Invoices eq null",
        "Invoices/any(i: i/Terms eq 'F48')",
        "startswith(BatchNumber,'6')",
        "startswith(Description)",
        "BatchDate eq 2026-99-99",
        "datetime'x' eq BatchDate",
        "; drop",
        "(" * 500 + "BatchNumber eq 66" + ")" * 500,
    ],
)
def test_a_filter_that_cannot_be_read_is_invalid_parameters(text):
    with pytest.raises(SageError) as refused:
        passes(text)
    assert refused.value.code == "InvalidParameters"


def test_an_unknown_property_is_named_with_its_type():
    with pytest.raises(SageError, match="Could not find a property named 'Nope' on type") as no:
        passes("Nope eq 1")
    assert no.value.message.endswith("'Sage.CA.SBS.ERP.Sage300.AR.WebApi.Models.InvoiceBatch'.")


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text):
    with suppress(SageError):
        odata.compile_filter(INVOICE_BATCH, odata.parse(text))(BATCH)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
def test_every_text_survives_quoting(text):
    node = odata.parse(f"CustomerName eq '{text.replace(chr(39), chr(39) * 2)}'")
    assert odata.compile_filter(CUSTOMER, node)({"CustomerName": text})
    assert odata.equalities(node) == {"CustomerName": text}


def test_only_what_must_hold_narrows_the_search():
    node = odata.parse("Description eq 'a' and (BatchNumber eq 1 or BatchNumber eq 2)")
    assert odata.equalities(node) == {"Description": "a"}


@pytest.mark.parametrize(
    "query",
    [
        "$top=-1",
        "$top=x",
        "$top=1&$top=2",
        "$orderby=BatchNumber",
        "$expand=Invoices",
        "$count=yes",
        "$select=Nope",
        "$filter=Nope eq 1",
    ],
)
def test_options_are_known_well_formed_and_given_once(query):
    with pytest.raises(SageError) as refused:
        read_query(query, INVOICE_BATCH)
    assert refused.value.code == "InvalidParameters"
