"""Being told to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable


def stop_on_signals(stop: Callable[[], object]) -> None:
    """Ctrl-C and a service manager's stop, on every system."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGBREAK"):  # what a parent can send on Windows
        numbers.append(signal.SIGBREAK)
    for number in numbers:
        signal.signal(number, lambda *_: stop())
