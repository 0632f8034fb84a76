"""Compiles the patterns of rule files.

A pattern is a regular expression over the lower-cased text with single blanks. It matches whole
words and knows two places: ``{value}`` is the offending value, quoted or not; ``{any}`` a value
that does not matter. In a verb ``{thing}`` is the noun phrase the vocabulary is asked about.
"""

import re
from collections.abc import Callable
from functools import cached_property, lru_cache

from iman.classify import needed

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
_CHARACTERS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_INNERMOST = re.compile(r"\([^()]*\)")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


class PatternError(ValueError):
    """A pattern that cannot be compiled; the message says why, for whoever wrote it."""


class Pattern:
    """A pattern and what a text must hold before it is worth trying; never changed.

    *source*: as it was written. It is compiled when it is first tried, for most never are.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._blanks_part_words = _CJK.search(source) is None

    @property
    def regex(self) -> str:
        """What is searched for in a lower-cased text."""
        full = _replace(self.source, _PLACES.get)
        return rf"(?<![^\W_])(?:{full})(?![^\W_])" if self._blanks_part_words else full

    @cached_property
    def search(self) -> Callable[[str], re.Match[str] | None]:
        """Tries a lower-cased text. Raises `PatternError` where the source is no pattern."""
        try:
            compiled = re.compile(self.regex)
        except re.error as exc:
            raise PatternError(f"bad regular expression: {exc}") from exc
        # search would look for the beginning of the text at each of its characters
        return compiled.match if _only_at_beginning(self.source) else compiled.search

    @cached_property
    def needs(self) -> list[needed.Promise]:
        """Sets of strings; a text that matches holds one of each set. None: it is always tried."""
        return needed.promises(self._plain())

    @property
    def words(self) -> frozenset[str]:
        """All the words the pattern spells out, whole or in part."""
        return frozenset(needed.spelt(self._plain()) if self._blanks_part_words else ())

    def _plain(self) -> str:
        return _replace(self.source, lambda _: r"\S+")


@lru_cache(maxsize=4096)
def pattern_of(source: str) -> Pattern:
    """One that is known to be good."""
    return Pattern(source)


def compile_pattern(source: str) -> Pattern:
    """Raises `PatternError`."""
    if (plain := _UPPER.sub("", source)) != plain.lower():
        raise PatternError("write patterns in lower case: they meet the lower-cased text")
    pattern = pattern_of(source)
    pattern.search  # noqa: B018 -- it is compiled here
    return pattern


def _replace(pattern: str, meaning: Callable[[str], str | None]) -> str:
    for place in _PLACES:
        pattern = pattern.replace(place, meaning(place) or place)
    return pattern


def _only_at_beginning(source: str) -> bool:
    plain = _CHARACTERS.sub("", source)
    while (less := _INNERMOST.sub("", plain)) != plain:
        plain = less
    return plain.startswith("^") and "|" not in plain
