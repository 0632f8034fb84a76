"""The shape of a text: equal for texts that differ only in figures and codes.

Texts of one shape are answered by the same rule, so that only the first of them is searched. Words
that a pattern spells out always stay, for a code in capitals may be what a rule looks for.
"""

import re
from collections.abc import Iterable

_RUN = re.compile(r"[^\W_]+")
_CAPITALS = re.compile(r"[A-Z]{2,}")
_DIGITS = re.compile(r"\d+")
_BEGINNING = 5  # of so many letters of a word are spelt before a pattern leaves the rest open
_MAX_TOKENS = 50_000


class Shapes:
    """*words* are those the patterns spell out, whole or in part."""

    def __init__(self, words: Iterable[str]) -> None:
        self._spelt = frozenset(words)
        self._longest = max(map(len, self._spelt), default=0)
        self._tokens: dict[str, str] = {}

    def of(self, text: str) -> str:
        known = self._tokens
        if len(known) > _MAX_TOKENS:
            known.clear()
        try:
            return " ".join([known[token] for token in text.split(" ")])
        except KeyError:
            for token in text.split(" "):
                known[token] = self._shape(token)
        return " ".join([known[token] for token in text.split(" ")])

    def _shape(self, token: str) -> str:
        if len(token) > 60 or any(map(self._is_spelt, _RUN.findall(token))):
            return token
        if token.isdigit() and len(token) <= 3:
            return token  # a status or an error number
        return _DIGITS.sub("0", _CAPITALS.sub("AA", token))

    def _is_spelt(self, run: str) -> bool:
        """Whether a pattern may spell out this run of letters and digits, or its beginning."""
        low = run.lower()
        longest = min(len(low), self._longest)
        return low in self._spelt or any(
            low[:end] in self._spelt for end in range(_BEGINNING, longest + 1)
        )
