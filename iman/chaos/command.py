"""``iman chaos``: a command people may run against a sandbox of its own."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from iman.signals import stop_on_signals


def chaos(
    documents: Annotated[int, typer.Option(min=15, max=100_000, help="How many, all types")] = 500,
    kills: Annotated[int, typer.Option(min=0, max=1000, help="Of the daemon, kill -9")] = 30,
    faults: Annotated[str, typer.Option(help="all, or kinds of faults with commas")] = "all",
    probability: Annotated[
        float, typer.Option(min=0, max=1, help="That a fault strikes a request")
    ] = 0.08,
    bad: Annotated[float, typer.Option(min=0, max=1, help="Share with a missing set-up")] = 0.1,
    seed: Annotated[int, typer.Option(help="Makes documents, faults and kills repeatable")] = 1,
    variant: Annotated[
        str, typer.Option(help="missing=RecordNotFound/404,leftovers=leave,duplicates=accept")
    ] = "",
    posting: Annotated[bool, typer.Option(help="Post every batch, too")] = False,
    limit: Annotated[float, typer.Option(min=10, help="Seconds for everything")] = 1200.0,
    folder: Annotated[
        Path | None, typer.Option(help="Where files and logs go; kept. Else temporary")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """Kill the daemon while the ERP misbehaves; nothing may be lost, doubled or out of order.

    Starts a sandbox of its own and touches nothing else. Ends with status 0 only if all is well.
    """
    from iman.chaos import report
    from iman.chaos.plan import ChaosPlan, parse_kinds, parse_variants
    from iman.chaos.run import run_chaos

    plan = ChaosPlan(
        documents=documents, kills=kills, seed=seed, bad=bad, probability=probability,
        kinds=parse_kinds(faults), variants=parse_variants(variant), posting=posting, limit=limit,
    )  # fmt: skip
    stop_on_signals(_interrupt)  # so that what was started is stopped
    progress = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="iman-chaos-", ignore_cleanup_errors=True) as made,
        progress.status("Starting") as status,
    ):
        found = run_chaos(plan, folder or Path(made), say=status.update)
    if as_json:
        print(json.dumps(report.as_json(found)))  # noqa: T201 -- an entry point
    else:
        Console().print(report.as_table(found))
    raise typer.Exit(0 if found.good else 1)


def _interrupt() -> NoReturn:
    raise KeyboardInterrupt
