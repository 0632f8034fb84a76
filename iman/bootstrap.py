"""Builds the daemon from its settings; the only module that knows every part."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from iman import __version__
from iman.api.app import create_app
from iman.api.passwords import hash_password
from iman.daemon import ApiThread, Daemon, Every
from iman.demo import DEMO_SIGN_INS
from iman.domain.retry import RetryPolicy
from iman.errors import SettingsError
from iman.gateways.byondpro import Byondpro
from iman.gateways.byondpro_documents import read_document
from iman.gateways.entries.mapping import named_values
from iman.gateways.fast_http import FastClient, FastTransport
from iman.gateways.sage300 import Sage300
from iman.gateways.sage_web import Capabilities
from iman.gateways.sandbox_switches import SandboxSwitches
from iman.keeping.keeping import Keeping
from iman.ledger.accounts import find_user, save_user
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.holding import record_breaker
from iman.ledger.settings_kept import note_start
from iman.net import listen
from iman.os_user import os_user
from iman.remedy_wiring import build_remedies, remedy_links, rules_in_force
from iman.settings import DaemonSettings, settings_file, told
from iman.signals import stop_on_signals
from iman.sync.batching import Batcher
from iman.sync.beats import Beats
from iman.sync.breaker import Breaker, BreakerView
from iman.sync.intake import Intake, StatusWriteBack
from iman.sync.leftovers import Leftovers
from iman.sync.neighbours import Neighbours
from iman.sync.ports import Now
from iman.sync.push import Pusher
from iman.verdicts import verdicts

_OTHER_LEDGERS = 300.0  # seconds between looks for another ledger's mark
_NEIGHBOURS = 2.0  # seconds between rounds until the first look succeeded
_LEFTOVERS = 10.0  # seconds between tidying rounds

if TYPE_CHECKING:  # SQLAlchemy is only loaded where it is used
    from iman.gateways.sql_source.database import Database
    from iman.gateways.sql_source.names import Outbox
    from iman.gateways.sql_source.source import SqlSource


def utc_now() -> datetime:
    return datetime.now(UTC)


def values_of(payload: str) -> frozenset[str]:
    """The values of a document that a set-up must know; none of one that cannot be read."""
    try:
        return frozenset(value for _, value in named_values(read_document(payload)))
    except ValueError:
        return frozenset()


def tls(settings: DaemonSettings) -> ssl.SSLContext:
    """Certificates are always checked; a self-signed server's authority may be added.

    Raises ``SettingsError`` where the authority's file cannot be read.
    """
    context = ssl.create_default_context()
    if settings.ca_bundle is not None:
        try:
            context.load_verify_locations(settings.ca_bundle)
        except OSError as exc:  # a file that is no PEM is one too
            why = "holds no certificate" if isinstance(exc, ssl.SSLError) else exc.strerror
            raise SettingsError(
                f"IMAN_CA_BUNDLE: {settings.ca_bundle} cannot be used: {why}."
            ) from exc
    return context


def sage_client(settings: DaemonSettings, context: ssl.SSLContext) -> httpx.AsyncClient:
    base = str(settings.sage_url).rstrip("/")
    return FastClient(
        FastTransport(verify=context),
        base_url=f"{base}/v1.0/-/{settings.sage_company}/",
        auth=(settings.sage_user.upper(), settings.sage_password.get_secret_value()),
        timeout=httpx.Timeout(settings.sage_timeout, connect=10.0),
    )


def sandbox_switches(settings: DaemonSettings) -> SandboxSwitches:
    """Where the sandbox's Sage 300 takes orders to misbehave; its pages never do."""
    address = urlsplit(str(settings.sage_url))
    http = httpx.Client(
        base_url=f"{address.scheme}://{address.netloc}",
        auth=(settings.sage_user.upper(), settings.sage_password.get_secret_value()),
        timeout=5.0,
        trust_env=False,
        verify=tls(settings),
    )
    return SandboxSwitches(http)


