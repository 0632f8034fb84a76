"""A sick ERP is not a bad document."""

from __future__ import annotations

import asyncio

import pytest

from iman.sync.breaker import Breaker
from tests.builders import NOW, accepted, refused, unavailable, unknown
from tests.sync.virtual_time import run_virtually
from tests.sync.world import World, running


def test_an_outage_of_ninety_seconds_burns_no_attempt(world: World):
    for n in range(20):
        world.arrive(f"INV-{n}")

    async def day():
        world.sage.down = unavailable()
        async with running(world):
            await world.until(lambda: world.breaker.view.state == "open", within=10)
            await asyncio.sleep(90)
            assert world.breaker.view.state == "open"
            # what had been taken up when the breaker opened was not sent any more
            assert sum(map(len, world.sage.pushes.values())) <= world.lanes
            assert world.one("SELECT max(attempt) FROM open_documents") == 0
            assert world.one("SELECT count(*) FROM outcomes WHERE burnt") == 0
            world.sage.down = None
            await world.settled(*(f"INV-{n}" for n in range(20)), within=15)
            assert world.breaker.view.state == "closed"
            assert all(world.sage.count(f"INV-{n}") == 1 for n in range(20))

    run_virtually(day())


def test_the_daemon_says_that_it_is_holding_back_and_why(world: World):
    world.arrive("INV-1")

    async def day():
        world.sage.down = unavailable(reason="Sage 300 does not answer (ConnectError).")
        async with running(world):
            await world.until(lambda: world.breaker.view.state == "open", within=10)
            await asyncio.sleep(2)
            (beat,) = [beat for beat in world.beats.all() if beat.loop == "push"]
            assert not beat.ok
            assert beat.detail == "held back: Sage 300 does not answer (ConnectError)."

    run_virtually(day())


def test_a_refused_log_in_is_not_hammered(world: World):
    """Repeating a wrong password can lock the Sage user."""
    world.arrive("INV-1")

    async def day():
        world.sage.down = unavailable(kind="log_in", reason="Sage 300 refused the log-in (401).")
        async with running(world):
            await asyncio.sleep(250)
            assert len(world.sage.pushes["INV-1"]) == 1
            assert world.sage.probes == 0
            world.sage.down = None
            await world.settled("INV-1", within=120)

    run_virtually(day())


def test_a_patience_that_sage_asks_for_is_kept(world: World):
    world.arrive("INV-1")

    async def day():
        world.sage.down = unavailable(kind="too_many", retry_after=60.0)
        async with running(world):
            await world.until(lambda: world.breaker.view.state == "open", within=10)
            world.sage.down = None
            await asyncio.sleep(55)
            assert world.sage.probes == 0
            await world.settled("INV-1", within=15)

    run_virtually(day())


def test_byondpro_is_told_once_it_is_back(world: World):
    world.sage.terms.remove("F48")
    world.arrive("INV-1", terms="F48")
    world.arrive("INV-2", terms="30D")

    async def day():
        async with running(world):
            await world.until(lambda: world.state("INV-2") == "synced", within=10)
            world.source.away = True
            world.source.told.clear()
            await world.settled("INV-1")
            await asyncio.sleep(30)
            assert world.source.told == []
            (beat,) = [beat for beat in world.beats.all() if beat.loop == "write-back"]
            assert not beat.ok
            world.source.away = False
            await world.until(lambda: world.source.status_of("INV-1") == "failed", within=5)
            assert world.one("SELECT count(*) FROM write_backs") == 0

    run_virtually(day())


def test_a_document_byondpro_does_not_know_holds_up_no_other_status(world: World):
    world.source.strangers = {"INV-1"}
    world.arrive("INV-1")
    world.arrive("INV-2")

    async def day():
        async with running(world):
            await world.until(lambda: world.source.status_of("INV-2") == "processed", within=10)
            await world.until(lambda: world.one("SELECT count(*) FROM write_backs") == 0, within=5)
            reason = world.one("SELECT reason FROM intake_problems")
            assert reason == "byondpro does not know SERC/invoice/INV-1 when told its sync status."

    run_virtually(day())


