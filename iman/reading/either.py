"""Over the API while the daemon is there, from the file while it is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import pandas as pd

from iman.api.client import DaemonClient
from iman.api.wire import BreakerEvent, DocumentDetail, Durations, Overview, Pause, Queue
from iman.api.wire_audit import AuditVerification
from iman.api.wire_settings import SettingsRecord
from iman.api.wire_views import SavedView
from iman.domain.people import EVERYWHERE as EVERYWHERE_REACH
from iman.domain.people import Reach
from iman.errors import DaemonUnavailable, LedgerError
from iman.reading.from_ledger import FromLedger
from iman.reading.over_api import OverApi
from iman.reading.reading import (
    EVERYTHING,
    DaemonStatus,
    DocumentFilter,
    DocumentPage,
    Reading,
    Scope,
    Window,
)

T = TypeVar("T")


class Either:
    """Asks the daemon first, every time: it may be back."""

    def __init__(self, api: OverApi, ledger: FromLedger) -> None:
        self._api = api
        self._ledger = ledger

    def status(self) -> DaemonStatus:
        answer = self._api.status()
        if answer.available:
            return answer
        try:
            return self._ledger.status()
        except (LedgerError, DaemonUnavailable) as exc:
            return DaemonStatus(
                available=False,
                last_seen_at=None,
                health=None,
                reason=f"{answer.reason} {exc}",
            )

    def overview(self, window: Window, scope: Scope = EVERYTHING) -> Overview:
        return self._ask(lambda reading: reading.overview(window, scope))

    def durations(self, window: Window, scope: Scope = EVERYTHING) -> Durations:
        return self._ask(lambda reading: reading.durations(window, scope))

    def counts(self) -> pd.DataFrame:
        return self._ask(lambda reading: reading.counts())

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage:
        return self._ask(lambda reading: reading.documents(wanted, limit=limit, offset=offset))

    def document(self, document_id: int) -> DocumentDetail:
        return self._ask(lambda reading: reading.document(document_id))

    def find_document(self, number: str, entry_type: str = "") -> int:
        return self._ask(lambda reading: reading.find_document(number, entry_type))

    def document_neighbours(
        self, wanted: DocumentFilter, document_id: int
    ) -> tuple[int | None, int | None]:
        return self._ask(lambda reading: reading.document_neighbours(wanted, document_id))

    def failures(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.failures(window, scope))

    def series(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.series(window, scope))

    def history(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.history(window, scope))

    def busy_hours(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.busy_hours(window, scope))

    def retries(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.retries(window, scope))

    def met_causes(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.met_causes(window, scope))

    def period_end(self, due: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.period_end(due, scope))

    def marks(self, window: Window) -> pd.DataFrame:
        return self._ask(lambda reading: reading.marks(window))

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.standing(scope=scope))

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._ask(lambda reading: reading.open_errors(scope=scope))

    def queue(self) -> Queue:
        return self._ask(lambda reading: reading.queue())

    def pauses(self) -> list[Pause]:
        return self._ask(lambda reading: reading.pauses())

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        return self._ask(lambda reading: reading.breaker_events(hours=hours))

    def audit(self, *, limit: int) -> pd.DataFrame:
        return self._ask(lambda reading: reading.audit(limit=limit))

    def audit_proof(self) -> AuditVerification:
        return self._ask(lambda reading: reading.audit_proof())

    def settings(self) -> SettingsRecord:
        return self._ask(lambda reading: reading.settings())

    def sites(self) -> list[str]:
        return self._ask(lambda reading: reading.sites())

    def companies(self) -> list[str]:
        return self._ask(lambda reading: reading.companies())

    def views(self) -> list[SavedView]:
        return self._ask(lambda reading: reading.views())

    def preferences(self) -> dict[str, str]:
        return self._ask(lambda reading: reading.preferences())

    def intake_problems(self) -> pd.DataFrame:
        return self._ask(lambda reading: reading.intake_problems())

    def _ask(self, question: Callable[[Reading], T]) -> T:
        try:
            return question(self._api)
        except DaemonUnavailable:
            return question(self._ledger)


def open_reading(
    client: DaemonClient, ledger: Path | None, reach: Reach = EVERYWHERE_REACH
) -> Reading:
    """The read model for one person; *ledger* is read within *reach* while the daemon is away."""
    api = OverApi(client)
    return api if ledger is None else Either(api, FromLedger(ledger, reach))
