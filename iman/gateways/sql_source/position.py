"""How far an outbox table has been read, and which numbers may still turn up below that.

A database hands out an outbox row's number when it is inserted and shows the row when its
transaction commits. Two transactions may commit the other way round, so a reader that only asks
for what is above the highest number it has seen loses rows. Iman remembers every number it saw
left out, looks again for a while, and then believes that its transaction was rolled back. That
memory is part of the cursor, which the ledger keeps together with the events.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

#: A table whose numbers leave out more than this many stretches at a time is not watched further.
MOST_GAPS = 2000

_GAP = re.compile(r"(-?\d+)(?:-(-?\d+))?@(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers *first* to *last* were missing at *since*, seconds since 1970."""

    first: int
    last: int
    since: int

    def without(self, found: Collection[int]) -> Iterable[Gap]:
        """What is left when the rows *found* have turned up."""
        first = self.first
        for number in sorted(n for n in found if self.first <= n <= self.last):
            if first < number:
                yield replace(self, first=first, last=number - 1)
            first = number + 1
        if first <= self.last:
            yield replace(self, first=first)


@dataclass(frozen=True, slots=True)
class Position:
    """Everything up to *top* has been delivered except what is in *gaps*.

    As text: ``120``, or ``120 18@1795496400 26-30@1795496401`` with two gaps.
    """

    top: int | None = None  # None: nothing was ever read
    gaps: tuple[Gap, ...] = ()

    @staticmethod
    def read(text: str | None) -> Position:
        """Raises ``ValueError`` for a text that is not a position."""
        if text is None:
            return Position()
        top, *gaps = text.split(" ")
        return Position(int(top), tuple(_gap(gap) for gap in gaps))

    def __str__(self) -> str:
        return " ".join([str(self.top), *(_text(gap) for gap in self.gaps)])

    @property
    def cursor(self) -> str | None:
        return None if self.top is None else str(self)

    def found(self, late: Collection[int]) -> Position:
        """After rows of the gaps have turned up."""
        if not late:
            return self
        return replace(self, gaps=tuple(left for gap in self.gaps for left in gap.without(late)))

    def forgetting(self, *, before: float) -> Position:
        """Without the gaps first seen *before* then: their transactions were rolled back."""
        return replace(self, gaps=tuple(gap for gap in self.gaps if gap.since > before))

    def advanced(self, numbers: Sequence[int], *, now: float) -> tuple[Position, int]:
        """After rows above the top, in order; and how many of them could be taken.

        Fewer than all where more gaps would have to be watched than ``MOST_GAPS``.
        """
        top, gaps = self.top, list(self.gaps)
        for taken, number in enumerate(numbers):
            # of what lies under the very first row only numbers from 1 on can be on their way
            first = 1 if top is None else top + 1
            if first < number:
                if len(gaps) >= MOST_GAPS:
                    return Position(top, tuple(gaps)), taken
                gaps.append(Gap(first, number - 1, int(now)))
            top = number
        return Position(top, tuple(gaps)), len(numbers)


def _text(gap: Gap) -> str:
    numbers = str(gap.first) if gap.first == gap.last else f"{gap.first}-{gap.last}"
    return f"{numbers}@{gap.since}"


def _gap(text: str) -> Gap:
    found = _GAP.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no gap")
    first, last, since = found.groups()
    return Gap(int(first), int(last or first), int(since))
