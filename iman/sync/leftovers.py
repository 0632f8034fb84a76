"""Takes back the empty batches that refusals left in Sage 300, when nothing else is to be done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from iman.domain.document import EntryType
from iman.sync.beats import Beats
from iman.sync.ports import Accounting

_A_ROUND = 20  # tokens looked after in one


class Leftovers:
    """Best effort and not remembered across a restart: an empty open batch does no harm.

    Only marks that will never be pushed again may be noted: a batch that is just being filled can
    look empty for a moment.
    """

    loop = "leftovers"

    def __init__(self, *, sage: Accounting, beats: Beats, idle: Callable[[], bool]) -> None:
        self._sage = sage
        self._beats = beats
        self._idle = idle
        self._tokens: deque[tuple[str, EntryType]] = deque(maxlen=10_000)

    def note(self, token: str, entry_type: EntryType) -> None:
        self._tokens.append((token, entry_type))

    async def round(self) -> None:
        withdrawn = 0
        for _ in range(min(len(self._tokens), _A_ROUND)):
            if not self._idle():
                break
            withdrawn += await self._sage.withdraw_leftovers(*self._tokens.popleft())
        left = f", {len(self._tokens)} to look after" if self._tokens else ""
        self._beats.beat(self.loop, f"{withdrawn} empty batches withdrawn{left}")
