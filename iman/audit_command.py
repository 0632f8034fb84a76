"""``iman audit``: proves that the audit trail is what was written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from iman.api.client import DaemonClient
from iman.api.wire_audit import AuditVerification
from iman.asking import http_to, sign_in
from iman.errors import ImanError, LedgerLocked
from iman.settings import DashboardSettings, load

audit = typer.Typer(help="The audit trail.", no_args_is_help=True)
out = Console(soft_wrap=True)
_HEAD = re.compile(r"\d{1,15}:[0-9a-f]{64}")


@audit.callback()
def _group() -> None:
    """A group, however few commands it has."""


@audit.command()
def verify(
    head: Annotated[
        str, typer.Option(help="EVENTS:HASH that an earlier run, a log or an export told")
    ] = "",
    admin: Annotated[
        str, typer.Option("--as", help="While the daemon runs: the admin you sign in as")
    ] = "",
) -> None:
    """Walk the chain and name the first link that does not fit. Ends with 1 where there is one.

    Reads the ledger's file; while a daemon holds it, the daemon is asked.
    """
    if head and not _HEAD.fullmatch(head):
        raise ImanError("--head is EVENTS:HASH, as `iman audit verify` prints it.")
    settings = load(DashboardSettings)
    try:
        found = _of_file(settings.ledger, head)
    except LedgerLocked:
        found = _of_daemon(settings, admin, head)
    if found.broken is None:
        out.print(Text(f"The audit trail is whole: {found.events:,} events."))
        out.print(Text("Keep its head elsewhere, and give it to a later run with --head:"))
        out.print(Text(found.head))
        return
    where = f"event {found.broken.event_id}" if found.broken.event_id else "the end"
    told = f"The audit trail is broken at {where} (place {found.broken.place}): {found.broken.why}."
    out.print(Text(told, style="bold red"))
    out.print(Text(f"{found.events:,} events before it fit."))
    raise typer.Exit(1)


def _of_file(ledger: Path, head: str) -> AuditVerification:
    from iman.ledger.audit import Head, proof
    from iman.ledger.offline import read_only

    events, _, known = head.partition(":")
    with read_only(ledger) as conn:
        return AuditVerification.model_validate(
            proof(conn, Head(events=int(events), hash=known) if head else None)
        )


def _of_daemon(settings: DashboardSettings, admin: str, head: str) -> AuditVerification:
    with http_to(settings) as http:
        client = DaemonClient(http)
        return client.as_person(sign_in(client, admin)).verify_audit(head)
