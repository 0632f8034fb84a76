"""Holds pushing back while Sage 300 is unwell, so that no attempt is burnt on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from iman.domain.outcome import Accepted, Outcome, Refused, Unavailable, Unknown
from iman.sync.ports import Now

BreakerState = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerView:
    """What the breaker shows to others."""

    state: BreakerState
    reason: str
    since: datetime | None
    next_probe_at: datetime | None


class Breaker:
    """Closed: pushing goes on. Open: nothing is sent, Sage is probed. Half open: one document goes.

    Opens at once when Sage cannot be reached, refuses the log-in or asks for patience; after
    *lost_answers* lost answers in a row otherwise. Seconds: *probe_every*; a refused log-in is
    probed every *log_in_every* only, since repeating a wrong password can lock the user.
    """

    def __init__(
        self,
        now: Now,
        *,
        changed: Callable[[BreakerView], None] = lambda _: None,
        lost_answers: int = 3,
        probe_every: float = 5.0,
        log_in_every: float = 300.0,
    ) -> None:
        self._now = now
        self._lost_answers = lost_answers
        self._probe_every = timedelta(seconds=probe_every)
        self._log_in_every = timedelta(seconds=log_in_every)
        self._changed = changed
        self._lost = 0
        self._last_open: datetime | None = None
        self.view = BreakerView(state="closed", reason="", since=None, next_probe_at=None)

    def observe(self, outcome: Outcome) -> None:
        """Learn from what came of a push or a look-up."""
        match outcome:
            case Accepted() | Refused(local=False):
                self.answered()
            case Unavailable(kind="contention"):
                pass  # busy, not unwell
            case Unavailable():
                wait = self._log_in_every if outcome.kind == "log_in" else self._probe_every
                if outcome.retry_after is not None:
                    wait = max(wait, timedelta(seconds=outcome.retry_after))
                self._open(outcome.reason, wait)
            case Unknown():
                self._lost += 1
                if self.view.state == "half_open" or self._lost >= self._lost_answers:
                    self._open(outcome.reason, self._probe_every)
            case _:
                pass

    def answered(self) -> None:
        """Sage gave a proper answer, whatever it said."""
        self._lost = 0
        if self.view.state == "half_open":
            self.close()

    def probed(self, trouble: Unavailable | None) -> None:
        """Learn from a probe: None when Sage is well."""
        now = self._now()
        if trouble is None:
            self._last_open = now
            self._turn(
                BreakerView(
                    state="half_open", reason=self.view.reason, since=now, next_probe_at=None
                )
            )
        else:
            self.observe(trouble)

    def close(self) -> None:
        self._lost = 0
        self._turn(BreakerView(state="closed", reason="", since=self._now(), next_probe_at=None))

    def room(self, wanted: int) -> int:
        """How many documents may be taken up now."""
        return {"closed": wanted, "half_open": min(wanted, 1), "open": 0}[self.view.state]

    def probe_due(self) -> bool:
        due = self.view.next_probe_at
        return self.view.state == "open" and due is not None and self._now() >= due

    def opened_since(self, moment: datetime) -> bool:
        """Whether it was open at some time since *moment*."""
        return self.view.state == "open" or (
            self._last_open is not None and self._last_open >= moment
        )

    def _open(self, reason: str, wait: timedelta) -> None:
        now = self._now()
        since = self.view.since if self.view.state == "open" else now
        due = now + wait
        if self.view.state == "open" and self.view.next_probe_at is not None:
            due = max(due, self.view.next_probe_at) if wait > self._probe_every else due
        self._last_open = now
        self._turn(BreakerView(state="open", reason=reason, since=since, next_probe_at=due))

    def _turn(self, view: BreakerView) -> None:
        turned = view.state != self.view.state
        self.view = view
        if turned:
            self._changed(view)
