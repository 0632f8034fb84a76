"""Somebody sets the clock, ahead or back, while documents are on their way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from iman.domain.retry import RetryPolicy
from tests.sync.virtual_time import run_virtually, set_clock
from tests.sync.world import World, running

HOUR = 3600.0


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "ledger.duckdb")
    made.policy = RetryPolicy(settle=90.0, ask_every=2.0)
    made.sage.late = 60.0
    return made


def test_a_clock_set_ahead_proves_nothing_about_a_lost_answer(world: World):
    """Sage 300 stores it a minute after nobody waits any more; by the clock an hour has passed."""
    world.sage.faults["INV-1"] = ["stored_late"]
    world.arrive("INV-1", terms="30D")

    async def live() -> None:
        async with running(world):
            await world.until(lambda: world.state("INV-1") == "unknown")
            set_clock(HOUR)
            await world.settled("INV-1", within=600)
            await asyncio.sleep(120)

    run_virtually(live())
    assert world.sage.count("INV-1") == 1
    assert len(world.sage.pushes["INV-1"]) == 1


@pytest.mark.parametrize("seconds", [-HOUR, HOUR, -30 * 24 * HOUR, 30 * 24 * HOUR])
def test_documents_go_on_and_each_arrives_once(world: World, seconds: float):
    faults = ["none", "answer_lost", "request_lost", "stored_late", "error_500"]
    numbers = [f"INV-{place}" for place in range(10)]
    for place, number in enumerate(numbers):
        world.sage.faults[number] = [faults[place % 5]]
        world.arrive(number, terms="F48" if place == 3 else "30D")
    world.sage.terms.discard("F48")

    async def live() -> None:
        async with running(world):
            await world.until(lambda: world.state("INV-3") == "retrying")
            set_clock(seconds)
            world.sage.terms.add("F48")
            await world.settled(*numbers, within=900)
            await asyncio.sleep(120)
            assert [world.state(number) for number in numbers] == ["synced"] * 10
            assert not world.rows("FROM write_backs")

    run_virtually(live())
    assert [world.sage.count(number) for number in numbers] == [1] * 10
