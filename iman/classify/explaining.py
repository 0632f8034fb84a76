"""Why a message is read as it is: which rule answered, with which words."""

from dataclasses import dataclass

from iman.classify.rule import Rule, Verb
from iman.classify.rules import Rules
from iman.classify.sentences import sentences
from iman.classify.types import Classification
from iman.classify.unwrap import unwrap


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """*rule_id* is '' where no rule answered; *matched* are the words of *inner* that decided."""

    classification: Classification
    inner: str  # the message without what clients wrap around it
    rule_id: str
    origin: str
    pattern: str
    matched: str
    by_hint: bool  # the text says nothing, its status or code does


def explain(
    rules: Rules, message: str, *, http_status: int | None = None, code: str | None = None
) -> Explained:
    """Never raises for any text."""
    found = rules.classify(message, http_status=http_status, code=code)
    inner = unwrap(message).text
    rule = next((one for one in rules.rules if one.id == found.rule.split(":")[0]), None)
    hint = next((one for one in rules.hints if one.id == found.rule), None)
    pattern, matched = _words(rule, inner, found.rule) if rule is not None else ("", "")
    return Explained(
        classification=found,
        inner=inner,
        rule_id=rule.id if rule else hint.id if hint else "",
        origin=rule.origin if rule else "",
        pattern=pattern,
        matched=matched,
        by_hint=hint is not None and rule is None,
    )


def _words(rule: Rule | Verb, text: str, answer: str) -> tuple[str, str]:
    pieces = [(0, len(text))] if rule.whole_text else sentences(text)
    for start, end in pieces:
        piece = text[start:end]
        lower = piece.lower()
        if len(lower) != len(piece):
            continue
        for pattern in rule.patterns:
            match = pattern.search(lower)
            if match is None:
                continue
            verdict = rule.verdict(match, piece)
            if verdict is not None and verdict.rule == answer:
                return pattern.source, piece[slice(*match.span())]
    return "", ""
