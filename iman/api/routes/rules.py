"""Rules that read error texts: listed, tried and previewed by people, the site's own changed."""

from __future__ import annotations

from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from iman.api.routes.asking import Viewer, ledger, needs, reader
from iman.api.routes.remedy_asking import audited, moment, remedies
from iman.api.wire_rules import (
    DraftRules,
    Rereading,
    RuleEdit,
    RuleListing,
    RulesPreview,
    SaveRules,
    Tried,
    TryMessage,
    rule_edit,
)
from iman.classify import OwnExample, OwnRule
from iman.classify.explaining import explain
from iman.classify.in_force import RuleSet
from iman.classify.own import pattern_from
from iman.domain.people import Permission, Person
from iman.errors import DaemonRefused
from iman.ledger import rule_reading, rule_shelf
from iman.verdicts import reading

router = APIRouter(tags=["rules"])
Ruler = Annotated[Person, Depends(needs(Permission.EDIT_RULES))]
_one_at_a_time = Lock()  # so that what is in force is what was saved last


@router.get("/rules")
def listed(request: Request, _: Viewer) -> RuleListing:
    """Every rule in the order it is asked, the site's own first; the first that matches answers."""
    return _listing(request)


@router.get("/rules/rereading")
def rereading(request: Request, _: Viewer) -> Rereading:
    """How far history has been read by the rules in force; poll it after a change."""
    current = remedies(request).rules.current
    return Rereading.model_validate(rule_reading.rereading(reader(request), current.fingerprint))


@router.get("/rules/edits")
def edits(request: Request, _: Viewer) -> list[RuleEdit]:
    """What administrators saved, newest first, with all rules as they were then."""
    return [rule_edit(one) for one in rule_shelf.edits(reader(request))]


@router.post("/rules/try")
def attempt(request: Request, _: Viewer, body: TryMessage) -> Tried:
    """How a message is read now, by which rule, and which of its words decided."""
    current = remedies(request).rules.current
    found = explain(current.rules, body.message, http_status=body.http_status, code=body.code)
    said = found.classification
    return Tried.model_validate(
        {
            "type": said.type, "entity_kind": said.entity_kind, "entity": said.entity,
            "transient": said.transient, "who_fixes": said.who_fixes, "rule": found.rule_id,
            "place": rule_reading.place_of(current, found.rule_id, found.origin),
            "pattern": found.pattern, "matched": found.matched, "inner": found.inner,
            "by_hint": found.by_hint, "template": said.template,
            "suggestion": pattern_from(body.message),
        }
    )  # fmt: skip


@router.post("/rules/preview")
def preview(request: Request, _: Ruler, body: DraftRules) -> RulesPreview:
    """What these own rules would change in history; nothing is saved."""
    return _previewed(request, _own(body))


@router.put("/rules")
def save(request: Request, person: Ruler, body: SaveRules) -> RuleListing:
    """Save the site's own rules, in their order; history is read again in the background.

    409 where an example does not classify as it says, a built-in example would be read otherwise
    and nobody agreed to that, or somebody saved other rules meanwhile.
    """
    own, rules, now = _own(body), remedies(request).rules, moment(request)
    if faults := rule_reading.trouble(rules.current, own):
        raise DaemonRefused(" ".join(f"{one['rule']}: {one['text']}" for one in faults[:5]))
    after = rules.with_own(own)
    if not body.agreed and (changed := _changed_examples(rules.current, after)):
        raise DaemonRefused(
            f"{changed[0]['by']} would read an example of the rule {changed[0]['rule']} otherwise:"
            f" {changed[0]['text']!r} becomes {changed[0]['after']}. Agree to that, or write the"
            " rule more narrowly."
        )
    with _one_at_a_time:
        told = rule_shelf.difference(rule_shelf.newest(reader(request)).rules, own)
        audited(
            request, person, "save_rules", "rules",
            lambda conn: rule_shelf.save(
                conn, ledger(request).ids, own, instead_of=body.instead_of, who=person.name,
                now=now,
            ),
            reason=f"{body.reason}. {told}" if body.reason else told,
            stands=lambda conn: rule_shelf.in_words(rule_shelf.newest(conn)),
        )  # fmt: skip
        rules.use(rule_shelf.newest(reader(request)).rules)
    remedies(request).nudge("rereading")
    return _listing(request)


def _listing(request: Request) -> RuleListing:
    current = remedies(request).rules.current
    return RuleListing.model_validate(rule_reading.listing(reader(request), current))


def _previewed(request: Request, own: list[OwnRule]) -> RulesPreview:
    rules = remedies(request).rules
    if faults := rule_reading.trouble(rules.current, own):
        return RulesPreview.model_validate({"faults": faults})
    after = rules.with_own(own)
    told = rule_reading.preview(reader(request), after, reading(after))
    return RulesPreview.model_validate({"faults": [], **told})


def _changed_examples(before: RuleSet, after: RuleSet) -> list[dict[str, Any]]:
    """Those the rules in force do not read otherwise already: they were agreed to."""
    known = {one["text"] for one in rule_reading.warnings(before)}
    return [one for one in rule_reading.warnings(after) if one["text"] not in known]


def _own(body: DraftRules) -> list[OwnRule]:
    return [
        OwnRule(
            **one.model_dump(exclude={"patterns", "examples"}),
            patterns=tuple(one.patterns),
            examples=tuple(OwnExample(text=e.text, entity=e.entity) for e in one.examples),
        )
        for one in body.rules
    ]
