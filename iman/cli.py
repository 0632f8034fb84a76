"""The command ``iman``. Each command says on one line what was wrong, and ends with status 2."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from iman import __version__
from iman import up as running_up
from iman.api.client import DaemonClient
from iman.asking import http_to, sign_in
from iman.audit_command import audit
from iman.bench.command import bench
from iman.bench.seed_ledger import seed_ledger
from iman.chaos.command import chaos
from iman.cli_keeping import backup, restore
from iman.cli_retention import retention
from iman.demo import DEMO_SIGN_INS
from iman.errors import ImanError
from iman.people_commands import tokens, user
from iman.settings import DaemonSettings, DashboardSettings, load
from iman.signals import stop_on_signals
from iman.up import Sandbox, script

app = typer.Typer(
    help="byondpro to Sage 300: pushes, records, shows what faltered, and leads to the remedy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(user, name="user")
app.add_typer(tokens, name="tokens")
app.add_typer(audit, name="audit")
app.command()(backup)
app.command()(restore)
app.add_typer(retention, name="retention")
app.command()(chaos)
app.add_typer(bench, name="bench")
app.command("seed-ledger")(seed_ledger)
out = Console()

Data = Annotated[Path, typer.Option(help="Folder for the ledger, the sandbox's files and logs")]


def main() -> None:
    """Entry point; our own errors become one plain line each."""
    try:
        app()
    except ImanError as exc:
        _say(str(exc).splitlines())
    except ValidationError as exc:  # what was typed; never its value, it may be a password
        _say(f"{fault['loc'][-1]}: {fault['msg']}" for fault in exc.errors(include_input=False))
    sys.exit(2)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"iman: {line}", file=sys.stderr)  # noqa: T201 -- an entry point


@app.command()
def up(
    data: Data = Path("data"),
    port_base: Annotated[
        int, typer.Option(min=1, max=65532, help="Dashboard's port; the next three are used too")
    ] = 8600,
    speed: Annotated[
        float, typer.Option(min=0.001, max=1000, help="Divides every interval, for trying out")
    ] = 1.0,
    scenario: Annotated[
        str, typer.Option(help="What the sandbox begins with; docs/sandbox.md lists the scenarios")
    ] = "reference",
    seed: Annotated[int, typer.Option(help="Makes the sandbox's data repeatable")] = 1,
    ready_file: Annotated[
        Path | None, typer.Option(help="JSON with URLs and sign-ins, written once all is healthy")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the dashboard")] = True,
) -> None:
    """Start everything against the sandbox: byondpro, Sage 300, the daemon, the dashboard."""
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)
    sandbox = running_up.Sandbox(
        data=data.resolve(),
        ports=running_up.Ports(port_base),
        speed=speed,
        seed=seed,
        scenario=scenario,
    )
    stop = threading.Event()
    stop_on_signals(stop.set)
    status = out.status("Starting")
    status.start()
    try:
        with running_up.running(sandbox, say=status.update, stopped=stop.is_set):
            status.stop()
            if ready_file is not None:
                running_up.write_ready(ready_file, sandbox.ready())
            _say_ready(sandbox)
            if browser:
                webbrowser.open(sandbox.urls["dashboard"])
            _watch(sandbox, stop)
            out.print("Stopping")
    finally:
        status.stop()
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


@app.command()
def daemon() -> None:
    """Run the sync daemon in the foreground."""
    raise typer.Exit(subprocess.call([sys.executable, str(script("sync_daemon.py"))]))  # noqa: S603 -- our own script


@app.command()
def dashboard() -> None:
    """Run the dashboard in the foreground."""
    load(DashboardSettings)  # a wrong setting is said before Streamlit starts
    target = script("app.py")
    raise typer.Exit(subprocess.call([sys.executable, str(target)], cwd=target.parent))  # noqa: S603 -- as above


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def sandbox(
    context: typer.Context,
    system: Annotated[str, typer.Argument(help="byondpro or sage300")],
) -> None:
    """Run one of the sandbox's systems alone; its own options follow (--help lists them)."""
    from iman.sandbox.__main__ import main as run

    raise typer.Exit(run([system, *context.args]))


@app.command()
def status() -> None:
    """Is the daemon there, and do its loops come round?"""
    from iman.reading import open_reading

    settings = load(DashboardSettings)
    with http_to(settings) as http:
        found = open_reading(DaemonClient(http), settings.ledger).status()
    if found.health is None:
        since = (
            f", last heard of at {found.last_seen_at:%Y-%m-%d %H:%M:%S} UTC"
            if (found.last_seen_at)
            else ""
        )
        out.print(Text(f"The daemon is away{since}. {found.reason}", style="bold red"))
        raise typer.Exit(1)
    health = found.health
    out.print(Text(f"Company {health.company}: {health.status}, Iman {health.version}"))
    table = Table("Loop", "Last round", "Every", "State", "What it did", box=None)
    for beat in health.loops:
        ago = (datetime.now(UTC) - beat.last_at).total_seconds() if beat.last_at else None
        table.add_row(
            beat.loop,
            "never" if ago is None else f"{ago:.1f} s ago",
            f"{beat.every_seconds:g} s",
            Text("well", style="green") if beat.ok else Text("trouble", style="bold red"),
            Text(beat.detail),
        )
    out.print(table)
    if health.breaker.state != "closed":
        out.print(Text(f"Pushing is held back: {health.breaker.reason}", style="bold yellow"))


