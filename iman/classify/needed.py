"""What a text must hold before a pattern can match it, told by reading the pattern.

It is what lets hundreds of patterns be passed over without trying them. A promise is a set of
strings of which a text that matches holds at least one.
"""

import re
from collections.abc import Iterator, Sequence

_MOST = 24  # strings of one promise
_PIECE = re.compile(
    r"""
      (?P<letters>[^\\\[\](){}|.^$*+?]+(?![*+?{]) | [^\\\[\](){}|.^$*+?])
    | \\(?P<escaped>.)
    | (?P<opens>\((?:\?(?:[:=!]|<[=!]|P<\w+>))?)(?!\?)
    | (?P<closes>\))
    | (?P<bar>\|)
    | \[(?P<members>\^?\]?(?:\\.|[^\]\\])*)\]
    | (?P<times>[*+?]|\{\d*,?\d*\})[?+]?
    | (?P<any>[.])
    | (?P<end>[$^])
    """,
    re.VERBOSE | re.DOTALL,
)

Promise = frozenset[str]
Read = tuple[Promise | None, list[Promise]]  # all it can match, if that is few; else promises
_NOTHING: Promise = frozenset({""})
_UNKNOWN: Read = (None, [])


def promises(pattern: str) -> list[Promise]:
    """All that *pattern* promises; none where it is not understood."""
    try:
        return list(dict.fromkeys(_Reader(pattern).all()))
    except _NotUnderstoodError:
        return []


def looked_for(promise: Promise) -> tuple[str, ...]:
    """Its strings without those that hold another of them."""
    found: list[str] = []
    for string in sorted(promise, key=lambda string: (len(string), string)):
        if not any(shorter in string for shorter in found):
            found.append(string)
    return tuple(found)


def shared(strings: Sequence[str]) -> str:
    """The longest string that all of them hold."""
    shortest = min(strings, key=len)
    for length in range(len(shortest), 0, -1):
        for start in range(len(shortest) - length + 1):
            part = shortest[start : start + length]
            if all(part in string for string in strings):
                return part
    return ""


def spelt(pattern: str) -> Iterator[str]:
    """The words *pattern* spells out, whole or in part."""
    word = ""
    for piece in _SPELT.finditer(pattern):
        letter = piece["letter"]
        if letter is None or not letter.isalnum():
            if word:
                yield word
            word = ""
        else:
            word += letter
    if word:
        yield word


_SPELT = re.compile(
    r"""
      \\. | \((?:\?(?:[:=!]|<[=!]|P<\w+>))? | \[\^?\]?(?:\\.|[^\]\\])*\]
    | \{\d*,?\d*\}[?+]? | [*+][?+]? | [^\W_](?:[*+]|\{\d*,?\d*\})[?+]?
    | (?P<letter>.)\?? """,
    re.VERBOSE | re.DOTALL,
)


class _NotUnderstoodError(Exception):
    """A part of regular expressions that rules hardly use."""


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._next: re.Match[str] | None = None
        self._step()

    def _step(self) -> None:
        self._next = _PIECE.match(self._pattern, self._at)
        if self._next is not None:
            self._at = self._next.end()
        elif self._at < len(self._pattern):
            raise _NotUnderstoodError(self._pattern[self._at :])

    def all(self) -> list[Promise]:
        exact, found = self._branches()
        if self._next is not None:
            raise _NotUnderstoodError(")")
        return [*found, *_promise(exact)]

    def _branches(self) -> Read:
        """One group's content, up to its closing bracket or the end."""
        read = [self._branch()]
        while self._next is not None and self._next.lastgroup == "bar":
            self._step()
            read.append(self._branch())
        return read[0] if len(read) == 1 else _one_of(read)

    def _branch(self) -> Read:
        made = _Sequence()
        while self._next is not None and self._next.lastgroup not in ("bar", "closes"):
            made.add(self._times(self._piece()))
        return made.read()

    def _piece(self) -> Read:
        piece = self._next
        assert piece is not None  # noqa: S101 -- the caller looked
        kind = piece.lastgroup
        self._step()
        if kind == "letters":
            return frozenset({piece[0]}), []
        if kind == "opens":
            content = self._branches()
            if self._next is None or self._next.lastgroup != "closes":
                raise _NotUnderstoodError(piece[0])
            self._step()
            looks_around = piece[0][1:] in ("?=", "?!", "?<=", "?<!")
            return (_NOTHING, []) if looks_around else content
        if kind == "escaped":
            return _escaped(piece["escaped"])
        if kind == "members":
            return _one_char(piece["members"])
        if kind == "end":
            return _NOTHING, []
        if kind == "any":
            return _UNKNOWN
        raise _NotUnderstoodError(piece[0])

    def _times(self, read: Read) -> Read:
        if self._next is None or self._next.lastgroup != "times":
            return read
        times = self._next["times"]
        self._step()
        exact, found = read
        if times == "?":
            return _UNKNOWN if exact is None else (exact | _NOTHING, [])
        if times in ("*", "{}") or times.startswith(("{0", "{,")):
            return _UNKNOWN
        return None, [*found, *_promise(exact)]


class _Sequence:
    """Pieces one after the other: strings grow while what is matched is known exactly."""

    def __init__(self) -> None:
        self._exact = _NOTHING
        self._found: list[Promise] = []
        self._whole = True

    def add(self, read: Read) -> None:
        exact, found = read
        self._found += found
        if exact is None:
            self._ends()
            self._exact = _NOTHING
        elif len(self._exact) * len(exact) <= _MOST:
            self._exact = frozenset(one + other for one in self._exact for other in exact)
        else:
            self._ends()
            self._exact = exact

    def _ends(self) -> None:
        self._whole = False
        self._found += _promise(self._exact)

    def read(self) -> Read:
        if self._whole:
            return self._exact, []
        return None, [*self._found, *_promise(self._exact)]


def _one_of(read: list[Read]) -> Read:
    exacts = [exact for exact, _ in read if exact is not None]
    if len(exacts) == len(read):
        together = frozenset[str]().union(*exacts)
        if len(together) <= 2 * _MOST:
            return together, []
    best = [max([*found, *_promise(exact)], key=worth, default=None) for exact, found in read]
    kept = [promise for promise in best if promise is not None]
    return (None, [frozenset().union(*kept)]) if len(kept) == len(read) else _UNKNOWN


def _promise(exact: Promise | None) -> list[Promise]:
    return [exact] if exact is not None and all(exact) else []


def worth(promise: Promise) -> tuple[int, int, int]:
    """Long strings are rare, and few alternatives rarer."""
    shortest = min(map(len, promise))
    return min(shortest, 6), -len(promise), shortest


def _escaped(char: str) -> Read:
    if not char.isalnum():
        return frozenset({char}), []
    if char in "bB":
        return _NOTHING, []
    if char in "dDwWsS":
        return _UNKNOWN
    raise _NotUnderstoodError(char)


def _one_char(members: str) -> Read:
    plain = not ("\\" in members or "-" in members[1:-1] or members.startswith("^"))
    return (frozenset(members), []) if plain and len(members) <= 8 else _UNKNOWN
