"""From an outcome to what happens next. A policy neither sleeps nor writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import assert_never

from iman.domain.outcome import Absent, Accepted, NotTried, Outcome, Refused, Unavailable, Unknown


@dataclass(frozen=True, slots=True)
class Done:
    """It is in Sage 300."""

    reference: str


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Push again then."""

    moment: datetime
    burnt: bool  # whether this try counted


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The round's attempts are used up, or no try can help: left for a person."""


@dataclass(frozen=True, slots=True)
class AskSage:
    """Look it up then; nothing is sent before."""

    moment: datetime


Next = Done | RetryAt | GiveUp | AskSage


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """The guide's clock: five attempts a round, one try every 15 to 25 seconds, uniformly.

    Seconds throughout. *settle* is longer than Sage 300 may still be working on a request nobody
    waits for any more; until it has passed since the push began, "not there" proves nothing.
    """

    max_attempts: int = 5
    wait_min: float = 15.0
    wait_max: float = 25.0
    settle: float = 90.0
    ask_every: float = 5.0

    def decide(
        self, outcome: Outcome, *, attempt: int, sick: bool, now: datetime, rng: Random
    ) -> Next:
        """What follows *outcome* of try number *attempt*.

        *sick*: the breaker was open at some time since the push began, so the fault is the ERP's
        and an absent document costs no attempt.
        """
        match outcome:
            case Accepted(reference=reference):
                return Done(reference)
            case Unknown():
                return AskSage(now)
            case Unavailable(retry_after=seconds):
                return RetryAt(now + timedelta(seconds=seconds or self.ask_every), burnt=False)
            case NotTried():
                return RetryAt(now, burnt=False)
            case Refused(local=True):
                return GiveUp()
            case Absent() if sick:
                return RetryAt(now, burnt=False)
            case Refused() | Absent():
                if attempt >= self.max_attempts:
                    return GiveUp()
                return RetryAt(now + self.wait(rng), burnt=True)
            case _:
                assert_never(outcome)

    def wait(self, rng: Random) -> timedelta:
        """From one try to the next."""
        return timedelta(seconds=rng.uniform(self.wait_min, self.wait_max))

    def settled(self, pushed_at: datetime, now: datetime) -> bool:
        """Whether "not there" may be believed of a push that began at *pushed_at*."""
        return now - pushed_at >= timedelta(seconds=self.settle)
