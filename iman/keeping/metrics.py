"""What Prometheus reads. Counters and histograms are kept in memory as things happen, the rest is
asked of the open documents and the disk when somebody looks; history is never read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from iman import __version__
from iman.api.wire import Health
from iman.domain.attempt import Finished
from iman.domain.document import CLOSED_STATES, DocumentState, EntryType
from iman.domain.outcome import OUTCOME_NAMES
from iman.keeping.backups import Backups
from iman.keeping.room import Room
from iman.ledger import watching
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.holding import EVERYTHING, pauses
from iman.sync.ports import Now

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160)
_COMMIT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_BREAKER = ("closed", "half_open", "open")
#: States in which a document is on its way by itself.
_MOVING = frozenset({"pending", "syncing", "retrying", "unknown"})
_OPEN = [state for state in DocumentState if state not in CLOSED_STATES]


class Metrics:
    """``attempt`` and ``wrote`` are told what happens; ``text`` answers a scrape."""

    def __init__(self, *, ledger: DuckDBLedger, backups: Backups, room: Room, now: Now) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library does not type it
        self.registry = CollectorRegistry()
        self._attempts = Counter(
            "iman_attempts",
            "Attempts since the daemon was started.",
            ("entry_type", "outcome"),
            registry=self.registry,
        )
        self._refusals = Counter(
            "iman_refusals",
            "Refused attempts since the daemon was started, by what the error means.",
            ("error_type",),
            registry=self.registry,
        )
        self._attempt_seconds = Histogram(
            "iman_attempt_seconds",
            "From the beginning of an attempt to its outcome.",
            ("entry_type",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._write_seconds = Histogram(
            "iman_ledger_write_seconds",
            "How long something handed to the ledger's writer took to become durable.",
            buckets=_COMMIT,
            registry=self.registry,
        )
        self._lag = Gauge(
            "iman_ledger_writer_lag_seconds",
            "How long the last of these took: how far the writer is behind.",
            registry=self.registry,
        )
        self._scraping = threading.Lock()
        self._standings = Standings(ledger=ledger, backups=backups, room=room, now=now)
        self.registry.register(self._standings)
        for kind in EntryType:
            self._attempt_seconds.labels(kind.value)
            for outcome in OUTCOME_NAMES.values():
                self._attempts.labels(kind.value, outcome)

    def attempt(self, finished: Finished) -> None:
        """An outcome is durable."""
        kind = finished.claim.key.entry_type.value
        self._attempts.labels(kind, OUTCOME_NAMES[type(finished.outcome)]).inc()
        if finished.verdict is not None:
            self._refusals.labels(finished.verdict.error_type).inc()
        self._attempt_seconds.labels(kind).observe(
            max((finished.ended_at - finished.claim.started_at).total_seconds(), 0.0)
        )

    def wrote(self, seconds: float) -> None:
        """Something that was handed to the writer became durable."""
        self._write_seconds.observe(seconds)
        self._lag.set(seconds)

    def text(self, health: Health) -> bytes:
        """The exposition; *health* as the daemon says it now."""
        with self._scraping:
            self._standings.health = health
            return generate_latest(self.registry)


class Standings(Collector):
    """What is so at the moment of a scrape."""

    def __init__(self, *, ledger: DuckDBLedger, backups: Backups, room: Room, now: Now) -> None:
        self._ledger = ledger
        self._backups = backups
        self._room = room
        self._now = now
        self.health: Health | None = None  # as it was read for this scrape

    def describe(self) -> list[Metric]:
        """None beforehand: it would ask the ledger before it is open to readers."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._documents()
        yield from self._holding()
        yield from self._safety()

    def _documents(self) -> Iterator[Metric]:
        found = {
            (one.entry_type, one.state): one
            for one in watching.standing(self._ledger.reader(), now=self._now())
        }
        documents = GaugeMetricFamily(
            "iman_documents", "Documents that are not in Sage 300.", labels=("entry_type", "state")
        )
        oldest = GaugeMetricFamily(
            "iman_oldest_document_seconds",
            "Age of the oldest document on its way, since byondpro sent it; 0 where there is none.",
            labels=("entry_type",),
        )
        for kind in EntryType:
            for state in _OPEN:
                one = found.get((kind.value, state.value))
                documents.add_metric((kind.value, state.value), one.documents if one else 0)
            ages = [one.oldest_seconds for (of, state), one in found.items()
                    if of == kind.value and state in _MOVING]  # fmt: skip
            oldest.add_metric((kind.value,), max(ages, default=0.0))
        yield documents
        yield oldest
        rest = watching.waiting(self._ledger.reader())
        yield _gauge("iman_write_backs", "Statuses byondpro is still to be told.", rest.write_backs)
        yield _gauge(
            "iman_lookups_owed",
            "Documents to be looked up in Sage 300 before their first send, after a restore.",
            rest.lookups_owed,
        )
        yield _gauge("iman_intake_problems", "Events nobody could read.", rest.intake_problems)

    def _holding(self) -> Iterator[Metric]:
        health = self.health
        if health is None:
            return
        breaker = GaugeMetricFamily(
            "iman_breaker", "1 for the state the breaker is in.", labels=("state",)
        )
        for state in _BREAKER:
            breaker.add_metric((state,), float(health.breaker.state == state))
        yield breaker
        yield _gauge(
            "iman_held_back",
            "1 while nothing is taken up though Sage 300 is well: a full disk, a restore.",
            float(bool(health.held_back)),
        )
        held = {one.entry_type for one in pauses(self._ledger.reader())}
        paused = GaugeMetricFamily(
            "iman_paused", "1 while an admin holds the entry type back.", labels=("entry_type",)
        )
        for kind in EntryType:
            paused.add_metric((kind.value,), float(bool(held & {EVERYTHING, kind.value})))
        yield paused
        well = GaugeMetricFamily(
            "iman_loop_ok", "1 while the loop can do its work.", labels=("loop",)
        )
        age = GaugeMetricFamily(
            "iman_loop_age_seconds", "Time since the loop's last round.", labels=("loop",)
        )
        for beat in health.loops:
            well.add_metric((beat.loop,), float(beat.ok))
            if beat.last_at is not None:
                age.add_metric((beat.loop,), (health.now - beat.last_at).total_seconds())
        yield well
        yield age
        status = GaugeMetricFamily("iman_status", "1 for what the daemon is.", labels=("status",))
        for word in ("starting", "ready", "degraded", "stopping"):
            status.add_metric((word,), float(health.status == word))
        yield status
        built = GaugeMetricFamily("iman_build_info", "Always 1.", labels=("version", "company"))
        built.add_metric((__version__, health.company), 1)
        yield built
        yield _gauge(
            "iman_start_time_seconds", "When the daemon was started.", _epoch(health.started_at)
        )

    def _safety(self) -> Iterator[Metric]:
        backups, disk = self._backups.state(), self._room.state()
        if backups.last is not None:
            age = (self._now() - backups.last.taken_at).total_seconds()
            yield _gauge("iman_backup_age_seconds", "Age of the last verified backup.", age)
            yield _gauge("iman_backup_bytes", "Its size.", backups.last.bytes)
        yield _gauge("iman_backup_late", "1 once the schedule was missed.", float(backups.late))
        yield _gauge(
            "iman_backup_failed", "1 if the last one failed.", float(bool(backups.trouble))
        )
        ledger = GaugeMetricFamily("iman_ledger_bytes", "Size of the ledger.", labels=("part",))
        ledger.add_metric(("file",), disk.ledger_bytes)
        ledger.add_metric(("log",), disk.log_bytes)
        ledger.add_metric(("archive",), disk.archive_bytes)
        yield ledger
        yield _gauge("iman_disk_free_bytes", "Free on the ledger's disk.", disk.free_bytes)
        yield _gauge(
            "iman_disk_reserve_bytes",
            "Below so much free space nothing is taken up.",
            disk.reserve_bytes,
        )


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _epoch(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp()
