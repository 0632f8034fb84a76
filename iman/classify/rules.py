"""Rules in order: the first that matches a text says what it means."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from iman.classify.candidates import Candidates
from iman.classify.rule import Case, Hint, Rule, Verb, Verdict
from iman.classify.sentences import sentences
from iman.classify.shapes import Shapes
from iman.classify.template import group_id, mask
from iman.classify.types import Classification
from iman.classify.unwrap import Unwrapped, unwrap

BUILT_IN = Path(__file__).with_name("rules")
_MAX_ROUTES = 20_000
_MAX_TEXT = 10_000  # characters; what decides stands in front of a stack trace


@dataclass(frozen=True, slots=True)
class _Route:
    """Which try answered a text of some shape, and in which sentence (-1: in the whole text)."""

    place: int  # -1: none
    sentence: int
    template: str


class Rules:
    """Rules, compiled as texts need them; safe to share between threads."""

    def __init__(self, rules: Iterable[Rule | Verb], hints: Iterable[Hint], nothing: Case) -> None:
        self.rules = tuple(rules)
        self.hints = tuple(hints)
        self._nothing = nothing
        self._tries = tuple((rule, pattern) for rule in self.rules for pattern in rule.patterns)
        self._routes: dict[str, _Route] = {}

    @cached_property
    def _whole(self) -> int:
        return sum(rule.whole_text << place for place, (rule, _) in enumerate(self._tries))

    @cached_property
    def _candidates(self) -> Candidates:
        return Candidates([pattern.needs for _, pattern in self._tries])

    @cached_property
    def _shapes(self) -> Shapes:
        return Shapes(word for _, pattern in self._tries for word in pattern.words)

    @classmethod
    def load(
        cls, paths: Iterable[Path] = (BUILT_IN,), *, own: Mapping[str, Any] | None = None
    ) -> "Rules":
        """Rules of files and of folders of ``*.toml``, in this order; an administrator's go first.

        *own* is what a rule file would hold; it stands before all of them. Raises `RuleError`,
        which names file, rule and what is wrong.
        """
        from iman.classify.loading import load

        return load(cls, paths, own)

    def classify(
        self, message: str, *, http_status: int | None = None, code: str | None = None
    ) -> Classification:
        """What *message* says; never raises. *code* is the Web API's, if known apart from it."""
        inner = unwrap(message)
        verdict, template = self._verdict(inner.text[:_MAX_TEXT])
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
            start, end = sentences(text)[route.sentence] if route.sentence >= 0 else (0, len(text))
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
        for sentence, (start, end) in enumerate(sentences(text)):
            for place in _places(candidates):
                if (verdict := self._try(place, text[start:end], lower[start:end])) is not None:
                    if not self._tries[place][0].weak:
                        return place, sentence, verdict
                    weak = weak if weak[2] else (place, sentence, verdict)
                    break
        return weak

    def _try(self, place: int, text: str, lower: str) -> Verdict | None:
        rule, pattern = self._tries[place]
        found = pattern.search(lower)
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
