"""What went wrong, judged by what the two systems hold; the ledger's word is only compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Which = tuple[str, str]  # entry type and number
Schedule = tuple[tuple[int, str, str], ...]
_PLAN = "repayment_plan"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A document byondpro sent out."""

    entry_type: str
    number: str
    parent: Which | None
    schedule: Schedule = ()
    status: str = "pending"  # as byondpro was told: pending, failed, processed

    @property
    def which(self) -> Which:
        return self.entry_type, self.number


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighted:
    """Something that stands in Sage 300. A repayment plan stands under its invoice's number."""

    entry_type: str
    number: str
    sequence: int  # of its commit
    schedule: Schedule = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Documents by what is wrong with them; all but *failed* must be empty."""

    lost: list[str]  # neither in Sage 300 nor said to have failed
    duplicated: list[str]
    out_of_order: list[str]  # in Sage 300 before its parent
    stuck_unknown: list[str]  # nobody knows, or it never came to rest
    contradicted: list[str]  # Sage 300 and the ledger, or byondpro's status, tell different stories
    failed: list[str]  # not in Sage 300, and said so
    pushed: int

    @property
    def good(self) -> bool:
        return not (
            self.lost
            or self.duplicated
            or self.out_of_order
            or self.stuck_unknown
            or self.contradicted
        )


def judge(
    wanted: Sequence[Wanted],
    sighted: Iterable[Sighted],
    *,
    synced: frozenset[Which],
    unsettled: frozenset[Which],
) -> Verdict:
    """*synced* and *unsettled* are the ledger's: through; neither through nor failed nor waiting
    for a parent that is not through."""
    rows: dict[Which, list[Sighted]] = {}
    for one in sighted:
        rows.setdefault((one.entry_type, one.number), []).append(one)
    held = {one.which: _of(one, rows) for one in wanted}
    there = {which for which, found in held.items() if found}
    by_which = {one.which: one for one in wanted}
    return Verdict(
        lost=_names(
            one
            for one in wanted
            if one.which not in there
            and (one.status == "processed" or not _excused(one, by_which, there, unsettled))
        ),
        duplicated=_names(
            one for one in wanted if one.entry_type != _PLAN and len(held[one.which]) > 1
        ),
        out_of_order=_names(one for one in wanted if _too_early(one, held)),
        stuck_unknown=_names(one for one in wanted if one.which in unsettled),
        contradicted=_names(
            one
            for one in wanted
            if len({one.which in there, one.which in synced, one.status == "processed"}) > 1
        ),
        failed=_names(one for one in wanted if one.which not in there and one.status == "failed"),
        pushed=len(there),
    )


def _of(one: Wanted, rows: dict[Which, list[Sighted]]) -> list[Sighted]:
    """What Sage 300 holds of it. A plan is there when its invoice shows its very schedule."""
    if one.entry_type != _PLAN:
        return rows.get(one.which, [])
    number = one.parent[1] if one.parent else ""
    return [row for row in rows.get((_PLAN, number), []) if row.schedule == one.schedule]


def _excused(
    one: Wanted, by_which: dict[Which, Wanted], there: set[Which], unsettled: frozenset[Which]
) -> bool:
    """It is known not to be there: failed, still on its way, or its parent is not there."""
    if one.status == "failed" or one.which in unsettled:
        return True
    return one.parent in by_which and one.parent not in there


def _too_early(one: Wanted, held: dict[Which, list[Sighted]]) -> bool:
    mine = held[one.which]
    parents = held.get(one.parent) if one.parent else None
    if not mine or parents is None:
        return False
    return not parents or min(r.sequence for r in mine) < min(r.sequence for r in parents)


def _names(found: Iterable[Wanted]) -> list[str]:
    return sorted(f"{one.entry_type} {one.number}" for one in found)
