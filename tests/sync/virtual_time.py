"""An event loop whose time jumps to the next timer whenever nothing is ready.

A virtual hour takes as long as what happens in it. Nothing may wait for a thread or a socket.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.builders import NOW

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """Never waits: the time that would have been slept through is added to *elapsed*."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("nothing is ready and no timer is set: this would wait for ever")
        self.elapsed += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        self._set_by = 0.0
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed

    def skip(self, seconds: float) -> None:
        self._jumping.elapsed += seconds

    def now(self) -> datetime:
        """The wall clock that goes with ``time``."""
        return NOW + timedelta(seconds=self.time() + self._set_by)

    def set_clock(self, seconds: float) -> None:
        self._set_by += seconds


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def virtual_now() -> datetime:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.now()


def skip(seconds: float) -> None:
    """As if the machine had slept: everything that was due meanwhile is due now."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.skip(seconds)


def set_clock(seconds: float) -> None:
    """Somebody sets the clock on the wall so much ahead, or back; no time passes."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.set_clock(seconds)
