from __future__ import annotations

from iman.domain.culprit import culprits, places_of
from iman.domain.setup import ByondproSetups, Category, Code, Site
from tests.remedies.shelf import invoice


def find(document, error_type, kind, entity):
    return culprits(document, error_type=error_type, entity_kind=kind, entity=entity)


def test_a_missing_term_stands_in_the_header_with_its_description():
    (found,) = find(invoice("INV-1"), "terms_missing", "terms_code", "F48")
    assert (found.place, found.field, found.code) == ("header", "terms", "F48")
    assert found.description == "48 Month Repayment Plan"


def test_a_missing_account_names_line_item_category_field_and_site():
    (found,) = find(invoice("INV-1"), "gl_account_missing", "gl_account", "6030")
    assert (found.line, found.item, found.category) == (2, "M-6000", "600")
    assert (found.account_field, found.stored_account, found.code) == ("revenue", "6000", "6030")
    assert (found.site, found.site_segment) == ("HGH", "30")


def test_an_account_is_recognised_with_sages_delimiters():
    (found,) = find(invoice("INV-1"), "gl_account_inactive", "gl_account", "60-30")
    assert found.line == 2


def test_two_lines_on_one_account_are_both_named():
    document = invoice("INV-1")
    document["lines"].append(document["lines"][1] | {"line": 3})
    found = find(document, "gl_account_missing", "gl_account", "6030")
    assert [one.line for one in found] == [2, 3]


def test_a_journals_line_carries_the_segment_only_where_it_says_so():
    lines = [
        {"line": 1, "gl_account": "2560", "segmented": False, "amount": "-1"},
        {"line": 2, "gl_account": "6000", "segmented": True, "amount": "1"},
    ]
    document = invoice("JE-1", entry_type="journal", lines=[], journal_lines=lines)
    assert [one.line for one in find(document, "gl_account_missing", "gl_account", "2560")] == [1]
    assert [one.line for one in find(document, "gl_account_missing", "gl_account", "6030")] == [2]


def test_a_receipts_payment_code_is_its_receipt_type():
    document = invoice("RC-1", entry_type="receipt", receipt={"type": "OPUS", "bank": "CBA"})
    (found,) = find(document, "setup_code_missing", "payment_code", "OPUS")
    assert (found.field, found.code) == ("receipt_type", "OPUS")


def test_dates_and_customers_stand_in_the_header():
    (date,) = find(invoice("INV-1"), "period_closed", "period", "11")
    (customer,) = find(invoice("INV-1"), "customer_missing", "customer", "HGH-004512")
    assert (date.field, date.code) == ("date", "2026-11-20")
    assert (customer.code, customer.description) == ("HGH-004512", "Margaret Ellison")


def test_a_document_byondpro_spoilt_has_no_culprit():
    spoilt = {"number": "INV-1", "lines": ["?", {"gl_account": 7}], "site": "HGH"}
    assert find(spoilt, "gl_account_missing", "gl_account", "6030") == []
    assert find(spoilt, "other", None, None) == []


SETUPS = ByondproSetups(
    terms=[Code(code="F48", description="48 Month Repayment Plan")],
    categories=[
        Category(code="600", description="Memorials", accounts={"revenue": "6000"}),
        Category(code="610", description="Plaques", accounts={"revenue": "6010"}),
        Category(code="100", accounts={"land_valuation": "6030"}),
    ],
    sites=[Site(code="CVM", gl_segment="10"), Site(code="HGH", gl_segment="30")],
    segment_rule="E2",
)


def test_every_category_and_site_that_posts_to_an_account_is_named():
    found = places_of("gl_account", "6030", SETUPS)
    assert [(one.code, one.account_field, one.site) for one in found] == [
        ("600", "revenue", "HGH"), ("610", "revenue", "HGH"), ("100", "land_valuation", ""),
    ]  # fmt: skip


def test_a_term_is_produced_by_its_own_set_up():
    (found,) = places_of("terms_code", "f48", SETUPS)
    assert (found.kind, found.code, found.active) == ("term", "F48", True)
