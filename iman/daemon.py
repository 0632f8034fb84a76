"""The daemon as one thing: its loops on one event loop, its API on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from iman import __version__
from iman.api.wire import Beat, Breaker, Health
from iman.keeping.keeping import Keeping
from iman.ledger.accounts import save_beat
from iman.ledger.audit import Head, read_head
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.figures import look
from iman.ledger.holding import pauses
from iman.ledger.queue import sample
from iman.remedies import Remedies
from iman.sync.beats import Beats
from iman.sync.breaker import Breaker as SyncBreaker
from iman.sync.loops import Rounds, keep_going
from iman.sync.ports import Now
from iman.sync.push import Pusher

_AUDIT_HEAD = timedelta(hours=1)  # between heads of the audit trail told to the log
_HEARTBEAT = 5.0  # seconds between beats written down, for when the daemon is away
_PULSE = 1.0  # seconds between signs of life of the loop itself
_STUCK = 30.0  # seconds without one after which only a new start helps
_LATE = 4  # a loop that missed so many of its rounds, and half a minute, makes the daemon degraded

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Every:
    """A loop and its interval in seconds."""

    rounds: Rounds
    seconds: float
    nudge: asyncio.Event | None = None
    at_end: bool = True  # one more round when the daemon stops


class Heartbeat:
    """Writes down every loop's last round, the queue's depth, and once an hour what stands open."""

    loop = "heartbeat"

    def __init__(
        self, ledger: DuckDBLedger, beats: Beats, now: Now, *, took: Callable[[float], None]
    ) -> None:
        self._ledger = ledger
        self._beats = beats
        self._now = now
        self._head: Head | None = None
        self._head_told_at: datetime | None = None
        self._took = took

    async def round(self) -> None:
        now = self._now()
        beats = [beat for beat in self._beats.all() if beat.last_at is not None]

        def work(conn: Any) -> Head:  # the writer hands in its connection
            look(conn, now=now)
            sample(conn, now=now)
            for beat in beats:
                save_beat(
                    conn,
                    beat.loop,
                    every=beat.every_seconds,
                    ok=beat.ok,
                    detail=beat.detail,
                    now=beat.last_at or now,
                )
            return read_head(conn)

        began = time.monotonic()
        head = await asyncio.wrap_future(self._ledger.write(work))
        self._took(time.monotonic() - began)
        self._tell(head, now)
        self._beats.beat(self.loop, "written down")

    def _tell(self, head: Head, now: datetime) -> None:
        """To the log, which is kept elsewhere: so that a trail cut short at its end is noticed."""
        lately = self._head_told_at is not None and now - self._head_told_at < _AUDIT_HEAD
        if head != self._head and not lately:
            log.info("audit_head", head=str(head))
            self._head, self._head_told_at = head, now


class Daemon:
    """Runs until it is told to stop. ``close`` is called by whoever built it."""

    def __init__(
        self,
        *,
        ledger: DuckDBLedger,
        pusher: Pusher,
        loops: Callable[[], Sequence[Every]],
        beats: Beats,
        breaker: SyncBreaker,
        company: str,
        sandbox: bool,
        now: Now,
        clients: Callable[[], AbstractAsyncContextManager[None]],
        keeping: Keeping,
        remedies: Remedies | None = None,
    ) -> None:
        self.ledger = ledger
        self._pusher = pusher
        self._loops = loops
        self._beats = beats
        self._breaker = breaker
        self._company = company
        self._sandbox = sandbox
        self._now = now
        self._clients = clients
        self.remedies = remedies
        self.keeping = keeping
        self._started_at: datetime = now()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._pulse: float | None = None

    # -- what the API shows and asks; called from its threads --------------------------------

    def health(self) -> Health:
        view, now = self._breaker.view, self._now()
        held_back = self.keeping.held_back()
        loops = [
            Beat(
                loop=beat.loop,
                last_at=beat.last_at,
                every_seconds=beat.every_seconds,
                ok=beat.ok,
                detail=beat.detail,
            )
            for beat in self._beats.all()
        ]
        status: str = "ready"
        if self._stopping:
            status = "stopping"
        elif any(beat.last_at is None for beat in loops) or not loops:
            status = "starting"
        elif (
            held_back
            or view.state != "closed"
            or any(not beat.ok or _late(beat, now) for beat in loops)
        ):
            status = "degraded"
        return Health.model_validate(
            {
                "status": status,
                "version": __version__,
                "company": self._company,
                "now": now,
                "started_at": self._started_at,
                "sandbox": self._sandbox,
                "loops": loops,
                "paused": [one.entry_type or "all" for one in pauses(self.ledger.reader())],
                "held_back": held_back,
                "breaker": Breaker(
                    state=view.state,
                    reason=view.reason,
                    since=view.since,
                    next_probe_at=view.next_probe_at,
                ),
            }
        )

    def stuck(self) -> bool:
        """Called from the API's threads, which run whatever the loop does."""
        pulse = self._pulse
        return pulse is not None and time.monotonic() - pulse > _STUCK

    async def _beat(self) -> None:
        """Nothing but turns of the loop: no loop's own trouble counts."""
        while True:
            self._pulse = time.monotonic()
            await asyncio.sleep(_PULSE)

    def wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pusher.wake)

    # -- running --------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Every loop until *stop*; what is under way is finished first."""
        self._loop = asyncio.get_running_loop()
        if self.remedies is not None:
            self.remedies.running_on(self._loop)
        loops = [
            *self._loops(),
            Every(
                Heartbeat(self.ledger, self._beats, self._now, took=self.keeping.metrics.wrote),
                _HEARTBEAT,
            ),
        ]
        self._beats.expect(self._pusher.loop, 1.0)
        pulse = asyncio.create_task(self._beat())
        async with self._clients():
            running = [
                asyncio.create_task(
                    keep_going(
                        one.rounds,
                        every=one.seconds,
                        beats=self._beats,
                        stop=stop,
                        nudge=one.nudge,
                    )
                )
                for one in loops
            ]
            log.info("daemon_started", company=self._company, recovered=self.ledger.recovered)
            await self._pusher.run(stop)
            self._stopping = True
            await asyncio.gather(*running)
            for one in (one for one in loops if one.at_end):  # what the last outcomes left to tell
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(one.rounds.round(), 5)
        pulse.cancel()
        log.info("daemon_stopped")


def _late(beat: Beat, now: datetime) -> bool:
    if beat.last_at is None:
        return True
    return (now - beat.last_at).total_seconds() > max(_LATE * beat.every_seconds, 30.0)


#: Seconds an idle connection is kept. Clients let go first (httpx after 5 s): a connection both
#: let go of at once would lose the request that is under way on it.
_KEEP_ALIVE = 60


class ApiThread:
    """Serves the control API on *listening* beside the loops."""

    def __init__(
        self, app: FastAPI, listening: socket.socket, tls: ssl.SSLContext | None = None
    ) -> None:
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=3,
            timeout_keep_alive=_KEEP_ALIVE, proxy_headers=False,  # the door reads them
            ssl_context_factory=None if tls is None else lambda *_: tls,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._listening = listening
        self._thread = threading.Thread(target=self._serve, name="control-api", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listening.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listening]))
