"""Posting a batch, and seeing that its entries were posted.

Sage 300 posts the good entries of a batch and moves the bad ones to a new error batch; the batch
is "posted" all the same. So it is the document that is looked for, never the batch.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

from iman.domain.outcome import Accepted, Outcome, Refused, Unavailable, Unknown
from iman.gateways import exact_json
from iman.gateways.entries.batches import Batch, state
from iman.gateways.sage_answers import Unreadable, body_of, refusal
from iman.gateways.sage_web import CannotTell, Record, SageWeb, no_connection

_BUSY = "Sage 300 is busy posting batch {}."
_REASON_FIELDS = ("ErrorMessage", "ErrorDescription", "PostingError")


async def post_entry(
    sage: SageWeb,
    kind: Batch,
    reference: str,
    *,
    posted: Callable[[], Awaitable[Record | None]] | None,
    entry_of: Callable[[Record], Record | None],
) -> Outcome:
    """Post the batch of *reference* unless it is posted already; ``Accepted`` once the entry is.

    Safe to repeat, and safe to call for each document of a shared batch. *posted* asks the feed
    of posted documents; without one the batch's count of errors has to do.
    """
    number = reference.rpartition("-")[0] or reference
    try:
        batch = await sage.record(kind.address(number))
        if batch is None:
            return Refused(code="iman", text=f"Sage 300 has no batch {number} to post.")
        told = ""
        if state(batch, kind) != "posted":
            answer = await _post(sage, kind, number, state(batch, kind))
            if not isinstance(answer, str):
                return answer
            told = answer
        return await _verified(sage, kind, number, reference, posted, entry_of, told)
    except httpx.HTTPError as exc:
        return no_connection(exc)  # only readings raise: nothing was changed by them
    except Unreadable as exc:
        return Unknown(reason=f"Sage 300 answered with {exc}.")
    except CannotTell as exc:
        return Unknown(reason=str(exc))


async def _post(sage: SageWeb, kind: Batch, number: str, now: str) -> Outcome | str:
    """What Sage 300 said while it posted, often nothing; or why it did not."""
    if now == "postinprogress":
        return _busy(number)
    if now == "deleted":
        return Refused(code="iman", text=f"Batch {number} was deleted in Sage 300.")
    if now != "readytopost" and (fault := await _make_ready(sage, kind, number)) is not None:
        return fault
    selection = exact_json.dumps(kind.selection(number))
    answer = await sage.send("POST", f"{kind.posting}('$process')", selection)
    if not isinstance(answer, httpx.Response):
        return answer
    return _said(answer) if answer.is_success else refusal(answer)


async def _make_ready(sage: SageWeb, kind: Batch, number: str) -> Outcome | None:
    """None when the batch is Ready To Post. The spelling that is taken is remembered."""
    spellings = kind.ready
    first = sage.can.ready_by if len(spellings) > 1 else 0
    fault: Outcome | None = None
    for place in range(first, len(spellings)):
        content = exact_json.dumps(spellings[place])
        answer = await sage.send("PATCH", kind.address(number), content)
        if not isinstance(answer, httpx.Response):
            return answer
        if answer.is_success:
            if len(spellings) > 1:
                sage.can.ready_by = place
            return None
        fault = refusal(answer)
        if not (isinstance(fault, Refused) and fault.code == "InvalidPayload"):
            return fault
    return fault


def _said(answer: httpx.Response) -> str:
    """Nothing is documented to come back; integrators look for an error in a 200 all the same."""
    if not answer.content.strip():
        return ""
    try:
        body = body_of(answer)
    except Unreadable:
        return ""
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    message = error.get("message") if isinstance(error, dict) else body.get("Message")
    text = message.get("value") if isinstance(message, dict) else message
    return text if isinstance(text, str) else ""


async def _verified(
    sage: SageWeb,
    kind: Batch,
    number: str,
    reference: str,
    posted: Callable[[], Awaitable[Record | None]] | None,
    entry_of: Callable[[Record], Record | None],
    told: str,
) -> Outcome:
    row = None if posted is None else await posted()
    if row is not None and str(row.get("BatchNumber", number)) == number:
        return Accepted(reference=reference)
    # posted from another batch: then ours is the duplicate, and stands in an error batch
    batch = await sage.record(kind.address(number))
    if batch is None:
        return Unknown(reason=f"Batch {number} is not in Sage 300 any more.")
    if state(batch, kind) in ("postinprogress", "readytopost"):
        return _busy(number)
    entry = entry_of(batch)
    errors = batch.get("NumberOfErrors") or 0
    if entry is not None and entry.get("ErrorBatch"):
        if row is not None and str(row.get("BatchNumber")) == str(entry["ErrorBatch"]):
            return Accepted(reference=_error_reference(entry))  # mended there, and posted since
        if posted is None and await _posted_since(sage, kind, entry, entry_of):
            return Accepted(reference=_error_reference(entry))
        return await _moved(sage, kind, entry, entry_of, told)
    if errors and not (posted is None and entry is None):
        return Refused(code="1000", text=_not_posted(told, ""))
    if state(batch, kind) == "posted" and posted is None:
        return Accepted(reference=reference)
    return Unknown(reason=f"Sage 300 has posted batch {number}; the document is not there yet.")


async def _posted_since(
    sage: SageWeb, kind: Batch, entry: Record, entry_of: Callable[[Record], Record | None]
) -> bool:
    """Whether the error batch it was moved to was posted with it, where no feed says so."""
    moved = await sage.record(kind.address(str(entry["ErrorBatch"])))
    if moved is None or state(moved, kind) != "posted":
        return False
    found = entry_of(moved)
    return found is not None and str(found.get("ErrorBatch") or moved["BatchNumber"]) == str(
        moved["BatchNumber"]
    )


async def _moved(
    sage: SageWeb,
    kind: Batch,
    entry: Record,
    entry_of: Callable[[Record], Record | None],
    told: str,
) -> Refused:
    """The entry stands in an error batch; the reason too, where a server shows it."""
    where = _error_reference(entry)
    reasons = [_reason_in(entry)]
    if not reasons[0]:
        moved = await sage.record(kind.address(str(entry["ErrorBatch"])))
        reasons.append(_reason_in((moved and entry_of(moved)) or {}))
    reason = next(filter(None, [*reasons, told]), "")
    return Refused(code="1000", text=_not_posted(reason, where))


def _error_reference(entry: Record) -> str:
    return f"{entry['ErrorBatch']}-{entry.get('ErrorEntry') or 1}"


def _reason_in(entry: Record) -> str:
    found = (entry.get(name) for name in _REASON_FIELDS)
    return next((text for text in found if isinstance(text, str) and text.strip()), "")


def _not_posted(reason: str, where: str) -> str:
    """Sage's own words first, so that they are classified as any other refusal."""
    place = f" It stands in error batch {where}." if where else ""
    why = reason or "Sage 300 did not post the document; its Posting Errors report says why."
    return f"{why}{place}"


def _busy(number: str) -> Unavailable:
    return Unavailable(kind="contention", reason=_BUSY.format(number))
