"""The commands ``iman retention plan`` and ``iman retention apply``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from iman.api.client import DaemonClient
from iman.asking import http_to, sign_in
from iman.domain.retention import Ages, Done, Plan
from iman.errors import DaemonRefused, DaemonUnavailable
from iman.settings import DaemonSettings, DashboardSettings, load

retention = typer.Typer(
    help="Old attempts move into files beside the ledger; old bodies are deleted.",
    no_args_is_help=True,
)
out = Console()
_Admin = Annotated[
    str, typer.Option("--as", help="While the daemon runs: the admin you sign in as")
]


@retention.command()
def plan(admin: _Admin = "") -> None:
    """What a run would do now; changes nothing."""
    from iman.ledger.offline import read_only
    from iman.ledger.retention import plan as planned

    with _daemon(admin) as client:
        if client is None:
            settings = load(DaemonSettings)
            ages = _ages(settings)
            with read_only(settings.ledger) as conn:
                found = planned(conn, ages, now=datetime.now(UTC))
        else:
            state = client.retention()
            ages = Ages(
                attempts=state.attempts_days, bodies=state.bodies_days, audit=state.audit_days
            )
            months = tuple((one.month, one.attempts) for one in state.months)
            found = Plan(
                months=months, bodies=state.bodies, body_bytes=state.body_bytes,
                events=state.events,
            )  # fmt: skip
    _say(ages, found)


@retention.command()
def apply(
    admin: _Admin = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="As plan: changes nothing")] = False,
) -> None:
    """Move out and delete what is past its age, now. The daemon does it once a day by itself."""
    if dry_run:
        plan(admin)
        return
    with _daemon(admin) as client, out.status("Moving out") as status:

        def progress(doing: str, done: int) -> None:
            status.update(f"{done:,} {doing}")

        done = _here(progress) if client is None else _there(client, progress)
    told = f"{done.attempts:,} attempts moved out, {done.bodies:,} bodies deleted"
    out.print(Text(f"{told}, {done.events:,} audit events moved out."))


def _here(progress: Callable[[str, int], None]) -> Done:
    from iman.ledger.duckdb_ledger import DuckDBLedger
    from iman.ledger.retention import apply as move_out

    settings, now = load(DaemonSettings), datetime.now(UTC)
    ledger = DuckDBLedger(settings.ledger, now=now, memory_limit=settings.ledger_memory)
    try:
        return move_out(ledger, _ages(settings), now=now, progress=progress)
    finally:
        ledger.close()


def _there(client: DaemonClient, progress: Callable[[str, int], None]) -> Done:
    state = client.retain()
    while state.running:
        progress(state.doing, state.done)
        time.sleep(0.2)
        state = client.retention(planned=False)
    if state.trouble or state.last is None:
        raise DaemonRefused(state.trouble or "The daemon ended before it was done.")
    last = state.last
    return Done(attempts=last.attempts, bodies=last.bodies, events=last.events)


def _ages(settings: DaemonSettings) -> Ages:
    return Ages(
        attempts=settings.retain_attempts,
        bodies=settings.retain_bodies,
        audit=settings.retain_audit,
    )


@contextmanager
def _daemon(admin: str) -> Iterator[DaemonClient | None]:
    """The daemon as that admin, None while none runs."""
    with http_to(load(DashboardSettings)) as http:
        client = DaemonClient(http)
        try:
            client.health()
        except DaemonUnavailable:
            yield None
            return
        session = client.as_person(sign_in(client, admin))
        try:
            yield session
        finally:
            session.sign_out()


def _say(ages: Ages, found: Plan) -> None:
    if not ages.attempts:
        out.print("Attempts stay in the ledger for ever (retain_attempts is 0).")
    for month, count in found.months:
        out.print(Text(f"{month:%Y-%m}: {count:,} attempts move out"))
    if ages.attempts and not found.months:
        out.print(Text(f"No attempts of a whole month are older than {ages.attempts} days."))
    if not ages.bodies:
        out.print("What was sent and answered is kept for ever (retain_bodies is 0).")
    else:
        out.print(Text(f"{found.bodies:,} bodies, {found.body_bytes / 1e6:,.1f} MB, are deleted"))
    if not ages.audit:
        out.print("Audit events stay in the ledger for ever (retain_audit is 0).")
    else:
        out.print(Text(f"{found.events:,} audit events move out"))
