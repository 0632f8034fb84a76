"""Readings that behave: nothing there, the reference scenario and its company, the daemon away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from iman.api.wire import (
    AttemptRecord,
    Beat,
    Breaker,
    BreakerEvent,
    DocumentDetail,
    DocumentLine,
    DocumentRecord,
    Durations,
    Health,
    Links,
    Me,
    Overview,
    Pause,
    Queue,
    ResyncRecord,
    ResyncStarted,
)
from iman.api.wire_audit import AuditVerification
from iman.api.wire_settings import ChangedSetting, Setting, SettingsRecord
from iman.api.wire_views import SavedView, ViewToSave
from iman.dashboard import period
from iman.domain.document import (
    CLOSED_STATES,
    DocumentState,
    EntryType,
    erp_sync_status,
)
from iman.domain.people import PERMISSIONS, Role
from iman.errors import DaemonRefused, DaemonUnavailable, NotFound
from iman.reading import frames
from iman.reading.reading import (
    EVERYTHING,
    DaemonStatus,
    DocumentFilter,
    DocumentPage,
    Scope,
    Window,
)

F48 = 'Terms Code "F48" is not defined in A/R Terms'
NO_6030 = "G/L account 6030 is not defined in General Ledger"
HOSTILE = "<img src=x onerror=alert(1)> ![x](http://evil.test/x.png) [y](javascript:alert(2)) $x^2$"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_me(role: Role = Role.ADMIN, name: str = "ada") -> Me:
    return Me(
        name=name,
        role=role,
        permissions=sorted(PERMISSIONS[role]),
        expires_at=datetime.now(UTC) + timedelta(hours=8),
    )


def make_document(**overrides: Any) -> DocumentRecord:
    """Booking 10319's invoice after its fifth attempt."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "id": 1,
        "entry_type": EntryType.INVOICE,
        "number": "INV-010319",
        "company": "SAMLTD",
        "revision": 1,
        "state": DocumentState.FAILED,
        "site": "HGH",
        "site_name": "Highview Remembrance Park",
        "booking": "10319",
        "sales_order": "SO-010319",
        "description": "Lawn grave, double depth, perpetual",
        "customer": "HGH-004512",
        "customer_name": "Margaret Ellison",
        "document_date": now.date(),
        "amount": Decimal("3760.00"),
        "currency": "AUD",
        "terms_code": "F48",
        "terms_description": "48 Month Repayment Plan",
        "parent": None,
        "round": 1,
        "attempt": 5,
        "max_attempts": 5,
        "error_code": "1020",
        "error_text": F48,
        "error_type": "terms_missing",
        "entity_kind": "terms",
        "entity": "F48",
        "first_failed_at": now - timedelta(minutes=7),
        "last_tried_at": now - timedelta(minutes=5, seconds=18),
        "next_try_at": None,
        "received_at": now - timedelta(minutes=7, seconds=4),
        "synced_at": None,
        "erp_reference": None,
        "lines": [make_line()],
    }
    values.update(overrides)
    if "erp_sync_status" not in values:
        values["erp_sync_status"] = erp_sync_status(values["state"])
    booking, order, number = values["booking"], values["sales_order"], values["number"]
    values.setdefault(
        "links",
        Links(
            booking=f"http://127.0.0.1:8602/bookings/{booking}",
            sales_order=f"http://127.0.0.1:8602/sales-orders/{order}",
            document=f"http://127.0.0.1:8602/invoices/{number}",
        ),
    )
    return DocumentRecord(**values)


def make_line(**overrides: Any) -> DocumentLine:
    values: dict[str, Any] = {
        "line": 1,
        "item": "R-1010",
        "description": "Lawn grave, double depth, perpetual",
        "category": "100",
        "category_description": "Right of Interment – Lawn",
        "gl_account": "4030",
        "quantity": Decimal("1"),
        "unit_price": Decimal("3760.00"),
        "amount": Decimal("3760.00"),
        "tax": Decimal("341.82"),
    }
    return DocumentLine(**{**values, **overrides})


