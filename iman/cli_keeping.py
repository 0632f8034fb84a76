"""Commands that keep the ledger safe: backup and restore."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from iman.api.client import DaemonClient
from iman.asking import http_to, sign_in
from iman.errors import DaemonRefused, DaemonUnavailable
from iman.settings import DaemonSettings, DashboardSettings, load

out = Console()
_ADMIN = typer.Option("--as", help="While the daemon runs: the admin you sign in as")


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backup goes; made where it is not yet")],
    admin: Annotated[str, _ADMIN] = "",
) -> None:
    """Copy the whole ledger while the daemon runs, and verify the copy.

    While no daemon runs the ledger's own lock is taken as long. The password is asked for, or
    IMAN_USER_PASSWORD.
    """
    settings = load(DashboardSettings)
    folder = folder.resolve()
    with http_to(settings) as http:
        client = DaemonClient(http)
        try:
            client.health()
        except DaemonUnavailable:
            _offline(settings.ledger, folder)
            return
        session = client.as_person(sign_in(client, admin))
        try:
            _over_the_daemon(session, folder)
        finally:
            session.sign_out()


def restore(
    file: Annotated[Path, typer.Argument(help="The backup, with its checksum file beside it")],
    unchecked: Annotated[
        bool, typer.Option(help="Take a copy made by hand, which has no checksum file")
    ] = False,
) -> None:
    """Put a backup in the ledger's place, while no daemon runs. What was there is kept aside."""
    from iman.ledger.restoring import restore as put_in_place

    settings = load(DaemonSettings)
    with out.status("Restoring") as status:
        done = put_in_place(
            file.resolve(),
            settings.ledger,
            company=settings.sage_company,
            now=datetime.now(UTC),
            unchecked=unchecked,
            say=status.update,
        )
    moment = f"{done.taken_at:%Y-%m-%d %H:%M:%S} UTC" if done.taken_at else "an unknown moment"
    out.print(Text(f"The ledger is as it was at {moment}."))
    if done.kept_aside is not None:
        out.print(Text(f"What was there before is kept as {done.kept_aside.name}."))
    out.print(
        Text(
            "Start the daemon: it reads byondpro to its end, and looks every open document up in "
            "Sage 300 before it sends one."
        )
    )


def _over_the_daemon(client: DaemonClient, folder: Path) -> None:
    before = client.backups().last
    state = client.back_up(str(folder))
    with out.status("Copying") as status:
        while state.running:
            status.update(f"{state.doing.capitalize()}, {state.part:.0%}")
            time.sleep(0.2)
            state = client.backups()
    if state.trouble:
        raise DaemonRefused(state.trouble)
    if state.last is None or (before is not None and state.last == before):
        raise DaemonRefused("The daemon ended before the backup was made.")
    _said(Path(state.last.file), state.last.bytes, state.last.rows)


def _offline(ledger: Path, folder: Path) -> None:
    from iman.ledger.offline_backup import back_up_offline

    with out.status("Copying") as status:
        target, manifest = back_up_offline(
            ledger,
            folder,
            now=datetime.now(UTC),
            progress=lambda step: status.update(
                f"{step.doing.capitalize()}, {step.done / step.of if step.of else 0:.0%}"
            ),
        )
    _said(target, manifest.bytes, sum(one.rows for one in manifest.tables.values()))


def _said(file: Path, size: int, rows: int) -> None:
    out.print(Text(f"Verified: {rows:,} rows, {size / 1e6:,.1f} MB."))
    out.print(Text(str(file)), soft_wrap=True)
