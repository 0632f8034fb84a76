"""The read model from the ledger's file, while the daemon is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa

from iman.api.wire import BreakerEvent, DocumentDetail, Durations, Overview, Pause, Queue
from iman.api.wire_audit import AuditVerification
from iman.api.wire_settings import SettingsRecord
from iman.api.wire_views import SavedView
from iman.domain.people import EVERYWHERE, Reach
from iman.errors import DaemonUnavailable, LedgerLocked
from iman.ledger import audit, figures, holding, listing, read_model, settings_kept, views
from iman.ledger import queue as queues
from iman.ledger.offline import read_only
from iman.reading.over_api import to_frame
from iman.reading.reading import (
    EVERYTHING,
    DaemonStatus,
    DocumentFilter,
    DocumentPage,
    Scope,
    Window,
)

T = TypeVar("T")
Figure = Callable[[duckdb.DuckDBPyConnection, read_model.Window, read_model.Scope], pa.Table]


class FromLedger:
    """Opens the file for one question at a time. Raises ``LedgerError`` where it cannot be read."""

    def __init__(self, path: Path, reach: Reach = EVERYWHERE) -> None:
        self._path = path
        self._reach = reach

    def status(self) -> DaemonStatus:
        heard = self._ask(read_model.last_heard)
        return DaemonStatus(
            available=False,
            last_seen_at=heard,
            health=None,
            reason="The daemon does not run; this is read from its ledger.",
        )

    def overview(self, window: Window, scope: Scope = EVERYTHING) -> Overview:
        of, at = _scope(scope), _window(window)
        return Overview.model_validate(self._ask(lambda conn: read_model.overview(conn, at, of)))

    def durations(self, window: Window, scope: Scope = EVERYTHING) -> Durations:
        of, at = _scope(scope), _window(window)
        return Durations.model_validate(self._ask(lambda conn: figures.durations(conn, at, of)))

    def counts(self) -> pd.DataFrame:
        return to_frame(self._ask(read_model.counts))

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage:
        found, total = self._ask(
            lambda conn: listing.documents(
                conn, **document_values(wanted), limit=limit, offset=offset
            )
        )
        return DocumentPage(frame=to_frame(found), total=total)

    def document(self, document_id: int) -> DocumentDetail:
        return DocumentDetail.model_validate(
            self._ask(lambda conn: read_model.document(conn, document_id))
        )

    def find_document(self, number: str, entry_type: str = "") -> int:
        return self._ask(lambda conn: read_model.find_document(conn, number, entry_type or None))

    def document_neighbours(
        self, wanted: DocumentFilter, document_id: int
    ) -> tuple[int | None, int | None]:
        return self._ask(
            lambda conn: listing.neighbours(conn, document_id, **document_values(wanted))
        )

    def failures(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._frame(read_model.failures, window, scope)

    def series(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._frame(read_model.series, window, scope)

    def history(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._frame(figures.history, window, scope)

    def busy_hours(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._frame(figures.busy_hours, window, scope)

    def retries(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._frame(figures.retries, window, scope)

    def met_causes(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return self._frame(figures.met_causes, window, scope)

    def period_end(self, due: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
        of = _scope(scope)
        return to_frame(self._ask(lambda conn: figures.period_end(conn, due=due, scope=of)))

    def marks(self, window: Window) -> pd.DataFrame:
        at = _window(window)
        return to_frame(self._ask(lambda conn: figures.marks(conn, at)))

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        now, of = datetime.now(UTC), _scope(scope)
        return to_frame(self._ask(lambda conn: read_model.standing(conn, now=now, scope=of)))

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        return to_frame(self._ask(lambda conn: read_model.open_errors(conn, _scope(scope))))

    def queue(self) -> Queue:
        now = datetime.now(UTC)
        return Queue.model_validate(self._ask(lambda conn: queues.queue(conn, now=now)))

    def pauses(self) -> list[Pause]:
        return [
            Pause(
                entry_type=one.entry_type or "all",
                paused_at=one.paused_at,
                paused_by=one.paused_by,
                reason=one.reason,
            )
            for one in self._ask(holding.pauses)
        ]

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        since = datetime.now(UTC) - timedelta(hours=hours)
        return [
            BreakerEvent.model_validate(
                {"at": one.happened_at, "state": one.state, "reason": one.reason}
            )
            for one in self._ask(lambda conn: holding.breaker_changes(conn, since=since))
        ]

    def audit(self, *, limit: int) -> pd.DataFrame:
        """The file knows no roles: whoever asks this must have checked the person's."""
        return to_frame(self._ask(lambda conn: read_model.audit(conn, limit=limit)))

    def audit_proof(self) -> AuditVerification:
        """The file knows no roles, as for ``audit``."""
        return AuditVerification.model_validate(self._ask(audit.proof))

    def settings(self) -> SettingsRecord:
        """Those of the last start. The file knows no roles, as for ``audit``."""
        return SettingsRecord.model_validate(self._ask(settings_kept.settings))

    def sites(self) -> list[str]:
        return self._ask(read_model.sites)

    def companies(self) -> list[str]:
        return self._ask(figures.companies)

    def views(self) -> list[SavedView]:
        """The file knows nobody: the shared ones."""
        found = self._ask(lambda conn: views.visible(conn, who=""))
        return [SavedView.model_validate(one) for one in found]

    def preferences(self) -> dict[str, str]:
        """The file knows nobody."""
        return {}

    def intake_problems(self) -> pd.DataFrame:
        return to_frame(self._ask(read_model.intake_problems))

    def _frame(
        self,
        figure: Callable[
            [duckdb.DuckDBPyConnection, read_model.Window, read_model.Scope], pa.Table
        ],
        window: Window,
        scope: Scope,
    ) -> pd.DataFrame:
        of, at = _scope(scope), _window(window)
        return to_frame(self._ask(lambda conn: figure(conn, at, of)))

    def _ask(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        try:
            with read_only(self._path, self._reach) as conn:
                return question(conn)
        except LedgerLocked as exc:
            raise DaemonUnavailable("The daemon is there but does not answer.") from exc


def _window(window: Window) -> read_model.Window:
    return read_model.Window(window.hours, datetime.now(UTC), window.until, window.zone)


def _scope(scope: Scope) -> read_model.Scope:
    return read_model.Scope(entry_type=scope.entry_type, site=scope.site, company=scope.company)


def document_values(wanted: DocumentFilter) -> dict[str, Any]:
    """The filter as ``listing.documents`` takes it."""
    refused = wanted.refused
    return {
        "entry_type": wanted.entry_type,
        "states": [state.value for state in wanted.states],
        "error_type": wanted.error_type,
        "entity": wanted.entity,
        "site": wanted.site,
        "company": wanted.company,
        "search": wanted.search,
        "order": wanted.order,
        "began_from": wanted.began_from,
        "began_to": wanted.began_to,
        "dated_to": wanted.dated_to,
        "refused": refused
        and read_model.Refusals(
            since=refused.since, until=refused.until, weekday=refused.weekday, hour=refused.hour,
            zone=refused.zone,
        ),
    }  # fmt: skip
