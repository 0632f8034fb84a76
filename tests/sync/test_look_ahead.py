"""Taking up ahead of the workers and letting outcomes share commits: what it may not cost."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iman.domain.attempt import Claim, Finished
from iman.domain.retry import RetryPolicy
from iman.sync.push import _AHEAD
from tests.builders import unavailable
from tests.sync.virtual_time import run_virtually, virtual_now
from tests.sync.world import World, running

LINGER = 0.05  # seconds an outcome may wait for others at the most


class SlowLedger:
    """Put over a running world's ledger: each claim and commit takes so long, and is noted."""

    def __init__(self, world: World, *, claiming: float = 0.0, finishing: float = 0.0) -> None:
        self.claims: list[tuple[datetime, int, list[list[Claim]]]] = []
        self.commits: list[tuple[datetime, list[Finished]]] = []
        claim, finish = world.ledger.claim, world.ledger.finish

        async def slow_claim(*, limit: int, now: datetime, **more: Any) -> list[list[Claim]]:
            await asyncio.sleep(claiming)
            units = await claim(limit=limit, now=now, **more)
            self.claims.append((virtual_now(), limit, units))
            return units

        async def slow_finish(finished: Sequence[Finished], *, now: datetime) -> None:
            self.commits.append((virtual_now(), list(finished)))
            await asyncio.sleep(finishing)
            await finish(finished, now=now)

        world.ledger.claim = slow_claim  # type: ignore[method-assign]
        world.ledger.finish = slow_finish  # type: ignore[method-assign]

    def waits(self) -> list[float]:
        """Seconds from each outcome to its commit."""
        return [
            (moment - one.ended_at).total_seconds()
            for moment, finished in self.commits
            for one in finished
        ]


def through(world: World, numbers: list[str]) -> Callable[[], bool]:
    return lambda: {number for number, _ in world.sage.stored} >= set(numbers)


async def all_through(world: World, numbers: list[str], *, within: float) -> None:
    """In Sage 300, and the ledger knows."""
    count = len(numbers)
    await world.until(lambda: world.one("SELECT count(*) FROM closings") == count, within=within)
    assert through(world, numbers)()


def arrive(world: World, count: int, prefix: str = "INV") -> list[str]:
    numbers = [f"{prefix}-{n}" for n in range(count)]
    for number in numbers:
        world.arrive(number)
    return numbers


@settings(max_examples=settings.default.max_examples // 7)
@given(
    documents=st.integers(1, 60),
    lanes=st.integers(1, 6),
    batch_most=st.sampled_from([1, 1, 50]),
    latency=st.sampled_from([0.0, 0.001, 0.05, 0.3]),
    claiming=st.sampled_from([0.0, 0.02, 0.2]),
    finishing=st.sampled_from([0.0, 0.02, 0.2]),
    slow=st.sets(st.integers(0, 59), max_size=3),
)
def test_however_fast_sage_and_the_ledger_are_each_is_pushed_once_and_soon(
    documents, lanes, batch_most, latency, claiming, finishing, slow
):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "ledger.duckdb", lanes=lanes)
        world.batch_most = batch_most
        world.sage.latency = latency
        numbers = arrive(world, documents)
        world.sage.slow = {f"INV-{n}": 5.0 for n in slow}

        async def day():
            async with running(world):
                ledger = SlowLedger(world, claiming=claiming, finishing=finishing)
                # enough for a document at a time on one lane, each with a claim and a commit
                each = latency + claiming + finishing + 2 * LINGER
                await all_through(world, numbers, within=10 + 5 * len(slow) + 2 * documents * each)
                assert all(len(world.sage.pushes[number]) == 1 for number in numbers)
                assert all(world.sage.count(number) == 1 for number in numbers)
                # a commit that is being written is waited for, and the linger after it
                assert max(ledger.waits()) <= LINGER + finishing + 0.0001
                written = sum(len(finished) for _, finished in ledger.commits)
                assert written == documents

        run_virtually(day())


def test_a_lone_document_is_pushed_and_written_down_at_once(world: World):
    """Nothing else is under way, so there is nobody to share a batch or a commit with."""

    async def day():
        async with running(world):
            ledger = SlowLedger(world)
            await asyncio.sleep(10)
            world.arrive("INV-1")
            await world.settled("INV-1", within=6)
            (pushed,) = world.sage.pushes["INV-1"]
            received = world.one("SELECT received_at FROM documents").replace(tzinfo=pushed.tzinfo)
            assert (pushed - received).total_seconds() < 0.001
            assert ledger.waits() == [0.0]

    run_virtually(day())


def test_an_outcome_lingers_for_others_and_no_longer_than_it_should(world: World):
    world.lanes = 8

    async def day():
        async with running(world):
            ledger = SlowLedger(world)
            world.sage.slow = {"INV-7": 3.0}
            numbers = arrive(world, 8)
            await all_through(world, numbers, within=10)
            assert max(ledger.waits()) <= LINGER + 0.0001
            assert [len(finished) for _, finished in ledger.commits] == [7, 1]
            assert ledger.commits[-1][0] == ledger.commits[-1][1][0].ended_at  # alone: at once

    run_virtually(day())


