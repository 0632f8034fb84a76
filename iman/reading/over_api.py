"""The read model over the control API, with one person's rights."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from iman.api.client import DaemonClient
from iman.api.wire import BreakerEvent, DocumentDetail, Durations, Overview, Pause
from iman.errors import DaemonUnavailable
from iman.reading.reading import (
    EVERYTHING,
    DaemonStatus,
    DocumentFilter,
    DocumentPage,
    Scope,
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

    def overview(self, *, hours: int, scope: Scope = EVERYTHING) -> Overview:
        return self._client.overview(hours=hours, **_scope(scope))

    def durations(self, *, hours: int, scope: Scope = EVERYTHING) -> Durations:
        return self._client.durations(hours=hours, **_scope(scope))

    def counts(self) -> pd.DataFrame:
        return to_frame(self._client.table("/counts"))

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage:
        params = {**_params(wanted), "limit": limit, "offset": offset}
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
        found = self._client.neighbours(document_id, _params(wanted))
        return found["before"], found["after"]

    def failures(self, *, hours: int, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/failures", {"hours": hours, **_scope(scope)}))

    def series(self, *, hours: int, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/series", {"hours": hours, **_scope(scope)}))

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/standing", _scope(scope)))

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._client.table("/open-errors", _scope(scope)))

    def pauses(self) -> list[Pause]:
        return self._client.pauses()

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        return self._client.breaker_events(hours=hours)

    def audit(self, *, limit: int) -> pd.DataFrame:
        return to_frame(self._client.table("/audit", {"limit": limit}))

    def sites(self) -> list[str]:
        return self._client.sites()

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


def _scope(scope: Scope) -> dict[str, str]:
    found = {"entry_type": scope.entry_type, "site": scope.site}
    return {name: str(value) for name, value in found.items() if value}


def _params(wanted: DocumentFilter) -> dict[str, Any]:
    found = {
        "entry_type": wanted.entry_type,
        "state": list(wanted.states),
        "error_type": wanted.error_type,
        "entity": wanted.entity,
        "site": wanted.site,
        "search": wanted.search,
        "order": wanted.order,
    }
    return {name: value for name, value in found.items() if value}
