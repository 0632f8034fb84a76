"""Retention once a day, or when somebody asks: on a thread of its own, beside pushing."""

from __future__ import annotations

import contextlib
import threading
from datetime import datetime, timedelta

import structlog

from iman.api.retention import MonthToMove, RetentionRun, RetentionState
from iman.domain.retention import Ages, Plan
from iman.errors import DaemonRefused, LedgerError
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.retention import apply, last_run, plan
from iman.sync.beats import Beats
from iman.sync.ports import Now

_DAY = timedelta(days=1)

log = structlog.get_logger()


class _Stopped(Exception):
    """The daemon stops: between two steps is the place to break off."""


class Retention:
    """Called from the API's threads and, by ``round``, from the daemon's loop."""

    loop = "retention"

    def __init__(self, *, ledger: DuckDBLedger, ages: Ages, beats: Beats, now: Now) -> None:
        self._ledger = ledger
        self._ages = ages
        self._beats = beats
        self._now = now
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running = False
        self._stop = False
        self._doing = ("", 0)
        self._trouble = ""
        self._tried_at: datetime | None = None

    def state(self) -> RetentionState:
        """Reads all attempts that are left: for a person who asks, not for a page."""
        return self._state(plan(self._ledger.reader(), self._ages, now=self._now()))

    def progress(self) -> RetentionState:
        """How far it is, without a new plan."""
        return self._state(Plan(months=(), bodies=0, body_bytes=0))

    def _state(self, found: Plan) -> RetentionState:
        last, (doing, done) = last_run(self._ledger.reader()), self._doing
        ran = last and RetentionRun(
            at=last[0], attempts=last[1].attempts, bodies=last[1].bodies, events=last[1].events
        )
        return RetentionState(
            attempts_days=self._ages.attempts,
            bodies_days=self._ages.bodies,
            audit_days=self._ages.audit,
            events=found.events,
            months=[MonthToMove(month=month, attempts=count) for month, count in found.months],
            bodies=found.bodies,
            body_bytes=found.body_bytes,
            running=self._running,
            doing=doing,
            done=done,
            trouble=self._trouble,
            last=ran or None,
        )

    def begin(self) -> RetentionState:
        """Start a run. Raises ``DaemonRefused`` while one is under way."""
        with self._lock:
            if self._running:
                raise DaemonRefused("Retention is at work already.")
            self._running = True
            self._tried_at = self._now()
            self._doing = ("", 0)
            self._thread = threading.Thread(target=self._apply, name="retention")
            self._thread.start()
        return self.progress()

    async def round(self) -> None:
        """Begin one once a day, where an age is set; it goes on by itself."""
        if not (self._ages.attempts or self._ages.bodies or self._ages.audit):
            self._beats.beat(self.loop, "everything is kept")
            return
        last = last_run(self._ledger.reader())
        ran = max(filter(None, (last and last[0], self._tried_at)), default=None)
        if not self._running and (ran is None or self._now() - ran >= _DAY):
            with contextlib.suppress(DaemonRefused):  # somebody was quicker
                self.begin()
        self._beats.beat(self.loop, self._told(), ok=not self._trouble)

    def _told(self) -> str:
        doing, done = self._doing
        if self._running:
            return f"under way: {done:,} {doing}".rstrip()
        return self._trouble or (f"{doing}, {done:,} in all" if doing else "nothing past its age")

    def close(self) -> None:
        """Break it off at its next step; the next run goes on."""
        self._stop = True
        if self._thread is not None:
            self._thread.join()

    def _apply(self) -> None:
        try:
            done = apply(self._ledger, self._ages, now=self._now(), progress=self._progress)
            self._trouble = ""
            log.info(
                "retention_ran", attempts=done.attempts, bodies=done.bodies, events=done.events
            )
        except _Stopped:
            log.info("retention_broken_off")
        except LedgerError as exc:
            self._trouble = str(exc)
            log.warning("retention_failed", reason=str(exc))
        except Exception as exc:
            self._trouble = f"It broke: {type(exc).__name__}; the log says how."
            log.exception("retention_broke")
        finally:
            self._running = False

    def _progress(self, doing: str, done: int) -> None:
        if self._stop and doing != "rows exchanged":  # that one is inside a transaction
            raise _Stopped
        self._doing = (doing, done)
