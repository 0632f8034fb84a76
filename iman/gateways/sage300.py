"""Sage 300 as the sync sees it. One instance per worker: a client shared by many workers walks all
its connections under one lock and costs most of the throughput."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Document, EntryType
from iman.domain.outcome import Outcome, Refused, Unavailable
from iman.gateways import exact_json
from iman.gateways.entries import MAPPINGS
from iman.gateways.entries.batched import Batched
from iman.gateways.entries.batches import INVOICES, Batch, state
from iman.gateways.entries.mapping import Mapping
from iman.gateways.entries.shared_batch import Names, push_together
from iman.gateways.sage_answers import Unreadable, body_of, refusal
from iman.gateways.sage_web import (
    CannotTell,
    Capabilities,
    Record,
    SageWeb,
    no_connection,
    quoted,
    words_of,
)


def _names_nothing(_text: str) -> str | None:
    return None


class Sage300:
    """Given an ``httpx.AsyncClient`` with base URL (``…/Sage300WebApi/v1.0/-/COMPANY/``), Basic
    credentials and time-outs. No call raises for what Sage or the network did.

    *names* says which thing a refusal's text is about. *can* is what the server was found to do;
    workers may share it.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        names: Names = _names_nothing,
        can: Capabilities | None = None,
        limit: int | None = None,
    ) -> None:
        self._web = SageWeb(http, can=can) if limit is None else SageWeb(http, can=can, limit=limit)
        self._names = names

    @property
    def can(self) -> Capabilities:
        return self._web.can

    async def push(self, document: Document, *, token: str, parent: str | None = None) -> Exchange:
        """Post *document*, marked with *token*.

        *parent* is its parent's reference in Sage 300, where the ledger knows it: a repayment plan
        is sent into its invoice's batch.
        """
        return await _mapping(document).push(self._web, document, token=token, parent=parent)

    async def push_many(self, documents: Sequence[Document], *, token: str) -> list[Exchange]:
        """Invoices, debit notes and credit notes in one batch; an exchange for each, in order.

        Besides the outcomes of ``push``: ``NotTried`` where another document had the batch
        refused. Raises ``ValueError`` for a document that cannot share this batch.
        """
        aboard = [(document, _shared(document)) for document in documents]
        return await push_together(self._web, aboard, token=token, names=self._names)

    async def find(self, document: Document, *, token: str, parent: str | None = None) -> Sighting:
        """Whether Sage 300 holds *document*: posted under its number, or in a batch of ours.

        *token* is the one it was pushed with: a shared batch's, if it travelled in one.
        """
        return await _mapping(document).find(self._web, document, token=token, parent=parent)

    async def find_anywhere(
        self, document: Document, *, token: str, parent: str | None = None
    ) -> Sighting:
        """As ``find``, and in every batch that carries a mark of this ledger's.

        A restored ledger does not know with which mark it sent a document.
        """
        seen = await self.find(document, token=token, parent=parent)
        mapping = _mapping(document)
        if seen.found or seen.stranger or not seen.sure or not isinstance(mapping, Batched):
            return seen
        return await mapping.find_ours(self._web, document, token=token)

    async def post(self, document: Document, reference: str) -> Outcome:
        """Post to the ledger what ``Accepted`` gave *reference* for; ``Accepted`` once it is.

        May be repeated, and called for each document of a shared batch.
        """
        return await _mapping(document).post(self._web, document, reference)

    async def withdraw_leftovers(
        self, token: str, entry_type: EntryType = EntryType.INVOICE
    ) -> int:
        """Mark the empty open batches with *token* deleted, and say how many that were.

        Best effort, for after a refusal. A batch that holds any entry, or carries another mark, is
        never touched; a server that does not allow it is not asked again.
        """
        mapping = MAPPINGS[entry_type]
        if not isinstance(mapping, Batched) or self.can.withdraws is False:
            return 0
        kind = mapping.batch
        try:
            batches = await self._web.page(kind.resource, kind.described_as(token))
        except (CannotTell, Unreadable, httpx.HTTPError):
            return 0
        withdrawn = 0
        for batch in batches:
            if _is_empty_leftover(batch, kind, token) and await self._withdraw(batch, kind):
                withdrawn += 1
        return withdrawn

    async def _withdraw(self, batch: Record, kind: Batch) -> bool:
        if self.can.withdraws is False:
            return False
        content = exact_json.dumps({kind.status: "Deleted"})
        answer = await self._web.send("PATCH", kind.address(str(batch["BatchNumber"])), content)
        if not isinstance(answer, httpx.Response):
            return False
        if answer.is_success:
            self.can.withdraws = True
            return True
        outcome = refusal(answer)
        if isinstance(outcome, Refused) and outcome.code in _NOT_OFFERED:
            self.can.withdraws = False
        return False

    async def other_ledgers(self, ledger_id: str) -> frozenset[str] | None:
        """Ids of other ledgers whose mark stands on this company's invoice batches.

        None where Sage 300 cannot tell now. Two readings, whatever the number of batches: one for
        the marks that sort before ours, one for those after.
        """
        mark = INVOICES.description
        ours = quoted(f"IMAN {ledger_id}"), quoted(f"IMAN {ledger_id}~")
        marked = f"startswith({mark},'IMAN ')"
        found: set[str] = set()
        try:
            for bound in (f"{mark} lt {ours[0]}", f"{mark} gt {ours[1]}"):
                batches = await self._web.page(
                    INVOICES.resource, INVOICES.where(f"{marked} and {bound}"), select=mark
                )
                found |= {str(batch.get(mark, "")).split(" ")[1] for batch in batches}
        except (CannotTell, Unreadable, httpx.HTTPError, IndexError):
            return None
        return frozenset(found - {ledger_id})

    async def probe(self) -> Unavailable | None:
        """None when Sage 300 is well, else what is the matter. Reads one terms code."""
        try:
            answer = await self._web.get("AR/ARTerms", top=1)
            if answer.is_success:
                body_of(answer)
                return None
        except httpx.HTTPError as exc:
            return no_connection(exc)
        except Unreadable as exc:
            return Unavailable(kind="unavailable", reason=f"Sage 300 answered with {exc}.")
        outcome = refusal(answer)
        if isinstance(outcome, Unavailable):
            return outcome
        return Unavailable(kind="unavailable", reason=words_of(outcome))


#: Refusals of the operation itself, not of this batch at this moment.
_NOT_OFFERED = frozenset({"InvalidPayload", "MethodNotAllowed", "1140", "1143", "1144"})


def _mapping(document: Document) -> Mapping[Any]:
    """The registry's; it takes the class that this entry type's reader makes."""
    return MAPPINGS[document.key.entry_type]


def _shared(document: Document) -> Batched[Any]:
    mapping = _mapping(document)
    if isinstance(mapping, Batched) and mapping.shared and mapping.batch is INVOICES:
        return mapping
    kind = document.key.entry_type.replace("_", " ")
    raise ValueError(f"a {kind} does not share a batch")


def _is_empty_leftover(batch: Record, kind: Batch, token: str) -> bool:
    """Empty for certain: its entries were shown, and there are none."""
    shown = batch.get(kind.entries)
    return (
        batch.get(kind.description) == token
        and batch.get("BatchNumber") is not None
        and state(batch, kind) == "open"
        and shown == []
        and not batch.get("NumberOfEntries")
    )
