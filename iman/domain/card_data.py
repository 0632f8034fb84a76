"""Payment cards: their numbers and security codes are taken out before anything is written down.

A number is taken for a card's where its length and first digits are those of a card scheme and its
check digit fits (ISO/IEC 7812). Its first six and last four digits stay, as PCI DSS allows.
"""

from __future__ import annotations

import re
from typing import Any

MASK = "•••"

_NUMBER = re.compile(r"(?<![\w.-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])")
#: Whether there could be one: most texts have none, and this takes a fifth of the time.
_PERHAPS = re.compile(r"[0-9][0-9 -]{12}")
#: First digits and lengths: Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay.
_SCHEMES = re.compile(
    r"4\d{12}(\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(011|4[4-9]\d|5\d\d)\d{12}"
    r"|35\d{14}|3(0[0-5]|[689]\d)\d{11}|62\d{14,17}"
)
_CODE_FIELD = re.compile(r"(card[_ -]?)?(cvv2?|cvc2?|cid|csc|security[_ -]?code)", re.IGNORECASE)
#: What documents are known and found by; no card's number stands there, and it must stay as it is.
_IDENTITY = frozenset(
    {"number", "booking", "sales_order", "code", "cursor", "item", "erp_reference"}
)


def masked(text: str) -> str:
    """*text* without card numbers."""
    return _NUMBER.sub(_of_a_card, text) if _PERHAPS.search(text) else text


def without_cards(value: Any, field: str = "") -> Any:
    """JSON without card numbers and security codes."""
    match value:
        case str() | int() if _CODE_FIELD.fullmatch(field):
            return MASK
        case str() if field not in _IDENTITY:
            return masked(value)
        case dict():
            return {name: without_cards(part, str(name)) for name, part in value.items()}
        case list():
            return [without_cards(part, field) for part in value]
        case _:
            return value


def _of_a_card(found: re.Match[str]) -> str:
    digits = re.sub("[ -]", "", found[0])
    if not _SCHEMES.fullmatch(digits) or not _fits(digits):
        return found[0]
    return f"{digits[:6]}{MASK}{digits[-4:]}"


def _fits(digits: str) -> bool:
    """Luhn's check digit."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0
