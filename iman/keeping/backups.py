"""Backups while the daemon runs: one at a time, asked for by a person or due by the schedule."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from iman.api.backups import Backup, BackupState
from iman.domain.backup import LATE_AFTER, BackupMade
from iman.errors import DaemonRefused, LedgerError
from iman.ledger.backup import Step, back_up, forget_older, last_backup, remember
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.sync.beats import Beats
from iman.sync.ports import Now

log = structlog.get_logger()


class Backups:
    """Called from the API's threads and, by ``round``, from the daemon's loop.

    *every* is zero where no schedule is wanted; *keep* counts those in *folder*.
    """

    loop = "backup"

    def __init__(
        self,
        *,
        ledger: DuckDBLedger,
        folder: Path,
        every: timedelta,
        keep: int,
        beats: Beats,
        now: Now,
    ) -> None:
        self._ledger = ledger
        self._started_at = now()
        self._folder = folder.resolve()
        self._every = every
        self._keep = keep
        self._beats = beats
        self._now = now
        self._lock = threading.Lock()
        self._interrupt: Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None
        self._step: Step | None = None
        self._trouble = ""
        self._tried_at: datetime | None = None

    def state(self) -> BackupState:
        last, now = last_backup(self._ledger.reader()), self._now()
        step = self._step
        return BackupState(
            folder=str(self._folder),
            every_hours=self._every.total_seconds() / 3600,
            keep=self._keep,
            next_at=self._next(last),
            late=_late(last, self._every, self._started_at, now),
            trouble=self._trouble,
            running=step is not None,
            doing=step.doing if step else "",
            part=min(step.done / step.of, 1.0) if step and step.of else 0.0,
            last=last and Backup(
                file=last.file, taken_at=last.taken_at, seconds=last.seconds, bytes=last.bytes,
                rows=last.rows,
            ),
        )  # fmt: skip

    def begin(self, folder: str = "") -> None:
        """Start one into *folder*, or into the schedule's. Raises ``DaemonRefused``."""
        into = Path(folder) if folder else self._folder
        if not into.is_absolute():
            raise DaemonRefused("Say the whole path of the folder; it is the daemon's machine's.")
        with self._lock:
            if self._step is not None:
                raise DaemonRefused("A backup is under way already.")
            self._step = Step("copying", 0, 0)
            self._tried_at = self._now()
            self._thread = threading.Thread(target=self._make, args=(into,), name="backup")
            self._thread.start()

    async def round(self) -> None:
        """Begin one where it is due, and say how the last one went; it goes on by itself."""
        last = last_backup(self._ledger.reader())
        due = self._next(last)
        if self._step is None and due is not None and self._now() >= due:
            with contextlib.suppress(DaemonRefused):  # somebody was quicker
                self.begin()
        self._beats.beat(self.loop, self._told(last), ok=not self._trouble)

    def close(self) -> None:
        """Break one off that is under way; its unfinished copy is cleared away."""
        thread = self._thread
        while thread is not None and thread.is_alive():
            self._interrupt()
            thread.join(0.05)

    def _make(self, into: Path) -> None:
        now, cursor = self._now(), self._ledger.new_reader()
        self._interrupt = cursor.interrupt
        try:
            target, manifest = back_up(cursor, into, now=now, progress=self._progress)
            made = BackupMade(
                file=str(target),
                taken_at=now,
                seconds=(self._now() - now).total_seconds(),
                bytes=manifest.bytes,
                rows=sum(one.rows for one in manifest.tables.values()),
            )
            self._ledger.write(partial(remember, made=made)).result()
            gone = forget_older(into, ledger_id=self._ledger.ledger_id, keep=self._keep)
            self._trouble = ""
            log.info("backup_made", file=target.name, bytes=made.bytes, rows=made.rows, gone=gone)
        except (LedgerError, OSError) as exc:
            self._trouble = str(exc)
            log.warning("backup_failed", reason=str(exc))
        except Exception as exc:
            self._trouble = f"The backup broke: {type(exc).__name__}; the log says how."
            log.exception("backup_broke")
        finally:
            cursor.close()
            self._step = None

    def _progress(self, step: Step) -> None:
        self._step = step

    def _next(self, last: BackupMade | None) -> datetime | None:
        """When the next is due; after a failed one an hour later at the earliest."""
        if not self._every:
            return None
        due = last.taken_at + self._every if last else self._started_at
        if self._trouble and self._tried_at is not None:
            due = max(due, self._tried_at + min(self._every, timedelta(hours=1)))
        return due

    def _told(self, last: BackupMade | None) -> str:
        if self._step is not None:
            return f"under way: {self._step.doing}"
        if self._trouble:
            return self._trouble
        if last is None:
            return "none made yet" if self._every else "no schedule, and none made yet"
        return f"last one at {last.taken_at:%Y-%m-%d %H:%M} UTC"


def _late(last: BackupMade | None, every: timedelta, since: datetime, now: datetime) -> bool:
    """A schedule is set, and it was missed by half an interval."""
    if not every:
        return False
    return now - (last.taken_at if last else since) > every * LATE_AFTER
