from __future__ import annotations

import json
from decimal import Decimal

import pytest
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
    assert sent == f'{{"ExtendedAmountWithTIP":{amount:f}}}'
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


ANY_TEXT = st.text(st.characters())  # half surrogate pairs too


@given(st.recursive(ANY_TEXT | AMOUNTS, lambda inner: st.lists(inner), max_leaves=6))
def test_the_quick_way_and_the_slow_way_write_the_same(value):
    assert json.loads(exact_json.dumps(value)) == json.loads(exact_json._slowly(value))


@given(st.text(st.sampled_from('{}[]",:\\u0 1.e-dDnul\ud800'), max_size=20))
def test_the_quick_way_and_the_slow_way_read_the_same(text):
    def read(loads):
        try:
            return loads(text)
        except ValueError:
            return "no JSON"

    slowly = read(lambda text: json.loads(text, parse_float=Decimal))
    assert repr(read(exact_json.loads)) == repr(slowly)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_a_number_that_is_none_is_not_sent(amount):
    with pytest.raises(ValueError, match="is no amount"):
        exact_json.dumps({"a": Decimal(amount)})


def test_small_and_large_amounts_are_written_in_plain_digits():
    assert exact_json.dumps([Decimal("1E+2"), Decimal("1E-7")]) == "[100,0.0000001]"
