"""Runs rounds at their interval. One loop's trouble never stops another."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

import structlog

from iman.sync.beats import Beats

log = structlog.get_logger()


class Rounds(Protocol):
    @property
    def loop(self) -> str: ...

    async def round(self) -> None: ...


async def keep_going(
    rounds: Rounds,
    *,
    every: float,
    beats: Beats,
    stop: asyncio.Event,
    nudge: asyncio.Event | None = None,
) -> None:
    """A round now and then every *every* seconds, sooner when *nudge* is set, until *stop*."""
    beats.expect(rounds.loop, every)
    while not stop.is_set():
        if nudge is not None:
            nudge.clear()
        try:
            await rounds.round()
        except Exception as exc:
            log.exception("round_broke", loop=rounds.loop)
            beats.beat(rounds.loop, f"broke: {type(exc).__name__}; the log says how", ok=False)
        waits = [asyncio.create_task(event.wait()) for event in (stop, nudge) if event is not None]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait(waits, timeout=every, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
