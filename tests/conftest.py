"""What every test starts from: nothing of the developer's own settings, and one known file."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

# The tests start hundreds of processes: let each find compiled what another has compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A plain trace-back: the coloured one with every local takes seconds on a busy machine.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
)

_QUIET = {
    "deadline": None,  # two cores shared with a browser and servers say nothing about the code
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    "print_blob": True,
}
# The same examples for everybody; --hypothesis-profile=hunt looks further, by hand.
settings.register_profile("iman", max_examples=100, derandomize=True, **_QUIET)
settings.register_profile("hunt", max_examples=1500, **_QUIET)
settings.load_profile("iman")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    for name in list(os.environ):
        if name.startswith("IMAN_"):
            monkeypatch.delenv(name)
    nowhere: Path = tmp_path_factory.getbasetemp() / "there-is-no" / "iman.toml"
    monkeypatch.setenv("IMAN_SETTINGS", str(nowhere))
