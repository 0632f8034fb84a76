"""A backup put in the ledger's place, while no daemon runs. What was there is kept aside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from iman.domain.backup import Manifest
from iman.errors import LedgerError
from iman.ledger.backup import ARCHIVE, MARK, contents, manifest_path, sha256
from iman.ledger.disk import archive_folder
from iman.ledger.duckdb_ledger import take_lock
from iman.ledger.migrate import check_version
from iman.ledger.queries import first_row, queries

_SQL = queries("backup")


@dataclass(frozen=True, kw_only=True, slots=True)
class Restoration:
    taken_at: datetime | None  # None: a copy made by hand, which does not say
    kept_aside: Path | None  # None: there was no ledger before


def restore(
    backup: Path,
    ledger: Path,
    *,
    company: str,
    now: datetime,
    unchecked: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Restoration:
    """Put *backup* in the place of *ledger*, or change nothing.

    *unchecked*: take a file that no checksum file stands beside. Raises ``LedgerLocked`` while a
    daemon runs, ``LedgerTooNew``, and ``LedgerError``: damaged, another company's, no backup.
    """
    if not backup.is_file():
        raise LedgerError(f"There is no file {backup}.")
    if ledger.exists() and backup.samefile(ledger):
        raise LedgerError("That is the ledger itself.")
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with take_lock(ledger):
        incoming = ledger.with_name(ledger.name + ".restoring")
        try:
            say("Checking the backup")
            manifest = _checked(backup, unchecked=unchecked)
            say("Copying it")
            shutil.copyfile(backup, incoming)
            say("Reading the copy")
            _examine(incoming, manifest, company, now)
            _bring_archives(backup, ledger, manifest)
            aside = _exchange(ledger, incoming, now)
        except OSError as exc:
            raise LedgerError(f"The backup cannot be put into {ledger.parent}: {exc}") from exc
        finally:
            for left in (incoming, incoming.with_name(incoming.name + ".wal")):
                with suppress(OSError):
                    left.unlink(missing_ok=True)
    return Restoration(taken_at=manifest.taken_at if manifest else None, kept_aside=aside)


def _checked(backup: Path, *, unchecked: bool) -> Manifest | None:
    beside = manifest_path(backup)
    if not beside.is_file():
        if unchecked:
            return None
        raise LedgerError(
            f"{beside.name} does not stand beside {backup.name}, so nobody can say whether it is "
            "whole. Fetch it, or add --unchecked for a copy made by hand."
        )
    try:
        manifest = Manifest.from_json(beside.read_text(encoding="utf-8"))
    except ValueError as exc:
        raise LedgerError(f"{beside.name} cannot be read: {exc}.") from exc
    if backup.stat().st_size != manifest.bytes or sha256(backup) != manifest.sha256:
        raise LedgerError(f"{backup.name} is damaged: it is not the file that was written then.")
    return manifest


def _examine(incoming: Path, manifest: Manifest | None, company: str, now: datetime) -> None:
    """Everything is read once; then it is marked, so that its daemon asks before it sends."""
    try:
        with duckdb.connect(str(incoming)) as conn:
            if check_version(conn) == 0:
                raise LedgerError("That is no ledger of Iman's.")
            row = first_row(conn, _SQL["fact"], {"name": "company"})
            if row is not None and row[0] != company:
                raise LedgerError(
                    f"That ledger is of the company {row[0]}; this Iman pushes into {company} "
                    "(IMAN_SAGE_COMPANY)."
                )
            for table, expected in (manifest.tables if manifest else {}).items():
                if contents(conn, table).rows != expected.rows:
                    raise LedgerError(f"The backup is damaged: table {table} is not whole.")
            if first_row(conn, _SQL["fact"], {"name": MARK}) is None:
                conn.execute(_SQL["save_fact"], {"name": MARK, "value": now.isoformat()})
    except duckdb.Error as exc:
        raise LedgerError(f"The backup cannot be read: {exc}") from exc


def _bring_archives(backup: Path, ledger: Path, manifest: Manifest | None) -> None:
    """Files are only added: the ledger that is put aside goes on reading its own."""
    for name, digest in (manifest.archives if manifest else {}).items():
        target, source = archive_folder(ledger) / name, backup.parent / ARCHIVE / name
        if target.is_file() and sha256(target) == digest:
            continue
        if not source.is_file() or sha256(source) != digest:
            raise LedgerError(f"The backup is not whole: {ARCHIVE}/{name} is missing or damaged.")
        target.parent.mkdir(exist_ok=True)
        partial = target.with_name(name + ".partial")
        shutil.copyfile(source, partial)
        partial.replace(target)


def _exchange(ledger: Path, incoming: Path, now: datetime) -> Path | None:
    """At no moment is there no ledger: a daemon would begin a new one, and send everything anew."""
    log = ledger.with_name(ledger.name + ".wal")
    aside = None
    if ledger.exists():
        if log.exists():  # fold it in, where it can be read at all
            with suppress(duckdb.Error), duckdb.connect(str(ledger)) as conn:
                conn.execute("CHECKPOINT")
        aside = ledger.with_name(f"{ledger.name}.replaced-{now:%Y%m%dT%H%M%S}")
        _keep(ledger, aside)
        if log.exists():
            log.replace(aside.with_name(aside.name + ".wal"))
    incoming.replace(ledger)
    return aside


def _keep(ledger: Path, aside: Path) -> None:
    try:
        os.link(ledger, aside)
    except OSError:  # a file system without links
        shutil.copyfile(ledger, aside)
