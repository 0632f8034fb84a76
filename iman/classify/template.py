"""Masks the values of a text, so that texts that differ only in values become equal."""

import re
from hashlib import blake2s

_VALUE = re.compile(
    r"""
      (?P<kept>\b(?i:error|code|status|http|errno)\b[:\s(]*\d{1,5})\b   # says what happened
    | "[^"]*" | “[^”]*” | «[^»]*» | ‘[^’]*’ | (?<!\w)'[^']*'(?!\w)    # quoted
    | (?:https?://|\\\\)[^\s"'<>]+                                    # addresses and shares
    | [^\s"'“”‘’«»(),;:=\[\]{}]*\d[^\s"'“”‘’«»(),;=\[\]{}]*           # anything with a digit in it
    | \b[A-Z][A-Z_&-]+\b                                           # codes: NZGST
    | \b[\w-]+(?:\.[\w-]+)+\.(?:local|lan|com|net|org|internal|au|nz)\b   # hosts
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(r"\s+")
_MAX = 400  # a stack trace says no more after this


def mask(text: str) -> str:
    """The text with quoted values, numbers, dates, codes and hosts replaced by ``<>``.

    >>> mask('Widget "A7" was not loaded on 3/4/2026.')
    'Widget <> was not loaded on <>.'
    """
    masked = _VALUE.sub(_blank_out, text[: 2 * _MAX])
    return _BLANKS.sub(" ", masked).strip()[:_MAX]


def _blank_out(match: re.Match[str]) -> str:
    if match["kept"]:
        return match[0]
    found = match[0]
    return "<>." if found[-1] == "." else "<>"


def group_id(template: str) -> str:
    """The stable name of a template's group, the same on every machine and run."""
    return "unknown:" + blake2s(template.lower().encode(), digest_size=5).hexdigest()
