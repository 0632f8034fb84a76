"""What batches hold that are not posted yet: a shared one's mark names no document.

Its number cannot be asked for (entries are no feed), so the batches themselves are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

from iman.gateways.entries.batches import INVOICES, ledger_of
from iman.gateways.sage_web import PAGE, CannotTell, ReadBatches, Record, SageWeb, quoted

_MOST = 5000  # batches read through
_AGAIN = 15.0  # seconds after which more than a page is read anew
_KEPT = ("EntryNumber", "CustomerNumber", "DocumentNumber")


async def foreign_entries(sage: SageWeb, ours: str) -> list[tuple[Record, Record]]:
    """Each invoice or credit note in another ledger's unposted batch, with that batch.

    Raises ``CannotTell``, ``Unreadable`` and ``httpx.HTTPError``.
    """
    return await _remembered(
        sage, sage.can.foreign, _where(ours), lambda ledger: ledger not in (None, ours)
    )


async def own_entries(sage: SageWeb, ours: str) -> tuple[list[tuple[Record, Record]], float]:
    """Likewise of our own batches, and how many seconds ago they were read."""
    mark, status = INVOICES.description, INVOICES.status
    where = (
        f"startswith({mark},{quoted(f'IMAN {ours} ')}) "
        f"and {status} ne 'Posted' and {status} ne 'Deleted'"
    )
    found = await _remembered(sage, sage.can.own, where, lambda ledger: ledger == ours)
    read_at = sage.can.own.read_at
    age = 0.0 if read_at is None else asyncio.get_running_loop().time() - read_at
    return found, age


async def _remembered(
    sage: SageWeb, seen: ReadBatches, where: str, wanted: Callable[[str | None], bool]
) -> list[tuple[Record, Record]]:
    async with seen.reading:
        now = asyncio.get_running_loop().time()
        if seen.read_at is None or now - seen.read_at >= _AGAIN:
            seen.batches = [batch async for batch in _read(sage, where, wanted)]
            seen.read_at = now if len(seen.batches) > PAGE else None
        return list(_entries(seen.batches))


async def _read(
    sage: SageWeb, where: str, wanted: Callable[[str | None], bool]
) -> AsyncIterator[Record]:
    read = 0
    async for batch in sage.records(INVOICES.resource, where):
        read += 1
        if read > _MOST:
            raise CannotTell(f"There are more than {_MOST} unposted batches of Iman's.")
        if wanted(ledger_of(batch.get(INVOICES.description))):
            yield {
                "BatchNumber": batch.get("BatchNumber"),
                INVOICES.description: batch.get(INVOICES.description),
                INVOICES.entries: [
                    {name: entry.get(name) for name in _KEPT} for entry in INVOICES.held(batch)
                ],
            }


def _where(ours: str) -> str:
    """Marked, not by us, and neither posted nor deleted; in operators that Sage documents."""
    mark, status = INVOICES.description, INVOICES.status
    pending = f"startswith({mark},'IMAN ') and {status} ne 'Posted' and {status} ne 'Deleted'"
    before, after = quoted(f"IMAN {ours}"), quoted(f"IMAN {ours}~")
    return f"{pending} and {mark} lt {before} or {pending} and {mark} gt {after}"


def _entries(batches: list[Record]) -> Iterator[tuple[Record, Record]]:
    for batch in batches:
        for entry in batch[INVOICES.entries]:
            yield batch, entry