def test_intake_goes_on_while_sage_is_down_and_pushing_while_byondpro_is(world: World):
    world.arrive("INV-1")

    async def day():
        world.sage.down = unavailable()
        async with running(world):
            await world.until(lambda: world.state("INV-1") is not None, within=5)
            world.arrive("INV-2")
            await world.until(lambda: world.state("INV-2") is not None, within=5)
            world.source.away = True
            world.sage.down = None
            await world.settled("INV-1", "INV-2", within=20)

    run_virtually(day())


def test_a_loop_that_breaks_comes_round_again_and_says_so(world: World):
    def broken() -> None:
        raise RuntimeError("a mistake of ours")

    world.source.on_fetch = broken
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await asyncio.sleep(7)
            (beat,) = [beat for beat in world.beats.all() if beat.loop == "intake"]
            assert not beat.ok
            assert "RuntimeError" in beat.detail
            world.source.on_fetch = None
            await world.settled("INV-1", within=10)
            (beat,) = [beat for beat in world.beats.all() if beat.loop == "intake"]
            assert beat.ok

    run_virtually(day())


def test_a_mistake_of_our_own_during_a_push_makes_the_document_a_question(world: World):
    """It may have left: so it is looked up, and no worker is lost by it."""
    world.arrive("INV-1")
    send = world.sage.push

    async def clumsy(document, *, token, parent):
        world.sage.push = send
        raise ZeroDivisionError

    world.sage.push = clumsy

    async def day():
        async with running(world):
            await world.until(lambda: world.sage.lookups > 0, within=10)
            await world.settled("INV-1", within=200)
            assert world.sage.count("INV-1") == 1

    run_virtually(day())


def test_a_ledger_that_refuses_outcomes_for_a_while_loses_none(world: World):
    world.arrive("INV-1")

    async def day():
        world.start()
        finish, failures = world.ledger.finish, iter(range(5))

        async def full(finished, *, now):
            if next(failures, None) is not None:
                raise OSError("no space left on device")
            await finish(finished, now=now)

        world.ledger.finish = full
        await world.until(lambda: world.state("INV-1") == "synced", within=15)
        assert len(world.sage.pushes["INV-1"]) == 1
        await world.stop()

    run_virtually(day())


# -- the breaker by itself ---------------------------------------------------------------------


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(lambda: NOW)


def test_lost_answers_open_it_only_in_a_row(breaker: Breaker):
    for outcome in (unknown(), unknown(), refused(), unknown(), unknown()):
        breaker.observe(outcome)
    assert breaker.view.state == "closed"
    breaker.observe(unknown())
    assert breaker.view.state == "open"


def test_a_document_that_was_invalid_says_nothing_of_sage(breaker: Breaker):
    for outcome in (unknown(), unknown(), refused(code="iman", local=True), unknown()):
        breaker.observe(outcome)
    assert breaker.view.state == "open"


def test_sage_busy_posting_is_not_unwell(breaker: Breaker):
    breaker.observe(unavailable(kind="contention"))
    assert breaker.view.state == "closed"


def test_half_open_lets_one_document_try(breaker: Breaker):
    breaker.observe(unavailable())
    assert breaker.room(8) == 0
    breaker.probed(None)
    assert breaker.room(8) == 1
    breaker.observe(accepted())
    assert breaker.room(8) == 8


def test_trouble_while_half_open_opens_it_again(breaker: Breaker):
    breaker.observe(unavailable())
    breaker.probed(None)
    breaker.observe(unknown())
    assert breaker.view.state == "open"


def test_an_outage_tells_since_when(breaker: Breaker):
    breaker.observe(unavailable())
    since = breaker.view.since
    breaker.probed(unavailable(reason="still away"))
    assert (breaker.view.since, breaker.view.reason) == (since, "still away")
    assert breaker.opened_since(NOW)


def test_while_something_else_holds_pushing_back_nothing_is_taken_up(world: World):
    """A full disk: what is under way is finished, and it goes on by itself."""
    why = ["the disk is full"]
    world.held_back = lambda: why[0]
    world.arrive("INV-1")

    async def day():
        async with running(world):
            await world.until(lambda: world.state("INV-1") == "pending")
            await asyncio.sleep(30)
            assert world.sage.pushes == {}
            (beat,) = (beat for beat in world.beats.all() if beat.loop == "push")
            assert (beat.ok, beat.detail) == (False, "held back: the disk is full")
            why[0] = ""
            await world.settled("INV-1")

    run_virtually(day())
