"""Page ready in Chromium: an empty ledger, one with history, and a bare Streamlit page, turn about.

Goals: with history at most 1.5 times as long as empty, and at most 1.0 s longer than bare. The
session is warm: somebody who has the app open clicks in its navigation. ``--load`` loads each
address anew instead, front end and all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from iman.chaos.systems import Process, await_answer, free_ports
from tests.bench.pages import measure
from tests.bench.pages.measure import Whole
from tests.bench.stacks import Stack, percentile, stack
from tests.browser.conftest import FLAGS, HOW, _executable

#: Pages by address; what needs a document is not measured, for an empty ledger has none.
PAGES = {
    "overview": "/",
    "overview, 30 days": "/?window=30d",
    "monitor": "/monitor",
    "monitor, everything": "/monitor?type=all&show=all",
    "causes": "/causes",
    "follow-up": "/follow_up",
    "set-ups": "/setups",
    "daemon": "/daemon",
}
#: Those that the navigation leads to.
REACHED = ("overview", "monitor", "causes", "follow-up", "set-ups", "daemon")
QUIET = "/how_it_works"  # nothing on it refreshes by itself
EMPTY, SEEDED, BARE = "empty", "history", "bare"


def run(
    *,
    documents: int,
    attempts: int,
    turns: int,
    pages: dict[str, str],
    load: bool,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """A row for each page."""
    with contextlib.ExitStack() as held:
        playwright = held.enter_context(sync_playwright())
        executable = _executable(playwright)
        if executable is None:
            raise SystemExit(HOW)
        browser = playwright.chromium.launch(
            executable_path=executable, args=FLAGS if sys.platform == "linux" else []
        )
        held.callback(browser.close)
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="iman-bare-")))
        stacks = {
            EMPTY: held.enter_context(stack(documents=0, attempts=0, say=say)),
            SEEDED: held.enter_context(stack(documents=documents, attempts=attempts, say=say)),
        }
        at = {kind: measure.watched(_context(browser, one)) for kind, one in stacks.items()}
        addresses = {
            (kind, name): one.dashboard_url + path
            for kind, one in stacks.items()
            for name, path in pages.items()
        }
        wholes: dict[tuple[str, str], Whole] = {}
        specs: dict[str, Any] = {}
        for kind, name in addresses:
            say(f"First look at {name}, {kind}")
            wholes[kind, name] = measure.first_look(at[kind], addresses[kind, name])
            if kind == SEEDED:
                specs[name] = measure.census(at[kind])
        bare = held.enter_context(_bare(folder, specs))
        at[BARE] = measure.watched(browser.new_context(viewport={"width": 1440, "height": 900}))
        for place, name in enumerate(pages):
            addresses[BARE, name] = f"{bare}/page{place}"
            say(f"First look at {name}, {BARE}")
            wholes[BARE, name] = measure.first_look(at[BARE], addresses[BARE, name])
        for kind, page in at.items():
            page.goto("about:blank" if load else _quiet(addresses, kind))
        if not load:
            for kind, page in at.items():
                measure.first_look(page, _quiet(addresses, kind))
                for name in pages:  # once each: Streamlit's front end loads parts when first needed
                    _once(page, kind, name, addresses, wholes, load=False)
        took: dict[tuple[str, str], list[float]] = {key: [] for key in addresses}
        for turn in range(turns):
            for name in pages:
                kinds = [EMPTY, SEEDED, BARE]
                for kind in kinds[turn % 3 :] + kinds[: turn % 3]:
                    say(f"Turn {turn + 1} of {turns}: {name}, {kind}")
                    key = kind, name
                    took[key].append(_once(at[kind], kind, name, addresses, wholes, load=load))
        return [_row(name, took, wholes[SEEDED, name]) for name in pages]


def _quiet(addresses: dict[tuple[str, str], str], kind: str) -> str:
    base = httpx.URL(next(url for (of, _), url in addresses.items() if of == kind))
    return str(base.copy_with(raw_path=(_quiet_path(kind)).encode()))


def _quiet_path(kind: str) -> str:
    return "/" if kind == BARE else QUIET


def _once(
    page: Page,
    kind: str,
    name: str,
    addresses: dict[tuple[str, str], str],
    wholes: dict[tuple[str, str], Whole],
    *,
    load: bool,
) -> float:
    address, whole = addresses[kind, name], wholes[kind, name]
    if load:
        return measure.loaded_after(page, address, whole)
    path = httpx.URL(address).path
    return measure.reached_after(page, path, whole, back_to=_quiet_path(kind))


def _context(browser: Browser, one: Stack) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-AU",
        timezone_id="Australia/Sydney",
    )  # fmt: skip
    name, value = one.cookie
    context.add_cookies([{"name": name, "value": value, "url": one.dashboard_url}])
    return context


@contextlib.contextmanager
def _bare(folder: Path, specs: dict[str, Any]) -> Iterator[str]:
    file = folder / "bare.json"
    by_place = {f"page{place}": spec for place, spec in enumerate(specs.values())}
    file.write_text(json.dumps(by_place), "utf-8")
    (port,) = free_ports(1)
    served = Process(
        "bare",
        [sys.executable, "-m", "streamlit", "run", str(Path(__file__).parent / "bare.py"),
         "--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true",
         "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"],
        {"IMAN_BARE": str(file)},
        folder / "bare.log",
    )  # fmt: skip
    served.start()
    try:
        url = f"http://127.0.0.1:{port}"
        await_answer(served, f"{url}/_stcore/health")
        yield url
    finally:
        served.stop()


def _row(name: str, took: dict[tuple[str, str], list[float]], whole: Whole) -> dict[str, Any]:
    row: dict[str, Any] = {"page": name, "charts": whole.charts}
    for kind in (EMPTY, SEEDED, BARE):
        values = took[kind, name]
        row[f"{kind} p50"] = round(percentile(values, 0.5), 2)
        row[f"{kind} p95"] = round(percentile(values, 0.95), 2)
    for part in ("p50", "p95"):
        row[f"to empty {part}"] = round(row[f"{SEEDED} {part}"] / row[f"{EMPTY} {part}"], 2)
        row[f"over bare {part}"] = round(row[f"{SEEDED} {part}"] - row[f"{BARE} {part}"], 2)
    return row


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    asked.add_argument("--documents", type=int, default=1_000_000)
    asked.add_argument("--attempts", type=int, default=3_000_000)
    asked.add_argument("--turns", type=int, default=7)
    asked.add_argument("--only", default="", help="pages by name, with semicolons")
    asked.add_argument("--load", action="store_true", help="load each address anew")
    asked.add_argument("--smoke", action="store_true", help="small and quick: does it run?")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    chosen = [name for name in given.only.split(";") if name]
    pages = {name: PAGES[name] for name in chosen or (PAGES if given.load else REACHED)}
    if given.smoke:
        given.documents, given.attempts, given.turns = 500, 1500, 1
        pages = {"monitor": PAGES["monitor"]}
    console = Console(stderr=True)
    with console.status("Measuring") as status:
        rows = run(
            documents=given.documents, attempts=given.attempts, turns=given.turns, pages=pages,
            load=given.load, say=status.update if console.is_terminal else console.print,
        )  # fmt: skip
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    if given.json:
        print(json.dumps({"pages": rows, "turns": given.turns, "loaded": given.load, "load": load}))  # noqa: T201
        return
    table = Table(*rows[0], title=f"Page ready, seconds; {given.turns} turns, load {load}")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
