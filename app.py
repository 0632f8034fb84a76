"""Starts the dashboard: ``python app.py``, or ``uvicorn app:app``.

It serves ``pages/_entry.py``. That script must not move up here beside ``pages/``: Streamlit would
then run any page by its address without asking who is there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from iman.dashboard import launch
from iman.errors import SettingsError
from iman.settings import DashboardSettings, load

PAGES = Path(__file__).resolve().parent / "pages"

try:
    settings = load(DashboardSettings)
    app = launch.build(settings, PAGES)
except SettingsError as exc:
    print(f"app: {exc}", file=sys.stderr)  # noqa: T201 -- the entry point says why it cannot start
    sys.exit(2)

if __name__ == "__main__":
    app.run(config=launch.server_config(settings))
