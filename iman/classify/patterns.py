"""Compiles the patterns of rule files.

A pattern is a regular expression over the lower-cased text with single blanks. It matches whole
words and knows two places: ``{value}`` is the offending value, quoted or not; ``{any}`` a value
that does not matter. In a verb ``{thing}`` is the noun phrase the vocabulary is asked about.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from iman.classify.needed import words_of

_QUOTED = r'"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|‘[^’\n]*’|\'[^\'\n]*\''
_NO_VALUE = (
    r"(?!(?:is|was|are|were|has|have|been|be|does|do|did|not|for|in|of|on|to|at|by|and|or|that|with|"
    r"from|cannot|can|could|must|may|the|this|an?|because|already|code|number|specified|selected|"
    r"which|will|would|should|as|if|when|while|no|only|also|id|name)\b(?![-.]\w))"
)
_ONE = rf"(?:{_QUOTED}|{_NO_VALUE}[^\s\"“”«»]+)"
_PLACES = {
    "{value}": rf"(?P<value>{_ONE})",
    "{any}": _ONE,
    "{quoted}": rf"(?:{_QUOTED})",
    "{code}": rf"(?P<value>{_QUOTED}|[a-z0-9][a-z0-9._/-]*)",
    "{open}": r"[\"“«‘']?",
    "{close}": r"[\"”»’']?",
    "{thing}": r"(?P<thing>(?!(?:you|it|there|we)\b)[^\n]{1,120}?)",
    "{things}": r"(?P<thing>[^\n]{1,120})",
}
_UPPER = re.compile(r"\\[A-Z]|\(\?P<\w+>|\(\?[A-Z]")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
CJK_WORD = "\u4e00"  # stands for "a text without blanks between its words"


class PatternError(ValueError):
    """A pattern that cannot be compiled; the message says why, for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern and what a text must hold before it is worth trying.

    *needs* are up to two sets of word beginnings; a text that matches holds one of each set.
    *words* are all the words the pattern spells out, whole or in part. *source*: as it was written.
    """

    search: Callable[[str], re.Match[str] | None]
    needs: tuple[frozenset[str], ...]
    words: frozenset[str]
    source: str


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Pattern:
    """Raises `PatternError`."""
    if (plain := _UPPER.sub("", pattern)) != plain.lower():
        raise PatternError("write patterns in lower case: they meet the lower-cased text")
    full = _replace(pattern, _PLACES.get)
    blanks_part_words = _CJK.search(pattern) is None
    try:
        compiled = re.compile(rf"(?<![^\W_])(?:{full})(?![^\W_])" if blanks_part_words else full)
    except re.error as exc:
        raise PatternError(f"bad regular expression: {exc}") from exc
    if not blanks_part_words:
        return Pattern(compiled.search, (frozenset({CJK_WORD}),), frozenset(), pattern)
    needs, words = words_of(_replace(pattern, lambda _: r"\S+"))
    return Pattern(compiled.search, needs, words, pattern)


def _replace(pattern: str, meaning: Callable[[str], str | None]) -> str:
    for place in _PLACES:
        pattern = pattern.replace(place, meaning(place) or place)
    return pattern
