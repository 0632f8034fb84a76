"""Reads rule files, and says in plain words what is wrong with one.

A file holds ``[[rule]]``, ``[[thing]]``, ``[[verb]]``, ``[[hint]]`` and ``[family.<name>]``;
docs/errors.md shows how each looks.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from iman.classify.patterns import PatternError, compile_pattern, pattern_of
from iman.classify.rule import Case, Example, Hint, Rule, Verb
from iman.classify.rules import BUILT_IN, Rules
from iman.classify.types import ERROR_TYPES, WHO_FIXES
from iman.classify.unwrap import unwrap
from iman.classify.vocabulary import Thing, Vocabulary

Table = Mapping[str, Any]  # what tomllib gives; checked key by key below

OWN = "own rules"  # where a rule stands that came as a table and not from a file

_TOP = {
    "language",
    "scope",
    "tails",
    "articles",
    "heads",
    "rule",
    "thing",
    "verb",
    "hint",
    "family",
}
_CASE_KEYS = {"type", "who_fixes", "transient", "entity_kind"}
_RULE_KEYS = _CASE_KEYS | {"id", "pattern", "patterns", "scope", "weak", "examples", "note"}
_VERB_KEYS = {
    *("id", "case", "pattern", "patterns", "scope", "weak", "names_field", "known_only"),
    *("examples", "note"),
}
_HINT_KEYS = _CASE_KEYS | {"id", "codes", "statuses", "view_codes", "note"}
_THING_KEYS = {"kind", "family", "captions", "word_values", "named", "part_of", "note"}


class RuleError(ValueError):
    """A rule file that cannot be used: names the file, the rule and what is wrong."""


def load(build: type[Rules], paths: Iterable[Path], own: Table | None = None) -> Rules:
    """See `Rules.load`."""
    layers = [
        (path != BUILT_IN, [(file.name, _read(file)) for file in _files(path)]) for path in paths
    ]
    if own is not None:
        layers.insert(0, (True, [(OWN, own)]))
    loaded: Rules | None = None
    files: list[tuple[str, Table]] = []
    for to_check, layer in reversed(layers):
        known = {rule.origin for rule in loaded.rules} if loaded else set()
        files = layer + files
        loaded = _load(build, files)
        for rule in loaded.rules if to_check else ():
            # what stands behind was checked before: captions put in front may well change it
            if rule.origin not in known:
                check(rule)
    if loaded is None:
        raise RuleError("no rule file was given")
    return loaded


def _load(build: type[Rules], files: list[tuple[str, Table]]) -> Rules:
    families = _families(files)
    vocabularies = _vocabularies(files, families)
    rules: list[Rule | Verb] = []
    for where, table in files:
        rules.extend(_rule(raw, table, where) for raw in table.get("rule", ()))
        for raw in table.get("verb", ()):
            vocabulary = vocabularies[table.get("language", "en")]
            rules.append(_verb(raw, table, where, vocabulary, families))
    hints = [_hint(raw, where) for where, table in files for raw in table.get("hint", ())]
    _unique([(rule.id, rule.origin) for rule in rules])
    return build(rules, hints, _case({"type": "other"}, "built in"))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.toml"))
    if path.is_file():
        return [path]
    raise RuleError(f"{path}: there is no such rule file or folder")


def _read(path: Path) -> Table:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise RuleError(f"{path.name}: not a TOML file: {exc}") from exc
    _known_keys(table, _TOP, path.name)
    return table


def _known_keys(table: Table, known: set[str], where: str) -> None:
    if surplus := sorted(set(table) - known):
        raise RuleError(
            f"{where}: unknown key {surplus[0]!r}; known are {', '.join(sorted(known))}"
        )


def _case(raw: Table | str, where: str) -> Case:
    table: Table = {"type": raw} if isinstance(raw, str) else raw
    label = table.get("type")
    if not isinstance(label, str) or label not in ERROR_TYPES:
        raise RuleError(f"{where}: unknown type {label!r}; known are {', '.join(ERROR_TYPES)}")
    who = table.get("who_fixes", ERROR_TYPES[label].who_fixes)
    if who not in WHO_FIXES:
        raise RuleError(f"{where}: unknown who_fixes {who!r}; known are {', '.join(WHO_FIXES)}")
    transient = table.get("transient", ERROR_TYPES[label].transient)
    if not isinstance(transient, bool):
        raise RuleError(f"{where}: transient is true or false")
    return Case(
        type=label, who_fixes=who, transient=transient, entity_kind=table.get("entity_kind")
    )


def _families(files: Iterable[tuple[str, Table]]) -> dict[str, dict[str, Case]]:
    families: dict[str, dict[str, Case]] = {}
    for file, table in files:
        for name, cases in table.get("family", {}).items():
            known = families.setdefault(name, {})
            for case, raw in cases.items():
                known.setdefault(case, _case(raw, f"{file}: family {name}, case {case}"))
    return families


def _vocabularies(
    files: Iterable[tuple[str, Table]], families: Mapping[str, Any]
) -> dict[str, Vocabulary]:
    parts: dict[str, tuple[list[Thing], dict[str, list[str]]]] = {}
    for file, table in files:
        things, words = parts.setdefault(table.get("language", "en"), ([], {}))
        for name in ("tails", "articles", "heads"):
            words.setdefault(name, []).extend(table.get(name, ()))
        for raw in table.get("thing", ()):
            where = f"{file}: thing {raw.get('kind')!r}"
            _known_keys(raw, _THING_KEYS, where)
            if raw.get("family") not in families:
                raise RuleError(f"{where}: unknown family {raw.get('family')!r}")
            if not raw.get("kind") or not raw.get("captions"):
                raise RuleError(f"{where}: a thing has a kind and captions")
            things.append(
                Thing(
                    kind=raw["kind"],
                    family=raw["family"],
                    captions=tuple(raw["captions"]),
                    word_values=raw.get("word_values", False),
                    named=raw.get("named", False),
                    part_of=raw.get("part_of", ""),
                )
            )
    return {language: Vocabulary(things, **words) for language, (things, words) in parts.items()}


def _rule(raw: Table, table: Table, where: str) -> Rule:
    where = _named(raw, where)
    _known_keys(raw, _RULE_KEYS, where)
    case = _case(raw, where)
    return Rule(
        id=raw["id"],
        case=case,
        weak=raw.get("weak", case.type == "other"),
        **_shared(raw, table, where),
    )


def _verb(
    raw: Table,
    table: Table,
    where: str,
    vocabulary: Vocabulary,
    families: Mapping[str, Mapping[str, Case]],
) -> Verb:
    where = _named(raw, where)
    _known_keys(raw, _VERB_KEYS, where)
    if not any(raw.get("case") in cases for cases in families.values()):
        raise RuleError(f"{where}: no family knows the case {raw.get('case')!r}")
    if not all("{thing" in pattern for pattern in _patterns(raw)):
        raise RuleError(f"{where}: each pattern of a verb holds {{thing}} or {{things}}")
    return Verb(
        id=raw["id"],
        case=raw["case"],
        weak=raw.get("weak", False),
        names_field=raw.get("names_field", False),
        known_only=raw.get("known_only", False),
        vocabulary=vocabulary,
        families=families,
        **_shared(raw, table, where),
    )


def _named(raw: Table, where: str) -> str:
    if not isinstance(raw.get("id"), str) or not raw["id"]:
        raise RuleError(f"{where}: a rule has no id: {dict(raw)!r}"[:200])
    return f"{where}: rule {raw['id']}"


def _patterns(raw: Table) -> list[str]:
    return list(raw.get("patterns", [raw["pattern"]] if "pattern" in raw else []))


def _shared(raw: Table, table: Table, where: str) -> dict[str, Any]:
    patterns = _patterns(raw)
    if not patterns:
        raise RuleError(f"{where}: has no pattern")
    scope = raw.get("scope", table.get("scope", "text"))
    if scope not in ("text", "sentence"):
        raise RuleError(f"{where}: scope is text or sentence, not {scope!r}")
    return {
        "patterns": tuple(pattern_of(pattern) for pattern in patterns),
        "whole_text": scope == "text",
        "examples": tuple(_examples(raw, where)),
        "origin": where,
    }


def _examples(raw: Table, where: str) -> Iterator[Example]:
    examples = raw.get("examples", ())
    if not examples:
        raise RuleError(f"{where}: has no example; give one with what it should answer")
    for example in examples:
        _known_keys(example, {"text", "entity", "type", "entity_kind"}, f"{where}: example")
        yield Example(
            text=example["text"],
            entity=example.get("entity"),
            type=example.get("type"),
            entity_kind=example.get("entity_kind"),
        )


def _hint(raw: Table, where: str) -> Hint:
    where = _named(raw, where)
    _known_keys(raw, _HINT_KEYS, where)
    return Hint(
        id=raw["id"],
        codes=frozenset(raw.get("codes", ())),
        statuses=frozenset(raw.get("statuses", ())),
        view_codes=frozenset(raw.get("view_codes", ())),
        case=_case(raw, where),
    )


def _unique(ids: Iterable[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for id_, origin in ids:
        if id_ in seen:
            raise RuleError(f"{origin}: the id {id_} is taken by {seen[id_]}")
        seen[id_] = origin


def check(rule: Rule | Verb) -> None:
    """Its patterns compile, and by itself it answers each of its examples.

    Built-in rules are checked by a test and not in every process. Raises `RuleError`.
    """
    try:
        for pattern in rule.patterns:
            compile_pattern(pattern.source)
    except PatternError as exc:
        raise RuleError(f"{rule.origin}: {exc}") from exc
    alone = Rules([rule], (), _case({"type": "other"}, "built in"))
    for example in rule.examples:
        found = alone.classify(example.text)
        where = f"{rule.origin}: example {example.text!r}"
        if found.rule.startswith("unknown:"):
            raise RuleError(f"{where} does not match (inner text: {unwrap(example.text).text!r})")
        if found.entity != example.entity:
            raise RuleError(f"{where} gives entity {found.entity!r}, not {example.entity!r}")
        if example.type not in (None, found.type):
            raise RuleError(f"{where} gives type {found.type}, not {example.type}")
        if example.entity_kind not in (None, found.entity_kind):
            raise RuleError(f"{where} gives kind {found.entity_kind}, not {example.entity_kind}")
