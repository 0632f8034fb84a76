"""An outage in the middle of a backlog: what fails of it, and is it as fast afterwards?"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from iman.chaos.outside import Outside
from iman.chaos.systems import systems
from iman.errors import ImanError

_LIMIT = 1800.0
_SEED = 7
#: One document a request, so that throughput is even enough to be compared.
_SETTINGS = {
    "IMAN_BATCH_MOST": "1",
    "IMAN_PUSH_CONCURRENCY": "8",
    "IMAN_INTAKE_EVERY": "0.2",
    "IMAN_WRITE_BACK_EVERY": "0.2",
    "IMAN_SAGE_TIMEOUT": "5",
    "IMAN_SETTLE": "10",
    "IMAN_ASK_EVERY": "1",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OutageFigures:
    """*before* and *after*: documents a second, as byondpro was told of them."""

    backlog: int
    outage_s: float
    failed: int
    before: float
    after: float
    recovered_after_s: float  # from the end of the outage to the first document through

    def as_json(self) -> dict[str, Any]:
        return {name: round(value, 2) for name, value in asdict(self).items()} | {
            "ratio": round(self.after / self.before, 3)
        }


def measure(backlog: int, seconds: float, say: Callable[[str], None]) -> OutageFigures:
    with (
        tempfile.TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True) as made,
        systems(Path(made), _SETTINGS) as ours,
        Outside(ours) as outside,
    ):
        slow = {"latency_ms": {"min": 100, "max": 200}}
        outside.faults(slow)
        outside.generate_invoices(backlog, seed=_SEED, bad=0.0)
        ours.start_daemon()
        first = _until(outside, 1, say)
        half = _until(outside, backlog // 2, say)
        outside.faults(slow | {"down": True})
        say(f"Sage 300 is away for {seconds:.0f} s")
        time.sleep(seconds)
        stood = _through(outside)
        outside.faults(slow)
        again = time.monotonic()
        resumed = _until(outside, stood + 1, say)
        last = _until(outside, backlog, say)
        return OutageFigures(
            backlog=backlog,
            outage_s=seconds,
            failed=outside.statuses().count("failed"),
            before=(half[1] - first[1]) / (half[0] - first[0]),
            after=(last[1] - resumed[1]) / (last[0] - resumed[0]),
            recovered_after_s=resumed[0] - again,
        )


def _until(outside: Outside, wanted: int, say: Callable[[str], None]) -> tuple[float, int]:
    """When at least so many were through, and how many that was. Failed ones end it too."""
    end = time.monotonic() + _LIMIT
    while time.monotonic() < end:
        found = outside.statuses()
        through = found.count("processed")
        if through >= wanted or "pending" not in found:
            return time.monotonic(), through
        say(f"{through} through")
        time.sleep(0.1)
    raise ImanError(f"Not through after {_LIMIT:.0f} s.")


def _through(outside: Outside) -> int:
    return outside.statuses().count("processed")
