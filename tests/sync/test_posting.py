"""With posting on: what is entered is never sent again, and a plan comes before its posting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from iman.domain.outcome import Accepted
from iman.domain.retry import RetryPolicy
from tests.builders import refused, unavailable
from tests.gateways.entries.documents import payload_of, schedule
from tests.sync.virtual_time import run_virtually
from tests.sync.world import World, running

INACTIVE = "G/L account 4030 is inactive. It stands in error batch 190-1."
NOT_IN_FULL = "The payment schedule does not add up to the document."


@pytest.fixture
def posting(world: World) -> World:
    world.posting = True
    # the proportions of the real clock, in fewer virtual seconds
    world.policy = RetryPolicy(wait_min=1.5, wait_max=2.5, settle=9.0, ask_every=1.0)
    return world


def plan_of(world: World, invoice: str, number: str = "RP-1", **more: Any) -> None:
    payload = (
        payload_of("repayment_plan")
        | {"parent": {"entry_type": "invoice", "number": invoice}}
        | more
    )
    world.arrive(number, **{name: value for name, value in payload.items() if name != "number"})


@pytest.mark.parametrize("batch_most", [1, 50])
def test_what_posting_refused_is_posted_again_and_never_sent_again(posting: World, batch_most: int):
    """It is entered: another copy would be posted beside the one in the error batch."""
    world = posting
    world.batch_most = batch_most
    world.sage.postings["INV-1"] = [refused(code="1000", text=INACTIVE)] * 5
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1", within=200)
            assert world.state("INV-1") == "failed"
            assert world.one("SELECT error_text FROM open_documents") == INACTIVE
            assert world.sage.done == ["push INV-1"] + ["post INV-1"] * 5
            world.resync("INV-1")
            await world.settled("INV-1", within=10)
            assert world.state("INV-1") == "synced"
            assert world.sage.done == ["push INV-1"] + ["post INV-1"] * 6
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_many_that_were_entered_and_are_resynced_together_are_each_looked_up(posting: World):
    world = posting
    world.batch_most = 50
    numbers = [f"INV-{n}" for n in range(20)]
    for number in numbers:
        world.sage.postings[number] = [refused(code="1000", text=INACTIVE)] * 5
        world.arrive(number)

    async def day():
        async with running(world):
            failed = "SELECT count(*) FROM open_documents WHERE state = 'failed'"
            await world.until(lambda: world.one(failed) == 20, within=60, every=1.0)
            for number in numbers:
                assert world.resync(number) == 2
            await world.until(
                lambda: world.one("SELECT count(*) FROM closings") == 20, within=60, every=1.0
            )
            assert all(world.sage.count(number) == 1 for number in numbers)
            assert all(len(world.sage.pushes[number]) == 1 for number in numbers)

    run_virtually(day())


def test_a_retry_that_cannot_be_looked_up_sends_nothing(posting: World):
    world = posting
    world.sage.postings["INV-1"] = [refused(code="1000", text=INACTIVE)]
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.until(lambda: world.state("INV-1") == "retrying", within=10)
            world.sage.lookups_fail = True
            await asyncio.sleep(60)
            assert len(world.sage.pushes["INV-1"]) == 1
            world.sage.lookups_fail = False
            await world.settled("INV-1", within=60)
            assert world.state("INV-1") == "synced"
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


# -- a repayment plan and its invoice ------------------------------------------------------------


@pytest.mark.parametrize("batch_most", [1, 50])
def test_a_plan_that_waits_is_put_in_before_its_invoice_is_posted(posting: World, batch_most: int):
    world = posting
    world.batch_most = batch_most
    others = [f"OTHER-{n}" for n in range(40)]
    world.arrive("INV-1")
    plan_of(world, "INV-1")
    for number in others:
        world.arrive(number)

    async def day():
        async with running(world):
            await world.settled("INV-1", "RP-1", *others, within=60)
            done = world.sage.done
            assert world.state("RP-1") == world.state("INV-1") == "synced"
            assert done.index("push INV-1") < done.index("push RP-1") < done.index("post INV-1")
            assert done.count("push INV-1") == done.count("post INV-1") == 1
            assert all(world.sage.count(number) == 1 for number in others)

    run_virtually(day())


def test_without_posting_a_plan_simply_follows_its_invoice(world: World):
    world.arrive("INV-1")
    plan_of(world, "INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1", "RP-1", within=20)
            assert world.sage.done == ["push INV-1", "push RP-1"]

    run_virtually(day())


def test_an_invoice_is_not_posted_while_its_plan_is_refused(posting: World):
    """Posted, the plan could never be put right; so the invoice says what is wrong with it."""
    world = posting
    world.sage.refuses["RP-1"] = refused(code="1140", text=NOT_IN_FULL)
    world.arrive("INV-1")
    plan_of(world, "INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1", within=200)
            assert world.state("INV-1") == "failed"
            assert world.state("RP-1") == "waiting"
            said = world.one("SELECT error_text FROM open_documents WHERE entry_type = 'invoice'")
            assert said.startswith(NOT_IN_FULL)
            assert "not posted, because its repayment plan RP-1 was refused" in said
            assert "post INV-1" not in world.sage.done
            world.sage.refuses.clear()
            plan_of(world, "INV-1", revision=2, schedule=schedule(["3760.00"]))
            await asyncio.sleep(5)
            world.resync("INV-1")
            await world.settled("INV-1", "RP-1", within=20)
            assert world.state("INV-1") == world.state("RP-1") == "synced"
            assert len(world.sage.pushes["INV-1"]) == 1
            assert world.sage.done.count("post INV-1") == 1

    run_virtually(day())


def test_a_plan_that_cannot_be_read_holds_its_invoices_posting_and_says_so(posting: World):
    world = posting
    world.arrive("INV-1")
    plan_of(world, "INV-1", schedule=[])

    async def day():
        async with running(world):
            await world.settled("INV-1", within=200)
            said = world.one("SELECT error_text FROM open_documents WHERE entry_type = 'invoice'")
            assert "not posted, because its repayment plan cannot be read" in said
            assert "post INV-1" not in world.sage.done
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_a_plan_set_aside_holds_nothing(posting: World):
    world = posting
    world.sage.refuses["RP-1"] = refused(code="1140", text=NOT_IN_FULL)
    world.arrive("INV-1")
    plan_of(world, "INV-1")

    async def day():
        async with running(world):
            await world.settled("INV-1", within=200)
            world.ledger.write(
                lambda conn: conn.execute(
                    "UPDATE open_documents SET state = 'parked' WHERE entry_type = 'repayment_plan'"
                )
            ).result()
            world.resync("INV-1")
            await world.settled("INV-1", within=20)
            assert world.state("INV-1") == "synced"
            assert world.sage.done[-1] == "post INV-1"

    run_virtually(day())


def test_an_unwell_sage_between_entry_and_posting_costs_nothing(posting: World):
    world = posting
    world.arrive("INV-1")
    plan_of(world, "INV-1")
    busy = unavailable(kind="contention", reason="Sage 300 is busy posting batch 0.")
    world.sage.postings["INV-1"] = [busy, busy, Accepted(reference="0-1")]

    async def day():
        async with running(world):
            await world.settled("INV-1", "RP-1", within=60)
            assert len(world.sage.pushes["INV-1"]) == 1
            assert (
                world.one("SELECT count(*) FROM outcomes WHERE burnt AND outcome <> 'accepted'")
                == 0
            )
            assert world.one("SELECT attempt FROM closings c JOIN documents d USING (document_id) "
                             "WHERE d.number = 'INV-1'") == 1  # fmt: skip

    run_virtually(day())
