"""What every entry type answers for, and the words they share."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import Protocol, TypeVar

import httpx

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Document, SalesDocument
from iman.domain.gl_account import posted_account
from iman.domain.outcome import Outcome
from iman.gateways.sage_answers import Unreadable
from iman.gateways.sage_web import CannotTell, SageWeb, no_connection

D_contra = TypeVar("D_contra", bound=Document, contravariant=True)

TEXT = 60  # Sage 300's descriptions and references


class Mapping(Protocol[D_contra]):
    """One entry type in Sage 300's terms. No call raises for what Sage or the network did.

    *parent* is the reference of the document's parent in Sage 300 where the ledger knows it; only
    a repayment plan needs it.
    """

    async def push(
        self, sage: SageWeb, document: D_contra, *, token: str, parent: str | None
    ) -> Exchange:
        """Post it, marked with *token*."""

    async def find(
        self, sage: SageWeb, document: D_contra, *, token: str, parent: str | None
    ) -> Sighting:
        """Whether it is there."""

    async def post(self, sage: SageWeb, document: D_contra, reference: str) -> Outcome:
        """Post it to the ledger, and see that it was."""


def cut(text: str, width: int = TEXT) -> str:
    """A text that describes, as wide as Sage 300 takes it. Never for a key."""
    return text[:width].rstrip()


def same(stored: object, sent: str) -> bool:
    """Sage stores keys in capitals, padded to their width."""
    return isinstance(stored, str) and stored.strip().upper() == sent.strip().upper()


def account(document: Document, gl_account: str) -> str:
    """The account as it is posted. Raises ``ValueError`` where it cannot be built."""
    return posted_account(gl_account, segment=document.site_segment, rule=document.segment_rule)


def named_values(document: Document) -> Iterator[tuple[str, str]]:
    """What a refusal's text may name of *document*, each with the part it plays."""
    yield "number", document.key.number
    yield "customer", document.customer
    yield "terms", document.terms_code
    yield "tax group", document.tax_group
    day = document.document_date
    for spelling in ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y"):
        yield "date", day.strftime(spelling)
    if isinstance(document, SalesDocument):
        for line in document.lines:
            yield "account", account(document, line.gl_account)


async def looked(question: Awaitable[Sighting]) -> Sighting:
    """A look-up's answer; whatever came between becomes "cannot tell"."""
    try:
        return await question
    except httpx.HTTPError as exc:
        return Sighting(reason=no_connection(exc).reason)
    except Unreadable as exc:
        return Sighting(reason=f"Sage 300 answered with {exc}.")
    except CannotTell as exc:
        return Sighting(reason=str(exc))
