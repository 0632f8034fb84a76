"""``python -m tests.faults --kills 1000 --days 14``: see ``docs/chaos.md``. POSIX only."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.faults.campaign import run
from tests.faults.syncs import can_fail, our_flag, preloading


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--days", type=float, default=14.0, help="of virtual time")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if can_fail() and our_flag() is None:
        sys.exit(_again())
    # plain lines: a display that moves has a thread, and threads do not survive a fork
    say = Console(stderr=True).print
    with tempfile.TemporaryDirectory(prefix="iman-faults-") as folder:
        report = run(Path(folder), kills=given.kills, days=given.days, seed=given.seed, say=say)
    print(json.dumps(report.as_json(), indent=1))  # noqa: T201 -- an entry point
    sys.exit(0 if report.good else 1)


def _again() -> int:
    """The same in a process that loads our own fsync; what it ends with."""
    with tempfile.TemporaryDirectory(prefix="iman-faults-") as folder:
        ours = preloading(Path(folder), flag=Path(folder) / "syncs-fail")
        command = [sys.executable, "-m", "tests.faults", *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | ours, check=False).returncode


if __name__ == "__main__":
    main()
