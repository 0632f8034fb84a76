"""Whatever goes wrong and in whatever order: every document once, none lost."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from iman.domain.retry import RetryPolicy
from tests.builders import unavailable
from tests.sync.fakes import Fault
from tests.sync.virtual_time import run_virtually
from tests.sync.world import World

FAULTS = st.sampled_from(get_args(Fault))
#: What a document's pushes meet, one after another; afterwards Sage behaves.
DOCUMENTS = st.lists(st.lists(FAULTS, max_size=3), min_size=1, max_size=8)
#: What befalls the daemon, each after so many seconds.
EVENTS = st.lists(
    st.tuples(
        st.floats(0.0, 6.0),
        st.sampled_from(["kill", "stop", "sage_down", "sage_up", "byondpro_away", "byondpro_back"]),
    ),
    max_size=6,
)


@settings(max_examples=settings.default.max_examples // 6)
@given(
    documents=DOCUMENTS,
    events=EVENTS,
    seed=st.integers(0, 2**32),
    batch_most=st.sampled_from([1, 50]),
)
def test_every_document_is_in_sage_exactly_once_or_failed_and_not_there(
    documents, events, seed, batch_most
):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "ledger.duckdb", seed=seed, lanes=2)
        world.batch_most = batch_most
        # The proportions of the real clock, in fewer virtual seconds.
        world.policy = RetryPolicy(wait_min=1.5, wait_max=2.5, settle=9.0, ask_every=1.0)
        world.sage.late = 4.0
        for number, faults in enumerate(documents):
            world.sage.faults[f"INV-{number}"] = list(faults)
            world.arrive(f"INV-{number}")
        run_virtually(live_through(world, events))


async def live_through(world: World, events: list[tuple[float, str]]) -> None:
    numbers = [event.key.number for event in world.source.events]
    world.start()
    for wait, what in events:
        await asyncio.sleep(wait)
        await befall(world, what)
        assert all(world.sage.count(number) <= 1 for number in numbers)
    await befall(world, "sage_up")
    await befall(world, "byondpro_back")
    await world.settled(*numbers, within=3600)
    await world.until(lambda: world.one("SELECT count(*) FROM write_backs") == 0, within=60)
    await asyncio.sleep(5)  # whatever Sage still had to store
    for number in numbers:
        synced = world.state(number) == "synced"
        assert world.sage.count(number) == (1 if synced else 0), number
        assert world.source.status_of(number) == ("processed" if synced else "failed")
        assert synced, "no fault here lasts five attempts"
    await world.stop()


async def befall(world: World, what: str) -> None:
    match what:
        case "kill":
            await world.kill()
            world.start()
        case "stop":
            await world.stop()
            world.start()
        case "sage_down":
            world.sage.down = unavailable()
        case "sage_up":
            world.sage.down = None
        case "byondpro_away":
            world.source.away = True
        case "byondpro_back":
            world.source.away = False
