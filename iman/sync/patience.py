"""Keeps remedies from asking a Sage 300 that is unwell or refuses our log-in again and again.

A wrong password repeated can lock the user, so after one refusal nothing is asked for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from iman.errors import SetupsUnavailable
from iman.sync.ports import Now


class Patience:
    """*unwell*: why pushing is held back; '' while it is not."""

    def __init__(self, now: Now, unwell: Callable[[], str], *, log_in_every: float = 300.0) -> None:
        self._now = now
        self._unwell = unwell
        self._wait = timedelta(seconds=log_in_every)
        self._until: datetime | None = None
        self._reason = ""

    def held(self) -> str:
        """Why Sage 300 is not asked now; '' where it may be."""
        if (reason := self._unwell()) != "":
            return reason
        if self._until is not None and self._now() < self._until:
            return self._reason
        return ""

    def learn(self, trouble: SetupsUnavailable) -> None:
        """What a call that failed says about the next ones."""
        if trouble.log_in:
            self._until, self._reason = self._now() + self._wait, str(trouble)

    def check(self) -> None:
        """Raises ``SetupsUnavailable`` while Sage 300 is not to be asked."""
        if (reason := self.held()) != "":
            raise SetupsUnavailable(reason)
