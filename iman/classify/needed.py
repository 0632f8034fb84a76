"""The words a text needs before a pattern can match it, told by reading the pattern.

It is what lets hundreds of patterns be passed over without trying them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

KEY_LENGTH = 4  # words are known by their beginning, so that "exceeds" finds "exceed"
_LOOKS_AROUND = re.compile(r"\?<?[=!]")
_GROUP_HEAD = re.compile(r"\?(?:[:=!]|<[=!]|P<\w+>)")
_QUANTIFIER = re.compile(r"[?*+]|\{\d*,?\d*\}")
_CLASS = re.compile(r"\^?\]?(?:\\.|[^\]\\])*\]")  # what follows the opening bracket


def words_of(pattern: str) -> tuple[tuple[frozenset[str], ...], frozenset[str]]:
    """What *pattern* needs (the two rarest promises, none where none can be made), and spells."""
    read = _Reader(pattern).read()
    promises = sorted(set(_promises(read, edges=(True, True))), key=_worth, reverse=True)
    return tuple(promises[:2]), frozenset(_spelt(read))


def _spelt(part: "_Part") -> Iterator[str]:
    for branch in part.branches:
        word = ""
        for piece in [*branch, _Part()]:
            if piece.letter:
                word += piece.letter
                continue
            if word:
                yield word
            word = ""
            yield from _spelt(piece)


_EVERYWHERE = frozenset(
    [
        "the",
        "not",
        "for",
        "is",
        "are",
        "does",
        "has",
        "have",
        "been",
        "this",
        "you",
        "cann",
        "must",
        "was",
        "with",
        "in",
        "of",
        "a",
        "to",
        "be",
        "an",
        "or",
        "and",
    ]
)


def _worth(words: frozenset[str]) -> tuple[int, int]:
    """Long words are rare, and few alternatives rarer."""
    return min(0 if word in _EVERYWHERE else len(word) for word in words), -len(words)


@dataclass(slots=True)
class _Part:
    """A piece of a pattern: a letter, a group of branches, or something else."""

    letter: str = ""
    branches: list[list["_Part"]] = field(default_factory=list)
    opens: bool = False  # begins with something that is no letter
    closes: bool = False  # ends with something that is no letter
    optional: bool = False


class _Reader:
    """Reads just enough of regular expressions; what it does not know promises nothing."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def read(self) -> _Part:
        """One group's content, up to its closing bracket or the end."""
        branches: list[list[_Part]] = [[]]
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            self._at += 1
            if char == ")":
                break
            if char == "|":
                branches.append([])
                continue
            branches[-1].append(self._quantified(self._one(char)))
        return _Part(
            branches=branches,
            opens=all(_bounded(branch, before=False, edge=False) for branch in branches),
            closes=all(_bounded(branch[::-1], before=True, edge=False) for branch in branches),
            optional=any(all(part.optional for part in branch) for branch in branches),
        )

    def _one(self, char: str) -> _Part:
        if char == "(":
            return self._group()
        if char == "[":
            return self._char_class()
        if char == "\\":
            self._at += 1
            no_letter = self._pattern[self._at - 1] not in "wdSD"
            return _Part(opens=no_letter, closes=no_letter)
        if char.isalnum():
            return _Part(letter=char)
        return _Part(opens=char != ".", closes=char != ".")

    def _group(self) -> _Part:
        promises_nothing = _LOOKS_AROUND.match(self._pattern, self._at) is not None
        if head := _GROUP_HEAD.match(self._pattern, self._at):
            self._at = head.end()
        elif self._pattern.startswith("?", self._at):
            promises_nothing = True  # flags, conditions and other rarities
        content = self.read()
        if promises_nothing:
            return _Part(branches=content.branches, opens=True, closes=True, optional=True)
        return content

    def _char_class(self) -> _Part:
        end = _CLASS.match(self._pattern, self._at)
        assert end is not None  # noqa: S101 -- re has compiled it before
        self._at = end.end()
        members = end[0][:-1].replace(r"\s", "")
        no_letter = re.search(r"[^\W_]|\^|\\", members) is None
        return _Part(opens=no_letter, closes=no_letter)

    def _quantified(self, part: _Part) -> _Part:
        found = _QUANTIFIER.match(self._pattern, self._at)
        if found is None:
            return part
        self._at = found.end()
        if part.letter and found[0] == "?":
            return _Part(letter=part.letter, optional=True)
        if self._pattern[self._at : self._at + 1] in ("?", "+"):
            self._at += 1
        if found[0] == "+" and not part.letter:
            return part
        return _Part(branches=part.branches, opens=part.opens, closes=part.closes, optional=True)


def _promises(group: _Part, edges: tuple[bool, bool]) -> list[frozenset[str]]:
    """Sets of words; a text that matches holds one word of each set.

    *edges* says whether a word boundary stands before and after the group.
    """
    read = [_branch_promises(branch, edges) for branch in group.branches]
    if len(read) == 1:
        return read[0]
    if not all(read):
        return []
    return [frozenset().union(*(max(clauses, key=_worth) for clauses in read))]


def _branch_promises(branch: list[_Part], edges: tuple[bool, bool]) -> list[frozenset[str]]:
    found: list[frozenset[str]] = []
    at = 0
    while at < len(branch):
        end = at + 1
        while branch[at].letter and end < len(branch) and branch[end].letter:
            end += 1
        around = (
            _bounded(branch[:at][::-1], before=True, edge=edges[0]),
            _bounded(branch[end:], before=False, edge=edges[1]),
        )
        if branch[at].letter and around[0]:
            words = _spellings(branch[at:end])
            if around[1] or all(len(word) >= KEY_LENGTH for word in words):
                found.append(frozenset(word[:KEY_LENGTH] for word in words))
        elif branch[at].branches and not branch[at].optional:
            found += _promises(branch[at], around)
        at = end
    return found


def _spellings(letters: list[_Part]) -> list[str]:
    """``users?`` is two words."""
    words = [""]
    for part in letters:
        longer = [word + part.letter for word in words]
        words = words + longer if part.optional else longer
    return words[:16] if "" not in words else [""]


def _bounded(neighbours: list[_Part], *, before: bool, edge: bool) -> bool:
    """Whether a word next to *neighbours* ends there, whatever they match."""
    for part in neighbours:
        if not (part.closes if before else part.opens):
            return False
        if not part.optional:
            return True
    return edge
