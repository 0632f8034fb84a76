"""The site's own rules: the whole list as it was saved each time; the newest counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from iman.classify import OwnExample, OwnRule
from iman.errors import DaemonRefused
from iman.ledger.cause_reading import rows
from iman.ledger.ids import Ids
from iman.ledger.queries import queries
from iman.ledger.utc import to_db

_SQL = queries("rules")
_TOLD_MOST = 480


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelved:
    """What was saved by whom; *id* is 0 and *by* '' before anybody saved anything."""

    id: int
    rules: tuple[OwnRule, ...]
    by: str
    at: datetime | None
    told: str


def newest(conn: duckdb.DuckDBPyConnection) -> Shelved:
    found = rows(conn, _SQL["own_rules"], {})
    return _shelved(found[0]) if found else Shelved(id=0, rules=(), by="", at=None, told="")


def in_words(shelved: Shelved) -> str:
    """For the audit trail."""
    if not shelved.id:
        return "no rules of the site's own"
    return f"edit {shelved.id}: {', '.join(rule.id for rule in shelved.rules) or 'no rules'}"


def edits(conn: duckdb.DuckDBPyConnection, *, limit: int = 100) -> list[Shelved]:
    """Newest first."""
    return [_shelved(row) for row in rows(conn, _SQL["rule_edits"], {"limit": limit})]


def save(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    rules: Sequence[OwnRule],
    *,
    instead_of: int,
    who: str,
    now: datetime,
) -> Shelved:
    """*instead_of* is the edit that was seen. The rules have been checked.

    Raises ``DaemonRefused`` where somebody saved others meanwhile, or nothing is different.
    """
    before = newest(conn)
    if before.id != instead_of:
        raise DaemonRefused(f"{before.by} saved other rules meanwhile; look at them first.")
    told = difference(before.rules, rules)
    if not told:
        raise DaemonRefused("Nothing is different.")
    conn.execute(
        _SQL["insert_rule_edit"],
        {
            "id": ids.take("rule_edit"), "who": who, "now": to_db(now), "told": told,
            "rules": json.dumps([asdict(rule) for rule in rules], ensure_ascii=False),
        },
    )  # fmt: skip
    return newest(conn)


def difference(before: Sequence[OwnRule], after: Sequence[OwnRule]) -> str:
    """In words, for the audit trail; '' where there is none."""
    old, new = {rule.id: rule for rule in before}, {rule.id: rule for rule in after}
    told = [f"added {_brief(rule)}" for rule in after if rule.id not in old]
    told += [f"removed {_brief(rule)}" for rule in before if rule.id not in new]
    for rule in after:
        was = old.get(rule.id)
        if was is not None and was != rule:
            told.append(f"changed {rule.id}: {_changes(was, rule)}")
    kept = [rule.id for rule in before if rule.id in new]
    if kept != [rule.id for rule in after if rule.id in old]:
        told.append(f"new order {', '.join(new)}")
    words = "; ".join(told)
    return words if len(words) <= _TOLD_MOST else words[: _TOLD_MOST - 1] + "…"


def _changes(was: OwnRule, now: OwnRule) -> str:
    before, after = asdict(was), asdict(now)
    parts = []
    for name in before:
        if before[name] == after[name]:
            continue
        if name == "on":
            parts.append("switched on" if now.on else "switched off")
        elif name == "examples":
            parts.append("examples")
        else:
            parts.append(f"{name} {_word(before[name])} → {_word(after[name])}")
    return ", ".join(parts)


def _word(value: Any) -> str:
    if isinstance(value, tuple | list):
        return " | ".join(str(one) for one in value)
    return "as the type says" if value is None else str(value) or "nothing"


def _brief(rule: OwnRule) -> str:
    return f"{rule.id} ({rule.type}: {' | '.join(rule.patterns)})"


def _shelved(row: dict[str, Any]) -> Shelved:
    return Shelved(
        id=row["edit_id"], rules=tuple(_rule(raw) for raw in json.loads(row["rules"])),
        by=row["saved_by"], at=row["saved_at"], told=row["told"],
    )  # fmt: skip


def _rule(raw: dict[str, Any]) -> OwnRule:
    examples = tuple(OwnExample(**one) for one in raw["examples"])
    return OwnRule(**{**raw, "patterns": tuple(raw["patterns"]), "examples": examples})
