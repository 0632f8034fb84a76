"""The read model over the control API, with one person's rights."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from iman.api.client import DaemonClient
from iman.api.wire import BreakerEvent, DocumentDetail, Durations, Overview, Pause, Queue
from iman.api.wire_audit import AuditVerification
from iman.api.wire_settings import SettingsRecord
from iman.api.wire_views import SavedView
from iman.errors import DaemonUnavailable
from iman.reading.reading import (
    EVERYTHING,
    DaemonStatus,
    DocumentFilter,
    DocumentPage,
    Scope,
    Window,
)


class OverApi:
    """Raises ``DaemonUnavailable`` when nobody answers; ``status`` tells it instead."""

    def __init__(self, client: DaemonClient) -> None:
        self._client = client

    def status(self) -> DaemonStatus:
        try:
            health = self._client.health()
        except DaemonUnavailable as exc:
            return DaemonStatus(available=False, last_seen_at=None, health=None, reason=str(exc))
        return DaemonStatus(available=True, last_seen_at=health.now, health=health)

    def overview(self, window: Window, scope: Scope = EVERYTHING) -> Overview:
        return self._client.overview(**_window(window) | _scope(scope))

    def durations(self, window: Window, scope: Scope = EVERYTHING) -> Durations:
        return self._client.durations(**_window(window) | _scope(scope))

    def counts(self) -> pd.DataFrame:
        return to_frame(self._client.table("/counts"))

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage:
        params = {**document_params(wanted), "limit": limit, "offset": offset}
        found = self._client.table("/documents", params)
        total = int((found.schema.metadata or {}).get(b"total", found.num_rows))
        return DocumentPage(frame=to_frame(found), total=total)

    def document(self, document_id: int) -> DocumentDetail:
        return self._client.document(document_id)

    def find_document(self, number: str, entry_type: str = "") -> int:
        return self._client.find(entry_type, number)

    def document_neighbours(
        self, wanted: DocumentFilter, document_id: int
    ) -> tuple[int | None, int | None]:
        found = self._client.neighbours(document_id, document_params(wanted))
        return found["before"], found["after"]

    def failures(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/failures", _window(window) | _scope(scope)))

    def series(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/series", _window(window) | _scope(scope)))

    def history(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/history", _window(window) | _scope(scope)))

    def busy_hours(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/busy-hours", _window(window) | _scope(scope)))

    def retries(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/retries", _window(window) | _scope(scope)))

    def met_causes(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/met-causes", _window(window) | _scope(scope)))

    def period_end(self, due: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
        params = {"due": due.isoformat(), **_scope(scope)}
        return to_frame(self._client.table("/period-end", params))

    def marks(self, window: Window) -> pd.DataFrame:
        return to_frame(self._client.table("/marks", _window(window)))

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/standing", _scope(scope)))

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/open-errors", _scope(scope)))

    def queue(self) -> Queue:
        return self._client.queue()

    def pauses(self) -> list[Pause]:
        return self._client.pauses()

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        return self._client.breaker_events(hours=hours)

    def audit(self, *, limit: int) -> pd.DataFrame:
        return to_frame(self._client.table("/audit", {"limit": limit}))

    def audit_proof(self) -> AuditVerification:
        return self._client.verify_audit()

    def settings(self) -> SettingsRecord:
        return self._client.settings()

    def sites(self) -> list[str]:
        return self._client.sites()

    def companies(self) -> list[str]:
        return self._client.companies()

    def views(self) -> list[SavedView]:
        return self._client.views()

    def preferences(self) -> dict[str, str]:
        return self._client.preferences()

    def intake_problems(self) -> pd.DataFrame:
        return to_frame(self._client.table("/intake-problems"))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Aware moments, exact decimals, and None where a text is absent."""
    frame: pd.DataFrame = table.to_pandas()
    for name in frame.columns:
        if pd.api.types.is_string_dtype(frame[name].dtype):
            texts = frame[name].astype(object)
            frame[name] = texts.where(texts.notna(), None)
    return frame


def _window(window: Window) -> dict[str, Any]:
    found: dict[str, Any] = {"hours": window.hours, "zone": window.zone}
    return found | ({"until": window.until.isoformat()} if window.until else {})


def _scope(scope: Scope) -> dict[str, str]:
    found = {"entry_type": scope.entry_type, "site": scope.site, "company": scope.company}
    return {name: str(value) for name, value in found.items() if value}


def document_params(wanted: DocumentFilter) -> dict[str, Any]:
    """The filter as the API's routes take it."""
    found: dict[str, Any] = {
        "entry_type": wanted.entry_type,
        "state": list(wanted.states),
        "error_type": wanted.error_type,
        "entity": wanted.entity,
        "site": wanted.site,
        "company": wanted.company,
        "search": wanted.search,
        "order": wanted.order,
        "began_from": wanted.began_from and wanted.began_from.isoformat(),
        "began_to": wanted.began_to and wanted.began_to.isoformat(),
        "dated_to": wanted.dated_to and wanted.dated_to.isoformat(),
    }
    if refused := wanted.refused:
        found |= {
            "refused_from": refused.since.isoformat(),
            "refused_to": refused.until.isoformat(),
            "weekday": refused.weekday,
            "hour": refused.hour,
            "zone": refused.zone,
        }
    return {name: value for name, value in found.items() if value not in (None, "", [])}
