"""Twenty sessions that refresh by themselves: the daemon's share of a core, each one's refresh.

Goals: serving them takes the daemon under 20 % of a core, and none takes twice as long to refresh
as a session that is alone. Phases of one run: nobody, one session on each page, all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.sessions.browser import Tab
from tests.bench.stacks import Stack, percentile, pid_of, processor_seconds, stack

_APART = 0.37  # seconds between one tab and the next
PAGES = ("", "monitor", "causes")  # the Overview has no name in its address


async def measure(
    held: Stack, *, sessions: int, seconds: float, alone: float, say: Callable[[str], None]
) -> dict[str, Any]:
    say("Nobody looks")
    idle = await _phase(held, [], alone)
    single = []
    for page in PAGES:
        say(f"One session on {page or 'overview'}")
        single.append(await _phase(held, [Tab(held, page)], alone))
    say(f"{sessions} sessions")
    tabs = [Tab(held, PAGES[place % len(PAGES)]) for place in range(sessions)]
    many = await _phase(held, tabs, seconds)
    by_page = {page: one["refresh_p50"][0] for page, one in zip(PAGES, single, strict=True)}
    ratios = [
        round(took / by_page[tab.page], 2)
        for tab, took in zip(tabs, many["refresh_p50"], strict=True)
    ]
    return {
        "sessions": sessions,
        "seconds": seconds,
        "refreshes": sum(len(tab.took) for tab in tabs),
        "daemon_idle_percent": idle["daemon"],
        "daemon_percent": many["daemon"],
        "daemon_serving_percent": round(many["daemon"] - idle["daemon"], 1),
        "dashboard_percent": many["dashboard"],
        "alone_ms": {page or "overview": round(took * 1000, 1) for page, took in by_page.items()},
        "together_ms": {
            page or "overview": round(
                1000 * percentile([t for tab in tabs if tab.page == page for t in tab.took], 0.5), 1
            )
            for page in PAGES if any(tab.page == page for tab in tabs)
        },
        "slowest_to_alone": max(ratios),
        "median_to_alone": percentile(ratios, 0.5),
    }  # fmt: skip


async def _phase(held: Stack, tabs: list[Tab], seconds: float) -> dict[str, Any]:
    """Processors are counted from when every tab has its page; so are refreshes."""
    stop = asyncio.Event()
    opened = [asyncio.Event() for _ in tabs]
    async with asyncio.TaskGroup() as group:
        for tab, there in zip(tabs, opened, strict=True):
            group.create_task(tab.live(there, stop))
            # nobody opens twenty tabs at one instant, so that all their timers fall together
            await asyncio.sleep(_APART)
        for there in opened:
            await there.wait()
        await asyncio.sleep(1)  # the first ticks, which come all at once
        for tab in tabs:
            tab.took.clear()
        processes = {"daemon": pid_of(held.daemon), "dashboard": pid_of(held.dashboard)}
        before = {name: processor_seconds(pid) for name, pid in processes.items()}
        begun = time.monotonic()
        await asyncio.sleep(seconds)
        passed = time.monotonic() - begun
        used = {
            name: round(100 * (processor_seconds(pid) - before[name]) / passed, 1)
            for name, pid in processes.items()
        }
        stop.set()
    return {**used, "refresh_p50": [percentile(tab.took, 0.5) for tab in tabs]}


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench.sessions", description=__doc__)
    asked.add_argument("--documents", type=int, default=1_000_000)
    asked.add_argument("--attempts", type=int, default=3_000_000)
    asked.add_argument("--sessions", type=int, default=20)
    asked.add_argument("--seconds", type=float, default=120)
    asked.add_argument("--alone", type=float, default=20, help="seconds of one session alone")
    asked.add_argument("--smoke", action="store_true", help="small and quick: does it run?")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    if given.smoke:
        given.documents, given.attempts, given.sessions = 500, 1500, 3
        given.seconds = given.alone = 6  # each page refreshes more than once, on a busy machine too
    console = Console(stderr=True)
    with (
        console.status("Measuring") as status,
        stack(
            documents=given.documents,
            attempts=given.attempts,
            say=status.update if console.is_terminal else console.print,
        ) as held,
    ):
        found = asyncio.run(
            measure(
                held, sessions=given.sessions, seconds=given.seconds, alone=given.alone,
                say=status.update if console.is_terminal else console.print,
            )
        )  # fmt: skip
    found["load"] = round(os.getloadavg()[0], 1)
    if given.json:
        print(json.dumps(found))  # noqa: T201 -- an entry point
        return
    table = Table("What", "Found", title="Sessions that refresh by themselves")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
