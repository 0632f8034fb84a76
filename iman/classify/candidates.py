"""Which patterns are worth trying on a text, told by the beginnings of its words."""

import re
from collections.abc import Sequence

from iman.classify.needed import KEY_LENGTH
from iman.classify.patterns import CJK_WORD

_KEY = re.compile(rf"(?<![^\W_])[^\W_]{{1,{KEY_LENGTH}}}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


class Candidates:
    """Patterns by the words they need; a set of patterns is an integer with a bit for each."""

    def __init__(self, needs: Sequence[tuple[frozenset[str], ...]]) -> None:
        self._first, self._second = 0, 0  # what needs nothing, or nothing more
        self._by_word: dict[str, tuple[int, int]] = {}
        for place, clauses in enumerate(needs):
            bit = 1 << place
            self._first |= 0 if clauses else bit
            self._second |= 0 if len(clauses) > 1 else bit
            for slot, words in enumerate(clauses):
                for word in words:
                    one, two = self._by_word.get(word, (0, 0))
                    self._by_word[word] = (one, two | bit) if slot else (one | bit, two)

    def of(self, lower: str) -> int:
        first, second = self._first, self._second
        for word in set(_KEY.findall(lower)):
            if word in self._by_word:
                one, two = self._by_word[word]
                first |= one
                second |= two
        if not lower.isascii() and _CJK.search(lower) is not None:
            one, two = self._by_word.get(CJK_WORD, (0, 0))
            first |= one
            second |= two
        return first & second
