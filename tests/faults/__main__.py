"""``python -m tests.faults --kills 1000 --days 14``: see ``docs/chaos.md``. POSIX only."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.faults.campaign import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--days", type=float, default=14.0, help="of virtual time")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # plain lines: a display that moves has a thread, and threads do not survive a fork
    say = Console(stderr=True).print
    with tempfile.TemporaryDirectory(prefix="iman-faults-") as folder:
        report = run(Path(folder), kills=given.kills, days=given.days, seed=given.seed, say=say)
    print(json.dumps(report.as_json(), indent=1))  # noqa: T201 -- an entry point
    sys.exit(0 if report.good else 1)


if __name__ == "__main__":
    main()