def test_a_full_batch_goes_at_once(world: World):
    """A backlog is pushed the moment it is known, on every lane; no batch waits for more."""
    world.batch_most = 50

    async def day():
        async with running(world):
            ledger = SlowLedger(world)
            numbers = arrive(world, 100)
            await all_through(world, numbers, within=30)
            moment, _, units = ledger.claims[[bool(one[2]) for one in ledger.claims].index(True)]
            assert [len(unit) for unit in units[:4]] == [10] * 4
            first = sorted(world.sage.pushes[number][0] for number in numbers)[:40]
            assert {(pushed - moment).total_seconds() for pushed in first} == {0.0}

    run_virtually(day())


def test_workers_that_run_dry_are_given_more_and_what_waits_is_bounded(world: World):
    """Sage 300 answers in a millisecond, a claim takes fifty: one ahead would leave it idle."""
    world.sage.latency = 0.001

    async def day():
        async with running(world):
            ledger = SlowLedger(world, claiming=0.05)
            numbers = arrive(world, 400)
            await all_through(world, numbers, within=60)
            limits = [limit for _, limit, _ in ledger.claims]
            assert max(limits) > 2 * world.lanes, "more than one ahead of each worker"
            assert max(limits) <= (1 + _AHEAD) * world.lanes
            assert len(limits) < 400 / world.lanes, "not a claim for each handful"

    run_virtually(day())


def test_a_slow_sage_is_not_taken_up_ahead_for(world: World):
    """What waits for a worker cannot be resynced, replaced or paused: no more than is of use."""
    world.sage.latency = 1.0

    async def day():
        async with running(world):
            ledger = SlowLedger(world)
            numbers = arrive(world, 60)
            await all_through(world, numbers, within=120)
            assert max(limit for _, limit, _ in ledger.claims) <= 2 * world.lanes

    run_virtually(day())


@pytest.mark.parametrize("batch_most", [1, 50])
def test_a_document_that_takes_ages_holds_up_nobody_behind_it(world: World, batch_most: int):
    """What was taken up waits for whichever worker is free first, never for a certain one."""
    world.lanes, world.batch_most = 3, batch_most

    async def day():
        async with running(world):
            world.arrive("SLOW")
            world.sage.slow = {"SLOW": 70.0}
            await world.until(lambda: bool(world.sage.pushes["SLOW"]), within=5)
            numbers = arrive(world, 60)
            took = await world.until(through(world, numbers), within=60)
            assert took < 15
            assert world.state("SLOW") == "syncing"
            await world.settled("SLOW", within=80)
            assert len(world.sage.pushes["SLOW"]) == 1

    run_virtually(day())


def test_a_retry_and_a_late_comer_have_their_turn_amid_a_backlog(world: World):
    """Oldest due first: a steady stream cannot push a due retry, or a customer, to the end."""
    world.lanes, world.sage.latency = 2, 0.5
    world.policy = RetryPolicy(wait_min=3.0, wait_max=5.0)
    world.sage.terms.remove("F48")

    async def day():
        async with running(world):
            world.arrive("BAD", terms="F48")
            await world.until(lambda: bool(world.sage.pushes["BAD"]), within=5)

            async def stream():
                for n in range(100):
                    world.arrive(f"INV-{n}", terms="30D")
                    await asyncio.sleep(0.2)

            streaming = asyncio.create_task(stream())
            # four documents a second come in, and two lanes of half a second take as many
            await world.until(lambda: len(world.sage.pushes["BAD"]) == 3, within=25)
            await streaming
            first, second, third = world.sage.pushes["BAD"]
            assert (second - first).total_seconds() < 5 + 5
            assert (third - second).total_seconds() < 5 + 5

    run_virtually(day())


def test_what_was_taken_up_ahead_is_given_back_when_sage_falls_ill(world: World):
    """It was not sent, so it costs nothing, and goes by itself when Sage 300 is well again."""
    world.sage.latency = 0.001

    async def day():
        async with running(world):
            SlowLedger(world, claiming=0.05)
            numbers = arrive(world, 300)
            await world.until(lambda: world.pusher._ahead == _AHEAD, within=30, every=0.01)
            world.sage.down = unavailable()
            await world.until(lambda: world.breaker.view.state == "open", within=30)
            await asyncio.sleep(30)
            assert world.one("SELECT count(*) FROM open_documents WHERE state = 'syncing'") == 0
            assert (
                world.one("SELECT count(*) FROM outcomes WHERE burnt AND outcome <> 'accepted'")
                == 0
            )
            world.sage.down = None
            await all_through(world, numbers, within=60)
            assert all(world.sage.count(number) == 1 for number in numbers)

    run_virtually(day())


def test_a_daemon_killed_with_documents_taken_up_ahead_sends_none_twice(world: World):
    world.sage.latency = 0.001

    async def day():
        world.start()
        SlowLedger(world, claiming=0.05)
        numbers = arrive(world, 300)
        await world.until(lambda: world.pusher._ahead == _AHEAD, within=30, every=0.01)
        await world.kill()
        world.start()
        await all_through(world, numbers, within=600)
        assert all(world.sage.count(number) == 1 for number in numbers)
        await world.stop()

    run_virtually(day())