def byondpro_client(settings: DaemonSettings, context: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=str(settings.byondpro_url).rstrip("/"),
        headers={"authorization": f"Bearer {settings.byondpro_token.get_secret_value()}"},
        timeout=30.0,
        follow_redirects=False,
        trust_env=False,
        verify=context,
    )


def open_source(
    settings: DaemonSettings, context: ssl.SSLContext, now: Now
) -> Byondpro | SqlSource:
    """Raises ``SettingsError`` where a database's address is none, or its driver is missing."""
    if settings.source == "feed":
        return Byondpro(byondpro_client(settings, context))
    from iman.gateways.sql_source.source import SqlSource

    return SqlSource(
        sql_database(settings),
        outbox=sql_outbox(settings),
        status=settings.sql_status,
        gap_wait=settings.sql_gap_wait,  # as it is at any speed: byondpro's transactions are, too
        now=now,
    )


def sql_database(settings: DaemonSettings) -> Database:
    from iman.gateways.sql_source.database import Database

    return Database(settings.sql_url.get_secret_value(), timeout=settings.sql_timeout)


def sql_outbox(settings: DaemonSettings) -> Outbox:
    from iman.gateways.sql_source.names import Outbox

    return Outbox(
        name=settings.sql_outbox,
        cursor=settings.sql_cursor,
        type=settings.sql_type,
        payload=settings.sql_payload,
        at=settings.sql_at,
    )


def _nobody_to_tell(settings: DaemonSettings) -> str:
    if settings.source == "feed" or settings.sql_status:
        return ""
    return "statuses stay in the dashboard: IMAN_SQL_STATUS names no table"


def build_daemon(
    settings: DaemonSettings, *, ledger: DuckDBLedger, now: Now = utc_now, rng: Random | None = None
) -> Daemon:
    """Everything wired, nothing started."""
    _write_facts(ledger, settings, now)
    context = tls(settings)
    lanes = [sage_client(settings, context) for _ in range(settings.push_concurrency)]
    spare = sage_client(settings, context)  # for what is not pushing
    source = open_source(settings, context, now)
    beats = Beats(now)

    def remember(view: BreakerView) -> None:
        ledger.write(partial(record_breaker, state=view.state, reason=view.reason, now=now()))

    breaker = Breaker(now, changed=remember, probe_every=settings.seconds(settings.probe_every))
    recorded = asyncio.Event()
    rules = rules_in_force(settings, ledger)

    def entity_in(text: str) -> str | None:
        return rules.classify(text).entity

    can = Capabilities()
    sages = [Sage300(http, names=entity_in, can=can) for http in (*lanes, spare)]
    keeping = Keeping(settings, ledger=ledger, beats=beats, now=now)
    neighbours = Neighbours(
        sage=sages[-1],
        ledger=ledger,
        beats=beats,
        now=now,
        every=settings.seconds(_OTHER_LEDGERS),
    )
    pusher = Pusher(
        lanes=sages[:-1],
        ledger=ledger,
        read=read_document,
        classify=verdicts(rules),
        policy=RetryPolicy(
            max_attempts=settings.max_attempts,
            wait_min=settings.seconds(settings.retry_wait_min),
            wait_max=settings.seconds(settings.retry_wait_max),
            settle=settings.seconds(settings.settle),
            ask_every=settings.seconds(settings.ask_every),
        ),
        breaker=breaker,
        beats=beats,
        now=now,
        rng=rng or SystemRandom(),
        batcher=Batcher(most=settings.batch_most, lanes=len(lanes), carries=values_of, now=now),
        posting=settings.posting,
        neighbours=neighbours,
        held_back=keeping.held_back,
        leftover=lambda token, entry_type: leftovers.note(token, entry_type),
        recorded=recorded,
        written=keeping.metrics.attempt,
    )
    leftovers = Leftovers(sage=sages[-1], beats=beats, idle=pusher.idle)
    intake = Intake(source=source, ledger=ledger, beats=beats, now=now, arrived=pusher.wake)
    write_back = StatusWriteBack(
        source=source, ledger=ledger, beats=beats, now=now, instead=_nobody_to_tell(settings)
    )

    remedies, remedy_loops = build_remedies(
        settings,
        ledger=ledger,
        http=spare,
        source=source,
        beats=beats,
        now=now,
        due=pusher.wake,
        rules=rules,
        unwell=lambda: breaker.view.reason if breaker.view.state == "open" else "",
    )

    @contextlib.asynccontextmanager
    async def clients() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for client in (*lanes, spare, source):
                await stack.enter_async_context(client)
            yield

    return Daemon(
        ledger=ledger,
        pusher=pusher,
        loops=lambda: [
            Every(neighbours, settings.seconds(_NEIGHBOURS)),
            Every(leftovers, settings.seconds(_LEFTOVERS)),
            Every(intake, settings.seconds(settings.intake_every)),
            Every(write_back, settings.seconds(settings.write_back_every), recorded),
            *remedy_loops,
            *(Every(one, seconds, at_end=False) for one, seconds in keeping.loops),
        ],
        beats=beats,
        breaker=breaker,
        company=settings.sage_company,
        sandbox=settings.sandbox,
        now=now,
        clients=clients,
        remedies=remedies,
        keeping=keeping,
    )


