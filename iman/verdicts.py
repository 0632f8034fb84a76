"""What the classifier answers, as the sync and the ledger see it."""

from __future__ import annotations

from iman.classify import Classification, RulesInForce
from iman.classify.in_force import RuleSet
from iman.domain.attempt import Verdict
from iman.ledger.reclassifying import Read
from iman.sync.ports import Classify


def verdict(found: Classification) -> Verdict:
    return Verdict(
        error_type=found.type,
        entity_kind=found.entity_kind,
        entity=found.entity,
        template=found.rule,
    )


def verdicts(rules: RulesInForce) -> Classify:
    """By the rules in force at the time of asking."""
    return lambda text, status, code: verdict(rules.classify(text, status, code))


def in_force(rules: RulesInForce) -> tuple[str, Read]:
    """The fingerprint of the rules in force, and how these very rules read."""
    return rules.current.fingerprint, reading(rules.current)


def reading(current: RuleSet) -> Read:
    """How a set of rules reads; the built-in ones are not loaded before a text is read."""
    return lambda text, status, code: verdict(
        current.rules.classify(text, http_status=status, code=code)
    )
