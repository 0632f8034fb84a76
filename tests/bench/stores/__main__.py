"""The same questions to the read model and to other stores of the same history, turn about.

A turn counts only if all give the same answer.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from iman.bench.seed_ledger import refusals
from iman.ledger.seeding import Seed, make
from tests.bench.stores import history
from tests.bench.stores.stores import PEERS, QUESTIONS, Store, ours

OURS = "Iman"


def measure(documents: int, attempts: int, *, turns: int, peers: list[str]) -> list[dict[str, Any]]:
    """A row a question: each store's milliseconds, the median of *turns*."""
    now, say = datetime.now(UTC), Console(stderr=True)
    kinds, fingerprint = refusals()
    seed = Seed(documents=documents, attempts=attempts, seed=1, days=730, until=now)
    with ExitStack() as held:
        folder = held.enter_context(
            tempfile.TemporaryDirectory(prefix="iman-stores-", ignore_cleanup_errors=True)
        )
        ledger = Path(folder) / "ledger.duckdb"
        make(ledger, seed, kinds, fingerprint=fingerprint, say=say.print)
        known = history.read(ledger, now=now)
        stores: dict[str, Store] = {OURS: held.enter_context(ours(ledger, known, now))}
        for name in peers:
            say.print(f"Filling {name}")
            place = Path(folder) / name
            place.mkdir()
            stores[name] = held.enter_context(PEERS[name](place, known))
        return [_ask(question, stores, turns) for question in QUESTIONS]


def _ask(question: str, stores: dict[str, Store], turns: int) -> dict[str, Any]:
    taken: dict[str, list[float]] = {name: [] for name in stores}
    names = list(stores)
    for turn in range(-1, turns):  # once for what is read from disk
        answers = {}
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            asked = getattr(stores[name], QUESTIONS[question])
            begun = time.perf_counter()
            answers[name] = asked()
            if turn >= 0:
                taken[name].append((time.perf_counter() - begun) * 1000)
        for name, answer in answers.items():
            if answer != answers[OURS]:
                raise RuntimeError(f"{question}: {OURS} {answers[OURS]}, {name} {answer}")
    found = {name: round(median(several), 2) for name, several in taken.items()}
    return {"question": question, "ms": found}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stores", description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--attempts", type=int, default=3_000_000)
    parser.add_argument("--turns", type=int, default=15, help="of each, in rotating order")
    parser.add_argument("--only", default="", help=f"of {', '.join(PEERS)}; with commas")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    wanted = [part.strip().lower() for part in given.only.split(",") if part.strip()]
    peers = [name for name in PEERS if not wanted or name.lower() in wanted]
    rows = measure(given.documents, given.attempts, turns=given.turns, peers=peers)
    if given.json:
        print(json.dumps(rows))  # noqa: T201 -- an entry point
        return
    table = Table("Milliseconds, median", OURS, *peers)
    for row in rows:
        table.add_row(row["question"], *(str(row["ms"][name]) for name in (OURS, *peers)))
    Console().print(table)


if __name__ == "__main__":
    main()
