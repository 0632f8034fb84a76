from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.sandbox import seed
from iman.sandbox.arithmetic import (
    due_date,
    months_later,
    posted_account,
    share_out,
    tax_on,
    tax_within,
)


def test_tax_included_is_taken_out_and_tax_on_top_is_added():
    assert tax_within(Decimal(260), Decimal(10)) == Decimal("23.64")
    assert Decimal(260) + tax_on(Decimal(260), Decimal(10)) == Decimal("286.00")


@pytest.mark.parametrize(
    ("stored", "segment", "rule", "posted"),
    [("6000", "30", "E2", "6030"), ("6000", "30", "S2", "3000"), ("6000", "30", "N", "6000")],
)
def test_the_site_segment_is_written_over_the_account(stored, segment, rule, posted):
    assert posted_account(stored, segment, rule) == posted


def test_a_day_past_the_end_of_the_month_becomes_its_last():
    assert months_later(date(2026, 1, 31), 1, 31) == date(2026, 2, 28)
    assert due_date("EndOfNextMonth", date(2027, 12, 5), 0) == date(2028, 1, 31)
    assert due_date("DayOfNextMonth", date(2026, 11, 23), 1) == date(2026, 12, 1)


@given(
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.lists(st.decimals(min_value=0, max_value=100, places=2), min_size=1, max_size=60),
)
def test_shares_always_add_up(total, percents):
    assert sum(share_out(total, percents)) == total


def test_sage_lacks_the_account_the_boulder_needs_at_highview_only():
    accounts = {account.number for account in seed.sage_accounts()}
    wanted = {
        posted_account(category.accounts["revenue"], site.gl_segment, seed.SEGMENT_RULE)
        for category in seed.CATEGORIES
        for site in seed.SITES
    }
    assert wanted - accounts == {"6030"}


def test_widths_of_sage_hold_every_seeded_code():
    assert all(len(customer.number) <= 12 for customer in seed.CUSTOMERS)
    assert all(len(customer.group) <= 6 for customer in seed.CUSTOMERS)
    assert all(len(term.code) <= 6 for term in seed.TERMS)
    assert all(len(account.description) <= 60 for account in seed.sage_accounts())
