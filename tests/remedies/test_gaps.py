"""Comparing set-ups: every planted gap, and no false one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iman.domain.setup import (
    ByondproSetups,
    Category,
    Code,
    Problem,
    SageCode,
    SetupKind,
    Site,
    gaps,
)
from iman.gateways.byondpro_setups import read_setups

BYONDPRO = ByondproSetups(
    terms=[Code(code="IMM"), Code(code="F48"), Code(code="OLD", active=False)],
    categories=[
        Category(code="600", accounts={"revenue": "6000", "pre_need": "2560"}),
        Category(code="100", accounts={"revenue": "4000", "land_valuation": "1610"}),
        Category(code="999", active=False, accounts={"revenue": "9900"}),
    ],
    sites=[Site(code="CVM", gl_segment="10"), Site(code="HGH", gl_segment="30"),
           Site(code="SHUT", active=False, gl_segment="90")],
    customer_groups=[Code(code="FAMILY")],
    receipt_types=[Code(code="VISA"), Code(code="OPUS")],
    segment_rule="E2",
)  # fmt: skip
CLEAN = {
    SetupKind.TERM: ("IMM", "F48", "EXTRA"),
    SetupKind.ACCOUNT: ("6010", "6030", "2560", "2510", "2530", "4010", "4030", "1610"),
    SetupKind.TAX_GROUP: ("ATO",),
    SetupKind.CUSTOMER_GROUP: ("FAMILY",),
    SetupKind.PAYMENT_CODE: ("VISA", "OPUS"),
}


def sage(**changes):
    held = {kind: {code: SageCode(code=code) for code in codes} for kind, codes in CLEAN.items()}
    for kind, codes in changes.items():
        for code, how in codes.items():
            if how is None:
                del held[SetupKind(kind)][code]
            else:
                held[SetupKind(kind)][code] = replace(SageCode(code=code), **how)
    return held


def found(held, byondpro=BYONDPRO):
    return {(g.kind, g.code, g.problem) for g in gaps(byondpro, held, tax_groups=["ATO"])}


def test_a_clean_company_has_no_gap():
    assert found(sage()) == set()


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ({"term": {"F48": None}}, (SetupKind.TERM, "F48", Problem.MISSING)),
        ({"term": {"F48": {"active": False}}}, (SetupKind.TERM, "F48", Problem.INACTIVE)),
        ({"account": {"6030": None}}, (SetupKind.ACCOUNT, "6030", Problem.MISSING)),
        ({"account": {"2560": None}}, (SetupKind.ACCOUNT, "2560", Problem.MISSING)),
        ({"account": {"1610": {"active": False}}}, (SetupKind.ACCOUNT, "1610", Problem.INACTIVE)),
        ({"account": {"4010": {"usable": False, "why_not": "no"}}},
         (SetupKind.ACCOUNT, "4010", Problem.MISMATCHED)),
        ({"tax_group": {"ATO": None}}, (SetupKind.TAX_GROUP, "ATO", Problem.MISSING)),
        ({"customer_group": {"FAMILY": None}},
         (SetupKind.CUSTOMER_GROUP, "FAMILY", Problem.MISSING)),
        ({"payment_code": {"OPUS": None}}, (SetupKind.PAYMENT_CODE, "OPUS", Problem.MISSING)),
    ],
)  # fmt: skip
def test_a_planted_gap_is_the_only_one_found(change, gap):
    assert found(sage(**change)) == {gap}


def test_a_code_written_another_way_is_a_mismatch():
    held = sage(term={"F48": None})
    held[SetupKind.TERM]["F-48"] = SageCode(code="F-48")
    (gap,) = gaps(BYONDPRO, held, tax_groups=["ATO"])
    assert (gap.problem, gap.message) == (
        Problem.MISMATCHED, "byondpro says F48, Sage 300 says F-48: the codes must be identical.",
    )  # fmt: skip


def test_an_account_of_one_site_names_category_field_and_site():
    (gap,) = gaps(BYONDPRO, sage(account={"6030": None}), tax_groups=["ATO"])
    (place,) = gap.places
    assert (place.code, place.account_field, place.stored_account, place.site) == (
        "600", "revenue", "6000", "HGH",
    )  # fmt: skip


def test_a_segment_of_the_wrong_length_is_a_mismatch():
    sites = [*BYONDPRO.sites, Site(code="NEW", description="New park", gl_segment="5")]
    odd = replace(BYONDPRO, sites=sites)
    problems = {gap.problem for gap in gaps(odd, sage(), tax_groups=["ATO"])}
    assert problems == {Problem.MISMATCHED}


def test_a_kind_that_could_not_be_read_is_not_judged():
    held = sage()
    del held[SetupKind.PAYMENT_CODE]
    assert found(held) == set()


def test_spoilt_rows_are_left_out():
    read = read_setups(
        {"terms": [{"code": "F48"}, {"description": "no code"}, 7, {"code": ""}],
         "categories": [{"code": "600", "accounts": {"revenue": "6000", "odd": None}}],
         "sites": "?", "configuration": {"ProductGLCodeSiteSegment": "E99"}}
    )  # fmt: skip
    assert [one.code for one in read.terms] == ["F48"]
    assert read.categories[0].accounts == {"revenue": "6000"}
    assert read.segment_rule == "N"
