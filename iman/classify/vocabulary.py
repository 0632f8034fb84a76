"""The things Sage 300's messages are about, and how a noun phrase names one and its value.

The caption in front of a value decides what a message means, not the verb. Compounds end in their
head: a "customer account set" is an account set. Tails such as "code" or "number" add nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\"[^"]*\"|“[^”]*”|«[^»]*»|‘[^’]*’|(?<!\w)'[^']*'(?!\w)|\([^()\s]*\)|[^\s"“”«»]+"""
)
_QUOTES = "\"“”„«»‘’'‹›()"
_STOP = ".,:;!?"
_ELISION = re.compile(r"^(?:[ld]|qu)['’](?=\w)|['’]s$")  # l'article, the customer's
_TITLE = re.compile(r"[A-Z][a-z]+")
_WORDLIKE = re.compile(r"[^\W\d_]?[^\W\d_A-Z]*(?:['’-][^\W\d_]*)*")  # plain or Title case


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """One kind of thing: how it is called, and the family whose cases decide its error type."""

    kind: str
    family: str
    captions: tuple[str, ...]
    word_values: bool = False  # its values may be plain words: Region
    named: bool = False  # its caption is what it is called: Order Entry
    part_of: str = ""  # a line names the document it stands in: that family says more


class Mention(NamedTuple):
    """A thing named in a noun phrase; *name* is the caption as it stands there."""

    thing: Thing | None
    name: str
    value: str | None


class Vocabulary:
    """The captions of one language."""

    def __init__(
        self,
        things: Iterable[Thing],
        *,
        tails: Iterable[str] = (),
        articles: Iterable[str] = (),
        heads: Iterable[str] = (),
    ) -> None:
        self._tails = frozenset(tails)
        self._articles = frozenset(articles)
        self._heads = frozenset(heads)  # a customer type is no customer
        self._starts: dict[str, list[tuple[list[str], Thing]]] = {}
        plurals: list[tuple[list[str], Thing]] = []
        for thing in things:
            for caption in thing.captions:
                words = caption.lower().split()
                self._starts.setdefault(words[0], []).append((words, thing))
                plurals.append(([*words[:-1], _plural(words[-1])], thing))
        for words, thing in plurals:  # after what is a caption by itself: Purchase Orders
            self._starts.setdefault(words[0], []).append((words, thing))
        for forms in self._starts.values():
            forms.sort(key=lambda form: -len(form[0]))  # stable: the first of a length wins

    def read(self, phrase: str) -> Mention:
        """The thing *phrase* is about; a mention without a thing where no caption is known."""
        tokens = _TOKEN.findall(phrase)
        words = [token.rstrip(_STOP).lower() for token in tokens]
        if "'" in phrase or "’" in phrase:
            words = [_ELISION.sub("", word) for word in words]
        found: tuple[Mention, int] | None = None
        at = 0
        while at < len(tokens):
            if (
                words[at] not in self._starts
                or (caption := self._caption(tokens, words, at)) is None
            ):
                at += 1
                continue
            start = at
            at, thing = caption
            name = _name(tokens[start:at])
            if self._is_part_of_a_longer_name(tokens, words, at):
                break
            value, at = self._value(tokens, words, at, thing)
            mention = Mention(thing, name, value)
            if found is None or _goes_on(found[0], thing, words[found[1] : start]):
                found = mention, at
        return found[0] if found else self._unknown(tokens, words)

    def _is_part_of_a_longer_name(self, tokens: list[str], words: list[str], at: int) -> bool:
        """Customer Discount Grade "X" is no customer but something no caption is known for."""
        if at < len(words) and words[at] in self._heads:
            return True
        end = at
        while (
            end < len(tokens) and words[end] not in self._starts and _TITLE.fullmatch(tokens[end])
        ):
            end += 1
        return at < end < len(tokens) and tokens[end][0] in _QUOTES

    def _caption(self, tokens: list[str], words: list[str], at: int) -> tuple[int, Thing] | None:
        """Where the run of captions that starts at *at* ends, and its head."""
        head: Thing | None = None
        while at < len(words):
            if head is not None and tokens[at].isupper() and tokens[at].isalpha():
                break  # a code in capitals may be spelt like a caption
            for form, thing in self._starts.get(words[at], ()):
                if words[at : at + len(form)] == form:
                    at, head = at + len(form), thing
                    break
            else:
                break
            while at < len(words) and words[at] in self._tails:
                at += 1
        return None if head is None else (at, head)

    def _value(
        self, tokens: list[str], words: list[str], at: int, thing: Thing
    ) -> tuple[str | None, int]:
        while at < len(tokens) and words[at] in (":", "=", "#", "-"):
            at += 1
        if (
            words[at : at + 1] == ["with"]
            and words[at + 1 : at + 2]
            and words[at + 1] in self._tails
        ):
            at += 2  # a document with number X
        if at == len(tokens):
            return None, at
        value = bare(tokens[at])
        if tokens[at][0] in _QUOTES:
            return value or None, at + 1
        is_word = _WORDLIKE.fullmatch(value) is not None
        if is_word and not (thing.word_values and value[:1].isupper()):
            return None, at
        return value or None, at + 1

    def _unknown(self, tokens: list[str], words: list[str]) -> Mention:
        start = 0
        while start < len(words) and words[start] in self._articles:
            start += 1
        end = start
        while end < len(tokens) and _WORDLIKE.fullmatch(bare(tokens[end])):
            end += 1
        value = bare(tokens[end]) if end < len(tokens) else None
        return Mention(None, " ".join(tokens[start:end]).rstrip(_STOP), value or None)

    def kind_of(self, name: str) -> str:
        """A kind for a thing no caption is known for: "Widget Code" is a ``widget``-like code."""
        words = [re.sub(r"\W", "", word) for word in name.lower().split()]
        return "_".join(word for word in words[-3:] if word) or "code"


def bare(token: str) -> str:
    """The token without its quotes and what punctuates the sentence around it."""
    if token[:1] in _QUOTES:
        return token.rstrip(_STOP).strip(_QUOTES).strip()
    return token.rstrip(_STOP + _QUOTES)


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch")) else "s")


def _name(tokens: list[str]) -> str:
    return " ".join(tokens).rstrip(_STOP)


def _goes_on(first: Mention, second: Thing, between: list[str]) -> bool:
    """Customer X and ship-to Y: the second is more specific. Line 2 of order X: the order is."""
    if first.thing is None:
        return False
    if first.thing.part_of == second.family and second.kind != first.thing.kind:
        return True
    if not between:  # "price list X, item Y"
        return first.value is not None and first.thing.family == second.family
    return first.thing.family == second.family and between in (["and"], ["et"], ["y"])
