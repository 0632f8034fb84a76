"""JSON with exact decimals: money neither becomes a float on its way out nor on its way in."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import msgspec

_MARK = "\x00decimal:"
_MARKED = re.compile(r'"\\u0000decimal:(-?\d+(?:\.\d+)?)"')

_OUT = msgspec.json.Encoder(decimal_format="number")
_IN = msgspec.json.Decoder(float_hook=Decimal)
#: A NUL, or a number that is not written in plain digits; or a text that looks like either.
_PERHAPS = re.compile(rb"\\u0000|[0-9]E[-+0-9]|NaN|Infinity")


def dumps(value: Any) -> str:
    """As ``json.dumps``, with ``Decimal`` written as a plain number, digit for digit.

    A NUL in a text is dropped: Sage 300 stores none, and the mark must not be forged with one.
    Raises ``ValueError`` for a number that is none.
    """
    try:
        quick = _OUT.encode(value)
    except (UnicodeEncodeError, TypeError):  # half a surrogate pair is written as it stands
        return _slowly(value)
    return _slowly(value) if _PERHAPS.search(quick) else quick.decode()


def loads(text: str | bytes) -> Any:
    """As ``json.loads``, fractions as ``Decimal``. Raises ``ValueError``."""
    try:
        return _IN.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, UnicodeEncodeError):
        return json.loads(text, parse_float=Decimal)  # it reads more, and says what is wrong


def _slowly(value: Any) -> str:
    marked = json.dumps(_marked(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _MARKED.sub(r"\1", marked)


def _marked(value: Any) -> Any:
    match value:
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} is no amount")
            return f"{_MARK}{value:f}"
        case str():
            return value.replace("\x00", "")
        case dict():
            return {key: _marked(part) for key, part in value.items()}
        case list() | tuple():
            return [_marked(part) for part in value]
        case _:
            return value