def run_daemon(settings: DaemonSettings, *, now: Now = utc_now) -> None:
    """Until Ctrl-C or a stop signal. Raises ``ImanError`` where it cannot start."""
    listening = listen(settings.api_host, settings.api_port, "IMAN_API_PORT")
    with contextlib.closing(listening):
        ledger = DuckDBLedger(settings.ledger, now=now(), memory_limit=settings.ledger_memory)
        with contextlib.closing(ledger):
            if settings.sandbox:
                _add_demo_people(ledger, now)
            asyncio.run(_run(settings, ledger, listening, now))


async def _run(
    settings: DaemonSettings, ledger: DuckDBLedger, listening: socket.socket, now: Now
) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    stop_on_signals(lambda: loop.call_soon_threadsafe(stop.set))
    daemon = build_daemon(settings, ledger=ledger, now=now)
    switches = sandbox_switches(settings) if settings.sandbox else None
    app = create_app(
        ledger=ledger,
        daemon=daemon,
        now=now,
        remedies=daemon.remedies,
        switches=switches,
        backups=daemon.keeping.backups,
        storage=daemon.keeping.room,
        retention=daemon.keeping.retention,
        metrics=daemon.keeping.metrics,
    )
    api = ApiThread(app, listening)
    api.start()
    try:
        await daemon.run(stop)
    finally:
        api.stop()
        daemon.keeping.close()
        if switches is not None:
            switches.close()


def _write_facts(ledger: DuckDBLedger, settings: DaemonSettings, now: Now) -> None:
    """What a reader of the file must know while no daemon runs, and what changed since the last."""
    values, file = told(settings), settings_file()
    base = (settings.byondpro_pages or str(settings.byondpro_url or "")).rstrip("/")
    facts = {
        "company": settings.sage_company,
        "max_attempts": str(settings.max_attempts),
        "sandbox": str(settings.sandbox),
        "version": __version__,
        "started_at": now().isoformat(),
        "started_by": os_user(),
        "settings_file": str(file.resolve()) if file.exists() else "",
        "link_booking": base + settings.byondpro_booking_page,
        "link_sales_order": base + settings.byondpro_sales_order_page,
        "link_invoice": base + settings.byondpro_invoice_page,
        **remedy_links(settings, base),
    }

    def work(conn: Any) -> None:  # the writer hands in its connection
        note_start(conn, ledger.ids, values, who=facts["started_by"], now=now())
        for name, value in facts.items():
            conn.execute(
                "INSERT INTO facts VALUES ($name, $value) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                {"name": name, "value": value},
            )

    ledger.write(work).result()


def _add_demo_people(ledger: DuckDBLedger, now: Now) -> None:
    for who in DEMO_SIGN_INS:
        if find_user(ledger.reader(), who.name) is None:
            hashed = hash_password(who.password)
            save = partial(save_user, name=who.name, role=who.role, password_hash=hashed, now=now())
            ledger.write(save).result()
