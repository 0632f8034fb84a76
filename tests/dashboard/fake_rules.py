"""Rules that behave: the real classifier, with what was saved kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from iman.api.wire_rules import (
    Rereading,
    RuleEdit,
    RuleListing,
    RulesPreview,
    SiteRule,
    Tried,
)
from iman.classify import OwnExample, OwnRule, RulesInForce
from iman.classify.explaining import explain
from iman.classify.own import faults, pattern_from
from iman.errors import DaemonRefused
from iman.ledger import rule_reading, rule_shelf
from tests.dashboard.fakes import HOSTILE

PLOT = 'The plot "Z1" is closed for sale.'
OWN: list[dict[str, Any]] = [
    {
        "id": "chapel-booked", "type": "field_invalid", "entity_kind": "chapel",
        "patterns": ["chapel {value} is booked", "no chapel is free"],
        "examples": [{"text": "Chapel West is booked.", "entity": "West"}],
        "note": f"Asked by the front desk {HOSTILE}",
    },
    {
        "id": "vault-sealed", "type": "other", "patterns": ["vault {value} is sealed"],
        "examples": [{"text": "Vault 9 is sealed.", "entity": "9"}], "on": False,
    },
]  # fmt: skip


class FakeRules:
    """What the API answers about rules; *history* are texts refusals had."""

    history: Sequence[str] = (PLOT, 'Terms Code "F48" is not defined in A/R Terms')

    @cached_property
    def book(self) -> RulesInForce:
        return RulesInForce((), [_own(rule) for rule in self.own])

    @cached_property
    def own(self) -> list[SiteRule]:
        return [SiteRule.model_validate(one) for one in OWN]

    @cached_property
    def saved(self) -> list[dict[str, Any]]:
        return []

    @cached_property
    def far(self) -> dict[str, Any]:
        """Of the reading again; a test changes it."""
        return {"state": "going_on", "looked_at": 1_240_000, "up_to": 3_000_000}

    def rules(self) -> RuleListing:
        return RuleListing.model_validate(
            {
                "version": 1 + len(self.saved), "saved_by": "ada", "saved_at": datetime.now(UTC),
                "own": self.own, "others": rule_reading.others(self.book.current.base),
                "rereading": {"rules": self.book.current.fingerprint, **self.far},
            }
        )  # fmt: skip

    def rereading(self) -> Rereading:
        return self.rules().rereading

    def rule_edits(self) -> list[RuleEdit]:
        at = datetime.now(UTC)
        return [
            RuleEdit(version=n + 2, by="ada", at=at, told=one["told"], rules=one["rules"])
            for n, one in reversed(list(enumerate(self.saved)))
        ]

    def try_message(
        self, message: str, *, http_status: int | None = None, code: str | None = None
    ) -> Tried:
        current = self.book.current
        found = explain(current.rules, message, http_status=http_status, code=code)
        said = found.classification
        return Tried(
            type=said.type, entity_kind=said.entity_kind, entity=said.entity,
            transient=said.transient, who_fixes=said.who_fixes, rule=found.rule_id,
            place=rule_reading.place_of(current, found.rule_id, found.origin),  # type: ignore[arg-type]  # one of its words
            pattern=found.pattern, matched=found.matched, inner=found.inner,
            by_hint=found.by_hint, template=said.template, suggestion=pattern_from(message),
        )  # fmt: skip

    def preview_rules(self, rules: Sequence[SiteRule]) -> RulesPreview:
        own = [_own(rule) for rule in rules]
        if wrong := faults(own, self.book.current.base):
            told = [{"rule": rule, "text": text} for rule, text in wrong]
            return RulesPreview.model_validate({"faults": told})
        after = self.book.with_own(own)
        changes = []
        for text in self.history:
            was, new = self.book.classify(text), after.rules.classify(text)
            if (was.type, was.entity) != (new.type, new.entity):
                sample = {"text": text, "entity_before": was.entity, "entity": new.entity}
                changes.append(
                    {"before": was.type, "after": new.type, "attempts": 5, "texts": 1,
                     "entities": 1, "samples": [sample]}
                )  # fmt: skip
        return RulesPreview.model_validate(
            {
                "faults": [], "warnings": rule_reading.warnings(after), "changes": changes,
                "documents": len(changes), "texts": len(self.history),
            }
        )  # fmt: skip

    def save_rules(
        self, rules: Sequence[SiteRule], *, instead_of: int, agreed: bool = False, reason: str = ""
    ) -> RuleListing:
        if instead_of != self.rules().version:
            raise DaemonRefused("eve saved other rules meanwhile; look at them first.")
        own = [_own(rule) for rule in rules]
        told = rule_shelf.difference([_own(rule) for rule in self.own], own)
        self.saved.append({"rules": list(rules), "agreed": agreed, "reason": reason, "told": told})
        self.own = list(rules)
        self.book.use(own)
        return self.rules()


def _own(rule: SiteRule) -> OwnRule:
    return OwnRule(
        **rule.model_dump(exclude={"patterns", "examples"}), patterns=tuple(rule.patterns),
        examples=tuple(OwnExample(text=e.text, entity=e.entity) for e in rule.examples),
    )  # fmt: skip
