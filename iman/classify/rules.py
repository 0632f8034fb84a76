"""Rules in order: the first that matches a text says what it means."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from iman.classify.candidates import Candidates
from iman.classify.rule import Case, Hint, Rule, Verb, Verdict
from iman.classify.sentences import sentences
from iman.classify.shapes import Shapes
from iman.classify.template import Masked, group_id
from iman.classify.types import Classification
from iman.classify.unwrap import Unwrapped, unwrap

BUILT_IN = Path(__file__).with_name("rules")
_MAX_TEXT = 10_000  # characters; what decides stands in front of a stack trace


class Rules:
    """Rules, compiled as texts need them; safe to share between threads."""

    def __init__(self, rules: Iterable[Rule | Verb], hints: Iterable[Hint], nothing: Case) -> None:
        self.rules = tuple(rules)
        self.hints = tuple(hints)
        self.nothing = nothing  # what a text says that no rule and no hint knows
        in_order = sorted(self.rules, key=lambda rule: not rule.whole_text)  # stable
        self._tries = [(rule, pattern) for rule in in_order for pattern in rule.patterns]
        self._whole = sum(rule.whole_text for rule, _ in self._tries)

    @cached_property
    def _candidates(self) -> Candidates:
        texts = [example.text for rule in self.rules for example in rule.examples]
        return Candidates((pattern.needs for _, pattern in self._tries), texts)

    def _shaped(self, text: str) -> str:
        return self._shapes.of(text)

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
        text = inner.text[:_MAX_TEXT]
        lower = text.lower()
        verdict = self._verdict(text, lower if len(lower) == len(text) else _lower(text))
        if verdict is None or verdict.case.type == "other":
            verdict = self._hinted(inner, http_status, code) or verdict
        masked = Masked(text, self._shaped)
        if verdict is None:
            verdict = Verdict(self.nothing, None, None, group_id(masked.template))
        case = verdict.case
        return Classification(
            case.type,
            verdict.entity_kind,
            verdict.entity,
            case.transient,
            case.who_fixes,
            verdict.rule,
            masked,
        )

    def _verdict(self, text: str, lower: str) -> Verdict | None:
        """Of the first try that answers and is not weak; else of the first that is."""
        places = self._candidates.of(lower)
        whole = bisect_left(places, self._whole)
        weak = self._first(places[:whole], text, lower, past_weak=True)
        if whole == len(places) or (weak is not None and not weak.weak):
            return weak
        places = places[whole:]
        for start, end in sentences(text):
            found = self._first(places, text[start:end], lower[start:end], past_weak=False)
            if found is not None:
                if not found.weak:
                    return found
                weak = weak or found
        return weak

    def _first(
        self, places: list[int], text: str, lower: str, *, past_weak: bool
    ) -> Verdict | None:
        """The verdict of the first of *places* that gives one.

        *past_weak*: one that is not weak, if there is one.
        """
        weak: Verdict | None = None
        tries, besides = self._tries, self._candidates.besides
        last = -1
        for place in places:
            if place == last:
                continue
            last = place
            if (strings := besides[place]) and not any(map(lower.__contains__, strings)):
                continue
            rule, pattern = tries[place]
            found = pattern.search(lower)
            if found is not None and (verdict := rule.verdict(found, text)) is not None:
                if not (past_weak and rule.weak):
                    return verdict
                weak = weak or verdict
        return weak

    def _hinted(
        self, inner: Unwrapped, http_status: int | None, code: str | None
    ) -> Verdict | None:
        status = http_status or inner.http_status
        code = code or inner.code
        if status is None and code is None and inner.view_code is None:
            return None
        for hint in self.hints:
            if code in hint.codes or status in hint.statuses or inner.view_code in hint.view_codes:
                return Verdict(hint.case, hint.case.entity_kind, None, hint.id)
        return None


def _lower(text: str) -> str:
    """Where a small letter would be two, the capital stays: places are the same in both texts."""
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
