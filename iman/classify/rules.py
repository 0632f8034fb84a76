"""Rules in order: the first that matches a text says what it means."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from iman.classify.candidates import Candidates
from iman.classify.patterns import Pattern
from iman.classify.shapes import Shapes
from iman.classify.template import group_id, mask
from iman.classify.types import Classification
from iman.classify.unwrap import Unwrapped, unwrap
from iman.classify.vocabulary import Vocabulary, bare

_MAX_ROUTES = 20_000
BUILT_IN = Path(__file__).with_name("rules")

_SENTENCE = re.compile(r"[.!?\n。！？](?:(?<=[\n。！？])\n*|[\"”’»)]?\s+(?=[^\W\d_a-z]|[\"“‘«¿¡]))")
_REASON = re.compile(r"\bbecause (?!another\b|this\b|it\b|that\b|they\b|of\b)")
_ENDS = re.compile(r"[!?。！？]|[.][\"”’»)]\s")
_LEADS = frozenset({"warn", "erro", "mess", "atte", "fata", "secu", "seve", "adve", "aver"})
_SAYS_NOTHING = frozenset({"field", "fields", "value", "values", "data", "input", "character"})
_LEAD = re.compile(
    r"(?:[\w.\\]+(?:exception|error|fault)\b\s*(?:\([^)]*\))?\s*:\s*"
    r"|(?:fatal |security |severe )?(?:error|warning|message|attention|advertencia|avertissement)"
    r"(?: \w?\d+)?\s*[!:.–—-]+\s*|[a-z]/[a-z] [^:.\"]{3,40}:\s+)+",
    re.IGNORECASE,
)


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
        return Verdict(self.case, self.case.entity_kind, _value(found, text), self.id)


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
        mention = self.vocabulary.read(text[slice(*found.span("thing"))])
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
        return Verdict(case, kind, entity, f"{self.id}:{kind}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """What a status or code says of a text that no rule knows."""

    id: str
    codes: frozenset[str]
    statuses: frozenset[int]
    view_codes: frozenset[int]
    case: Case


@dataclass(frozen=True, slots=True)
class _Route:
    """Which try answered a text of some shape, and in which sentence (-1: in the whole text)."""

    place: int  # -1: none
    sentence: int
    template: str


def _value(found: re.Match[str], text: str) -> str | None:
    try:
        start, end = found.span("value")
    except IndexError:
        return None
    return None if start < 0 else bare(text[start:end]) or None


class Rules:
    """Validated rules, compiled once; safe to share between threads."""

    def __init__(self, rules: Iterable[Rule | Verb], hints: Iterable[Hint], nothing: Case) -> None:
        self.rules = tuple(rules)
        self.hints = tuple(hints)
        self._nothing = nothing
        tries = [(rule, pattern) for rule in self.rules for pattern in rule.patterns]
        self._tries = tuple((rule, pattern.search) for rule, pattern in tries)
        self._whole = sum(rule.whole_text << place for place, (rule, _) in enumerate(tries))
        self._candidates = Candidates([pattern.needs for _, pattern in tries])
        self._shapes = Shapes(word for _, pattern in tries for word in pattern.words)
        self._routes: dict[str, _Route] = {}

    @classmethod
    def load(cls, paths: Iterable[Path] = (BUILT_IN,)) -> "Rules":
        """Rules of files and of folders of ``*.toml``, in this order; an administrator's go first.

        Raises `RuleError`, which names file, rule and what is wrong.
        """
        from iman.classify.loading import load

        return load(cls, paths)

    def classify(
        self, message: str, *, http_status: int | None = None, code: str | None = None
    ) -> Classification:
        """What *message* says; never raises. *code* is the Web API's, if known apart from it."""
        inner = unwrap(message)
        verdict, template = self._verdict(inner.text)
        if verdict is None or verdict.case.type == "other":
            verdict = self._hinted(inner, http_status, code) or verdict
        if verdict is None:
            verdict = Verdict(self._nothing, None, None, group_id(template))
        return Classification(
            type=verdict.case.type,
            entity_kind=verdict.entity_kind,
            entity=verdict.entity,
            transient=verdict.case.transient,
            who_fixes=verdict.case.who_fixes,
            rule=verdict.rule,
            template=template,
        )

    def _verdict(self, text: str) -> tuple[Verdict | None, str]:
        """By the try that answered a text of the same shape; else by trying all that may."""
        lower = _lower(text)
        shape = self._shapes.of(text)
        if (route := self._routes.get(shape)) is not None:
            if route.place < 0:
                return None, route.template
            start, end = _sentences(text)[route.sentence] if route.sentence >= 0 else (0, len(text))
            if verdict := self._try(route.place, text[start:end], lower[start:end]):
                return verdict, route.template
        place, sentence, verdict = self._search(text, lower)
        if len(self._routes) >= _MAX_ROUTES:
            self._routes.clear()
        template = mask(shape)
        self._routes[shape] = _Route(place, sentence, template)
        return verdict, template

    def _search(self, text: str, lower: str) -> tuple[int, int, Verdict | None]:
        """The place of the try that answers, the sentence (-1: the whole text), its verdict."""
        candidates = self._candidates.of(lower)
        weak: tuple[int, int, Verdict | None] = (-1, -1, None)
        for place in _places(candidates & self._whole):
            if (verdict := self._try(place, text, lower)) is not None:
                if not self._tries[place][0].weak:
                    return place, -1, verdict
                weak = weak if weak[2] else (place, -1, verdict)
        candidates &= ~self._whole
        for sentence, (start, end) in enumerate(_sentences(text)):
            for place in _places(candidates):
                if (verdict := self._try(place, text[start:end], lower[start:end])) is not None:
                    if not self._tries[place][0].weak:
                        return place, sentence, verdict
                    weak = weak if weak[2] else (place, sentence, verdict)
                    break
        return weak

    def _try(self, place: int, text: str, lower: str) -> Verdict | None:
        rule, search = self._tries[place]
        found = search(lower)
        return None if found is None else rule.verdict(found, text)

    def _hinted(
        self, inner: Unwrapped, http_status: int | None, code: str | None
    ) -> Verdict | None:
        status = http_status or inner.http_status
        code = code or inner.code
        for hint in self.hints:
            if code in hint.codes or status in hint.statuses or inner.view_code in hint.view_codes:
                return Verdict(hint.case, hint.case.entity_kind, None, hint.id)
        return None


def _lower(text: str) -> str:
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def _places(candidates: int) -> Iterator[int]:
    while candidates:
        lowest = candidates & -candidates
        yield lowest.bit_length() - 1
        candidates ^= lowest


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence stands, without an exception's name or "Warning!" in front of it.

    Of "you cannot ... because ..." the reason stands first, if it names what it speaks of.
    """
    start = 0
    if (":" in text or text[:4].lower() in _LEADS) and (lead := _LEAD.match(text)) is not None:
        start = lead.end()
    found: list[tuple[int, int]] = []
    if ". " in text or "\n" in text or _ENDS.search(text) is not None:
        for gap in _SENTENCE.finditer(text, start):
            _add_sentence(found, text, start, gap.start())
            start = gap.end()
    _add_sentence(found, text, start, len(text.rstrip(" .!?")))
    return found


def _add_sentence(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    if "because" in text and (reason := _REASON.search(text, start, end)) is not None:
        found.append((reason.end(), end))
    found.append((start, end))
