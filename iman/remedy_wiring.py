"""The part of ``bootstrap`` that builds what leads people through a remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import structlog

from iman.classify import RuleError, RulesInForce
from iman.classify.own import faults
from iman.daemon import Every
from iman.domain.setup import ByondproSetups
from iman.errors import SettingsError, SourceUnavailable
from iman.gateways.byondpro import Byondpro
from iman.gateways.byondpro_feed import read_document
from iman.gateways.byondpro_setups import read_setups
from iman.gateways.sage300 import Sage300
from iman.gateways.sage_setups import SageSetups
from iman.ledger import rule_shelf
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.history import HistoryLedger
from iman.ledger.remedies import RemedyLedger
from iman.playbooks import PlaybookError, from_folder
from iman.remedies import Finder, Remedies
from iman.settings import DaemonSettings
from iman.sync.beats import Beats
from iman.sync.mirror import Mirror
from iman.sync.patience import Patience
from iman.sync.ports import Now
from iman.sync.probing import Prober
from iman.sync.releasing import CauseKeeper, Releasing
from iman.sync.rereading import Rereading
from iman.verdicts import in_force

if TYPE_CHECKING:  # it loads SQLAlchemy, which few sites need
    from iman.gateways.sql_source.source import SqlSource

log = structlog.get_logger()

_CAUSES_EVERY, _RELEASES_EVERY = 1.0, 0.5  # seconds; both only glance where nothing changed
_REREADING_EVERY = 0.25  # seconds; between batches pushing has the processor to itself


def build_remedies(
    settings: DaemonSettings,
    *,
    ledger: DuckDBLedger,
    http: httpx.AsyncClient,
    source: Byondpro | SqlSource,
    beats: Beats,
    now: Now,
    due: Callable[[], None],
    unwell: Callable[[], str],
    rules: RulesInForce,
) -> tuple[Remedies, list[Every]]:
    """The remedies the API asks, and their loops. Raises ``SettingsError`` for a bad playbook."""
    books = RemedyLedger(ledger, lambda text: rules.classify(text).rule)
    tables = source if isinstance(source, Byondpro) else _NoTables()
    sage, setups = Sage300(http), SageSetups(http)
    loops_nudged = ("mirror", "probing", "releasing", "causes", "rereading")
    nudges = {name: asyncio.Event() for name in loops_nudged}
    finder = Finder(ledger=ledger, sage=sage, read=read_document)
    patience = Patience(now, unwell)
    mirror = Mirror(
        books=books,
        setups=setups,
        source=tables,
        read_setups=_typed,
        patience=patience,
        beats=beats,
        now=now,
    )
    prober = Prober(
        books=books, setups=setups, source=tables, read_setups=_typed, patience=patience, sage=sage,
        document_in_sage=finder.evidence, beats=beats, now=now, fixed=nudges["mirror"].set,
    )  # fmt: skip
    releasing = Releasing(books=books, beats=beats, now=now, due=due)
    keeper = CauseKeeper(books=books, beats=beats, now=now)
    remedies = Remedies(
        prober=prober,
        mirror=mirror,
        finder=finder,
        nudges=nudges,
        files=_files(settings),
        rules=rules,
        grace=timedelta(seconds=settings.release_grace),
        canary=settings.release_canary,
    )
    history = HistoryLedger(ledger, lambda: in_force(rules))
    rereading = Rereading(books=history, beats=beats, now=now)
    loops = [
        Every(rereading, _REREADING_EVERY, nudges["rereading"], at_end=False),
        Every(keeper, _CAUSES_EVERY, nudges["causes"]),
        Every(releasing, _RELEASES_EVERY, nudges["releasing"], at_end=False),
        Every(prober, settings.seconds(settings.verify_every), nudges["probing"], at_end=False),
    ]
    if isinstance(source, Byondpro):
        every = settings.seconds(settings.mirror_every)
        loops.append(Every(mirror, every, nudges["mirror"], at_end=False))
    return remedies, loops


class _NoTables:
    """A database's outbox tells no set-ups."""

    async def setups(self) -> dict[str, Any]:
        raise SourceUnavailable(
            "byondpro's set-ups are not read from a database; only its feed tells them."
        )


def rules_in_force(settings: DaemonSettings, ledger: DuckDBLedger) -> RulesInForce:
    """The site's own rules, its files, the built-in ones. Raises ``SettingsError``."""
    files = () if settings.rules is None else (settings.rules,)
    try:
        rules = RulesInForce(files)
    except (RuleError, OSError) as exc:
        raise SettingsError(f"IMAN_RULES: {exc}") from exc
    own = rule_shelf.newest(ledger.reader()).rules
    bad = dict(faults(own, rules.current.base)) if own else {}
    for rule, why in bad.items():  # a newer version may know its name, or an entity, differently
        log.error("own_rule_left_out", rule=rule, reason=why)
    rules.use([rule for rule in own if rule.id not in bad])
    return rules


def remedy_links(settings: DaemonSettings, byondpro: str) -> dict[str, str]:
    """Where a step leads, as facts of the ledger."""
    links = {
        "link_item": byondpro + settings.byondpro_item_page,
        "link_category": byondpro + settings.byondpro_category_page,
        "link_term": byondpro + settings.byondpro_term_page,
        "link_byondpro_terms": byondpro + settings.byondpro_terms_page,
        "link_byondpro_categories": byondpro + settings.byondpro_categories_page,
    }
    sage = settings.sage_pages.rstrip("/")
    if not sage and settings.sandbox:
        address = urlsplit(str(settings.sage_url))
        sage = f"{address.scheme}://{address.netloc}"
    pages = {
        "link_sage_terms": settings.sage_terms_page,
        "link_sage_accounts": settings.sage_accounts_page,
        "link_sage_customers": settings.sage_customers_page,
        "link_sage_batches": settings.sage_batches_page,
    }
    return links | {name: sage + page if sage else "" for name, page in pages.items()}


def _typed(raw: Any) -> ByondproSetups:
    return read_setups(raw)


def _files(settings: DaemonSettings) -> dict[str, Any]:
    if settings.playbooks is None:
        return {}
    try:
        return dict(from_folder(settings.playbooks))
    except PlaybookError as exc:
        raise SettingsError(f"IMAN_PLAYBOOKS: {exc}") from exc
