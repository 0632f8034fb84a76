"""Masks the values of a text, so that texts that differ only in values become equal."""

import re
from collections.abc import Callable
from hashlib import blake2s

_VALUE = re.compile(
    r"""
    # after a small letter little can begin: spares most of the text the rest
    (?:(?<![a-z])|(?=["“«‘h\\<>]))
    (?:
      (?P<kept>\b(?=[ECSHecshſ])(?i:error|code|status|http|errno)\b[:\s(]*\d{1,5})\b  # tells much
    | "[^"]*" | “[^”]*” | «[^»]*» | ‘[^’]*’ | (?<!\w)'[^']*'(?!\w)    # quoted
    | (?:https?://|\\\\)[^\s"'<>]+                                    # addresses and shares
      # anything with a digit in it; within a word it was looked for before
    | (?:(?<![A-Za-z])|(?=[<>]))
      [^\s\d"'“”‘’«»(),;:=\[\]{}]*+\d[^\s"'“”‘’«»(),;=\[\]{}]*
    | \b[A-Z][A-Z_&-]+\b                                           # codes: NZGST
    | \b[\w-]++(?:\.[\w-]++)+\.(?:local|lan|com|net|org|internal|au|nz)\b   # hosts
    )
    """,
    re.VERBOSE,
)
_MAX = 400  # a stack trace says no more after this


class Masked:
    """A text whose template is made when somebody asks for it: few do of a text that is known.

    *shaped* is what is masked of the text. Two are equal where their templates are.
    """

    __slots__ = ("_shaped", "_text")

    def __init__(self, text: str, shaped: Callable[[str], str]) -> None:
        self._text = text
        self._shaped = shaped

    @property
    def template(self) -> str:
        return mask(self._shaped(self._text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and self.template == other.template

    def __hash__(self) -> int:
        return hash(self.template)

    def __repr__(self) -> str:
        return f"Masked({self.template!r})"


def mask(text: str) -> str:
    """The text with quoted values, numbers, dates, codes and hosts replaced by ``<>``.

    >>> mask('Widget "A7" was not loaded on 3/4/2026.')
    'Widget <> was not loaded on <>.'
    """
    masked = _VALUE.sub(_blank_out, text[: 2 * _MAX])
    return " ".join(masked.split())[:_MAX]


def _blank_out(match: re.Match[str]) -> str:
    if match["kept"]:
        return match[0]
    found = match[0]
    return "<>." if found[-1] == "." else "<>"


def group_id(template: str) -> str:
    """The stable name of a template's group, the same on every machine and run."""
    return "unknown:" + blake2s(template.lower().encode(), digest_size=5).hexdigest()
