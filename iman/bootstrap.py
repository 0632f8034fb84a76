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
import structlog

from iman import __version__
from iman.api.app import create_app
from iman.api.door import Rules, hosts
from iman.api.passwords import hash_password, password_fits
from iman.api.people import Passwords
from iman.daemon import ApiThread, Daemon, Every
from iman.demo import DEMO_SIGN_INS, DemoSignIn
from iman.domain.masking import Masking
from iman.domain.people import Role
from iman.domain.retry import RetryPolicy
from iman.gateways.byondpro import Byondpro
from iman.gateways.byondpro_documents import read_document
from iman.gateways.entries.mapping import named_values
from iman.gateways.fast_http import FastClient, FastTransport
from iman.gateways.log_in import Basic, Bearer
from iman.gateways.oidc import OpenIdProvider, Provider
from iman.gateways.sage300 import Sage300
from iman.gateways.sage_web import Capabilities
from iman.gateways.sandbox_switches import SandboxSwitches
from iman.keeping.keeping import Keeping
from iman.ledger.accounts import (
    StoredUser,
    account_stands,
    change_user,
    end_sessions,
    find_user,
    list_users,
    save_user,
)
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.holding import record_breaker
from iman.ledger.settings_kept import note_start
from iman.net import listen, showing, trusting
from iman.os_user import os_user
from iman.proxies import Proxies
from iman.remedy_wiring import build_remedies, remedy_links, rules_in_force
from iman.secret import Secret
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

log = structlog.get_logger()

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
    """Raises ``SettingsError`` where the authority's file cannot be read."""
    return trusting(settings.ca_bundle)


def sage_log_in(settings: DaemonSettings) -> Basic:
    return Basic(settings.sage_user.upper(), Secret(settings.sage_password, "IMAN_SAGE_PASSWORD"))


def check_secrets(settings: DaemonSettings) -> None:
    """Raises ``SettingsError`` for one that cannot be read now: said before anything starts."""
    Secret(settings.sage_password, "IMAN_SAGE_PASSWORD").value()
    if settings.source == "feed":
        Secret(settings.byondpro_token, "IMAN_BYONDPRO_TOKEN").value()


def sage_client(settings: DaemonSettings, context: ssl.SSLContext) -> httpx.AsyncClient:
    base = str(settings.sage_url).rstrip("/")
    return FastClient(
        FastTransport(verify=context),
        base_url=f"{base}/v1.0/-/{settings.sage_company}/",
        auth=sage_log_in(settings),
        timeout=httpx.Timeout(settings.sage_timeout, connect=10.0),
    )


def sandbox_switches(settings: DaemonSettings) -> SandboxSwitches:
    """Where the sandbox's Sage 300 takes orders to misbehave; its pages never do."""
    address = urlsplit(str(settings.sage_url))
    http = httpx.Client(
        base_url=f"{address.scheme}://{address.netloc}",
        auth=sage_log_in(settings),
        timeout=5.0,
        trust_env=False,
        verify=tls(settings),
    )
    return SandboxSwitches(http)


def byondpro_client(settings: DaemonSettings, context: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=str(settings.byondpro_url).rstrip("/"),
        auth=Bearer(Secret(settings.byondpro_token, "IMAN_BYONDPRO_TOKEN")),
        timeout=30.0,
        follow_redirects=False,
        trust_env=False,
        verify=context,
    )


def identity_provider(settings: DaemonSettings) -> OpenIdProvider | None:
    """Nothing is asked of it before somebody comes with its token. None where none is set.

    Raises ``SettingsError`` where the package that checks signatures is missing.
    """
    if not settings.oidc_issuer:
        return None
    provider = Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        name_claim=settings.oidc_name_claim,
        groups_claim=settings.oidc_groups_claim,
    )
    return OpenIdProvider(provider, provider_client(settings))


def provider_client(settings: DaemonSettings) -> httpx.Client:
    return httpx.Client(trust_env=False, verify=tls(settings), follow_redirects=False)


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

    return Database(Secret(settings.sql_url, "IMAN_SQL_URL"), timeout=settings.sql_timeout)


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
        masking=Masking(settings.mask_fields),
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
    api_tls(settings)  # said before anything is opened
    check_secrets(settings)
    listening = listen(settings.api_host, settings.api_port, "IMAN_API_PORT")
    with contextlib.closing(listening):
        ledger = DuckDBLedger(settings.ledger, now=now(), memory_limit=settings.ledger_memory)
        with contextlib.closing(ledger):
            if settings.sandbox:
                add_demo_people(ledger, now)
            else:
                end_demo_people(ledger, now)
                _warn_of_a_shut_door(settings, ledger)
            asyncio.run(_run(settings, ledger, listening, now))


