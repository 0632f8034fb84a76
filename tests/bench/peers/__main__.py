"""Documents a second of each peer and of the push, turn about; the ratio to the best peer.

All are timed by the ERP itself: from the first request that comes in to the last.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from iman import logs
from iman.bench.invoices import bodies
from iman.bench.rate import pipeline, stub_erp
from tests.bench.peers.contestants import PEERS, Contestant
from tests.bench.peers.servers import Missing

OURS = "Iman"
TOGETHER = "Iman, in batches"
_MOST = 50  # invoices in one of them: the daemon's default


def measure(
    latencies: list[int], *, documents: int, in_flight: int, turns: int, peers: list[Contestant]
) -> list[dict[str, Any]]:
    found = []
    logs.set_up("info", Path(os.devnull).open("w"))  # noqa: SIM115 -- as long as the process
    say = Console(stderr=True)
    missing: dict[str, str] = {}
    for latency in latencies:
        count = min(documents, 20 * in_flight) if latency >= 100 else documents
        by_name: dict[str, Contestant | int] = {OURS: 1, TOGETHER: _MOST}
        by_name |= {peer.name: peer for peer in peers}
        rates: dict[str, list[float]] = {name: [] for name in by_name}
        for turn in range(turns):
            order = list(by_name)
            for name in order[turn % len(order) :] + order[: turn % len(order)]:
                if name in missing:
                    continue
                say.print(f"{latency} ms, turn {turn + 1} of {turns}: {name}")
                try:
                    rates[name].append(_turn(by_name[name], latency, count, in_flight))
                except Missing as exc:
                    missing[name] = str(exc)
        found.append(_row(latency, count, in_flight, rates, missing))
    return found


def _turn(peer: Contestant | int, latency: int, count: int, in_flight: int) -> float:
    """*peer*: or how many invoices we send in one request at the most."""
    with (
        stub_erp(latency) as erp,
        tempfile.TemporaryDirectory(prefix="iman-peers-", ignore_cleanup_errors=True) as folder,
    ):
        if isinstance(peer, int):
            pipeline(erp, count, in_flight, batch_most=peer)
            recorded = count
        else:
            recorded = peer.turn(erp, bodies(count), in_flight, Path(folder))
        seen = httpx.get(f"{erp}/times", trust_env=False).json()
    if (seen["documents"], recorded) != (count, count):
        raise RuntimeError(f"{count} documents, {seen['documents']} sent, {recorded} recorded")
    return (count - 1) / (seen["last"] - seen["first"])


def _row(
    latency: int, count: int, in_flight: int, rates: dict[str, list[float]], missing: dict[str, str]
) -> dict[str, Any]:
    there = {n: several for n, several in rates.items() if several and n not in (OURS, TOGETHER)}
    best = [max(turn) for turn in zip(*there.values(), strict=False)]
    ratios = {
        name: [round(ours / theirs, 2) for ours, theirs in zip(rates[name], best, strict=False)]
        for name in (OURS, TOGETHER)
        if name in rates
    }
    return {
        "latency_ms": latency,
        "documents": count,
        "in_flight": in_flight,
        "per_s": {name: round(median(several), 1) for name, several in rates.items() if several},
        "turns": {name: [round(one, 1) for one in several] for name, several in rates.items()},
        "best_peer": max(there, key=lambda name: median(there[name])) if there else None,
        "ratio": {name: median(several) for name, several in ratios.items() if several},
        "ratios": ratios,
        "missing": missing,
    }


def _show(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        title = (
            f"{row['latency_ms']} ms, {row['documents']} documents, {row['in_flight']} in flight"
        )
        table = Table("", "documents/s, median", "turns", title=title)
        for name, rate in sorted(row["per_s"].items(), key=lambda one: -one[1]):
            table.add_row(name, str(rate), ", ".join(map(str, row["turns"][name])))
        for name, why in row["missing"].items():
            table.add_row(name, "–", why)
        Console().print(table)
        for name, ratio in row["ratio"].items():
            Console().print(
                f"{name}: {ratio} times the best peer ({row['best_peer']}); by turn: "
                f"{row['ratios'][name]}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--documents", type=int, default=2000, help="of one turn")
    parser.add_argument("--turns", type=int, default=5, help="of each, in rotating order")
    parser.add_argument("--in-flight", type=int, default=32, help="requests at a time")
    parser.add_argument("--latency", default="0,20,300", help="ERP latencies in ms, with commas")
    parser.add_argument("--only", default="", help="peers' names, or parts of them, with commas")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = parser.parse_args()
    wanted = [part for part in given.only.lower().split(",") if part]
    peers = [p for p in PEERS if not wanted or any(w in p.name.lower() for w in wanted)]
    rows = measure(
        [int(one) for one in given.latency.split(",")],
        documents=given.documents, in_flight=given.in_flight, turns=given.turns, peers=peers,
    )  # fmt: skip
    if given.json:
        print(json.dumps(rows))  # noqa: T201 -- an entry point
    else:
        _show(rows)


if __name__ == "__main__":
    main()
