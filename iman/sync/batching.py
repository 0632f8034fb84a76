"""Which documents travel together. Under backlog calls to Sage 300 are what costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil

from iman.domain.attempt import Claim, Exchange, Verdict
from iman.domain.document import EntryType
from iman.domain.outcome import Accepted, NotTried, Refused, Unavailable, Unknown
from iman.sync.ports import Now

#: byondpro wants one receipt a batch; the others have resources of their own.
_SHARING = frozenset({EntryType.INVOICE, EntryType.CREDIT_NOTE})
_START = 10
_BACKLOG = 4  # documents a lane, beyond which calls are worth saving
_REMEMBERED = timedelta(minutes=10)  # how long a value known to be bad keeps documents apart

#: The values a document carries that a set-up must know: terms, posted accounts, customer, …
Carries = Callable[[str], frozenset[str]]


class Batcher:
    """Groups what is due and learns from what came of it. Used from the writer's thread too.

    *most* documents a batch at the most; 1 switches batching off. The size doubles while Sage 300
    bears it and halves when it stumbles. A document travels alone when it was refused before, or
    carries a value Sage 300 was just heard not to know: it need not sit with the good ones.

    An invoice whose repayment plan is known travels alone too: its batch is not posted before the
    plan is through.
    """

    def __init__(self, *, most: int, lanes: int, carries: Carries, now: Now) -> None:
        self._most = most
        self._lanes = lanes
        self._carries = carries
        self._now = now
        self._bad: dict[str, datetime] = {}
        self._at_most: dict[int, int] = {}  # of documents whose batch had to be halved
        self.size = min(_START, most)

    def together(self, claims: Sequence[Claim]) -> list[list[Claim]]:
        """Units in the order of *claims*; a unit of several shares one batch."""
        sharing: dict[int, list[Claim]] = {}
        for claim in claims:
            limit = self._limit(claim)
            if limit > 1:
                sharing.setdefault(limit, []).append(claim)
        units: list[list[Claim]] = []
        grouped: set[int] = set()
        for limit, several in sharing.items():
            size = min(limit, self.size, max(ceil(len(several) / self._lanes), 1))
            if limit == self._most and len(several) <= _BACKLOG * self._lanes:
                continue  # each goes by itself and at once
            for start in range(0, len(several), size):
                unit = several[start : start + size]
                units.append(unit)
                grouped.update(claim.attempt_id for claim in unit)
        alone = [[claim] for claim in claims if claim.attempt_id not in grouped]
        return sorted(alone + units, key=lambda unit: unit[0].attempt_id)

    def learn(
        self,
        unit: Sequence[Claim],
        exchanges: Sequence[Exchange],
        verdicts: Sequence[Verdict | None],
    ) -> None:
        """From what came of *unit*: its outcomes, and what each refusal's text names."""
        outcomes = [exchange.outcome for exchange in exchanges]
        for claim, outcome, verdict in zip(unit, outcomes, verdicts, strict=True):
            if isinstance(outcome, Refused) and verdict is not None and verdict.entity:
                self._bad[verdict.entity] = self._now() + _REMEMBERED
            if isinstance(outcome, Accepted):
                self._forgive(claim)
            if isinstance(outcome, NotTried) and outcome.suspect:
                self._at_most[claim.document_id] = max(len(unit) // 2, 1)
        if len(unit) > 1:
            if any(isinstance(outcome, Unknown | Unavailable) for outcome in outcomes):
                self.size = max(self.size // 2, 1)
            elif all(isinstance(outcome, Accepted) for outcome in outcomes):
                self.size = min(self.size * 2, self._most)

    def _limit(self, claim: Claim) -> int:
        if (
            claim.asks
            or claim.number > 1
            or claim.key.entry_type not in _SHARING
            or claim.plan is not None
            or self._known_bad(claim)
        ):
            return 1
        return self._at_most.get(claim.document_id, self._most)

    def _known_bad(self, claim: Claim) -> bool:
        if not self._bad:
            return False
        now = self._now()
        self._bad = {value: until for value, until in self._bad.items() if until > now}
        return not self._bad.keys().isdisjoint(self._carries(claim.payload))

    def _forgive(self, claim: Claim) -> None:
        """What Sage 300 accepted, it knows now."""
        self._at_most.pop(claim.document_id, None)
        if self._bad:
            for value in self._carries(claim.payload):
                self._bad.pop(value, None)
