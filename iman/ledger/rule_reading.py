"""Rules as pages and the API show them, and what other rules would make of history."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import duckdb

from iman.classify import BUILT_IN, Rules
from iman.classify.in_force import RuleSet
from iman.classify.own import changed_examples, faults
from iman.classify.rule import Hint, Rule, Verb
from iman.domain.attempt import Verdict
from iman.ledger import reclassifying, rule_shelf
from iman.ledger.cause_reading import rows
from iman.ledger.queries import queries
from iman.ledger.reclassifying import Read

_SQL = queries("rules")
MOST_TEXTS = 50_000  # distinct texts a preview reads
_SAMPLES = 3
_WARNINGS = 20


def listing(conn: duckdb.DuckDBPyConnection, current: RuleSet) -> dict[str, Any]:
    """Every rule in the order it is asked, and how far history has been read by them."""
    shelved = rule_shelf.newest(conn)
    return {
        "version": shelved.id,
        "saved_by": shelved.by or None,
        "saved_at": shelved.at,
        "own": [asdict(rule) for rule in shelved.rules],
        "others": others(current.base),
        "rereading": rereading(conn, current.fingerprint),
    }


@lru_cache(maxsize=4)
def others(base: Rules) -> list[dict[str, Any]]:
    """Those out of files, in the order they are asked; nobody changes the answer."""
    return [*(_other(rule) for rule in base.rules), *(_hint(hint) for hint in base.hints)]


def rereading(conn: duckdb.DuckDBPyConnection, fingerprint: str) -> dict[str, Any]:
    """How far; not begun is no attempt looked at yet."""
    found = reclassifying.newest(conn)
    if found is None or found.rules != fingerprint:
        return {"rules": fingerprint, "state": "waiting"}
    return {
        "rules": fingerprint,
        "state": "going_on" if found.finished_at is None else "done",
        "started_at": found.started_at,
        "finished_at": found.finished_at,
        "looked_at": found.looked_at,
        "up_to": found.up_to,
        "attempts": found.attempts,
        "documents": found.documents,
    }


def warnings(rules: RuleSet) -> list[dict[str, Any]]:
    """Examples of other rules that the site's own answer otherwise."""
    return [
        {"rule": rule, "text": text, "before": old, "after": new, "by": by}
        for rule, text, old, new, by in changed_examples(rules.base, rules.rules)
    ]


def preview(conn: duckdb.DuckDBPyConnection, after: RuleSet, read: Read) -> dict[str, Any]:
    """What *after* would change: built-in examples, and history's texts."""
    looked = rows(conn, _SQL["distinct_texts"], {"limit": MOST_TEXTS})
    counted: Counter[tuple[str, str]] = Counter()
    texts: Counter[tuple[str, str]] = Counter()
    entities: Counter[tuple[str, str]] = Counter()
    samples: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in looked:
        new = read(row["error_text"], row["http_status"], row["error_code"])
        if _same(row, new):
            continue
        pair = row["error_type"], new.error_type
        counted[pair] += row["attempts"]
        texts[pair] += 1
        entities[pair] += (row["entity"] or None) != new.entity
        shown = samples.setdefault(pair, [])
        if len(shown) < _SAMPLES:
            shown.append(
                {
                    "text": row["error_text"][:500], "entity_before": row["entity"] or None,
                    "entity": new.entity,
                }
            )  # fmt: skip
    return {
        "warnings": warnings(after)[:_WARNINGS],
        "changes": [
            {
                "before": pair[0], "after": pair[1], "attempts": attempts, "texts": texts[pair],
                "entities": entities[pair], "samples": samples[pair],
            }
            for pair, attempts in counted.most_common()
        ],
        "documents": len(reclassifying.open_changes(conn, read)),
        "texts": len(looked),
        "whole": len(looked) < MOST_TEXTS,
    }  # fmt: skip


def trouble(current: RuleSet, own: Any) -> list[dict[str, str]]:
    """What is wrong with rules somebody wants to save, rule by rule."""
    return [{"rule": rule, "text": text} for rule, text in faults(own, current.base)]


def place_of(current: RuleSet, rule_id: str, origin: str) -> str:
    """``own``, ``file`` or ``built-in``; '' for no rule."""
    if not rule_id:
        return ""
    if any(rule.id == rule_id for rule in current.own):
        return "own"
    return "built-in" if _file(origin) in _BUILT_IN_FILES or not origin else "file"


_BUILT_IN_FILES = frozenset(file.name for file in BUILT_IN.glob("*.toml"))


def _same(row: dict[str, Any], new: Verdict) -> bool:
    old = row["error_type"], row["entity_kind"], row["entity"]
    return old == (new.error_type, new.entity_kind or "", new.entity or "")


def _file(origin: str) -> str:
    return PurePath(origin.partition(":")[0]).name


def _other(rule: Rule | Verb) -> dict[str, Any]:
    file = _file(rule.origin)
    return {
        "id": rule.id,
        "place": "built-in" if file in _BUILT_IN_FILES else "file",
        "file": file,
        "kind": "rule" if isinstance(rule, Rule) else "verb",
        "type": rule.case.type if isinstance(rule, Rule) else None,
        "case": "" if isinstance(rule, Rule) else rule.case,
        "entity_kind": rule.case.entity_kind if isinstance(rule, Rule) else None,
        "who_fixes": rule.case.who_fixes if isinstance(rule, Rule) else None,
        "patterns": [pattern.source for pattern in rule.patterns],
        "examples": [
            {
                "text": one.text,
                "entity": one.entity,
                "type": one.type or (rule.case.type if isinstance(rule, Rule) else None),
            }
            for one in rule.examples
        ],
    }


def _hint(hint: Hint) -> dict[str, Any]:
    told = [
        *(f"status {one}" for one in sorted(hint.statuses)),
        *(f"code {one}" for one in sorted(hint.codes)),
        *(f"number {one}" for one in sorted(hint.view_codes)),
    ]
    return {
        "id": hint.id, "place": "built-in", "file": "", "kind": "hint", "type": hint.case.type,
        "case": "", "entity_kind": hint.case.entity_kind, "who_fixes": hint.case.who_fixes,
        "patterns": told, "examples": [],
    }  # fmt: skip
