"""Entry types that are an entry of a batch: all but customers and repayment plans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx

from iman.domain.attempt import Exchange, Sighting, push_token
from iman.domain.document import Document
from iman.domain.outcome import Accepted, Outcome, Refused, Unknown
from iman.gateways import exact_json
from iman.gateways.entries.batches import Batch, ledger_of, reference_of, token_ending
from iman.gateways.entries.mapping import looked, same
from iman.gateways.entries.posting import post_entry
from iman.gateways.entries.strangers import foreign_entries, own_entries
from iman.gateways.sage_answers import Unreadable, body_of, refusal
from iman.gateways.sage_web import CannotTell, Record, SageWeb, quoted

D = TypeVar("D", bound=Document)

#: The posted document as the feed shows it, None where it is not there. May raise.
Posted = Callable[[SageWeb, D], Awaitable[Record | None]]


async def not_in_a_feed(_sage: SageWeb, _document: Document) -> Record | None:
    """For entries whose posted form no feed shows under our number."""
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Batched(Generic[D]):
    """How documents of one entry type become entries, and are known again."""

    batch: Batch
    header: Callable[[D, str], Record]  # the batch's own fields, the token among them
    entry: Callable[[D], Record]  # raises ValueError where a set-up makes it impossible
    is_entry_of: Callable[[Record, D], bool]
    posted: Posted[D] = not_in_a_feed
    shared: bool = False  # whether several may travel in one batch

    def body(self, document: D, *, token: str) -> Record:
        """The request's body. Raises ``ValueError`` where an account cannot be built."""
        return self.header(document, token) | {self.batch.entries: [self.entry(document)]}

    def entry_in(self, batch: Record, document: D) -> Record | None:
        """The document as *batch* holds it."""
        return next((e for e in self.batch.held(batch) if self.is_entry_of(e, document)), None)

    async def push(
        self,
        sage: SageWeb,
        document: D,
        *,
        token: str,
        parent: str | None,  # noqa: ARG002 -- an entry says itself what it applies to
    ) -> Exchange:
        """One batch with one entry."""
        try:
            sent = exact_json.dumps(self.body(document, token=token))
        except ValueError as exc:
            return Exchange(set_up_fault(exc))
        answer = await sage.send("POST", self.batch.resource, sent)
        if not isinstance(answer, httpx.Response):
            return Exchange(answer, sent=sent)
        outcome = self.stored(answer, document) if answer.is_success else refusal(answer)
        return Exchange(outcome, sent=sent, answered=sage.kept(answer))

    def stored(self, answer: httpx.Response, document: D) -> Outcome:
        """A success is believed only when it shows our document stored."""
        batch = stored_batch(answer)
        return batch if isinstance(batch, Unknown) else self.taken(batch, document, answer)

    def taken(self, batch: Record, document: D, answer: httpx.Response) -> Outcome:
        """What a stored batch says about one of the documents that were sent."""
        entry = self.entry_in(batch, document)
        reference = None if entry is None else reference_of(batch, entry)
        if reference is None:
            return Unknown(
                reason="Sage 300's answer does not show the document.",
                http_status=answer.status_code,
            )
        return Accepted(reference=reference)

    async def find(
        self,
        sage: SageWeb,
        document: D,
        *,
        token: str,
        parent: str | None,  # noqa: ARG002 -- an entry is found by its own marks
    ) -> Sighting:
        """Posted under its number, in a batch of ours, or in another ledger's."""
        return await looked(self._find(sage, document, token))

    async def _find(self, sage: SageWeb, document: D, token: str) -> Sighting:
        posted = await self.posted(sage, document)
        if posted is not None and (reference := reference_of(posted, posted)) is not None:
            return await self._whose(sage, posted, reference, token)
        async for batch in sage.records(self.batch.resource, self.batch.described_as(token)):
            adopted = self.adopted(batch, document, token)
            if adopted is not None and await self._stands(sage, batch, document):
                return Sighting(found=adopted, sure=True)
        if posted is not None:  # it is there, and the feed does not say in which batch
            return Sighting(found=Accepted(reference=document.key.number, adopted=True), sure=True)
        elsewhere = await self._at_a_strangers(sage, document, token)
        if elsewhere.stranger is None and self.shared:
            return await self._aboard_a_strangers(sage, document, token)
        return elsewhere

    async def find_ours(self, sage: SageWeb, document: D, *, token: str) -> Sighting:
        """Under any mark of this ledger's: of another revision, or of a batch it shares.

        For a ledger that forgot what it sent. Here silence is doubt: a server that cannot be asked
        leaves the document unknown, for it must not be sent twice.
        """
        return await looked(self._find_ours(sage, document, token))

    async def _find_ours(self, sage: SageWeb, document: D, token: str) -> Sighting:
        ours = ledger_of(token)
        if ours is None:
            return Sighting(reason="The mark names no ledger.")
        mark = quoted(push_token(ours, document.key, 0).removesuffix("0"))
        where = self.batch.where(f"startswith({self.batch.description},{mark})")
        async for batch in sage.records(self.batch.resource, where):
            entry = self.entry_in(batch, document)
            reference = None if entry is None else reference_of(batch, entry)
            if reference is not None and await self._stands(sage, batch, document):
                return Sighting(found=Accepted(reference=reference, adopted=True), sure=True)
        if not self.shared:
            return Sighting(sure=True)
        entries, age = await own_entries(sage, ours)
        for batch, entry in entries:
            reference = reference_of(batch, entry)
            if self.is_entry_of(entry, document) and reference is not None:
                return Sighting(found=Accepted(reference=reference, adopted=True), sure=True)
        return Sighting(sure=True, age=age)

    def adopted(self, batch: Record, document: D, token: str) -> Accepted | None:
        """The document in a batch found by its description.

        A refused push can leave a batch with our mark and without our document: look inside.
        """
        if not same(batch.get(self.batch.description, token), token):
            return None  # the filter was not understood
        entry = self.entry_in(batch, document)
        reference = None if entry is None else reference_of(batch, entry)
        return None if reference is None else Accepted(reference=reference, adopted=True)

    async def _stands(self, sage: SageWeb, batch: Record, document: D) -> bool:
        """A posted batch goes on showing what posting moved to an error batch; there somebody may
        have deleted it since, so that it can be sent again."""
        entry = self.entry_in(batch, document)
        if entry is None or not entry.get("ErrorBatch"):
            return entry is not None
        moved = await sage.record(self.batch.address(str(entry["ErrorBatch"])))
        return moved is not None and self.entry_in(moved, document) is not None

    async def _whose(self, sage: SageWeb, posted: Record, reference: str, token: str) -> Sighting:
        """A posted document carries no token, the batch it was posted from does."""
        found = Sighting(found=Accepted(reference=reference, adopted=True), sure=True)
        number = str(posted["BatchNumber"])
        try:
            batches = await sage.page(
                self.batch.resource,
                self.batch.numbered(number),
                select=f"BatchNumber,{self.batch.description}",
            )
        except (CannotTell, Unreadable, httpx.HTTPError):
            return found
        for batch in batches:
            other = ledger_of(batch.get(self.batch.description))
            if same(str(batch.get("BatchNumber")), number) and is_stranger(other, token):
                return strangers(other, reference)
        return found

    async def _at_a_strangers(self, sage: SageWeb, document: D, token: str) -> Sighting:
        """Another ledger's mark for the same document ends as ours does.

        Best effort: a server that does not offer ``endswith`` is not asked again, and its silence
        does not make an absent document doubtful, or it would stay unknown for ever.
        """
        nowhere = Sighting(sure=True)
        if sage.can.matches_ends is False:
            return nowhere
        ending = token_ending(document.key, document.revision)
        where = self.batch.where(f"endswith({self.batch.description},{quoted(ending)})")
        try:
            batches = await sage.page(self.batch.resource, where)
        except CannotTell as exc:
            sage.can.matches_ends = False if exc.refused else sage.can.matches_ends
            return nowhere
        except (Unreadable, httpx.HTTPError):
            return nowhere
        sage.can.matches_ends = True
        for batch in batches:
            other = ledger_of(batch.get(self.batch.description))
            entry = self.entry_in(batch, document)
            if entry is not None and is_stranger(other, token):
                return strangers(other, reference_of(batch, entry))
        return nowhere

    async def _aboard_a_strangers(self, sage: SageWeb, document: D, token: str) -> Sighting:
        """In a batch that another ledger's documents share. As above, best effort."""
        nowhere = Sighting(sure=True)
        ours = ledger_of(token)
        if ours is None or sage.can.tells_strangers is False:
            return nowhere
        try:
            entries = await foreign_entries(sage, ours)
        except CannotTell as exc:
            sage.can.tells_strangers = False if exc.refused else sage.can.tells_strangers
            return nowhere
        except (Unreadable, httpx.HTTPError):
            return nowhere
        sage.can.tells_strangers = True
        for batch, entry in entries:
            if self.is_entry_of(entry, document):
                other = ledger_of(batch.get(self.batch.description))
                return strangers(other, reference_of(batch, entry))
        return nowhere

    async def post(self, sage: SageWeb, document: D, reference: str) -> Outcome:
        """ReadyToPost, ``$process``, then the document itself is looked for."""

        async def posted() -> Record | None:
            return await self.posted(sage, document)

        return await post_entry(
            sage,
            self.batch,
            reference,
            posted=None if self.posted is not_in_a_feed else posted,
            entry_of=lambda batch: self.entry_in(batch, document),
        )


def batch_body(kind: Batch, head: Record, entries: Sequence[str]) -> str:
    """A body of entries that are JSON already, under one head."""
    opening = exact_json.dumps(head)[:-1]
    return f'{opening}, "{kind.entries}": [{", ".join(entries)}]}}'


def stored_batch(answer: httpx.Response) -> Record | Unknown:
    """The batch that a success shows."""
    try:
        batch = body_of(answer)
    except Unreadable as exc:
        return Unknown(reason=f"Sage 300 answered with {exc}.", http_status=answer.status_code)
    if not isinstance(batch, dict):
        return Unknown(
            reason="Sage 300's answer does not show the document.", http_status=answer.status_code
        )
    return batch


def set_up_fault(exc: ValueError) -> Refused:
    return Refused(code="iman", text=f"byondpro's set-up: {exc}.", local=True)


def is_stranger(ledger: str | None, token: str) -> bool:
    ours = ledger_of(token)
    return ledger is not None and ours is not None and ledger != ours


def strangers(ledger: str | None, reference: str | None) -> Sighting:
    return Sighting(
        sure=True,
        stranger=ledger,
        reason=f"Sage 300 holds it as {reference}, put there by another ledger of iman ({ledger}).",
    )
