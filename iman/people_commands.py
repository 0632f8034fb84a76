"""The commands ``iman user …`` and ``iman tokens …``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from iman.api.client import DaemonClient
from iman.api.people_client import PeopleClient
from iman.api.wire_people import NewToken, NewUser, UserChange
from iman.asking import http_to, sign_in
from iman.domain.people import Permission, Reach, Role
from iman.errors import DaemonRefused, DaemonUnavailable, NotFound
from iman.settings import DashboardSettings, load

user = typer.Typer(help="Who may sign in, and of what they see.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens for scripts and monitoring.", no_args_is_help=True)
out = Console()

Admin = Annotated[str, typer.Option("--as", help="While the daemon runs: the admin you sign in as")]
Name = Annotated[str, typer.Argument(help="Letters, digits and . _ @ -")]
Companies = Annotated[
    list[str] | None, typer.Option("--company", help="Limited to this company; may be repeated")
]
Sites = Annotated[
    list[str] | None, typer.Option("--site", help="Limited to this site; may be repeated")
]


@user.command("add")
def add_user(
    name: Name,
    role: Annotated[Role, typer.Option(help="manager, support or admin")],
    company: Companies = None,
    site: Sites = None,
    admin: Admin = "",
) -> None:
    """Add somebody, or give a known name a new role, limits and password.

    The new password is asked for, or read from IMAN_NEW_PASSWORD. While no daemon runs the
    ledger is written directly: that is how the first admin is made.
    """
    password = os.environ.get("IMAN_NEW_PASSWORD") or typer.prompt(
        f"Password for {name} (8 characters at least)", hide_input=True, confirmation_prompt=True
    )
    wanted = NewUser.model_validate(
        {
            "name": name, "password": password, "role": role, "companies": company or [],
            "sites": site or [],
        }
    )  # fmt: skip
    settings = load(DashboardSettings)
    with http_to(settings) as http:
        client = DaemonClient(http)
        try:
            client.health()
        except DaemonUnavailable:
            _add_directly(settings.ledger, wanted)
        else:
            with _signed_in(client, admin) as people:
                people.add_user(wanted)
    out.print(Text(f"{name} may sign in as {role.value}{_limits(wanted.reach)}."))


@user.command("list")
def list_users(admin: Admin = "") -> None:
    """Everybody who may sign in."""
    with _people(admin) as people:
        shown = Table("Name", "Role", "Sees", "Last signed in", "Wrong passwords since", box=None)
        for one in people.users():
            reach = Reach(companies=tuple(one.companies), sites=tuple(one.sites))
            since = f"{one.signed_in_at:%Y-%m-%d %H:%M} UTC" if one.signed_in_at else "never"
            role = one.role.value if one.active else f"{one.role.value}, may not sign in"
            role += " (single sign-on)" if one.single_sign_on else ""
            shown.add_row(one.name, role, str(reach), since, str(one.wrong_passwords))
        out.print(shown)


@user.command("change")
def change_user(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="manager, support or admin")] = None,
    company: Companies = None,
    site: Sites = None,
    everything: Annotated[
        bool, typer.Option(help="No longer limited to companies or sites")
    ] = False,
    active: Annotated[bool | None, typer.Option("--active/--inactive")] = None,
    admin: Admin = "",
) -> None:
    """Change a role, limits, or whether somebody may sign in; what is not named stays."""
    with _people(admin) as people:
        known = next((one for one in people.users() if one.name == name), None)
        if known is None:
            raise NotFound(f"There is nobody called {name}.")
        wanted = UserChange(
            role=role or known.role,
            companies=[] if everything else company or known.companies,
            sites=[] if everything else site or known.sites,
            active=known.active if active is None else active,
        )
        people.change_user(name, wanted)
    may = f"signs in as {wanted.role.value}" if wanted.active else "may not sign in"
    out.print(Text(f"{name} {may}{_limits(wanted.reach)}."))


@user.command("reset-password")
def reset_password(name: Name, admin: Admin = "") -> None:
    """Make a password for one use; with it another must be chosen. Their sessions end."""
    with _people(admin) as people:
        made = people.reset_password(name)
    out.print(Text(f"{made.name} signs in once with: {made.password}"))


@user.command("single-sign-on")
def single_sign_on(
    name: Name,
    on: Annotated[
        bool, typer.Option("--on/--off", help="Off: the account is no longer the provider's")
    ] = True,
    admin: Admin = "",
) -> None:
    """Give an account to the identity provider's person of that name; its password is gone.

    Who comes first by that name has it from then on, whatever they are called later.
    """
    with _people(admin) as people:
        known = next((one for one in people.users() if one.name == name), None)
        if known is None:
            raise NotFound(f"There is nobody called {name}.")
        wanted = UserChange(
            role=known.role, companies=known.companies, sites=known.sites, active=known.active,
            single_sign_on=on,
        )  # fmt: skip
        people.change_user(name, wanted)
    how = "through single sign-on" if on else "with a password: iman user reset-password makes one"
    out.print(Text(f"{name} signs in {how}."))


@user.command("sign-out")
def sign_out(name: Name, admin: Admin = "") -> None:
    """Sign somebody out everywhere."""
    with _people(admin) as people:
        people.end_sessions(name)
    out.print(Text(f"{name} is signed out everywhere."))


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What uses it; the audit trail calls it so")],
    may: Annotated[
        list[Permission] | None, typer.Option(help="A permission; may be repeated. Else: view")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it is good")] = 90,
    company: Companies = None,
    site: Sites = None,
    admin: Admin = "",
) -> None:
    """Make a token. It is shown this once; only a digest of it is kept."""
    wanted = NewToken.model_validate(
        {
            "name": name, "permissions": may or [Permission.VIEW], "days": days,
            "companies": company or [], "sites": site or [],
        }
    )  # fmt: skip
    with _people(admin) as people:
        made = people.issue_token(wanted)
    typer.echo(made.token)  # alone on its line, for a script to take
    typer.echo(f"Good until {made.expires_at:%Y-%m-%d}; it is not shown again.", err=True)


@tokens.command("list")
def list_tokens(admin: Admin = "") -> None:
    """Those in force and those that were."""
    with _people(admin) as people:
        shown = Table("Name", "May", "Sees", "Made by", "Good until", "Revoked", box=None)
        for one in people.tokens():
            reach = Reach(companies=tuple(one.companies), sites=tuple(one.sites))
            revoked = f"by {one.revoked_by}" if one.revoked_at else ""
            until = f"{one.expires_at:%Y-%m-%d}"
            may = ", ".join(one.permissions)
            shown.add_row(one.name, may, str(reach), one.created_by, until, revoked)
        out.print(shown)


@tokens.command("revoke")
def revoke_token(name: Annotated[str, typer.Argument()], admin: Admin = "") -> None:
    """It is worth nothing from now on."""
    with _people(admin) as people:
        people.revoke_token(name)
    out.print(Text(f"The token {name} is revoked."))


@contextmanager
def _people(admin: str) -> Iterator[PeopleClient]:
    with http_to(load(DashboardSettings)) as http, _signed_in(DaemonClient(http), admin) as people:
        yield people


@contextmanager
def _signed_in(client: DaemonClient, admin: str) -> Iterator[PeopleClient]:
    session = client.as_person(sign_in(client, admin))
    try:
        yield PeopleClient(session)
    finally:
        session.sign_out()


def _limits(reach: Reach) -> str:
    return f", limited to {reach}" if reach.limited else ""


def _add_directly(ledger: Path, wanted: NewUser) -> None:
    from iman.api.passwords import hash_password
    from iman.api.people import People
    from iman.ledger.accounts import account_stands, end_sessions, find_user, save_user
    from iman.ledger.audit import AuditEvent, write_audit
    from iman.ledger.duckdb_ledger import DuckDBLedger

    now = datetime.now(UTC)
    hashed = hash_password(wanted.password)
    held = DuckDBLedger(ledger, now=now)
    told = AuditEvent(
        who="command line", role="admin", action="save_user", target=wanted.name, allowed=True,
        reason=f"role {wanted.role}; {wanted.reach}", origin="cli",
    )  # fmt: skip

    def work(conn: Any) -> None:  # the writer hands in its connection
        known = find_user(conn, wanted.name)
        if known is not None and known.provider:
            raise DaemonRefused(f"{wanted.name} signs in through single sign-on.")
        before = account_stands(conn, wanted.name, now)
        save_user(conn, wanted.name, wanted.role, hashed, now=now, reach=wanted.reach)
        end_sessions(conn, wanted.name, now=now)
        event = replace(told, before=before, after=account_stands(conn, wanted.name, now))
        write_audit(conn, held.ids, event, now=now)

    try:
        People(held, lambda: now).take_back(work)
    finally:
        held.close()
