"""Which patterns are worth trying on a text, told by the strings that stand in it.

A pattern stands among the candidates where a text holds one of the strings of one of its promises;
all strings of all patterns are looked for at once.
"""

from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick

from iman.classify.needed import Promise, looked_for

_SAMPLE = 60  # texts
_TRY, _LOOK = 2.0, 0.07  # microseconds: to try a pattern in vain, to look for one string

Strings = tuple[str, ...]


class Candidates:
    """*promised*: of each pattern. *texts*, like those to come, tell which strings are rare."""

    def __init__(self, promised: Iterable[Sequence[Promise]], texts: Sequence[str]) -> None:
        rarity = _Rarity(texts)
        places: dict[str, list[int]] = {}
        self._always: list[int] = []
        #: for each pattern strings of which a text must hold one besides; may be empty
        self.besides: list[Strings] = []
        for place, promises in enumerate(promised):
            told = [looked_for(promise) for promise in promises]
            best = told[0] if len(told) == 1 else min(told, key=rarity.of, default=())
            for string in best:
                places.setdefault(string, []).append(place)
            if not best:
                self._always.append(place)
            others = [strings for strings in told if strings is not best]
            self.besides.append(rarity.worth_looking_for(others))
        self._places = list(places.values())
        self._found_in = AhoCorasick(list(places)).find_matches_as_indexes

    def of(self, lower: str) -> list[int]:
        """The places of the patterns that may match, in order; some of them twice."""
        found = self._always.copy()
        places = self._places
        for string, _, _ in self._found_in(lower, overlapping=True):
            found += places[string]
        found.sort()
        return found


class _Rarity:
    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [text.lower() for text in texts[:: len(texts) // _SAMPLE + 1]]
        self._together = "\n".join(self._texts)

    def of(self, strings: Strings) -> tuple[int, int, int]:
        """Less for what fewer texts hold."""
        seen = [string for string in strings if string in self._together]
        held = sum(any(string in text for string in seen) for text in self._texts) if seen else 0
        return held, -min(map(len, strings)), len(strings)

    def worth_looking_for(self, promises: Iterable[Strings]) -> Strings:
        """The strings that spare most tries for the least looking; none where none does."""
        best: Strings = ()
        least = _TRY * 0.8
        for strings in promises:
            cost = _LOOK * len(strings) + _TRY * self.of(strings)[0] / len(self._texts)
            if cost < least:
                best, least = strings, cost
        return best
