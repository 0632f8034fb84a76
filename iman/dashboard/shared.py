"""One answer for everybody who looks at the same thing within seconds.

Twenty browsers refresh by themselves; the daemon is asked once. Every role may read everything
within their reach, so an answer is nobody's own among those of one reach. Not ``st.cache_data``:
any browser may empty that.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import pandas as pd

from iman.api.wire import BreakerEvent, DocumentDetail, Durations, Overview, Pause, Queue
from iman.api.wire_audit import AuditVerification
from iman.api.wire_settings import SettingsRecord
from iman.api.wire_views import SavedView
from iman.domain.people import Reach
from iman.errors import NotFound
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

_MOST = 512
#: A little less than the two seconds after which a page asks again: somebody alone always gets a
#: new answer, and of many who look each at their own moment one asks for all.
_EACH_TICK = 1.9


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Any = None
    until: float = float("-inf")


class Memory:
    """Keeps answers for seconds. One asks, the others wait for that answer; errors are not kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._slots: dict[Hashable, _Slot] = {}

    def get(self, key: Hashable, seconds: float, ask: Callable[[], T]) -> T:
        with self._lock:
            slot = self._slots.pop(key, None) or _Slot()
            self._slots[key] = slot  # the most recently used stands last
            while len(self._slots) > _MOST:
                self._slots.pop(next(iter(self._slots)))
        with slot.lock:
            if self._clock() >= slot.until:
                slot.value = ask()
                slot.until = self._clock() + seconds
            value: T = slot.value
            return value

    def within(self, reach: Reach) -> Memory:
        """The same memory, of answers for that reach alone."""
        return _Within(self, reach) if reach.limited else self

    def forget(self) -> None:
        """After somebody changed something: the next to look sees it."""
        with self._lock:
            self._slots.clear()


class _Within(Memory):
    def __init__(self, memory: Memory, reach: Reach) -> None:
        self._memory = memory
        self._reach = reach

    def get(self, key: Hashable, seconds: float, ask: Callable[[], T]) -> T:
        return self._memory.get((self._reach, key), seconds, ask)

    def forget(self) -> None:
        self._memory.forget()


class SharedReading:
    """A ``Reading`` that asks *reading* rarely, however many look: each answer says how rarely."""

    def __init__(self, reading: Reading, memory: Memory) -> None:
        self._reading = reading
        self._memory = memory

    def status(self) -> DaemonStatus:
        return self._memory.get("status", 1.5, self._reading.status)

    def overview(self, window: Window, scope: Scope = EVERYTHING) -> Overview:
        ask = self._reading.overview
        return self._memory.get(("overview", window, scope), _EACH_TICK, lambda: ask(window, scope))

    def durations(self, window: Window, scope: Scope = EVERYTHING) -> Durations:
        ask = self._reading.durations
        return self._memory.get(("durations", window, scope), 5.0, lambda: ask(window, scope))

    def counts(self) -> pd.DataFrame:
        return _own(self._memory.get("counts", _EACH_TICK, self._reading.counts))

    def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, offset: int = 0
    ) -> DocumentPage:
        ask = self._reading.documents
        return self._memory.get(
            ("documents", wanted, limit, offset),
            _EACH_TICK,
            lambda: ask(wanted, limit=limit, offset=offset),
        )

    def document(self, document_id: int) -> DocumentDetail:
        ask = self._reading.document
        return self._memory.get(("document", document_id), 0.5, lambda: ask(document_id))

    def find_document(self, number: str, entry_type: str = "") -> int:
        def ask() -> int | None:
            with contextlib.suppress(NotFound):
                return self._reading.find_document(number, entry_type)
            return None

        found = self._memory.get(("number", number, entry_type), 2.5, ask)
        if found is None:
            raise NotFound(f"There is no document {number}.")
        return found

    def document_neighbours(
        self, wanted: DocumentFilter, document_id: int
    ) -> tuple[int | None, int | None]:
        ask = self._reading.document_neighbours
        key = ("neighbours", wanted, document_id)
        return self._memory.get(key, 5.0, lambda: ask(wanted, document_id))

    def failures(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.failures, ("failures", window, scope)
        return _own(self._memory.get(key, 10.0, lambda: ask(window, scope)))

    def series(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.series, ("series", window, scope)
        return _own(self._memory.get(key, 5.0, lambda: ask(window, scope)))

    def history(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.history, ("history", window, scope)
        return _own(self._memory.get(key, 10.0, lambda: ask(window, scope)))

    def busy_hours(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.busy_hours, ("busy_hours", window, scope)
        return _own(self._memory.get(key, 10.0, lambda: ask(window, scope)))

    def retries(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.retries, ("retries", window, scope)
        return _own(self._memory.get(key, 10.0, lambda: ask(window, scope)))

    def met_causes(self, window: Window, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.met_causes, ("met_causes", window, scope)
        return _own(self._memory.get(key, 10.0, lambda: ask(window, scope)))

    def period_end(self, due: date, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.period_end, ("period_end", due, scope)
        return _own(self._memory.get(key, 3.0, lambda: ask(due, scope)))

    def marks(self, window: Window) -> pd.DataFrame:
        ask, key = self._reading.marks, ("marks", window)
        return _own(self._memory.get(key, 10.0, lambda: ask(window)))

    def standing(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.standing, ("standing", scope)
        return _own(self._memory.get(key, 4.0, lambda: ask(scope=scope)))

    def open_errors(self, *, scope: Scope = EVERYTHING) -> pd.DataFrame:
        ask, key = self._reading.open_errors, ("open_errors", scope)
        return _own(self._memory.get(key, 4.0, lambda: ask(scope=scope)))

    def queue(self) -> Queue:
        return self._memory.get("queue", _EACH_TICK, self._reading.queue)

    def pauses(self) -> list[Pause]:
        return self._memory.get("pauses", _EACH_TICK, self._reading.pauses)

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        ask = self._reading.breaker_events
        return self._memory.get(("breaker", hours), 2.0, lambda: ask(hours=hours))

    def audit(self, *, limit: int) -> pd.DataFrame:
        """Never shared: not every role may read it."""
        return self._reading.audit(limit=limit)

    def audit_proof(self) -> AuditVerification:
        """Never shared, as above."""
        return self._reading.audit_proof()

    def settings(self) -> SettingsRecord:
        """Never shared: not every role may read it."""
        return self._reading.settings()

    def sites(self) -> list[str]:
        return list(self._memory.get("sites", 30.0, self._reading.sites))

    def companies(self) -> list[str]:
        return list(self._memory.get("companies", 30.0, self._reading.companies))

    def views(self) -> list[SavedView]:
        """Never shared: some are a person's own."""
        return self._reading.views()

    def preferences(self) -> dict[str, str]:
        """Never shared: they are a person's own."""
        return self._reading.preferences()

    def intake_problems(self) -> pd.DataFrame:
        return _own(self._memory.get("intake_problems", 5.0, self._reading.intake_problems))


def _own(frame: pd.DataFrame) -> pd.DataFrame:
    """Each caller's own view; pandas copies when somebody writes to it."""
    return frame.copy(deep=False)