@app.command()
def resync(
    number: Annotated[str, typer.Argument(help="byondpro's document number, e.g. INV-010319")],
    reason: Annotated[str, typer.Option(help="Kept in the audit trail")] = "",
    name: Annotated[str, typer.Option("--as", help="Who you are")] = "",
    wait: Annotated[bool, typer.Option(help="Stay until it is synced or failed")] = False,
) -> None:
    """Begin a new round for a failed document. The password is asked for, or IMAN_USER_PASSWORD."""
    settings = load(DashboardSettings)
    with http_to(settings) as http:
        session = sign_in(DaemonClient(http), name)
        client = DaemonClient(http, session)
        try:
            document_id = client.find("", number)
            started = client.resync(document_id, reason=reason)
            out.print(Text(f"{started.message} {number}, round {started.round}."))
            if wait and not _stay(client, document_id):
                raise typer.Exit(1)
        finally:
            client.sign_out()


@app.command()
def doctor() -> None:
    """Check settings, both systems, TLS, log-in, company and rights, and say what to do."""
    from iman.doctor import examine

    marks = {
        "ok": Text("✓ ok", style="green"),
        "warning": Text("! look", style="yellow"),
        "trouble": Text("✗ trouble", style="bold red"),
    }
    troubled = False
    for finding in examine(load(DaemonSettings)):
        out.print(marks[finding.result], Text(f"{finding.subject}: {finding.found}"))
        if finding.advice:
            out.print(Text(f"    {finding.advice}"))
        troubled |= finding.result == "trouble"
    raise typer.Exit(1 if troubled else 0)


@app.command()
def classify(
    rules: Annotated[
        Path | None, typer.Option(help="File or folder of rules that come before the built-in ones")
    ] = None,
) -> None:
    """Read JSON lines (id, message, http_status) and write what each message means."""
    from iman.classify import RuleError, RulesInForce
    from iman.classify import classify as by_the_built_in
    from iman.classify.jsonl import classify_lines

    try:
        by = by_the_built_in if rules is None else RulesInForce((rules,)).classify
    except (RuleError, OSError) as exc:
        out.print(Text(f"These rules cannot be used: {exc}", style="bold red"))
        raise typer.Exit(2) from exc
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # Windows reads its code page
    raise typer.Exit(classify_lines(sys.stdin, sys.stdout, by))


@app.command()
def version() -> None:
    """Which Iman this is."""
    out.print(__version__)


def _stay(client: DaemonClient, document_id: int) -> bool:
    with out.status("Syncing") as status:
        while True:
            document = client.document(document_id).document
            status.update(
                f"{document.state.value}, attempt {document.attempt} of {document.max_attempts}"
            )
            if document.state in {"synced", "failed"}:
                break
            time.sleep(0.5)
    text = f"Synced: {document.erp_reference} in Sage 300."
    if document.state == "failed":
        text = f"Failed: {document.error_code} - {document.error_text}"
    out.print(Text(text))
    return document.state == "synced"


def _watch(sandbox: Sandbox, stop: threading.Event) -> None:
    """Until *stop*. A process that ends is told of, and left for a person to start again."""
    gone: set[str] = set()
    while not stop.wait(0.2):
        for one in sandbox.running:
            if one.process.poll() is not None and one.name not in gone:
                gone.add(one.name)
                out.print(_ended(one.name, one.process.returncode, sandbox.settings_file))


def _say_ready(sandbox: Sandbox) -> None:
    out.print(Text("Iman is ready.", style="bold green"))
    titles = {
        "dashboard": "Dashboard",
        "byondpro": "byondpro",
        "sage300": "Sage 300",
        "api": "Control API",
    }
    for name, title in titles.items():
        out.print(Text(f"  {title:<12} {sandbox.urls[name]}"))
    for one in DEMO_SIGN_INS:
        out.print(Text(f"  Sign in as   {one.name} / {one.password} ({one.role.value})"))
    out.print(Text("  Ctrl-C stops everything."))


def _ended(name: str, status: int | None, settings: Path) -> Text:
    again = {"daemon": "iman daemon", "dashboard": "iman dashboard"}.get(name)
    text = f"{name} has ended (status {status})."
    if again:
        text += f" Start it again with: IMAN_SETTINGS={settings} {again}"
    return Text(text, style="bold red")
