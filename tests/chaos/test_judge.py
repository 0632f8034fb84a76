"""The judge must see what a faulty sync does; each fault is planted here."""

from __future__ import annotations

import dataclasses
from typing import Any

from iman.chaos.judge import Sighted, Verdict, Wanted, judge

INVOICE = Wanted(entry_type="invoice", number="INV-1", parent=None, status="processed")
RECEIPT = Wanted(
    entry_type="receipt", number="RC-1", parent=("invoice", "INV-1"), status="processed"
)
SCHEDULE = ((1, "2026-12-01", "10.00"),)
PLAN = Wanted(
    entry_type="repayment_plan", number="RP-1", parent=("invoice", "INV-1"), schedule=SCHEDULE,
    status="processed",
)  # fmt: skip


def sighted(entry_type: str, number: str, sequence: int, **more: Any) -> Sighted:
    return Sighted(entry_type=entry_type, number=number, sequence=sequence, **more)


IN_ORDER = (
    sighted("invoice", "INV-1", 1),
    sighted("receipt", "RC-1", 2),
    sighted("repayment_plan", "INV-1", 3, schedule=SCHEDULE),
)
EVERYTHING = (INVOICE, RECEIPT, PLAN)


def judged(
    wanted: tuple[Wanted, ...] = EVERYTHING,
    held: tuple[Sighted, ...] = IN_ORDER,
    unsettled: frozenset[tuple[str, str]] = frozenset(),
    synced: frozenset[tuple[str, str]] | None = None,
) -> Verdict:
    ours = frozenset(one.which for one in wanted) if synced is None else synced
    return judge(wanted, held, synced=ours, unsettled=unsettled)


def test_all_there_once_and_in_order_is_good():
    assert judged().good
    assert judged().pushed == 3


def test_what_byondpro_believes_processed_and_is_not_there_is_lost():
    assert judged(held=IN_ORDER[:1] + IN_ORDER[2:]).lost == ["receipt RC-1"]


def test_what_nobody_said_anything_about_is_lost_too():
    pending = dataclasses.replace(INVOICE, status="pending")
    assert judged((pending,), (), synced=frozenset()).lost == ["invoice INV-1"]


def test_twice_is_duplicated():
    assert judged(held=(*IN_ORDER, sighted("receipt", "RC-1", 9))).duplicated == ["receipt RC-1"]


def test_a_plan_sent_twice_changes_nothing_and_another_schedule_is_none():
    again = sighted("repayment_plan", "INV-1", 9, schedule=SCHEDULE)
    assert judged(held=(*IN_ORDER, again)).good
    other = sighted("repayment_plan", "INV-1", 3, schedule=((1, "2026-12-01", "11.00"),))
    assert judged(held=(*IN_ORDER[:2], other)).lost == ["repayment_plan RP-1"]


def test_a_child_before_its_parent_is_out_of_order():
    early = (sighted("invoice", "INV-1", 5), *IN_ORDER[1:])
    assert judged(held=early).out_of_order == ["receipt RC-1", "repayment_plan RP-1"]


def test_a_child_of_nobody_is_out_of_order():
    assert judged(held=IN_ORDER[1:]).out_of_order == ["receipt RC-1", "repayment_plan RP-1"]


def test_said_to_have_failed_is_failed_and_its_children_are_excused():
    failed = dataclasses.replace(INVOICE, status="failed")
    waiting = dataclasses.replace(RECEIPT, status="pending")
    verdict = judged((failed, waiting), (), synced=frozenset())
    assert (verdict.failed, verdict.lost, verdict.good) == (["invoice INV-1"], [], True)


def test_what_never_came_to_rest_is_stuck():
    pending = dataclasses.replace(INVOICE, status="pending")
    verdict = judged((pending,), (), frozenset({INVOICE.which}), frozenset())
    assert (verdict.stuck_unknown, verdict.lost) == (["invoice INV-1"], [])


def test_a_ledger_that_tells_another_story_is_noticed():
    assert judged(synced=frozenset()).contradicted == [
        "invoice INV-1", "receipt RC-1", "repayment_plan RP-1"
    ]  # fmt: skip
