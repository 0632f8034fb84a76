"""Several documents in one batch, and who is to blame when Sage 300 refuses it.

Sage 300 names neither the entry nor the batch it may have left behind. Three things tell: what it
did store (it writes entry after entry), the thing its text names, and who carries that thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from iman.domain.attempt import Exchange
from iman.domain.document import Document
from iman.domain.outcome import Accepted, NotTried, Outcome, Refused, Unavailable, Unknown
from iman.gateways import exact_json
from iman.gateways.entries.batched import Batched, batch_body, set_up_fault, stored_batch
from iman.gateways.entries.batches import Batch, state
from iman.gateways.entries.mapping import named_values
from iman.gateways.sage_answers import Unreadable, refusal
from iman.gateways.sage_web import CannotTell, Record, SageWeb

#: The thing an error text names, None where it names none.
Names = Callable[[str], str | None]

_TOO_LARGE = httpx.codes.REQUEST_ENTITY_TOO_LARGE
_MATE = "The batch it travelled in was refused because of another document."
_NOBODY = "The batch it travelled in was refused, and Sage 300 does not say because of which entry."


@dataclass(frozen=True, slots=True)
class Passenger:
    """A document under way in a batch, and its entry as it is sent."""

    document: Document
    mapping: Batched[Any]
    entry: str


async def push_together(
    sage: SageWeb,
    documents: Sequence[tuple[Document, Batched[Any]]],
    *,
    token: str,
    names: Names,
) -> list[Exchange]:
    """One batch; one exchange for each document, in their order. All of one kind of batch."""
    exchanges: dict[int, Exchange] = {}
    aboard: dict[int, Passenger] = {}
    for place, (document, mapping) in enumerate(documents):
        try:
            aboard[place] = Passenger(document, mapping, exact_json.dumps(mapping.entry(document)))
        except ValueError as exc:
            exchanges[place] = Exchange(set_up_fault(exc))
    if aboard:
        passengers = list(aboard.values())
        outcomes, answered = await _send(sage, passengers, token, names)
        for place, passenger, outcome in zip(aboard, passengers, outcomes, strict=True):
            exchanges[place] = Exchange(outcome, sent=passenger.entry, answered=answered)
    return [exchanges[place] for place in range(len(documents))]


async def _send(
    sage: SageWeb, aboard: list[Passenger], token: str, names: Names
) -> tuple[list[Outcome], str | None]:
    latest = max(aboard, key=lambda one: one.document.document_date)
    head = latest.mapping.header(latest.document, token)
    kind = latest.mapping.batch
    content = batch_body(kind, head, [one.entry for one in aboard])
    answer = await sage.send("POST", kind.resource, content)
    if not isinstance(answer, httpx.Response):
        return [answer] * len(aboard), None
    answered = sage.kept(answer)
    if answer.is_success:
        batch = stored_batch(answer)
        if isinstance(batch, Unknown):
            return [batch] * len(aboard), answered
        return [one.mapping.taken(batch, one.document, answer) for one in aboard], None
    if answer.status_code == _TOO_LARGE and len(aboard) > 1:
        too_large = NotTried(reason="Sage 300 does not take a batch this large.", suspect=True)
        return [too_large] * len(aboard), answered
    outcome = refusal(answer)
    if isinstance(outcome, Refused) or _is_busy(outcome):
        return await _told_apart(sage, aboard, outcome, token, names), answered
    return [outcome] * len(aboard), answered


def _is_busy(outcome: Outcome) -> bool:
    """Contention can strike at any entry, so that some may be stored."""
    return isinstance(outcome, Unavailable) and outcome.kind == "contention"


async def _told_apart(
    sage: SageWeb, aboard: list[Passenger], outcome: Outcome, token: str, names: Names
) -> list[Outcome]:
    """Each document's own outcome, at the price of one reading."""
    kind = aboard[0].mapping.batch
    if len(aboard) == 1 and isinstance(outcome, Refused):
        return [outcome]  # as a push of one: an entry that was refused is not stored
    try:
        batches = await sage.page(kind.resource, kind.described_as(token))
    except (CannotTell, Unreadable, httpx.HTTPError):
        reason = "Sage 300 refused the batch and did not say what it had stored of it."
        return [Unknown(reason=reason)] * len(aboard)
    stored = [_adopted(one, batches, token) for one in aboard]
    if isinstance(outcome, Refused):
        left_behind = any(stored) or any(_is_ours(batch, kind, token) for batch in batches)
        rest = [one for one, found in zip(aboard, stored, strict=True) if found is None]
        judged = iter(_judged(rest, outcome, names, any(stored), left_behind))
    else:
        judged = iter([outcome] * len(aboard))
    return [found or next(judged) for found in stored]


def _adopted(one: Passenger, batches: list[Record], token: str) -> Accepted | None:
    found = (one.mapping.adopted(batch, one.document, token) for batch in batches)
    return next(filter(None, found), None)


def _is_ours(batch: Record, kind: Batch, token: str) -> bool:
    return batch.get(kind.description) == token and state(batch, kind) != "deleted"


def _judged(
    rest: list[Passenger], refused: Refused, names: Names, some_stored: bool, left_behind: bool
) -> list[Outcome]:
    """Of those Sage 300 does not hold: refused, or not tried."""
    if len(rest) < 2:
        return [refused] * len(rest)
    carriers = _carriers(rest, names(refused.text))
    if some_stored or (left_behind and (not carriers or 0 in carriers)):
        # it stopped at the first that is not there; who carries the same fault would fail alike
        guilty = {0} | (carriers if 0 in carriers else set())
    elif carriers:
        guilty = carriers
    else:
        suspect = NotTried(reason=_NOBODY, suspect=True)
        return [suspect] * len(rest)
    return [
        replace(refused) if place in guilty else NotTried(reason=_MATE)
        for place in range(len(rest))
    ]


def _carriers(rest: list[Passenger], entity: str | None) -> set[int]:
    """Who carries *entity*. Nobody, where it plays several parts and either may be meant."""
    wanted = _plain(entity or "")
    if not wanted:
        return set()
    found: dict[str, set[int]] = {}
    for place, one in enumerate(rest):
        for part, value in named_values(one.document):
            if _plain(value) == wanted:
                found.setdefault(part, set()).add(place)
    return next(iter(found.values())) if len(found) == 1 else set()


def _plain(value: str) -> str:
    """Sage shows accounts with dashes and codes in capitals."""
    return "".join(filter(str.isalnum, value)).upper()
