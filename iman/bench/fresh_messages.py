"""Refusals nobody has met: other words, values and wrappings, not only other figures.

They are made of the examples of the built-in rules, so that most of them are still of a known kind.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence

_VALUE = re.compile(r"\"[^\"]+\"|(?<![\w'])'[^']+'|[^\W_]*\d[\w./-]*\w|\b[A-Z]{3,}\b")
_ONSETS = ("b", "br", "d", "dr", "f", "g", "gl", "k", "l", "m", "n", "p", "pl", "r", "s", "t", "v")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_QUOTES = ('"{}"', "'{}'", "“{}”", "{}", "{}")
#: how many of a hundred arrive in which wrapping: about as many as in the development corpus
_WRAPPINGS = {"plain": 88, "envelope": 7, "number": 3, "connector": 1, "page": 1}


class FreshMessages:
    """Without end, no two of one form; the same for the same *seed*."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self._texts = texts
        self._chance = random.Random(seed)  # noqa: S311 -- it guards nothing

    def __iter__(self) -> Iterator[str]:
        while True:
            yield from (self._fresh(text) for text in self._shuffled())

    def _shuffled(self) -> list[str]:
        return self._chance.sample(self._texts, len(self._texts))

    def _fresh(self, text: str) -> str:
        text = _VALUE.sub(lambda _: self._value(), text)
        return self._wrapped(self._chance.choice((_led, _longer, _broken, _reworded))(text, self))

    def word(self) -> str:
        pieces = range(self._chance.randint(2, 4))
        return "".join(
            self._chance.choice(_ONSETS) + self._chance.choice(_VOWELS) for _ in pieces
        ) + self._chance.choice(("", "n", "r", "st", "ing", "ed"))

    def place(self, words: Sequence[str]) -> int:
        return self._chance.randrange(len(words))

    def _value(self) -> str:
        signs = "".join(self._chance.choices(_SIGNS, k=self._chance.randint(2, 10)))
        if len(signs) > 5 and self._chance.random() < 0.4:
            signs = signs[:3] + self._chance.choice("-/._") + signs[3:]
        return self._chance.choice(_QUOTES).format(signs)

    def _wrapped(self, text: str) -> str:
        kind = self._chance.choices(list(_WRAPPINGS), list(_WRAPPINGS.values()))[0]
        if kind == "number":
            return f"{self._chance.randint(100, 9999)} - {text}"
        if kind == "page":
            return f"<html><body><h1>{self.word().title()}</h1><p>{text}</p></body></html>"
        if kind == "plain":
            return text
        value = {"lang": "en-US", "value": text}
        inner = json.dumps({"error": {"code": self.word().title(), "message": value}})
        if kind == "envelope":
            return inner
        return f"The {self.word()} {self.word()} refused. Status code: 409; Content: {inner}"


def _led(text: str, fresh: FreshMessages) -> str:
    return f"{fresh.word().title()} {fresh.word()}: {text}"


def _longer(text: str, fresh: FreshMessages) -> str:
    end = "" if text.endswith((".", "!", "?")) else "."
    return f"{text}{end} See {fresh.word()} {fresh.word()} of the {fresh.word()}."


def _broken(text: str, fresh: FreshMessages) -> str:
    """A word more in its midst, which may make another message of it."""
    words = text.split(" ")
    words.insert(fresh.place(words), fresh.word())
    return " ".join(words)


def _reworded(text: str, fresh: FreshMessages) -> str:
    """Another word for one of its words, which may make another message of it."""
    words = text.split(" ")
    words[fresh.place(words)] = fresh.word()
    return " ".join(words)
