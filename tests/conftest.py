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


#: Files that take minutes, in the order they begin. Browsers take turns: the reference scenario
#: waits for the guide's clock while the first has its turn. A worker is given two files at once, so
#: the first four are followed by short ones, which would else be stuck behind a long one.
_LONG = (
    "tests/browser/test_every_page.py",
    "tests/browser/test_reference_scenario.py",
    "tests/daemon/test_kill.py",
    "tests/chaos/test_scenarios.py",
    "tests/domain/test_document.py",
    "tests/domain/test_people.py",
    "tests/domain/test_retry.py",
    "tests/test_pins.py",
    "tests/daemon/test_bad_input.py",
    "tests/chaos/test_chaos.py",
    "tests/browser/test_remedies.py",
    "tests/dashboard/test_gate.py",
    "tests/remedies/test_guide.py",
    "tests/remedies/test_mirror.py",
    "tests/remedies/test_clump.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins early, or its worker would end alone."""
    turn = {file: place for place, file in enumerate(_LONG)}
    items.sort(key=lambda item: turn.get(item.nodeid.partition("::")[0], len(turn)))


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    for name in list(os.environ):
        if name.startswith("IMAN_"):
            monkeypatch.delenv(name)
    nowhere: Path = tmp_path_factory.getbasetemp() / "there-is-no" / "iman.toml"
    monkeypatch.setenv("IMAN_SETTINGS", str(nowhere))


@pytest.fixture(autouse=True)
def _what_an_action_changed_is_told(monkeypatch: pytest.MonkeyPatch):
    """Whatever any test does in this process: its audit event says how it stood before and after.

    It fails in the writer, so the action itself fails and the test with it.
    """
    from iman.ledger import audit

    looked = audit.tells_what_changed

    def checked(event: audit.AuditEvent) -> bool:
        assert looked(event), f"{event.action} of {event.target!r} tells neither before nor after"
        return True

    monkeypatch.setattr(audit, "tells_what_changed", checked)
