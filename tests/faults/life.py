"""One life of the daemon, in a process of its own that ends by ``kill -9`` at a named step."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from iman import logs
from iman.domain.feed import DocumentArrived
from iman.errors import LedgerError
from iman.ledger import migrate
from iman.ledger.audit import AuditEvent, verify, write_audit
from iman.ledger.backup import back_up
from iman.ledger.rollups import differences
from tests.builders import NOW, unavailable
from tests.faults.outside import Journal, LastingSage, LastingSource, Watched
from tests.faults.syncs import our_flag
from tests.sync.virtual_time import VirtualLoop, skip, virtual_now
from tests.sync.world import World

#: Where a life may end. Those "during" are met by a clock beside the daemon, within what DuckDB
#: does; "idle" is any other moment.
STEPS = (
    "before intake",
    "after intake",
    "before intent",
    "after intent",
    "before send",
    "after send",
    "after answer",
    "before outcome",
    "after outcome",
    "after look-up",
    "after byondpro was told",
    "idle",
    "during start",
    "during checkpoint",
    "during backup",
    "in a migration",
    "during migration",
    "during a failing fsync",
)
#: Lives that an upgrade comes before: its code knows two migrations more.
UPGRADES = ("in a migration", "during migration")

#: What the later versions write anew.
_REWRITTEN = ("attempts", "outcomes", "closings", "documents", "audit_events", "attempt_rollup")
_REWRITE = """
CREATE TABLE anew AS SELECT * FROM {table};
DROP TABLE {table};
ALTER TABLE anew RENAME TO {table};
UPDATE open_documents SET search_text = search_text || '';
"""
_RESYNCED = 5  # in one life: what lacks a term fails again, and there is ever more of it
_MISSING = "90D"  # the terms code that Sage 300 lacks until the end


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """*begins*: virtual seconds since the campaign began; *lasts*: until it dies at the latest."""

    ledger: Path
    begins: float
    lasts: float
    step: str
    nth: int  # time this step is reached
    seed: int
    upgrades: int = 0  # migrations that its code knows beyond ours


def live(life: Life, sage: LastingSage, source: LastingSource, journal: Journal) -> None:
    """Until death. For a forked child; never returns."""
    _in_virtual_time(life.begins, _live(life, sage, source, journal), journal)


def last_life(life: Life, sage: LastingSage, source: LastingSource, journal: Journal) -> None:
    """No faults, set-ups added, what failed resynced; its findings are in the journal."""
    _in_virtual_time(life.begins, _settle(life, sage, source, journal), journal)


def _in_virtual_time(begins: float, work: Coroutine[Any, Any, None], journal: Journal) -> None:
    logs.set_up("error", Path(os.devnull).open("w"))  # noqa: SIM115 -- as long as the process

    def loop() -> VirtualLoop:
        made = VirtualLoop()
        made.skip(begins)
        return made

    try:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(work)
    except BaseException:  # noqa: BLE001 -- told by the parent
        journal.write("broke", traceback.format_exc())
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _killer(life: Life, journal: Journal) -> Callable[[str], None]:
    met = 0

    def die(step: str) -> None:
        nonlocal met
        if step != life.step:
            return
        met += 1
        if met == life.nth:
            _kill(step, journal)

    return die


def _kill(step: str, journal: Journal) -> None:
    journal.write("died", (virtual_now() - NOW).total_seconds(), step)
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_within(seconds: float) -> None:
    """By a thread: DuckDB is somewhere in its own code by then."""
    clock = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    clock.daemon = True
    clock.start()


async def _live(life: Life, sage: LastingSage, source: LastingSource, journal: Journal) -> None:
    rng = Random(life.seed)
    die = sage.die = source.die = _killer(life, journal)
    sage.rng, sage.spoilt = Random(life.seed + 1), 0.25
    world = _world(life, sage, source, rng)
    world.watched = lambda ledger: Watched(ledger, die)
    _upgrade(life, die, rng, journal)
    if life.step == "during start":
        journal.write("died", life.begins, life.step)
        _kill_within(rng.uniform(0.0, 0.15))
        world.start()
        await asyncio.sleep(0.5)
        _kill("during start", journal)
    world.start()
    await asyncio.gather(
        _trouble(world, rng, life.lasts),
        _people(world, rng, life.lasts),
        _end(life, world, rng, journal),
        _stay(),
    )


async def _people(world: World, rng: Random, lasts: float) -> None:
    """Somebody resyncs some of what failed, and is written into the audit trail."""
    await asyncio.sleep(rng.uniform(0.0, lasts))
    failed = _failed(world)
    with contextlib.suppress(duckdb.FatalException):  # told that it cannot be written down
        _resync(world, rng.sample(failed, min(len(failed), _RESYNCED)))


async def _stay() -> None:
    await asyncio.Event().wait()


async def _end(life: Life, world: World, rng: Random, journal: Journal) -> None:
    if not life.step.startswith("during"):
        await asyncio.sleep(life.lasts)
        _kill("idle", journal)  # the step was not met, or there is none
    await asyncio.sleep(rng.uniform(0.0, life.lasts))
    if life.step == "during a failing fsync":
        _let_syncs(fail=True)  # and nothing that is not durable may count
        await asyncio.sleep(rng.uniform(0.0, min(life.lasts, 8.0)))
        _kill(life.step, journal)
    journal.write("died", (virtual_now() - NOW).total_seconds(), life.step)
    backup = life.step == "during backup"
    _kill_within(rng.uniform(0.0, 0.3 if backup else 0.01))
    while True:
        with contextlib.suppress(duckdb.FatalException, LedgerError):  # fsync may fail meanwhile
            if backup:
                folder = life.ledger.parent / "backups"
                back_up(world.ledger.new_reader(), folder, now=virtual_now())
            else:
                world.ledger.reader().execute("CHECKPOINT")
        await asyncio.sleep(1.0)  # pushes go on in between


async def _trouble(world: World, rng: Random, lasts: float) -> None:
    """Sage 300 and byondpro come and go, and the machine sleeps."""
    while True:
        await asyncio.sleep(rng.uniform(0.0, lasts / 2))
        match rng.choice(("sage", "byondpro", "look-ups", "sleep", "fsync", "nothing", "nothing")):
            case "sage":
                world.sage.down = unavailable()
                await asyncio.sleep(rng.uniform(1.0, 30.0))
                world.sage.down = None
            case "byondpro":
                world.source.away = True
                await asyncio.sleep(rng.uniform(1.0, 30.0))
                world.source.away = False
            case "look-ups":
                world.sage.lookups_fail = True
                await asyncio.sleep(rng.uniform(1.0, 30.0))
                world.sage.lookups_fail = False
            case "sleep":
                skip(rng.uniform(1.0, 300.0))
            case "fsync":
                _let_syncs(fail=True)  # each try to write opens the ledger anew
                await asyncio.sleep(rng.uniform(1.0, 8.0))
                _let_syncs(fail=False)


def _let_syncs(*, fail: bool) -> None:
    """Where this process was started so that they can."""
    if (flag := our_flag()) is None:
        return
    if fail:
        flag.touch()
    else:
        flag.unlink(missing_ok=True)


def _upgrade(life: Life, die: Callable[[str], None], rng: Random, journal: Journal) -> None:
    """The code knows migrations of later versions: tables written anew, as ours have been."""
    known, after = migrate.migrations(), dict(migrate._AFTER)
    for n in range(life.upgrades):
        number, table = 9000 + n, _REWRITTEN[n % len(_REWRITTEN)]
        known.append((number, _REWRITE.format(table=table)))
        if n >= life.upgrades - 2:
            after[number] = lambda _: die("in a migration")

    def migrations() -> list[tuple[int, str]]:
        if life.step == "during migration":
            journal.write("died", life.begins, life.step)
            _kill_within(rng.uniform(0.0, 0.06))
        return known

    migrate.migrations = migrations
    migrate._AFTER = after


def _world(life: Life, sage: LastingSage, source: LastingSource, rng: Random) -> World:
    world = World(life.ledger, seed=life.seed, lanes=rng.choice((1, 2, 4)))
    world.batch_most = rng.choice((1, 50))
    world.sage, world.source = sage, source
    return world


async def _settle(life: Life, sage: LastingSage, source: LastingSource, journal: Journal) -> None:
    sage.spoilt = 0.0
    sage.terms.add(_MISSING)
    numbers = [event.key.number for event in source.events if isinstance(event, DocumentArrived)]
    world = _world(life, sage, source, Random(life.seed))
    _upgrade(life, lambda _: None, Random(life.seed), journal)
    world.start()
    await world.until(lambda: _count(world, "documents") == len(numbers), within=3600)
    for _ in range(2):
        await world.until(lambda: not _moving(world), within=3600, every=1.0)
        _resync(world, _failed(world))
    await world.until(lambda: _count(world, "write_backs") == 0, within=3600)
    await asyncio.sleep(sage.late + 5)
    sage.come_true(virtual_now())
    journal.write(
        "found",
        {
            "time": (virtual_now() - NOW).total_seconds(),
            "documents": len(numbers),
            "lost": [n for n in numbers if not sage.count(n)],
            "doubled": [n for n in numbers if sage.count(n) > 1],
            "untold": [n for n in numbers if source.statuses.get(n) != "processed"],
            "contradicted": [n for n in numbers if world.state(n) != "synced"],
            "attempts": _count(world, "attempts"),
            "rollups": differences(world.ledger.reader()),
            "audited": _count(world, "audit_events"),
            "upgraded": int(
                world.one("SELECT count(*) FROM schema_migrations WHERE number >= 9000")
            ),
            "audit_broken": str(verify(world.ledger.reader()).broken or ""),
        },
    )
    await world.stop()


def _resync(world: World, numbers: list[str]) -> None:
    """Each written down."""
    ledger = world.ledger
    for number in numbers:
        world.resync(number)
        event = AuditEvent(
            who="ada", role="admin", action="resync", target=number, allowed=True, reason="",
            origin="campaign",
        )  # fmt: skip
        ledger.write(
            lambda conn, event=event: write_audit(conn, ledger.ids, event, now=virtual_now())
        ).result()


def _failed(world: World) -> list[str]:
    return [
        str(number)
        for (number,) in world.rows(
            "SELECT number FROM open_documents JOIN documents USING (document_id)"
            " WHERE state = 'failed'"
        )
    ]


def _count(world: World, table: str) -> int:
    return int(world.one(f"SELECT count(*) FROM {table}"))  # noqa: S608 -- our own names


def _moving(world: World) -> bool:
    return bool(world.one("SELECT count(*) FROM open_documents WHERE state <> 'failed'"))
