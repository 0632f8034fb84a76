"""Logging must never be what stops the work."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from iman import logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    logs.set_up("info", stream)
    structlog.get_logger().info("attempt_finished", document="a\nb")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["document"] == "a\nb"


@pytest.mark.parametrize("trouble", [OSError(28, "No space left"), ValueError("closed file")])
def test_a_log_that_cannot_be_written_stops_nothing(trouble: Exception) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise trouble

    logs.set_up("info", Full())
    structlog.get_logger().info("attempt_finished")
