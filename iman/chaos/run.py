"""One run: documents, faults and kills, then calm, remedy and the judgement."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iman.chaos.judge import Verdict, Which, judge
from iman.chaos.outside import Outside
from iman.chaos.plan import ChaosPlan
from iman.chaos.systems import Systems, systems

#: States of the ledger in which something is still to come by itself.
_MOVING = ("pending", "syncing", "retrying", "unknown")
_EVERY = 0.3  # seconds between looks
_IDLE = 3.0  # seconds without a request, after which the daemon has nothing to do just now
_TOLD = 20.0  # seconds byondpro may wait for the last status after all is at rest

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChaosReport:
    plan: ChaosPlan
    verdict: Verdict
    documents: int
    kills: int
    restarts: int
    resyncs: int
    in_time: bool
    faults: dict[str, int]
    seconds: float

    @property
    def good(self) -> bool:
        return self.verdict.good and self.in_time


def run_chaos(plan: ChaosPlan, folder: Path, *, say: Say = lambda _: None) -> ChaosReport:
    """Raises ``ImanError`` where a process dies by itself or does not answer."""
    begun = time.monotonic()
    deadline = begun + plan.limit
    with systems(folder, plan.daemon()) as ours, Outside(ours) as outside:
        outside.faults(plan.faults())
        kills = _kill_again_and_again(plan, ours, outside, say)
        say("No more kills; the faults go on")
        ours.start_daemon()
        outside.sign_in()
        _until_still(plan.documents, outside, time.monotonic() + plan.limit / 3, say)
        fired = outside.fired()
        outside.faults(plan.calm())
        outside.close_gaps()
        say("Faults off, gaps closed; waiting until everything is at rest")
        resyncs, at_rest = _come_to_rest(plan, outside, deadline, say)
        unsettled = _of_rows(outside.documents(*_MOVING))
        synced = _of_rows(outside.documents("synced"))
        ours.daemon.stop()
        wanted = outside.wanted()
        verdict = judge(wanted, outside.sighted(), synced=synced, unsettled=unsettled)
    return ChaosReport(
        plan=plan,
        verdict=verdict,
        documents=len(wanted),
        kills=kills,
        restarts=kills + 1,
        resyncs=resyncs,
        in_time=at_rest,
        faults=fired,
        seconds=round(time.monotonic() - begun, 1),
    )


def _kill_again_and_again(plan: ChaosPlan, ours: Systems, outside: Outside, say: Say) -> int:
    """Documents come in waves; the daemon is killed at random moments of its start and its work."""
    moments = random.Random(f"kills {plan.seed}")  # noqa: S311 -- repeatable on purpose
    waves = plan.waves()
    sent, start_took = 0, 2.0
    most = max(4, 3 * plan.documents // max(plan.kills, 1))
    for kill in range(plan.kills):
        while sent < len(waves) and sent * plan.kills <= kill * len(waves):
            outside.generate(waves[sent], seed=plan.seed * 1000 + sent, bad=plan.bad)
            sent += 1
        before, begun = outside.requests(), time.monotonic()
        if kill % 5 == 4:
            ours.start_daemon(wait=False)
            time.sleep(moments.uniform(0.0, 1.5) * start_took)
        else:
            ours.start_daemon()
            start_took = time.monotonic() - begun
            _until_it_worked(outside, before + moments.randint(1, most))
            time.sleep(moments.uniform(0.0, 0.2))
        ours.daemon.check()
        ours.daemon.kill()
        say(f"Kill {kill + 1} of {plan.kills}, {sent} of {len(waves)} waves of documents sent")
    for number in range(sent, len(waves)):
        outside.generate(waves[number], seed=plan.seed * 1000 + number, bad=plan.bad)
    return plan.kills


def _until_it_worked(outside: Outside, requests: int) -> None:
    """Until Sage 300 was asked so often. Work, not time: machines differ. Idle is long enough."""
    seen, since = outside.requests(), time.monotonic()
    while seen < requests and time.monotonic() - since < _IDLE:
        time.sleep(0.02)
        if (now := outside.requests()) != seen:
            seen, since = now, time.monotonic()


def _come_to_rest(plan: ChaosPlan, outside: Outside, deadline: float, say: Say) -> tuple[int, bool]:
    """Resync what failed until all is through or rounds are used up: how many, and in time?"""
    resynced = 0
    for round_ in range(plan.resyncs + 1):
        if not _until_still(plan.documents, outside, deadline, say):
            return resynced, False
        failed = outside.documents("failed")
        if not failed or round_ == plan.resyncs:
            break
        say(f"Resyncing {len(failed)} that failed")
        for row in failed:
            outside.resync(row["id"])
        resynced += len(failed)
    told = min(deadline, time.monotonic() + _TOLD)
    while any(one == "pending" for one in outside.statuses()) and time.monotonic() < told:
        time.sleep(_EVERY)
    return resynced, True


def _until_still(documents: int, outside: Outside, deadline: float, say: Say) -> bool:
    """Everything has come in, and nothing moves any more by itself."""
    while time.monotonic() < deadline:
        moving, known = outside.count(*_MOVING), outside.count()
        if known >= documents and not moving:
            return True
        say(f"{known} of {documents} known, {moving} under way")
        time.sleep(_EVERY)
    return False


def _of_rows(rows: list[dict[str, Any]]) -> frozenset[Which]:
    return frozenset((row["entry_type"], row["number"]) for row in rows)
