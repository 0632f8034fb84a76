"""The shape of a text: equal for texts that differ only in figures and codes.

It is what a template is made of. Words that a pattern spells out always stay, for a code in
capitals may be what a rule looks for.
"""

import re
from collections.abc import Iterable

_RUN = re.compile(r"[^\W_]+")
_CAPITALS = re.compile(r"[A-Z]{2,}")
_DIGITS = re.compile(r"\d+")
_BEGINNING = 5  # letters a pattern spells out at least before it leaves the rest of a word open
_MAX_TOKENS = 50_000


class Shapes:
    """*words* are those the patterns spell out, whole or in part."""

    def __init__(self, words: Iterable[str]) -> None:
        self._spelt = frozenset(words)
        self._beginnings = frozenset(word[:_BEGINNING] for word in self._spelt)
        self._known: dict[str, str] = {}

    def of(self, text: str) -> str:
        known = self._known
        if len(known) > _MAX_TOKENS:
            known.clear()
        shaped = [known.get(token) or self._shape(token) for token in text.split(" ")]
        return " ".join(shaped)

    def _shape(self, token: str) -> str:
        if len(token) <= 3 and token.isdigit():
            return token  # a status or an error number
        shape = _RUN.sub(self._shape_of_run, token)
        if shape == token:  # a word, sure to come again
            self._known[token] = shape
        return shape

    def _shape_of_run(self, found: re.Match[str]) -> str:
        run = found[0]
        if run.isdigit():
            return run if run in self._spelt else "0"
        low = run.lower()
        if low in self._spelt or low[:_BEGINNING] in self._beginnings:
            return run  # a pattern may spell it out, or its beginning
        return run if low == run and low.isalpha() else _DIGITS.sub("0", _CAPITALS.sub("AA", run))
