"""``python -m tests.api.fuzz --calls 20000``: the API under calls made from its own description."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.api.fuzz.campaign import Campaign
from tests.api.fuzz.ground import ground


def main() -> int:
    """0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.api.fuzz", description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="about how many")
    parser.add_argument("--seed", type=int, default=1, help="makes it repeatable")
    asked = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ground(Path(folder)) as here:
        campaign = Campaign(here, seed=asked.seed)
        say(f"{campaign.routes} routes")
        report = campaign.run(asked.calls, say=say)
    for fault in dict.fromkeys(report.faults[:50]):
        say(fault)
    say(f"{report}, in {time.monotonic() - begun:.0f} s")
    return 1 if report.faults else 0


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 -- an entry point


if __name__ == "__main__":
    sys.exit(main())
