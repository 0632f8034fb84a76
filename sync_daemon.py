"""Starts the sync daemon: settings, run, exit status. ``iman daemon`` does the same."""

from __future__ import annotations

import sys

from iman.errors import ImanError
from iman.settings import DaemonSettings, load


def main() -> int:
    """0 after a clean stop, 2 where it cannot start; the reason is on standard error."""
    try:
        settings = load(DaemonSettings)
        from iman import logs  # a wrong setting is said before anything heavy loads
        from iman.bootstrap import run_daemon

        logs.set_up(settings.log_level)
        run_daemon(settings)
    except ImanError as exc:
        for line in str(exc).splitlines():
            print(f"sync_daemon: {line}", file=sys.stderr)  # noqa: T201 -- an entry point
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
