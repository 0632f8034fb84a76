"""Rules in order: the first that matches a text says what it means."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from iman.classify.patterns import CJK_WORD, KEY_LENGTH
from iman.classify.template import group_id, mask
from iman.classify.types import Classification
from iman.classify.unwrap import Unwrapped, unwrap
from iman.classify.vocabulary import Vocabulary, bare

BUILT_IN = Path(__file__).with_name("rules")

_WORD = re.compile(rf"(?<![^\W_])[^\W_]{{1,{KEY_LENGTH}}}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’»)]?\s+(?=[^\W\d_a-z]|[\"“‘«¿¡])|\n+|(?<=[。！？])")
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule found in a text."""

    case: Case
    entity_kind: str | None
    entity: str | None
    rule: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A phrase that means one thing; it names the type itself."""

    id: str
    patterns: tuple[re.Pattern[str], ...]
    words: frozenset[str]
    whole_text: bool
    weak: bool  # says only that something failed: a later sentence may say more
    case: Case
    examples: tuple[Example, ...]
    origin: str

    def match(self, text: str, lower: str) -> Verdict | None:
        for pattern in self.patterns:
            if (found := pattern.search(lower)) is not None:
                return Verdict(self.case, self.case.entity_kind, _value(found, text), self.id)
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb:
    """A phrase around a noun: the thing it names decides, by its family's case."""

    id: str
    patterns: tuple[re.Pattern[str], ...]
    words: frozenset[str]
    whole_text: bool
    weak: bool
    case: str
    names_field: bool  # without a value the caption itself is the entity
    known_only: bool  # does not speak of things the vocabulary lacks
    vocabulary: Vocabulary
    families: Mapping[str, Mapping[str, Case]]
    examples: tuple[Example, ...]
    origin: str

    def match(self, text: str, lower: str) -> Verdict | None:
        for pattern in self.patterns:
            if (found := pattern.search(lower)) is None:
                continue
            if (verdict := self._of(found, text)) is not None:
                return verdict
        return None

    def _of(self, found: re.Match[str], text: str) -> Verdict | None:
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
        if entity is None and (self.names_field or kind == "field"):
            entity = mention.name or None
        return Verdict(case, kind, entity, f"{self.id}:{kind}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """What a status or code says of a text that no rule knows."""

    id: str
    codes: frozenset[str]
    statuses: frozenset[int]
    view_codes: frozenset[int]
    case: Case


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
        self._whole = 0
        self._always = 0
        self._by_word: dict[str, int] = {}
        for place, rule in enumerate(self.rules):
            self._whole |= rule.whole_text << place
            self._always |= (not rule.words) << place
            for word in rule.words:
                self._by_word[word] = self._by_word.get(word, 0) | 1 << place

    @classmethod
    def load(cls, paths: Iterable[Path] = (BUILT_IN,)) -> "Rules":
        """Rules of files and of folders of ``*.toml``, in this order; an administrator's go first.

        Raises `RuleError`, which names file, rule and what is wrong.
        """
        from iman.classify.loading import load  # noqa: PLC0415 -- it builds what stands above

        return load(cls, paths)

    def classify(
        self, message: str, *, http_status: int | None = None, code: str | None = None
    ) -> Classification:
        """What *message* says; never raises. *code* is the Web API's, if known apart from it."""
        inner = unwrap(message)
        verdict = self._verdict(inner.text)
        if verdict is None or verdict.case.type == "other":
            verdict = self._hinted(inner, http_status, code) or verdict
        template = mask(inner.text)
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

    def _verdict(self, text: str) -> Verdict | None:
        lower = _lower(text)
        candidates = self._always
        words = self._by_word
        for word in set(_WORD.findall(lower)):
            if word in words:
                candidates |= words[word]
        if _CJK.search(lower) is not None:
            candidates |= words.get(CJK_WORD, 0)
        weak: Verdict | None = None
        for rule in self._each(candidates & self._whole):
            if (verdict := rule.match(text, lower)) is not None:
                if not rule.weak:
                    return verdict
                weak = weak or verdict
        candidates &= ~self._whole
        for start, end in _sentences(text):
            for rule in self._each(candidates):
                if (verdict := rule.match(text[start:end], lower[start:end])) is not None:
                    if not rule.weak:
                        return verdict
                    weak = weak or verdict
                    break
        return weak

    def _each(self, candidates: int) -> Iterable[Rule | Verb]:
        while candidates:
            lowest = candidates & -candidates
            yield self.rules[lowest.bit_length() - 1]
            candidates ^= lowest

    def _hinted(self, inner: Unwrapped, http_status: int | None, code: str | None) -> Verdict | None:
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


def _sentences(text: str) -> Iterable[tuple[int, int]]:
    """Where each sentence stands, without an exception's name or "Warning!" in front of it."""
    lead = _LEAD.match(text)
    start = lead.end() if lead else 0
    for gap in _SENTENCE.finditer(text, start):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)