def make_attempt(number: int, at: datetime, **overrides: Any) -> AttemptRecord:
    values: dict[str, Any] = {
        "id": number,
        "round": 1,
        "number": number,
        "trigger": "intake" if number == 1 else "retry",
        "started_at": at,
        "ended_at": at + timedelta(milliseconds=412),
        "outcome": "refused",
        "burnt": True,
        "http_status": 409,
        "error_code": "1020",
        "error_text": F48,
        "error_type": "terms_missing",
        "entity": "F48",
        "erp_reference": None,
        "duration_ms": 412,
        "sent": '{"InvoiceBatches":{"BatchDescription":"iman 7f3a","Invoices":[{"CustomerNumber":'
        '"HGH-004512","DocumentNumber":"INV-010319","Terms":"F48","DocumentTotal":3760.0}]}}',
        "answered": '{"error":{"code":"1020","message":{"lang":"en-US","value":"1020 - Terms Code '
        '\\"F48\\" is not defined in A/R Terms"}}}',
    }
    return AttemptRecord(**{**values, **overrides})


def make_health(**overrides: Any) -> Health:
    now = datetime.now(UTC)
    beats = [
        Beat(loop=name, last_at=now - timedelta(seconds=ago), every_seconds=every, ok=ok, detail=d)
        for name, ago, every, ok, d in (
            ("intake", 2, 3, True, "2 events read"),
            ("push", 1, 1, True, "nothing due"),
            ("retry", 9, 20, True, "1 document due"),
            ("reconcile", 5, 10, True, "nothing unknown"),
            ("write_back", 64, 5, False, "byondpro answered 503"),
        )
    ]
    values: dict[str, Any] = {
        "status": "degraded",
        "version": "0.1.0",
        "company": "SAMLTD",
        "now": now,
        "started_at": now - timedelta(days=3, hours=2),
        "sandbox": True,
        "loops": beats,
        "breaker": Breaker(state="closed", reason="", since=None, next_probe_at=None),
    }
    return Health(**{**values, **overrides})


def _documents() -> list[DocumentRecord]:
    now = datetime.now(UTC)
    missing_account = {
        "terms_code": "IMM",
        "terms_description": "Immediate Payment",
        "error_code": "1000",
        "error_text": NO_6030,
        "error_type": "gl_account_missing",
        "entity_kind": "gl_account",
        "entity": "6030",
        "description": "Memorial boulder",
        "lines": [
            make_line(
                item="M-6000",
                description="Memorial boulder",
                category="600",
                category_description="Memorials",
                gl_account="6030",
                unit_price=Decimal("3100.00"),
                amount=Decimal("3100.00"),
                tax=Decimal("281.82"),
            )
        ],
    }
    fine = {
        "state": DocumentState.SYNCED,
        "error_code": None,
        "error_text": None,
        "error_type": None,
        "entity_kind": None,
        "entity": None,
        "first_failed_at": None,
        "attempt": 1,
        "terms_code": "IMM",
        "terms_description": "Immediate Payment",
    }
    found = [make_document()]
    found.append(
        make_document(
            id=2,
            number="INV-010322",
            booking="10322",
            customer="HGH-004530",
            customer_name="Oskar Lindqvist & Söhne",
            amount=Decimal("3100.00"),
            state=DocumentState.RETRYING,
            attempt=3,
            first_failed_at=now - timedelta(seconds=52),
            last_tried_at=now - timedelta(seconds=9),
            next_try_at=now + timedelta(seconds=11),
            **missing_account,
        )
    )
    found.append(
        make_document(
            id=3,
            number="INV-010324",
            booking="10324",
            customer="CVM-001207",
            customer_name="Priya Raman",
            site="CVM",
            site_name="Clearview Cemetery & Mausolea",
            amount=Decimal("21500.00"),
            state=DocumentState.UNKNOWN,
            attempt=1,
            terms_code="IMM",
            terms_description="Immediate Payment",
            error_code=None,
            error_text="The answer was lost: ReadTimeout after 80 s",
            error_type="erp_unavailable",
            entity=None,
            entity_kind=None,
            first_failed_at=now - timedelta(seconds=33),
        )
    )
    for i in range(4, 9):
        found.append(
            make_document(
                id=i,
                number=f"INV-0102{i:02}",
                booking=f"102{i:02}",
                customer=f"HGH-0044{i:02}",
                customer_name=("Tomas Havel", "Grace Okafor", "Lily Tran", "J. Whitlock", HOSTILE)[
                    i - 4
                ],
                amount=Decimal("3100.00") * (i - 3),
                state=DocumentState.FAILED,
                first_failed_at=now - timedelta(days=i - 3, hours=i),
                **missing_account,
            )
        )
    for i in range(9, 40):
        found.append(
            make_document(
                id=i,
                number=f"INV-0100{i:02}",
                booking=f"100{i:02}",
                customer=f"CVM-0011{i:02}",
                customer_name=f"Family {i}",
                site="CVM",
                site_name="Clearview Cemetery & Mausolea",
                amount=Decimal("922.00") + i,
                synced_at=now - timedelta(hours=i),
                erp_reference=f"BATCH-{i}/1",
                **fine,
            )
        )
    found.append(
        make_document(
            id=40,
            entry_type=EntryType.RECEIPT,
            number="REC-004471",
            state=DocumentState.WAITING,
            parent="SAMLTD/invoice/INV-010319",
            attempt=0,
            amount=Decimal("250.00"),
            error_code=None,
            error_text=None,
            error_type=None,
            entity=None,
            entity_kind=None,
            first_failed_at=None,
        )
    )
    found.append(
        make_document(
            id=41,
            entry_type=EntryType.CREDIT_NOTE,
            number="CN-000118",
            booking="10290",
            attempt=2,
            state=DocumentState.RETRYING,
            amount=Decimal("3760.00"),
            next_try_at=now + timedelta(seconds=14),
        )
    )
    return found


