"""Readings that behave: nothing there, the reference scenario and its company, the daemon away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from iman.api.wire import (
    BreakerEvent,
    DocumentDetail,
    DocumentRecord,
    Durations,
    Health,
    Overview,
    ResyncRecord,
    ResyncStarted,
)
from iman.dashboard import period
from iman.domain.document import (
    CLOSED_STATES,
    DocumentState,
    EntryType,
    erp_sync_status,
)
from iman.errors import DaemonUnavailable, NotFound
from iman.reading import frames
from iman.reading.reading import (
    EVERYTHING,
    DaemonStatus,
    DocumentFilter,
    DocumentPage,
    Scope,
    Window,
)
from tests.dashboard import fake_documents
from tests.dashboard.fake_daemon import FakeDaemon, frame_of
from tests.dashboard.fake_documents import F48 as F48
from tests.dashboard.fake_documents import HOSTILE as HOSTILE
from tests.dashboard.fake_documents import NO_6030 as NO_6030
from tests.dashboard.fake_documents import make_attempt as make_attempt
from tests.dashboard.fake_documents import make_document as make_document
from tests.dashboard.fake_documents import make_health as make_health
from tests.dashboard.fake_documents import make_line as make_line
from tests.dashboard.fake_documents import make_me as make_me
from tests.dashboard.fake_documents import utc as utc
from tests.dashboard.fake_views import FakeViews


class SeededReading(FakeDaemon, FakeViews):
    """The reference scenario and what surrounds it; a resync here ends well."""

    def __init__(self) -> None:
        self.known = {one.id: one for one in fake_documents.documents()}
        self.resynced: list[tuple[int, str, str]] = []
        self.health: Health | None = make_health()

    def status(self) -> DaemonStatus:
        now = datetime.now(UTC)
        return DaemonStatus(available=True, last_seen_at=now, health=self.health)

    def durations(self, window: Window, scope: Scope = EVERYTHING) -> Durations:
        none = dict.fromkeys(Durations.model_fields) | {"synced": 0, "remedied": 0}
        told = {
            "synced": 31, "sync_seconds_mean": 7.5, "sync_seconds_median": 3.2,
            "sync_seconds_p95": 41.0, "previous_sync_seconds_median": 2.7, "remedied": 4,
            "remedy_seconds_mean": 5400.0, "remedy_seconds_median": 3600.0,
            "remedy_seconds_p95": 9000.0, "previous_remedy_seconds_mean": 9000.0,
        }  # fmt: skip
        return Durations.model_validate(none | told if self.known else none)

    def overview(self, window: Window, scope: Scope = EVERYTHING) -> Overview:
        everything = [d for d in self.known.values() if _within(d, scope)]
        failed = [d for d in everything if d.state is DocumentState.FAILED]
        open_ones = [d for d in everything if d.state not in CLOSED_STATES]
        synced = [d for d in everything if d.state in CLOSED_STATES]
        return Overview(
            hours=window.hours,
            failed=len(failed),
            failed_amount=sum((d.amount or Decimal() for d in failed), Decimal()),
            oldest_failed_at=min(
                (d.first_failed_at for d in failed if d.first_failed_at), default=None
            ),
            retrying=sum(d.state is DocumentState.RETRYING for d in everything),
            waiting=sum(d.state is DocumentState.WAITING for d in everything),
            not_in_sage=len(open_ones),
            not_in_sage_amount=sum((d.amount or Decimal() for d in open_ones), Decimal()),
            previous_failed=3 if everything else None,
            previous_not_in_sage=9 if everything else None,
            previous_not_in_sage_amount=Decimal("30000.00") if everything else None,
            synced=len(synced),
            previous_synced=20 if everything else 0,
            synced_amount=sum((d.amount or Decimal() for d in synced), Decimal()),
            first_attempts=41,
            first_attempt_success=0.829 if everything else None,
            previous_first_attempt_success=0.943 if everything else None,
            refused=73 if everything else 0,
            previous_refused=21 if everything else 0,
            intake_problems=len(self.intake_problems()),
            currency="AUD",
        )

    def counts(self) -> pd.DataFrame:
        rows = []
        for kind in EntryType:
            of_kind = [d for d in self.known.values() if d.entry_type is kind]
            states = [d.state for d in of_kind]
            failing = [d.first_failed_at for d in of_kind if d.state is DocumentState.FAILED]
            waiting = ("pending", "syncing", "waiting", "unknown")
            rows.append(
                {
                    "entry_type": kind.value,
                    "failed": states.count(DocumentState.FAILED),
                    "retrying": states.count(DocumentState.RETRYING),
                    "waiting": sum(s.value in waiting for s in states),
                    "parked": states.count(DocumentState.PARKED),
                    "synced": sum(s in CLOSED_STATES for s in states),
                    "open_amount": sum(
                        (d.amount or Decimal() for d in of_kind if d.state not in CLOSED_STATES),
                        Decimal(),
                    ),
                    "oldest_failed_at": min(filter(None, failing), default=None),
                }
            )
        return frame_of(frames.COUNTS, rows)

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage:
        found = self._matching(wanted)
        rows = [self._row(d) for d in found[offset : offset + limit]]
        return DocumentPage(frame=frame_of(frames.DOCUMENTS, rows), total=len(found))

    def document(self, document_id: int) -> DocumentDetail:
        document = self.known.get(document_id)
        if document is None:
            raise NotFound("There is no such document.")
        start = document.first_failed_at or document.received_at
        attempts = [
            make_attempt(
                n,
                start + timedelta(seconds=20 * (n - 1)),
                error_text=document.error_text,
                error_code=document.error_code,
            )
            for n in range(1, document.attempt + 1)
        ]
        resyncs = []
        if document.id == 4:
            resyncs.append(
                ResyncRecord(
                    id=1,
                    at=start + timedelta(hours=2),
                    by="ada",
                    origin="dashboard",
                    reason=f"6030 was added {HOSTILE}",
                    round=2,
                    result="failed",
                )
            )
        return DocumentDetail(document=document, attempts=attempts, resyncs=resyncs)

    def find_document(self, number: str, entry_type: str = "") -> int:
        for one in self.known.values():
            if one.number == number and entry_type in ("", one.entry_type):
                return one.id
        raise NotFound(f"There is no document {number}.")

    def document_neighbours(
        self, wanted: DocumentFilter, document_id: int
    ) -> tuple[int | None, int | None]:
        ids = [d.id for d in self._matching(wanted)]
        if document_id not in ids:
            return None, None
        at = ids.index(document_id)
        return (ids[at - 1] if at else None), (ids[at + 1] if at + 1 < len(ids) else None)

    def series(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows = [
            {
                "bucket": at, "first_attempts": 20, "first_accepted": 20 - back,
                "refused": back, "synced": 19, "synced_amount": Decimal(19000),
                "sync_seconds": 3.0 + back, "remedy_seconds": 60.0 * back if back else None,
            }
            for back, at in enumerate(_newest(window, 5))
        ]  # fmt: skip
        return frame_of(frames.SERIES, rows if self.known else [])

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows: dict[tuple[str, str, int], dict[str, Any]] = {}
        for d in self.known.values():
            if d.state in CLOSED_STATES or not _within(d, scope):
                continue
            age = datetime.now(UTC) - (d.first_failed_at or d.received_at)
            place = sum(age > timedelta(hours=h) for h in (1, 24, 168, 720))
            row = rows.setdefault(
                (d.entry_type.value, d.site, place),
                {"documents": 0, "failed": 0, "amount": Decimal()},
            )
            row["documents"] += 1
            row["failed"] += d.state is DocumentState.FAILED
            row["amount"] += d.amount or Decimal()
        return frame_of(
            frames.STANDING,
            [{"entry_type": k, "site": s, "place": p, **row} for (k, s, p), row in rows.items()],
        )

    def history(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows = [
            {
                "bucket": at, "documents": 9 + back, "failed": 3 + back,
                "amount": Decimal(30000 + 900 * back), "failed_amount": Decimal(9000),
            }
            for back, at in enumerate(_newest(window, 5))
        ]  # fmt: skip
        return frame_of(frames.HISTORY, rows[::-1] if self.known else [])

    def busy_hours(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows = [
            {"weekday": day, "hour": hour, "refused": (day * hour) % 11 + 1}
            for day in range(1, 6)
            for hour in range(8, 18)
            if (day + hour) % 3
        ]
        return frame_of(frames.BUSY_HOURS, rows if self.known else [])

    def retries(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows = [
            {"error_type": kind, "transient": soon, "attempts": n, "previous_attempts": before}
            for kind, soon, n, before in (
                ("gl_account_missing", False, 48, 12),
                ("terms_missing", False, 9, 0),
                ("record_conflict", True, 5, 2),
            )
        ]
        return frame_of(frames.RETRIES, rows if self.known else [])

    def met_causes(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows = [
            {
                "id": i, "error_type": kind, "entity_kind": entity_kind, "entity": entity,
                "error": said, "is_open": is_open, "documents": n, "amount": Decimal(3100 * n),
            }
            for i, kind, entity_kind, entity, said, is_open, n in (
                (2, "gl_account_missing", "gl_account", "6030", NO_6030, True, 27),
                (1, "terms_missing", "terms", "F48", F48, True, 4),
                (3, "period_closed", "period", HOSTILE, "closed", False, 2),
            )
        ]  # fmt: skip
        return frame_of(frames.MET_CAUSES, rows if self.known else [])

    def period_end(self, due: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
        groups: dict[tuple[Any, ...], list[DocumentRecord]] = {}
        for d in self.known.values():
            missed = d.document_date is None or d.document_date <= due
            if d.state not in CLOSED_STATES and missed and _within(d, scope):
                groups.setdefault(
                    (d.state.value, d.error_type, d.entity_kind, d.entity), []
                ).append(d)
        rows = [
            {
                **dict(zip(("state", "error_type", "entity_kind", "entity"), key, strict=True)),
                "documents": len(of),
                "amount": sum((d.amount or Decimal() for d in of), Decimal()),
                "oldest": min(d.document_date for d in of if d.document_date),
            }
            for key, of in groups.items()
        ]
        return frame_of(frames.PERIOD_END, sorted(rows, key=lambda r: -r["amount"]))

    def marks(self, window: Window) -> pd.DataFrame:
        now = datetime.now(UTC)
        rows = [
            {
                "at": now - timedelta(hours=ago), "ended_at": ended, "kind": kind, "what": what,
                "error_type": error, "entity": entity, "id": i,
            }
            for i, ago, ended, kind, what, error, entity in (
                (2, 5, None, "release", f"terms_missing F48 {HOSTILE}", "", ""),
                (1, 6, None, "cause_resolved", "", "terms_missing", "F48"),
                (7, 7, None, "setup_fixed", "", "term", "F48"),
                (0, 30, now - timedelta(hours=28), "outage", "Sage 300 answered 503", "", ""),
            )
        ]  # fmt: skip
        return frame_of(frames.MARKS, rows if self.known else [])

    def companies(self) -> list[str]:
        return sorted({d.company for d in self.known.values()})

    def failures(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        newest = _newest(window, 7)
        rows = [
            {"bucket": newest[back], "error_type": kind, "failures": n}
            for back, kind, n in (
                (0, "terms_missing", 9),
                (0, "gl_account_missing", 12),
                (1, "gl_account_missing", 25),
                (2, "period_closed", 5),
                (3, "gl_account_missing", 10),
                (4, "terms_missing", 4),
                (4, "erp_unavailable", 3),
                (6, "record_conflict", 5),
            )
        ]
        return frame_of(frames.FAILURES, rows)

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        groups: dict[tuple[Any, ...], list[DocumentRecord]] = {}
        for d in self.known.values():
            if d.error_type and d.state not in CLOSED_STATES and _within(d, scope):
                groups.setdefault((d.error_type, d.entity_kind, d.entity), []).append(d)
        rows = [
            {
                "error_type": kind,
                "entity_kind": entity_kind,
                "entity": entity,
                "error": _error(of[0]),
                "documents": len(of),
                "amount": sum((d.amount or Decimal() for d in of), Decimal()),
                "first_failed_at": min(d.first_failed_at for d in of if d.first_failed_at),
                "last_failed_at": max(d.last_tried_at for d in of if d.last_tried_at),
            }
            for (kind, entity_kind, entity), of in groups.items()
        ]
        return frame_of(frames.OPEN_ERRORS, sorted(rows, key=lambda r: -r["amount"]))

    def sites(self) -> list[str]:
        return sorted({d.site for d in self.known.values()})

    def intake_problems(self) -> pd.DataFrame:
        row = {
            "id": 1,
            "cursor": "887",
            "received_at": datetime.now(UTC) - timedelta(minutes=12),
            "reason": "total is negative: -3.00",
            "excerpt": '{"type":"document","number":"INV-010330","total":"-3.00"} ' + HOSTILE,
        }
        return frame_of(frames.INTAKE_PROBLEMS, [row])

    def resync(self, document_id: int, *, reason: str, request_id: str) -> ResyncStarted:
        self.resynced.append((document_id, reason, request_id))
        was = self.known[document_id]
        self.known[document_id] = was.model_copy(
            update={
                "state": DocumentState.PENDING,
                "erp_sync_status": erp_sync_status(DocumentState.PENDING),
                "round": was.round + 1,
                "attempt": 0,
            }
        )
        return ResyncStarted(document_id=document_id, number=was.number, round=was.round + 1)

    def finish(self, document_id: int) -> None:
        """Let it arrive in Sage 300."""
        self.known[document_id] = self.known[document_id].model_copy(
            update={
                "state": DocumentState.SYNCED,
                "erp_sync_status": erp_sync_status(DocumentState.SYNCED),
                "attempt": 1,
                "error_text": None,
                "error_code": None,
                "synced_at": datetime.now(UTC),
                "erp_reference": "BATCH-77/1",
            }
        )

    def _matching(self, wanted: DocumentFilter) -> list[DocumentRecord]:
        search = wanted.search.lower()
        return [
            d
            for d in self.known.values()
            if (wanted.entry_type is None or d.entry_type is wanted.entry_type)
            and (not wanted.states or d.state in wanted.states)
            and wanted.error_type in (None, d.error_type)
            and wanted.entity in (None, d.entity)
            and wanted.site in (None, d.site)
            and wanted.company in (None, d.company)
            and (not wanted.dated_to or (d.document_date or TODAY) <= wanted.dated_to)
            and search
            in " ".join((d.booking, d.number, d.customer, d.customer_name, _error(d) or "")).lower()
        ]

    def _row(self, d: DocumentRecord) -> dict[str, Any]:
        values = d.model_dump()
        values |= {"booking_url": d.links.booking, "error": _error(d)}
        values |= {"state": d.state.value, "entry_type": d.entry_type.value}
        return {name: values[name] for name in frames.DOCUMENTS}


class EmptyReading(SeededReading):
    """A new installation."""

    def __init__(self) -> None:
        super().__init__()
        self.known = {}

    def failures(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return frame_of(frames.FAILURES, [])

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        return []

    def audit(self, *, limit: int) -> pd.DataFrame:
        return frame_of(frames.AUDIT, [])

    def intake_problems(self) -> pd.DataFrame:
        return frame_of(frames.INTAKE_PROBLEMS, [])


class AwayReading(SeededReading):
    """The daemon has gone; the ledger's file still answers."""

    def status(self) -> DaemonStatus:
        return DaemonStatus(
            available=False,
            last_seen_at=datetime.now(UTC) - timedelta(minutes=4),
            health=None,
            reason="connection refused",
        )


class SilentReading(SeededReading):
    """The daemon has gone and there is no file."""

    def status(self) -> DaemonStatus:
        return DaemonStatus(available=False, last_seen_at=None, health=None, reason="refused")

    def __getattribute__(self, name: str) -> Any:
        if name in ("overview", "counts", "documents", "document", "failures", "open_errors"):
            return _refuse
        return super().__getattribute__(name)


def _newest(window: Window, number: int) -> list[pd.Timestamp]:
    """The newest buckets, the newest first."""
    return list(period.axis(window, datetime.now(UTC)).buckets[::-1][:number])


def _within(d: DocumentRecord, scope: Scope) -> bool:
    return (
        scope.entry_type in (None, d.entry_type)
        and scope.site in (None, d.site)
        and scope.company in (None, d.company)
    )


def _refuse(*_args: Any, **_kwargs: Any) -> Any:
    raise DaemonUnavailable("The daemon does not answer.")


def _error(d: DocumentRecord) -> str | None:
    return f"{d.error_code} - {d.error_text}" if d.error_code else d.error_text


TODAY = date(2026, 3, 4)
