"""Calls of Sage 300 an invoice: the real daemon against the sandbox, which counts what comes in."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from iman.chaos.outside import Outside
from iman.chaos.systems import systems
from iman.errors import ImanError

_LIMIT = 1800.0  # seconds for one backlog
_SEED = 7
#: Waits are short, for only their number is counted; batches and attempts are as they come.
_SETTINGS = {
    "IMAN_INTAKE_EVERY": "0.2",
    "IMAN_WRITE_BACK_EVERY": "0.5",
    "IMAN_RETRY_WAIT_MIN": "1.0",
    "IMAN_RETRY_WAIT_MAX": "2.0",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """*calls* of a backlog until all were through or had failed for good, retries included."""

    backlog: int
    bad: float
    calls: int
    failed: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"calls_per_invoice": round(self.calls / self.backlog, 4)}


def measure(backlog: int, shares: Sequence[float], say: Callable[[str], None]) -> list[Calls]:
    found = []
    for bad in shares:
        with tempfile.TemporaryDirectory(prefix="iman-bench-", ignore_cleanup_errors=True) as made:
            found.append(_one(Path(made), backlog, bad, say))
    return found


def _one(folder: Path, backlog: int, bad: float, say: Callable[[str], None]) -> Calls:
    with systems(folder, _SETTINGS) as ours, Outside(ours) as outside:
        say(f"{backlog} invoices, {bad:.0%} bad")
        outside.generate_invoices(backlog, seed=_SEED, bad=bad)
        begun = time.monotonic()
        ours.start_daemon()
        while (left := outside.statuses().count("pending")) > 0:
            ours.daemon.check()
            say(f"{backlog} invoices, {bad:.0%} bad: {left} to go")
            if time.monotonic() - begun > _LIMIT:
                raise ImanError(f"The backlog was not through after {_LIMIT:.0f} s.")
            time.sleep(0.5)
        return Calls(
            backlog=backlog,
            bad=bad,
            calls=outside.requests(),
            failed=outside.statuses().count("failed"),
            seconds=round(time.monotonic() - begun, 1),
        )
