from __future__ import annotations

import threading

from iman.dashboard import ahead
from iman.dashboard.shared import Memory
from iman.errors import DaemonUnavailable


def test_what_is_asked_ahead_is_found_and_asked_once():
    memory, asked, may = Memory(), [], threading.Event()

    def answer() -> str:
        asked.append("once")
        assert may.wait(10)
        return "there"

    begun = threading.Event()
    ahead.ask(lambda: begun.set() or memory.get("a", 60, answer))
    assert begun.wait(10)
    threading.Timer(0.01, may.set).start()
    assert memory.get("a", 60, answer) == "there"
    assert asked == ["once"]


def test_what_goes_wrong_ahead_stops_nothing():
    def away() -> None:
        raise DaemonUnavailable("away")

    done = threading.Event()
    ahead.ask(away, away, away, done.set)
    assert done.wait(10)
