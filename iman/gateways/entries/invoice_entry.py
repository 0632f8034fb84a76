"""Where an invoice stands in Sage 300: its batch and its entry, for what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from iman.domain.attempt import push_token
from iman.domain.document import RepaymentPlan
from iman.gateways.entries.batches import INVOICES, ledger_of, reference_of, state
from iman.gateways.entries.mapping import same
from iman.gateways.entries.posted import posted_document
from iman.gateways.sage_web import Record, SageWeb, quoted

_OPEN_BATCHES = 5000  # looked through at most, where nothing says which batch it is


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceEntry:
    batch: Record
    entry: Record
    posted: bool

    @property
    def batch_number(self) -> str:
        return str(self.batch["BatchNumber"])

    @property
    def reference(self) -> str:
        return reference_of(self.batch, self.entry) or ""


async def find_invoice(
    sage: SageWeb, document: RepaymentPlan, *, token: str, reference: str | None
) -> InvoiceEntry | None:
    """The plan's invoice: in the batch the ledger remembers, else posted, else looked for.

    Raises ``CannotTell``, ``Unreadable`` and ``httpx.HTTPError``.
    """
    if document.parent is None:
        return None
    if reference:
        number = reference.rpartition("-")[0]
        found = await _in(sage, document, number) if number else None
        if found is not None:
            return found
    posted = await posted_document(sage, document.customer, document.parent.number)
    if posted is not None:
        found = await _in(sage, document, str(posted.get("BatchNumber")))
        return found or InvoiceEntry(batch=posted, entry=posted, posted=True)
    return await _looked_for(sage, document, token)


async def _in(sage: SageWeb, document: RepaymentPlan, number: str) -> InvoiceEntry | None:
    if not number.isdigit():
        return None
    batch = await sage.record(INVOICES.address(number))
    return None if batch is None else _entry_in(batch, document)


async def _looked_for(sage: SageWeb, document: RepaymentPlan, token: str) -> InvoiceEntry | None:
    """A batch with the invoice's own mark, whatever its revision; else any open one of ours."""
    assert document.parent is not None  # noqa: S101 -- for mypy: find_invoice has seen to it
    ours = ledger_of(token)
    if ours is None:
        return None
    mark = push_token(ours, document.parent, 0).removesuffix("0")
    begins = "startswith({},{})".format
    async for batch in sage.records(INVOICES.resource, begins(INVOICES.description, quoted(mark))):
        if (found := _entry_in(batch, document)) is not None:
            return found
    seen = 0
    where = (
        f"{INVOICES.status} eq 'Open' and {begins(INVOICES.description, quoted(f'IMAN {ours} '))}"
    )
    async for batch in sage.records(INVOICES.resource, where):
        if (found := _entry_in(batch, document)) is not None:
            return found
        seen += 1
        if seen >= _OPEN_BATCHES:
            break
    return None


def _entry_in(batch: Record, document: RepaymentPlan) -> InvoiceEntry | None:
    assert document.parent is not None  # noqa: S101 -- as above
    for entry in INVOICES.held(batch):
        if same(entry.get("DocumentNumber"), document.parent.number) and same(
            entry.get("CustomerNumber"), document.customer
        ):
            return InvoiceEntry(batch=batch, entry=entry, posted=state(batch, INVOICES) == "posted")
    return None
