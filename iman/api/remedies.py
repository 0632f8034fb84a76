"""What the API asks of the remedies around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from iman.classify import RulesInForce
from iman.domain.attempt import Sighting
from iman.domain.checklist import Evidence
from iman.errors import DaemonRefused
from iman.playbooks import PlaybookText

_ABSENT = "Nothing can be looked up here: this API runs without its daemon."


class RemediesView(Protocol):
    """Every call may take as long as Sage 300 does, and may raise ``DaemonRefused``."""

    files: Mapping[str, PlaybookText]
    rules: RulesInForce
    grace: timedelta
    canary: int

    def verify(self, checklist_id: int, step: str) -> Evidence | None:
        """Look at one step now. None where it cannot be verified. Raises ``NotFound``."""

    def compare(self) -> tuple[int, int]:
        """Compare set-ups now: how many gaps, and how many of them are new."""

    def find(self, document_id: int) -> Sighting:
        """Whether Sage 300 holds the document."""

    def nudge(self, loop: str) -> None:
        """Let ``causes``, ``releasing``, ``probing``, ``mirror``, ``rereading`` come round now."""


class NoRemedies:
    """Stands in where nothing can be asked."""

    files: Mapping[str, PlaybookText] = {}
    grace = timedelta(seconds=10)
    canary = 2

    def __init__(self) -> None:
        self.rules = RulesInForce()

    def verify(self, checklist_id: int, step: str) -> Evidence | None:  # noqa: ARG002 -- as the port
        raise DaemonRefused(_ABSENT)

    def compare(self) -> tuple[int, int]:
        raise DaemonRefused(_ABSENT)

    def find(self, document_id: int) -> Sighting:  # noqa: ARG002 -- as the port
        raise DaemonRefused(_ABSENT)

    def nudge(self, loop: str) -> None:
        """Nobody listens."""
