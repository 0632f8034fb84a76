from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from iman.gateways import exact_json

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**16), max_value=10**16)
TEXTS = st.text().map(lambda text: text.replace("\x00", ""))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | AMOUNTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=12,
)


@given(AMOUNTS)
def test_money_goes_out_digit_for_digit_and_comes_back_the_same(amount):
    sent = exact_json.dumps({"ExtendedAmountWithTIP": amount})
    assert sent == f'{{"ExtendedAmountWithTIP": {amount:f}}}'
    assert exact_json.loads(sent) == {"ExtendedAmountWithTIP": amount}


@given(VALUES)
def test_whatever_goes_out_is_json_and_comes_back_the_same(value):
    sent = exact_json.dumps(value)
    json.loads(sent)
    assert exact_json.loads(sent) == value


def test_a_text_cannot_forge_a_number():
    for text in ("\x00decimal:5", "\\u0000decimal:5", '"\\u0000decimal:5"'):
        assert exact_json.loads(exact_json.dumps([text])) == [text.replace("\x00", "")]


def test_no_float_is_ever_made_of_money():
    found = exact_json.loads('{"a": 3760.00, "b": 0.1}')
    assert found == {"a": Decimal("3760.00"), "b": Decimal("0.1")}
    assert str(found["a"]) == "3760.00"
