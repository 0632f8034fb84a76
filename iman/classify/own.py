"""Rules a site adds for itself: written in a form instead of a file, and checked harder.

Whoever writes one is no programmer: what is wrong is said rule by rule in a sentence, and a pattern
that could keep the daemon busy for minutes is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iman.classify.built_in import built_in_rules
from iman.classify.loading import RuleError
from iman.classify.patterns import PatternError, compile_pattern
from iman.classify.rules import BUILT_IN, Rules
from iman.classify.template import mask
from iman.classify.unwrap import unwrap
from iman.classify.vocabulary import bare

MOST_RULES = 500
_ID = re.compile(r"[a-z][a-z0-9-]{1,59}")
_REPEAT = re.compile(r"[*+]|\{(\d*),(\d*)\}|\{(\d+)\}")
_MANY = 10  # a repeat that goes further counts as open
_MOST_REPEATS = 12
_PLACE = re.compile(r"\{(?:value|any|quoted|code|open|close)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnExample:
    """A message and the entity the rule must find in it; None: it names none."""

    text: str
    entity: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnRule:
    """A phrase that means one thing. None where the error type says it: who fixes, transient."""

    id: str
    type: str
    patterns: tuple[str, ...]
    examples: tuple[OwnExample, ...]
    entity_kind: str | None = None
    who_fixes: str | None = None
    transient: bool | None = None
    note: str = ""
    on: bool = True


def table(rules: Iterable[OwnRule]) -> dict[str, Any]:
    """Those that are switched on, as a rule file would hold them."""
    return {"rule": [_table(rule) for rule in rules if rule.on]}


def load_with(paths: Sequence[Path], own: Sequence[OwnRule]) -> Rules:
    """*own* before the files' rules before the built-in ones. Raises `RuleError`."""
    if not paths and not any(rule.on for rule in own):
        return built_in_rules()
    return Rules.load([*paths, BUILT_IN], own=table(own) if own else None)


def faults(own: Sequence[OwnRule], base: Rules) -> list[tuple[str, str]]:
    """What is wrong, as a rule's id ('' for the whole) and a sentence; *base*: all other rules.

    Rules that are switched off are checked too, less where they stand in the order.
    """
    found = list(_by_themselves(own, {rule.id: rule.origin for rule in base.rules}))
    if found:
        return found
    for rule in own:
        try:
            Rules.load([BUILT_IN], own=table([replace(rule, on=True)]))
        except RuleError as exc:
            found.append((rule.id, _plain(str(exc), rule.id)))
    return found or list(_in_order(own))


def _by_themselves(own: Sequence[OwnRule], taken: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if len(own) > MOST_RULES:
        yield "", f"There are at most {MOST_RULES} rules."
    seen: set[str] = set()
    for rule in own:
        if _ID.fullmatch(rule.id) is None:
            yield (
                rule.id,
                "The name has small letters, digits and hyphens, and begins with a letter.",
            )
        elif rule.id in seen:
            yield rule.id, "Two rules have this name."
        elif rule.id in taken:
            yield rule.id, f"The name is taken by a rule of {taken[rule.id].split(':')[0]}."
        seen.add(rule.id)
        for pattern in rule.patterns:
            if trouble := costly(pattern):
                yield rule.id, f"{pattern!r}: {trouble}"


def _in_order(own: Sequence[OwnRule]) -> Iterator[tuple[str, str]]:
    """An example that an earlier rule answers otherwise does not classify as it says."""
    on = [rule for rule in own if rule.on]
    if not on:
        return
    together = Rules.load([BUILT_IN], own=table(on))
    for rule in on:
        for example in rule.examples:
            found = together.classify(example.text)
            if (found.type, found.entity) != (rule.type, example.entity):
                yield (
                    rule.id,
                    f"The example {example.text!r} is answered by the rule {found.rule} before it: "
                    f"{found.type}, {found.entity or 'nothing named'}.",
                )


def changed_examples(before: Rules, after: Rules) -> Iterator[tuple[str, str, str, str, str]]:
    """Examples of *before* that *after* answers otherwise: rule, text, old answer, new one, by."""
    for rule in before.rules:
        for example in rule.examples:
            old, new = before.classify(example.text), after.classify(example.text)
            if (old.type, old.entity_kind, old.entity) != (new.type, new.entity_kind, new.entity):
                yield rule.id, example.text, old.type, new.type, new.rule


def costly(pattern: str) -> str:
    """Why matching *pattern* might take for ever; empty where it cannot."""
    read = _PLACE.sub(
        lambda found: "\0+" if found[0] not in ("{open}", "{close}") else "\0?", pattern
    )
    inside: list[bool] = [False]  # for each open group: does it hold an open repeat?
    closed, at, repeats, any_char = False, 0, 0, False
    while at < len(read):
        char = read[at]
        if char == "\\":
            at, closed, any_char = at + 2, False, False
        elif char == "[":
            at = read.find("]", at + 2) + 1 or len(read)
            closed, any_char = False, False
        elif char == "(":
            inside.append(False)
            at, closed, any_char = at + 1, False, False
        elif char == ")":
            closed = inside.pop() if len(inside) > 1 else False
            inside[-1] = inside[-1] or closed
            at, any_char = at + 1, False
        elif (found := _REPEAT.match(read, at)) is not None:
            endless = found[0] in ("*", "+") or found[2] == ""
            if endless and any_char:
                return "write .{0,60} instead of .* or .+"
            if endless or int(found[2] or found[3] or 0) > _MANY:
                if closed:
                    return "a repeat within a repeat may take for ever"
                inside[-1], repeats = True, repeats + 1
            elif closed and found[0] != "{1}":
                return "a repeat within a repeat may take for ever"
            at, closed, any_char = found.end(), False, False
        else:
            any_char = char == "."
            at, closed = at + 1, False
    return f"it has more than {_MOST_REPEATS} repeats" if repeats > _MOST_REPEATS else ""


def pattern_from(message: str) -> str:
    """A pattern to begin with: the first value of *message* is looked for, others may differ."""
    masked = mask(unwrap(message).text)[:160].rstrip(" .!?").lower()
    parts = [re.sub(r"([.*+?()\[\]{}|^$\\])", r"\\\1", part) for part in masked.split("<>")]
    told = parts[0]
    for place, part in enumerate(parts[1:]):
        told += ("{value}" if place == 0 else "{any}") + part
    return told


def value_in(message: str, pattern: str) -> str | None:
    """What *pattern* finds in *message*."""
    try:
        compiled = compile_pattern(pattern)
    except PatternError:
        return None
    text = unwrap(message).text
    lower = text.lower()
    found = compiled.search(lower) if len(lower) == len(text) else None
    if found is None or "value" not in found.re.groupindex or found.start("value") < 0:
        return None
    return bare(text[slice(*found.span("value"))]) or None


def _table(rule: OwnRule) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": rule.id,
        "type": rule.type,
        "patterns": list(rule.patterns),
        "weak": False,
        "examples": [
            {"text": one.text, "entity": one.entity, "type": rule.type} for one in rule.examples
        ],
    }
    given = {
        "entity_kind": rule.entity_kind,
        "who_fixes": rule.who_fixes,
        "transient": rule.transient,
    }
    return told | {name: value for name, value in given.items() if value not in (None, "")}


def _plain(said: str, rule_id: str) -> str:
    told = said.partition(f"rule {rule_id}: ")[2] or said
    return told[:1].upper() + told[1:] + ("" if told.endswith(".") else ".")
