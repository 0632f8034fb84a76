"""``iman seed-ledger``: a ledger with history that is made up."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from iman.ledger.seeding import Kind

_DAYS_AT_MOST = 3650

#: What Sage 300 says, the commonest first.
_SAYS = (
    *(f'Terms Code "{code}" is not defined in A/R Terms' for code in ("F48", "F24", "60D")),
    *(f"G/L account {n} is not defined in General Ledger" for n in ("6030", "4170-40", "2210-50")),
    *(f'Customer "HGH-{n:06d}" does not exist.' for n in (4512, 811, 9020, 77, 3105, 612)),
    'Terms Code "F36" is inactive.',
    *(f"G/L account {n} is inactive." for n in ("4030-60", "4050-70")),
    "Fiscal period 5 for fiscal year 2026 is locked for Accounts Receivable.",
    'Customer Group "FAMILY" does not exist.',
    'Tax Group "ATOX" does not exist.',
    'Payment Code "EFTPOS" does not exist.',
    'Customer "RIV-000203" is on hold.',
    "Record has been modified by another program.",
)

Ledger = Annotated[Path, typer.Option(help="The file to make; one that is there is refused")]


def seed_ledger(
    ledger: Ledger = Path("seeded.duckdb"),
    documents: Annotated[int, typer.Option(min=1, max=50_000_000, help="Documents")] = 100_000,
    attempts: Annotated[int, typer.Option(min=1, max=200_000_000, help="Attempts")] = 300_000,
    days: Annotated[
        int, typer.Option(min=1, max=_DAYS_AT_MOST, help="How long it goes back")
    ] = 730,
    seed: Annotated[int, typer.Option(help="Makes it repeatable, with --until")] = 1,
    until: Annotated[
        datetime | None, typer.Option(help="When it ends, UTC; now where it is not said")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Make a new ledger with realistic history, for measuring and for trying out.

    Everything in it is made up and paused: a daemon that is pointed at it pushes nothing.
    """
    from iman.ledger.seeding import Seed, make

    ends = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    wanted = Seed(documents=documents, attempts=attempts, seed=seed, days=days, until=ends)
    begun = time.monotonic()
    with Console(stderr=True).status("Making history") as status:
        kinds, fingerprint = refusals()
        found = make(ledger, wanted, kinds, fingerprint=fingerprint, say=status.update)
    told = {
        "ledger": str(ledger), **found, "megabytes": round(ledger.stat().st_size / 1e6, 1),
        "seconds": round(time.monotonic() - begun, 1),
    }  # fmt: skip
    if as_json:
        print(json.dumps(told))  # noqa: T201 -- an entry point
        return
    Console().print(
        Text(
            f"{ledger}: {found['documents']:,} documents, {found['attempts']:,} attempts, "
            f"{found['open_documents']:,} documents open; {told['megabytes']} MB "
            f"in {told['seconds']} s."
        )
    )


def refusals() -> tuple[list[Kind], str]:
    """What Sage 300 says as the built-in rules read it, and those rules' fingerprint."""
    from iman.classify import RulesInForce
    from iman.ledger.seeding import Kind

    rules = RulesInForce()
    kinds = []
    for text in _SAYS:
        read = rules.classify(text, 409, "1020")
        kinds.append(
            Kind(
                code="1020", text=text, error_type=read.type, entity_kind=read.entity_kind,
                entity=read.entity,
            )
        )  # fmt: skip
    return kinds, rules.current.fingerprint
