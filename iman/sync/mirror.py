"""Compares byondpro's set-ups with Sage 300's, so that a gap is found before a document meets it.

Whole lists are read, page by page: a handful of calls, however many codes are compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

from iman.domain.setup import ByondproSetups, SageCode, SetupKind, gaps
from iman.errors import SetupsUnavailable, SourceUnavailable
from iman.sync.beats import Beats
from iman.sync.patience import Patience
from iman.sync.ports import Now
from iman.sync.remedy_ports import MirrorBooks, Setups, SourceSetups

_RECENT = timedelta(days=30)  # tax groups are those that documents of this age carried


class Mirror:
    """One round reads both sides and keeps what is missing, inactive or mismatched."""

    loop = "mirror"

    def __init__(
        self,
        *,
        books: MirrorBooks,
        setups: Setups,
        source: SourceSetups,
        read_setups: Callable[[object], ByondproSetups],
        patience: Patience,
        beats: Beats,
        now: Now,
    ) -> None:
        self._patience = patience
        self._books = books
        self._setups = setups
        self._source = source
        self._read_setups = read_setups
        self._beats = beats
        self._now = now
        self._one_at_a_time = asyncio.Lock()

    async def round(self) -> None:
        try:
            await self.refresh()
        except (SourceUnavailable, SetupsUnavailable) as exc:
            self._beats.beat(self.loop, str(exc), ok=False)

    async def refresh(self) -> tuple[int, int]:
        """How many gaps are open, and how many of them are new.

        Raises ``SourceUnavailable``, or ``SetupsUnavailable`` where none of Sage 300's tables could
        be read; then what was known stays.
        """
        self._patience.check()
        async with self._one_at_a_time:
            byondpro = self._read_setups(await self._source.setups())
            sage, trouble = await self._sage()
            if not sage:
                raise SetupsUnavailable(next(iter(trouble.values()), "Sage 300 lists nothing."))
            used = await self._books.tax_groups_used(since=self._now() - _RECENT)
            found = gaps(byondpro, sage, tax_groups=used)
            is_open, new = await self._books.save_setups(
                byondpro, sage, found, trouble, now=self._now()
            )
        told = f"{is_open} gaps, {new} new" if is_open else "no gaps"
        unread = ", ".join(kind.value for kind in trouble)
        self._beats.beat(self.loop, f"{told}; not read: {unread}" if unread else told)
        return is_open, new

    async def _sage(
        self,
    ) -> tuple[dict[SetupKind, Mapping[str, SageCode]], dict[SetupKind, str]]:
        sage: dict[SetupKind, Mapping[str, SageCode]] = {}
        trouble: dict[SetupKind, str] = {}
        for kind in SetupKind:
            try:
                held = await self._setups.whole(kind)
            except SetupsUnavailable as exc:
                self._patience.learn(exc)
                trouble[kind] = str(exc)
                if exc.whole:
                    raise
                continue
            if held is None:
                trouble[kind] = "This Sage 300 does not list them over its Web API."
            else:
                sage[kind] = held
        return sage, trouble