def _frame(columns: Sequence[str], rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    for name in frame.columns:
        if name.endswith("_at") or name in ("at", "bucket"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


class SeededReading:
    """The reference scenario and what surrounds it; a resync here ends well."""

    def __init__(self) -> None:
        self.known = {one.id: one for one in _documents()}
        self.resynced: list[tuple[int, str, str]] = []
        self.health: Health | None = make_health()
        self.held: dict[str, Pause] = {}
        self.preferred: dict[str, str] = {}
        self.kept: dict[int, SavedView] = {}

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
        return _frame(frames.COUNTS, rows)

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage:
        found = self._matching(wanted)
        rows = [self._row(d) for d in found[offset : offset + limit]]
        return DocumentPage(frame=_frame(frames.DOCUMENTS, rows), total=len(found))

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
        return _frame(frames.SERIES, rows if self.known else [])

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
        return _frame(
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
        return _frame(frames.HISTORY, rows[::-1] if self.known else [])

    def busy_hours(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows = [
            {"weekday": day, "hour": hour, "refused": (day * hour) % 11 + 1}
            for day in range(1, 6)
            for hour in range(8, 18)
            if (day + hour) % 3
        ]
        return _frame(frames.BUSY_HOURS, rows if self.known else [])

    def retries(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        rows = [
            {"error_type": kind, "transient": soon, "attempts": n, "previous_attempts": before}
            for kind, soon, n, before in (
                ("gl_account_missing", False, 48, 12),
                ("terms_missing", False, 9, 0),
                ("record_conflict", True, 5, 2),
            )
        ]
        return _frame(frames.RETRIES, rows if self.known else [])

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
        return _frame(frames.MET_CAUSES, rows if self.known else [])

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
        return _frame(frames.PERIOD_END, sorted(rows, key=lambda r: -r["amount"]))

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
        return _frame(frames.MARKS, rows if self.known else [])

    def companies(self) -> list[str]:
        return sorted({d.company for d in self.known.values()})

    def preferences(self) -> dict[str, str]:
        return dict(self.preferred)

    def prefer(self, name: str, value: str) -> None:
        self.preferred[name] = value

    def views(self) -> list[SavedView]:
        return list(self.kept.values())

    def save_view(self, view: ViewToSave, view_id: int | None = None) -> SavedView:
        number = view_id or len(self.kept) + 1
        if view_id is None and view.name in {one.name for one in self.kept.values()}:
            raise DaemonRefused("ada has a view of that name already: choose another name.")
        owner = self.kept[view_id].owner if view_id else "ada"
        self.kept[number] = SavedView(
            **view.model_dump(), id=number, owner=owner, changed_at=datetime.now(UTC),
            changed_by="ada",
        )  # fmt: skip
        return self.kept[number]

    def remove_view(self, view_id: int) -> None:
        del self.kept[view_id]

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
        return _frame(frames.FAILURES, rows)

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
        return _frame(frames.OPEN_ERRORS, sorted(rows, key=lambda r: -r["amount"]))

    def queue(self) -> Queue:
        moving = (DocumentState.PENDING, DocumentState.RETRYING, DocumentState.UNKNOWN)
        depth = sum(d.state in moving for d in self.known.values())
        return Queue(
            depth=depth,
            waiting_for_others=sum(d.state is DocumentState.WAITING for d in self.known.values()),
            trend="shrinking" if depth else "empty",
            seconds_to_empty=230.0 if depth else None,
            highest=40 if depth else 0,
            highest_at=datetime.now(UTC) - timedelta(minutes=5),
        )

    def pauses(self) -> list[Pause]:
        return list(self.held.values())

    def pause(self, what: str, *, reason: str) -> None:
        self.held[what] = Pause(
            entry_type=what, paused_at=datetime.now(UTC), paused_by="ada", reason=reason
        )

    def resume(self, what: str) -> None:
        self.held.pop(what, None)

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        now = datetime.now(UTC)
        return [
            BreakerEvent(at=now - timedelta(minutes=ago), state=state, reason=reason)
            for ago, state, reason in (
                (190, "closed", ""),
                (191, "half_open", "Sage 300 answered 503"),
                (214, "open", f"Sage 300 answered 503 {HOSTILE}"),
            )
        ]

    def audit(self, *, limit: int) -> pd.DataFrame:
        now = datetime.now(UTC)
        rows = [
            (9, 1, "ada", "admin", "resync", "INV-010204", True, f"6030 was added {HOSTILE}",
             "round 1", "round 2"),
            (8, 4, "sam", "support", "resync", "/api/v1/documents/1/resync", False, "", "", ""),
            (7, 9, "ada", "admin", "pause", "receipt", True, "Sage 300 is being updated", "pushing",
             "paused"),
            (6, 30, "ada", "admin", "save_user", "sam", True, "role support", "", ""),
            (5, 44, "eve", "", "sign_in", "=cmd|' /C calc'!A0", False, "", "", ""),
        ]  # fmt: skip
        return _frame(
            frames.AUDIT,
            [
                {
                    "id": i, "at": now - timedelta(minutes=ago), "who": who, "role": role,
                    "action": action, "target": target, "allowed": allowed, "reason": reason,
                    "origin": "dashboard 127.0.0.1", "old_value": old, "new_value": new,
                    "request_id": f"req-{i}", "hash": f"{i:064x}",
                }
                for i, ago, who, role, action, target, allowed, reason, old, new in rows
            ],
        )  # fmt: skip

    def audit_proof(self) -> AuditVerification:
        return AuditVerification(events=5, head=f"5:{'9' * 64}", broken=None)

    def sites(self) -> list[str]:
        return sorted({d.site for d in self.known.values()})

    def settings(self) -> SettingsRecord:
        now = datetime.now(UTC)
        several = [
            Setting(name=name, value=value, default=default, origin=origin, meaning=meaning)
            for name, value, default, origin, meaning in (
                ("sage_url", f"http://sage/{HOSTILE}", "required", "file", "Sage 300 Web API"),
                ("sage_password", "set", "required", "environment", "That user's password"),
                ("max_attempts", "7", "5", "file", "Attempts in one round"),
                ("speed", "1.0", "1.0", "default", "Divides every interval"),
                ("grace", "10.0", "10.0", "file", "As delivered, though the file says so"),
            )
        ]
        changed = ChangedSetting(
            at=now - timedelta(days=3), name="max_attempts", before="5", now="7", origin="file",
            started_by="iman-svc",
        )  # fmt: skip
        return SettingsRecord(
            settings=several if self.known else [],
            changes=[changed] if self.known else [],
            file="/etc/iman/iman.toml" if self.known else "",
            started_at=now - timedelta(days=3),
            started_by="iman-svc",
        )

    def intake_problems(self) -> pd.DataFrame:
        row = {
            "id": 1,
            "cursor": "887",
            "received_at": datetime.now(UTC) - timedelta(minutes=12),
            "reason": "total is negative: -3.00",
            "excerpt": '{"type":"document","number":"INV-010330","total":"-3.00"} ' + HOSTILE,
        }
        return _frame(frames.INTAKE_PROBLEMS, [row])

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
        return _frame(frames.FAILURES, [])

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        return []

    def audit(self, *, limit: int) -> pd.DataFrame:
        return _frame(frames.AUDIT, [])

    def intake_problems(self) -> pd.DataFrame:
        return _frame(frames.INTAKE_PROBLEMS, [])


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
