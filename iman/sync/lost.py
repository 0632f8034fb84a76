"""When what got no answer was sent, by a clock that nobody sets.

Sage 300 may work on a request for a while after nobody waits for it, so "not there" is believed
only some time after the push. A clock that is set ahead must not make that time seem over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from iman.domain.attempt import Claim, Exchange
from iman.domain.outcome import Unknown


class Lost:
    """What this process sent; of an earlier one's pushes only the ledger's moments are known."""

    def __init__(self) -> None:
        self._sent: dict[int, float] = {}  # by document

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    def remember(
        self, claims: Sequence[Claim], exchanges: Sequence[Exchange], sent_at: float
    ) -> None:
        """*sent_at*: ``now()`` before they were sent."""
        for claim, exchange in zip(claims, exchanges, strict=True):
            if isinstance(exchange.outcome, Unknown):
                self._sent[claim.document_id] = sent_at
            else:
                self._sent.pop(claim.document_id, None)

    def longer_ago(self, claim: Claim, seconds: float) -> bool:
        sent_at = self._sent.get(claim.document_id)
        return sent_at is None or self.now() - sent_at >= seconds
