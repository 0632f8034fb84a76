"""What `Rules` answers, found by trying every pattern in its order: slow, and plainly right."""

import re
from collections.abc import Callable
from typing import Self

from iman.classify import Rules
from iman.classify.rule import Rule, Verb, Verdict
from iman.classify.sentences import sentences

Search = Callable[[str], re.Match[str] | None]


class PlainLoop(Rules):
    """It shares unwrapping, sentences and verdicts with `Rules`, and nothing that finds rules."""

    @classmethod
    def of(cls, rules: Rules) -> Self:
        """The same rules, tried one after the other."""
        made = cls(rules.rules, rules.hints, rules.nothing)
        tries = [
            (rule, re.compile(pattern.regex).search)
            for rule in rules.rules
            for pattern in rule.patterns
        ]
        made.of_texts = [(rule, search) for rule, search in tries if rule.whole_text]
        made.of_sentences = [(rule, search) for rule, search in tries if not rule.whole_text]
        return made

    of_texts: list[tuple[Rule | Verb, Search]]
    of_sentences: list[tuple[Rule | Verb, Search]]

    def _verdict(self, text: str, lower: str) -> Verdict | None:
        weak: list[Verdict] = []
        for rule, search in self.of_texts:
            if (verdict := _verdict(rule, search, text, lower)) is not None:
                if not rule.weak:
                    return verdict
                weak.append(verdict)
        for start, end in sentences(text):
            for rule, search in self.of_sentences:
                verdict = _verdict(rule, search, text[start:end], lower[start:end])
                if verdict is not None:
                    if not rule.weak:
                        return verdict
                    weak.append(verdict)
                    break
        return weak[0] if weak else None


def _verdict(rule: Rule | Verb, search: Search, text: str, lower: str) -> Verdict | None:
    found = search(lower)
    return None if found is None else rule.verdict(found, text)
