"""What a rule is: a phrase that means one thing, a verb around a noun, a hint from outside."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from iman.classify.patterns import Pattern
from iman.classify.vocabulary import Vocabulary, bare

_SAYS_NOTHING = frozenset({"field", "fields", "value", "values", "data", "input", "character"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What a rule, or a family of things in one case, says: type, first mover, transient."""

    type: str
    who_fixes: str
    transient: bool
    entity_kind: str | None = None  # for a family: instead of the thing's own kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """An invented message and what a rule says of it; None: not promised."""

    text: str
    entity: str | None
    type: str | None
    entity_kind: str | None


class Verdict(NamedTuple):
    """What one rule found in a text."""

    case: Case
    entity_kind: str | None
    entity: str | None
    rule: str
    weak: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A phrase that means one thing; it names the type itself."""

    id: str
    patterns: tuple[Pattern, ...]
    whole_text: bool
    weak: bool  # says only that something failed: a later sentence may say more
    case: Case
    examples: tuple[Example, ...]
    origin: str

    def verdict(self, found: re.Match[str], text: str) -> Verdict | None:
        case = self.case
        return Verdict(case, case.entity_kind, _value(found, text), self.id, self.weak)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb:
    """A phrase around a noun: the thing it names decides, by its family's case."""

    id: str
    patterns: tuple[Pattern, ...]
    whole_text: bool
    weak: bool
    case: str
    names_field: bool  # without a value the caption itself is the entity
    known_only: bool  # does not speak of things the vocabulary lacks
    vocabulary: Vocabulary
    families: Mapping[str, Mapping[str, Case]]
    examples: tuple[Example, ...]
    origin: str

    def verdict(self, found: re.Match[str], text: str) -> Verdict | None:
        start, end = found.span("thing")
        mention = self.vocabulary.read(text[start:end])
        if mention.thing is None and self.known_only:
            return None
        family = mention.thing.family if mention.thing else "unknown"
        if (case := self.families.get(family, {}).get(self.case)) is None:
            return None
        entity = _value(found, text) or mention.value
        kind = case.entity_kind
        if kind is None:
            kind = mention.thing.kind if mention.thing else self.vocabulary.kind_of(mention.name)
        named = mention.thing.named if mention.thing else False
        if entity is None and (self.names_field or named or kind == "field"):
            entity = mention.name or None
            if entity and entity.lower() in _SAYS_NOTHING:
                entity = None
        return Verdict(case, kind, entity, f"{self.id}:{kind}", self.weak)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """What a status or code says of a text that no rule knows."""

    id: str
    codes: frozenset[str]
    statuses: frozenset[int]
    view_codes: frozenset[int]
    case: Case


def _value(found: re.Match[str], text: str) -> str | None:
    if "value" not in found.re.groupindex:
        return None
    start, end = found.span("value")
    return None if start < 0 else bare(text[start:end]) or None
