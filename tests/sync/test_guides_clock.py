"""The guide's schedule, hour by hour, in virtual time."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from tests.builders import F48, make_resync_event
from tests.sync.virtual_time import run_virtually, skip
from tests.sync.world import World, running


def gaps(world: World, number: str) -> list[float]:
    times = world.sage.pushes[number]
    return [(after - before).total_seconds() for before, after in pairwise(times)]


def test_a_good_document_is_in_sage_seconds_after_byondpro_made_it(world: World):
    async def day():
        async with running(world):
            world.arrive("INV-1")
            took = await world.until(lambda: world.state("INV-1") == "synced")
            assert took < 4
            await world.until(lambda: world.source.status_of("INV-1") == "processed", within=3)
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_five_attempts_fifteen_to_twenty_five_seconds_apart_and_never_a_sixth(world: World):
    world.sage.terms.remove("F48")
    world.arrive("INV-1")

    async def day():
        async with running(world):
            took = await world.until(lambda: world.state("INV-1") == "failed", within=120)
            assert 60 <= took <= 4 + 4 * 26
            await asyncio.sleep(120)
            skip(3600)
            await asyncio.sleep(30)
            assert len(world.sage.pushes["INV-1"]) == 5
            assert all(15 <= gap <= 26.1 for gap in gaps(world, "INV-1"))
            assert world.source.status_of("INV-1") == "failed"
            assert world.source.told[-1].message == f"1020 - {F48}"

    run_virtually(day())


def test_the_first_error_can_be_read_at_once(world: World):
    world.sage.terms.remove("F48")
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.until(lambda: len(world.sage.pushes["INV-1"]) == 1)
            await world.until(lambda: world.state("INV-1") == "retrying", within=2)
            row = world.rows("SELECT attempt, error_code, error_text FROM open_documents")
            assert row == [(1, "1020", F48)]

    run_virtually(day())


def test_resync_after_the_remedy_syncs_within_seconds(world: World):
    world.sage.terms.remove("F48")
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1")
            world.sage.terms.add("F48")
            assert world.resync("INV-1") == 2
            await world.until(lambda: world.state("INV-1") == "synced", within=2)
            await world.until(lambda: world.source.status_of("INV-1") == "processed", within=3)
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_resync_without_the_remedy_is_a_round_of_five_more(world: World):
    world.sage.terms.remove("F48")
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1")
            world.resync("INV-1")
            assert world.state("INV-1") == "pending"
            await world.settled("INV-1")
            assert len(world.sage.pushes["INV-1"]) == 10
            rounds = world.rows("SELECT round, number FROM attempts ORDER BY attempt_id")
            assert rounds == [(r, n) for r in (1, 2) for n in range(1, 6)]

    run_virtually(day())


def test_byondpros_own_resync_button_begins_a_round(world: World):
    world.sage.terms.remove("F48")
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1")
            world.sage.terms.add("F48")
            world.source.events.append(make_resync_event("INV-1"))
            await world.until(lambda: world.state("INV-1") == "synced", within=6)

    run_virtually(day())


def test_a_bad_document_holds_up_no_other(world: World):
    world.sage.terms.remove("F48")
    for n in range(30):
        world.arrive(f"BAD-{n}", terms="F48")
        world.arrive(f"GOOD-{n}", terms="30D")

    async def day():
        async with running(world):
            good = [f"GOOD-{n}" for n in range(30)]
            await world.settled(*good, within=10)
            assert all(world.sage.count(number) == 1 for number in good)

    run_virtually(day())


def test_a_malformed_document_fails_at_once_and_says_what_to_mend(world: World):
    world.arrive("INV-1", amount="-5.00")
    world.arrive("INV-2", customer=None)
    world.arrive("INV-" + "9" * 30)

    async def day():
        async with running(world):
            await world.settled("INV-1", "INV-2", "INV-" + "9" * 30, within=5)
            assert world.sage.pushes == {}
            texts = dict(
                world.rows(
                    "SELECT d.number, o.error_text FROM open_documents o "
                    "JOIN documents d USING (document_id)"
                )
            )
            assert "an invoice cannot be negative" in texts["INV-1"]
            assert "customer" in texts["INV-2"]
            assert "at most 22" in texts["INV-" + "9" * 30]

    run_virtually(day())