def _warn_of_a_shut_door(settings: DaemonSettings, ledger: DuckDBLedger) -> None:
    """Somebody has to get in: while the identity provider is away, with a password."""
    only = set(settings.password_sign_in)
    active = [one for one in list_users(ledger.reader()) if one.active]
    with_one = [one for one in active if not one.provider and (not only or one.name in only)]
    add = "iman user add NAME --role admin"
    if not active and not settings.oidc_issuer:
        log.warning("nobody_may_sign_in", do=add)
    elif settings.oidc_issuer and not any(one.role is Role.ADMIN for one in with_one):
        log.warning("no_admin_without_the_identity_provider", do=add)


async def _run(
    settings: DaemonSettings, ledger: DuckDBLedger, listening: socket.socket, now: Now
) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    stop_on_signals(lambda: loop.call_soon_threadsafe(stop.set))
    daemon = build_daemon(settings, ledger=ledger, now=now)
    provider = identity_provider(settings)
    switches = sandbox_switches(settings) if settings.sandbox else None
    app = create_app(
        ledger=ledger,
        daemon=daemon,
        now=now,
        remedies=daemon.remedies,
        switches=switches,
        rules=api_rules(settings),
        backups=daemon.keeping.backups,
        storage=daemon.keeping.room,
        retention=daemon.keeping.retention,
        metrics=daemon.keeping.metrics,
        provider=provider,
        mapping=settings.oidc_groups,
        passwords=Passwords(frozenset(settings.password_sign_in)),
    )
    api = ApiThread(app, listening, api_tls(settings))
    api.start()
    try:
        await daemon.run(stop)
    finally:
        api.stop()
        daemon.keeping.close()
        for one in (switches, provider):
            if one is not None:
                one.close()


def api_rules(settings: DaemonSettings) -> Rules:
    return Rules(
        hosts=hosts((settings.api_host, *settings.api_allowed_hosts)),
        calls_per_second=settings.api_calls_per_second,
        proxies=Proxies(settings.trusted_proxies),
    )


def api_tls(settings: DaemonSettings) -> ssl.SSLContext | None:
    """None where the API speaks plain HTTP. Raises ``SettingsError`` for a bad certificate."""
    if settings.api_certificate is None or settings.api_key is None:
        return None
    return showing(settings.api_certificate, settings.api_key)


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


def end_demo_people(ledger: DuckDBLedger, now: Now) -> None:
    """Out of the sandbox nobody signs in with a password that everybody knows."""
    for who in DEMO_SIGN_INS:
        known = find_user(ledger.reader(), who.name)
        if (
            known is None
            or not known.active
            or not password_fits(known.password_hash, who.password)
        ):
            continue
        log.warning("demo_sign_in_deactivated", name=who.name)

        def work(conn: Any, one: StoredUser = known) -> None:  # the writer hands in its connection
            before = account_stands(conn, one.name, now())
            change_user(conn, one.name, one.role, one.reach, active=False)
            end_sessions(conn, one.name, now=now())
            why = "a public password, and this is no sandbox"
            _note(ledger, conn, "change_user", one.name, why, before, now)

        ledger.write(work).result()


def add_demo_people(ledger: DuckDBLedger, now: Now) -> None:
    for who in DEMO_SIGN_INS:
        known = find_user(ledger.reader(), who.name)
        if known is not None and known.active:
            continue
        hashed = hash_password(who.password)

        def work(conn: Any, one: DemoSignIn = who, hashed: str = hashed) -> None:
            before = account_stands(conn, one.name, now())
            save_user(conn, one.name, one.role, hashed, now=now())
            _note(ledger, conn, "save_user", one.name, "for the sandbox", before, now)

        ledger.write(work).result()


def _note(
    ledger: DuckDBLedger, conn: Any, action: str, name: str, why: str, before: str, now: Now
) -> None:
    """What the start itself did to an account."""
    event = AuditEvent(
        who="iman", role="", action=action, target=name, allowed=True, reason=why, origin="start",
        before=before, after=account_stands(conn, name, now()),
    )  # fmt: skip
    write_audit(conn, ledger.ids, event, now=now())
