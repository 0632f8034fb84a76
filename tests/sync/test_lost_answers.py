"""Nothing lost, nothing twice: what becomes of a push whose answer did not come back."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from iman.domain.retry import RetryPolicy
from tests.builders import unavailable
from tests.sync.virtual_time import run_virtually
from tests.sync.world import World, running


def push_times(world: World, number: str) -> list[float]:
    first = world.sage.pushes[number][0]
    return [(moment - first).total_seconds() for moment in world.sage.pushes[number]]


@pytest.mark.parametrize("fault", ["answer_lost", "stored_500"])
def test_a_document_that_arrived_though_its_answer_was_lost_is_adopted(world: World, fault):
    world.sage.faults["INV-1"] = [fault]
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.until(lambda: world.state("INV-1") == "synced", within=15)
            assert len(world.sage.pushes["INV-1"]) == 1
            assert world.sage.count("INV-1") == 1
            await world.until(lambda: world.source.status_of("INV-1") == "processed", within=3)

    run_virtually(day())


def test_what_never_arrived_is_sent_again_only_once_sage_is_surely_done(world: World):
    world.sage.faults["INV-1"] = ["request_lost"]
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1", within=180)
            times = push_times(world, "INV-1")
            assert len(times) == 2
            assert times[1] >= world.policy.settle
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_what_sage_stores_long_after_nobody_waits_is_found_and_not_sent_again(world: World):
    world.sage.faults["INV-1"] = ["stored_late"]
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1", within=60)
            assert len(world.sage.pushes["INV-1"]) == 1
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_while_sage_cannot_be_asked_nothing_is_sent_again(world: World):
    world.sage.faults["INV-1"] = ["answer_lost"]
    world.sage.lookups_fail = True
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await asyncio.sleep(600)
            assert len(world.sage.pushes["INV-1"]) == 1
            assert world.state("INV-1") == "unknown"
            world.sage.lookups_fail = False
            await world.settled("INV-1", within=30)
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_a_duplicate_refusal_is_looked_up_and_adopted_when_it_is_ours(world: World):
    """As after a ledger was restored from a backup that does not know of the push."""
    world.arrive("INV-1")
    backup = world.path.with_suffix(".backup")

    async def day():
        world.sage.down = unavailable()
        async with running(world):
            await world.until(lambda: world.state("INV-1") is not None)
        shutil.copyfile(world.path, backup)
        world.sage.down = None
        async with running(world):
            await world.settled("INV-1")
        shutil.copyfile(backup, world.path)
        world.sage.faults["INV-1"] = ["duplicate"]
        asked = world.sage.lookups
        async with running(world):
            await world.settled("INV-1", within=10)
            assert world.sage.lookups == asked + 1
            assert world.state("INV-1") == "synced"
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_a_duplicate_refusal_is_not_believed_when_nothing_of_ours_is_there(world: World):
    world.sage.always["INV-1"] = "duplicate"
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1", within=130)
            assert world.state("INV-1") == "failed"
            assert world.sage.lookups >= 5
            assert world.one("SELECT error_type FROM open_documents") == "duplicate_document"

    run_virtually(day())


@pytest.mark.parametrize("fault", ["duplicate", "request_lost"])
def test_what_another_ledger_put_there_is_neither_adopted_nor_sent_again(world: World, fault: str):
    """After a duplicate refusal as after a lost answer; a person is told at once whose it is."""
    world.sage.faults["INV-1"] = [fault]
    world.sage.strangers["INV-1"] = "ffee0011"
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.until(lambda: world.state("INV-1") == "failed", within=15)
            assert len(world.sage.pushes["INV-1"]) == 1
            said = world.one("SELECT error_text FROM open_documents")
            assert "Another Iman ledger (ffee0011)" in said
            assert "Sage 300 holds it as 9-1" in said

    run_virtually(day())


def test_a_poisonous_document_ends_failed_while_others_pass(world: World):
    world.sage.always["BAD"] = "error_500"
    world.policy = RetryPolicy(settle=20.0)
    world.arrive("BAD")

    async def day():
        async with running(world):
            for n in range(30):
                world.arrive(f"GOOD-{n}")
                await asyncio.sleep(5)
                assert world.state(f"GOOD-{max(0, n - 3)}") == "synced"
            await world.settled("BAD", within=1800)
            assert world.state("BAD") == "failed"
            assert len(world.sage.pushes["BAD"]) == 5
            assert world.sage.count("BAD") == 0

    run_virtually(day())


# -- stopping and dying ------------------------------------------------------------------------


def test_a_graceful_stop_finishes_what_is_under_way(world: World):
    world.sage.latency = 5.0
    world.arrive("INV-1")

    async def day():
        world.start()
        await world.until(lambda: bool(world.sage.pushes["INV-1"]))
        await world.stop()
        async with running(world):
            assert world.state("INV-1") == "synced"
            assert world.sage.lookups == 0
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_a_stop_keeps_what_must_be_asked_first_a_question(world: World):
    """A look-up still queued at the stop must not come back as a push."""
    numbers = [f"INV-{n}" for n in range(12)]
    for number in numbers:
        world.sage.faults[number] = ["answer_lost"]
        world.arrive(number)
    world.lanes = 2

    async def day():
        world.sage.lookups_fail = True
        async with running(world):
            await world.until(lambda: all(world.state(one) == "unknown" for one in numbers))
        world.sage.lookups_fail = False
        world.sage.latency = 8.0  # so that look-ups queue up behind one another
        asked = world.sage.lookups
        async with running(world):
            await world.until(lambda: world.sage.lookups >= asked + 2, within=60)
        world.sage.latency = 0.05
        async with running(world):
            await world.settled(*numbers, within=400)
            assert [world.sage.count(one) for one in numbers] == [1] * len(numbers)

    run_virtually(day())


@pytest.mark.parametrize("after", [0.01, 0.04, 0.06])
def test_a_daemon_killed_during_a_push_asks_before_it_sends(world: World, after: float):
    world.arrive("INV-1")

    async def day():
        world.start()
        await world.until(lambda: bool(world.sage.pushes["INV-1"]))
        await world.kill()
        await asyncio.sleep(after)
        async with running(world):
            assert world.state("INV-1") in {"unknown", "syncing", "synced"}
            await world.settled("INV-1", within=10)
            assert len(world.sage.pushes["INV-1"]) == 1
            assert world.sage.count("INV-1") == 1

    run_virtually(day())
