"""``iman bench``: figures that hold on the machine they were taken on; ratios travel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

bench = typer.Typer(help="Measure.", no_args_is_help=True)


@bench.callback()
def _measure() -> None:
    """Measure."""


@bench.command()
def push(
    backlog: Annotated[int, typer.Option(min=1, help="Invoices to count calls for")] = 5000,
    documents: Annotated[int, typer.Option(min=32, help="Documents of one turn")] = 2000,
    turns: Annotated[int, typer.Option(min=1, help="Turns of each, alternating")] = 5,
    in_flight: Annotated[int, typer.Option(min=1, max=256, help="Requests at a time")] = 32,
    latency: Annotated[str, typer.Option(help="ERP latencies in ms, with commas")] = "0,20,300",
    only: Annotated[str, typer.Option(help="calls or rate; empty: both")] = "",
    smoke: Annotated[bool, typer.Option(help="Small and quick: does it run?")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")] = False,
) -> None:
    """Calls an invoice under backlog, and documents a second against a bare loop."""
    from iman.bench import calls, rate

    if smoke:
        backlog, documents, turns, latency = 80, 64, 1, "0"
    found: dict[str, Any] = {}
    with Console(stderr=True).status("Measuring") as status:
        if only != "calls":
            rates = rate.measure(
                [int(one) for one in latency.split(",")],
                documents=documents, in_flight=in_flight, turns=turns, say=status.update,
            )  # fmt: skip
            found["rate"] = [one.as_json() for one in rates]
        if only != "rate":
            counted = calls.measure(
                backlog, (0.0, 0.1) if smoke else (0.0, 0.01, 0.1), status.update
            )
            found["calls"] = [one.as_json() for one in counted]
    _tell(found, as_json=as_json)


@bench.command()
def outage(
    backlog: Annotated[int, typer.Option(min=10, help="Invoices")] = 2000,
    seconds: Annotated[float, typer.Option(min=1, help="How long Sage 300 is away")] = 90.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """An outage in the middle of a backlog: what fails, and documents a second before and after."""
    from iman.bench.outage import measure

    with Console(stderr=True).status("Measuring") as status:
        found = measure(backlog, seconds, status.update).as_json()
    if as_json:
        print(json.dumps(found))  # noqa: T201 -- an entry point
        return
    _show({"outage": [found]})


@bench.command()
def classify(
    messages: Annotated[int, typer.Option(min=200, help="Messages of one turn")] = 20_000,
    turns: Annotated[int, typer.Option(min=1, help="Turns of each")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """Error messages a second that are classified on one core, beside trying rule after rule."""
    from iman.bench.classifying import measure

    with Console(stderr=True).status("Measuring") as status:
        found = [one.as_json() for one in measure(messages, turns, status.update)]
    _tell({"classify": found}, as_json=as_json)


@bench.command()
def reading(
    attempts: Annotated[
        str, typer.Option("--sizes", help="Attempts of each ledger, with commas")
    ] = "10k,1M,10M",
    turns: Annotated[int, typer.Option(min=1, help="Turns of each, alternating")] = 60,
    keep: Annotated[
        Path | None, typer.Option(help="Folder to make the ledgers in, and to find them in again")
    ] = None,
    archived: Annotated[
        bool, typer.Option(help="Move attempts older than a year out into Parquet first")
    ] = False,
    only: Annotated[str, typer.Option(help="Questions with this in their name")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """What pages ask the ledger: with 10,000 attempts and with millions, in one run."""
    from iman.bench.reading import measure, sizes

    try:
        asked = sizes(attempts)
    except ValueError as exc:
        raise typer.BadParameter(f"{attempts} is no list of sizes like 10k,1M,10M") from exc
    with Console(stderr=True).status("Measuring") as status:
        found = measure(
            asked, turns=turns, say=status.update, keep=keep, archived=archived, only=only
        )
    _tell({"reading": found}, as_json=as_json)


_PARTS = ("rows", "acknowledgements", "stalls", "push", "readable", "starts")


@bench.command()
def writing(
    ledger: Annotated[
        Path | None,
        typer.Option(help="History, by `iman seed-ledger`; it is copied. None: it is made"),
    ] = None,
    attempts: Annotated[
        int, typer.Option(min=10_000, help="Of the history that is made")
    ] = 10_000_000,
    turns: Annotated[int, typer.Option(min=1, help="Turns of each, alternating")] = 5,
    memory: Annotated[str, typer.Option(help="IMAN_LEDGER_MEMORY")] = "1GB",
    only: Annotated[str, typer.Option(help=f"Of {', '.join(_PARTS)}; empty: all")] = "",
    smoke: Annotated[bool, typer.Option(help="Small and quick: does it run?")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")] = False,
) -> None:
    """What the ledger writes a second, how long commits take, and what history costs."""
    from iman.bench.written import measure

    wanted = [one for one in only.split(",") if one] or list(_PARTS)
    if set(wanted) - set(_PARTS):
        raise typer.BadParameter(f"Only {', '.join(_PARTS)}.")
    with Console(stderr=True).status("Measuring") as status:
        found = measure(
            wanted, ledger, attempts=attempts, turns=turns, memory=memory, smoke=smoke,
            say=status.update,
        )  # fmt: skip
    _tell(found, as_json=as_json)


def _tell(found: dict[str, list[dict[str, Any]]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))  # noqa: T201 -- an entry point
        return
    _show(found)


def _show(found: dict[str, list[dict[str, Any]]]) -> None:
    for title, rows in found.items():
        table = Table(*rows[0], title=title)
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        Console().print(table)
