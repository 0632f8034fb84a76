"""No card's number or security code is written down; what only looks like one stays."""

from __future__ import annotations

import json

import pytest

from iman.domain.card_data import masked, without_cards
from iman.domain.masking import Masking
from iman.gateways.byondpro_feed import read_page
from tests.builders import make_event, make_payload

CARDS = [
    "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444",
    "2223003122003222", "378282246310005", "3782 822463 10005", "6011111111111117",
    "3530111333300000", "30569309025904", "6200000000000005", "4222222222222",
]  # fmt: skip
NO_CARDS = [
    "4111111111111112", "0000000000000000", "1234567890123", "INV-4111111111111111",
    "4111111111111111-A", "20261124050000123", "0412 345 678", "9999 9999 9999 9999",
    "ABN 51 824 753 556", "12.4111111111111111",
]  # fmt: skip


@pytest.mark.parametrize("card", CARDS)
def test_a_cards_number_is_masked_but_for_its_first_six_and_last_four(card: str):
    digits = card.replace(" ", "").replace("-", "")
    told = masked(f"paid by {card}, thanks")
    assert told == f"paid by {digits[:6]}•••{digits[-4:]}, thanks"


@pytest.mark.parametrize("words", NO_CARDS)
def test_what_only_looks_like_one_stays(words: str):
    assert masked(words) == words


def test_a_security_code_is_no_part_of_a_document():
    given = {"cvv": "123", "CVC2": 456, "security_code": "789", "code": "F48", "card": {"cid": "1"}}
    assert without_cards(given) == {
        "cvv": "•••", "CVC2": "•••", "security_code": "•••", "code": "F48", "card": {"cid": "•••"},
    }  # fmt: skip


def test_a_document_is_written_down_without_the_card_somebody_typed_into_it():
    payload = make_payload(description="Card 4111 1111 1111 1111 cvv below")
    payload["cvv"] = "123"
    page = read_page({"events": [make_event(payload)]})
    (event,) = page.events
    kept = json.loads(event.payload)
    assert kept["description"] == "Card 411111•••1111 cvv below"
    assert kept["cvv"] == "•••"
    assert kept["number"] == payload["number"]
    assert kept["lines"] == payload["lines"]


def test_named_fields_are_not_kept_of_what_was_sent_and_answered():
    keeping = Masking(("CustomerName", "Address.Line"))
    body = '{"CustomerName": "Margaret \\"M\\" Ellison","customername":12.50,"Terms":"F48"}'
    assert keeping(body) == '{"CustomerName": "•••","customername":"•••","Terms":"F48"}'
    assert keeping('{"CustomerName":"cut he') == '{"CustomerName":"•••"'
    assert keeping('{"AddressXLine": "stays"}') == '{"AddressXLine": "stays"}'
    assert keeping("card 4111111111111111") == "card 411111•••1111"
    assert keeping(None) is None
    assert Masking()('{"CustomerName": "x"}') == '{"CustomerName": "x"}'
