"""One JSON object a line on standard error; what comes from outside cannot break a line."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class _Patient:
    """A log that cannot be written (a full disk, a closed pipe) must not stop what it tells of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


class _Line(logging.Formatter):
    """What other libraries say: one line of the same form, whatever is in it."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=True)


def lines_of_others(stream: TextIO | None = None) -> None:
    """What is said through ``logging``, from warnings on, becomes lines on *stream*."""
    patient = _Patient(stream or sys.stderr)
    handler = logging.StreamHandler(patient)
    handler.setFormatter(_Line())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def set_up(level: str, stream: TextIO | None = None) -> None:
    """*stream*: another than standard error."""
    patient = _Patient(stream or sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(patient),  # type: ignore[arg-type]  # it only writes
        cache_logger_on_first_use=True,
    )
    lines_of_others(stream)
