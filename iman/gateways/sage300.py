"""Sage 300's Web API over HTTP. One instance per worker: a client shared by many workers walks all
its connections under one lock and costs most of the throughput."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Document, EntryType
from iman.domain.outcome import Accepted, Outcome, Refused, Unavailable, Unknown
from iman.gateways import exact_json, invoice
from iman.gateways.sage_answers import Unreadable, body_of, error_of, refusal

_JSON = {"content-type": "application/json"}
_KEPT = 20_000  # characters of an answer that are kept
_PAGE = 100  # Sage's page cap

#: They are raised before the request has left.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Sage300:
    """Given an ``httpx.AsyncClient`` with base URL (``…/Sage300WebApi/v1.0/-/COMPANY/``), Basic
    credentials and time-outs. Redirects are not followed."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def push(self, document: Document, *, token: str) -> Exchange:
        """Post *document*, marked with *token*. Never raises for what Sage or the network did."""
        if document.key.entry_type is not EntryType.INVOICE:
            kind = document.key.entry_type.replace("_", " ")
            return Exchange(
                Refused(
                    code="iman", text=f"This version of Iman does not push a {kind}.", local=True
                )
            )
        try:
            sent = exact_json.dumps(invoice.batch_of(document, token=token))
        except ValueError as exc:
            return Exchange(Refused(code="iman", text=f"byondpro's set-up: {exc}.", local=True))
        try:
            answer = await self._http.post(invoice.RESOURCE, content=sent, headers=_JSON)
        except _NOT_SENT as exc:
            return Exchange(_no_connection(exc), sent=sent)
        except httpx.HTTPError as exc:  # it left, the answer did not come back
            return Exchange(
                Unknown(reason=f"The answer was lost ({type(exc).__name__})."), sent=sent
            )
        if answer.is_success:
            return Exchange(_stored(answer, document), sent=sent, answered=_kept(answer))
        return Exchange(refusal(answer), sent=sent, answered=_kept(answer))

    async def find(self, document: Document, *, token: str) -> Sighting:
        """Whether Sage 300 holds *document*: posted under its number, or in a batch of ours."""
        try:
            return await self._posted(document) or await self._in_batch(document, token)
        except httpx.HTTPError as exc:
            return Sighting(reason=_no_connection(exc).reason)
        except Unreadable as exc:
            return Sighting(reason=f"Sage 300 answered with {exc}.")
        except _CannotTellError as exc:
            return Sighting(reason=str(exc))

    async def probe(self) -> str | None:
        """None when Sage 300 is well, else what is the matter. Reads one terms code."""
        try:
            answer = await self._http.get("AR/ARTerms", params={"$top": 1}, headers=_JSON)
        except httpx.HTTPError as exc:
            return _no_connection(exc).reason
        if not answer.is_success:
            outcome = refusal(answer)
            return getattr(outcome, "reason", None) or getattr(outcome, "text", "refused")
        try:
            body_of(answer)
        except Unreadable as exc:
            return f"Sage 300 answered with {exc}."
        return None

    async def _posted(self, document: Document) -> Sighting | None:
        customer, number = (
            quote(_quoted(part), safe="") for part in (document.customer, document.key.number)
        )
        key = f"CustomerNumber={customer},DocumentNumber={number}"
        answer = await self._http.get(f"AR/ARPostedDocuments({key})", headers=_JSON)
        if answer.is_success:
            found = body_of(answer)
            if not isinstance(found, dict):
                raise Unreadable("a posted document of another shape")
            return Sighting(
                found=Accepted(reference=_reference(found, found), adopted=True), sure=True
            )
        if (told := error_of(answer)) and told[0] == "RecordNotFound":
            return None
        raise _cannot_tell(answer)

    async def _in_batch(self, document: Document, token: str) -> Sighting:
        """A refused push can leave a batch with our mark and without our document: look inside."""
        skip = 0
        while True:
            answer = await self._http.get(
                invoice.RESOURCE,
                params={
                    "$filter": f"Description eq {_quoted(token)}",
                    "$top": _PAGE,
                    "$skip": skip,
                },
                headers=_JSON,
            )
            if not answer.is_success:
                raise _cannot_tell(answer)
            body = body_of(answer)
            batches = body.get("value") if isinstance(body, dict) else None
            if not isinstance(batches, list):
                raise Unreadable("a list of batches of another shape")
            for batch in batches:
                if (entry := _entry_of(batch, document)) is not None:
                    adopted = Accepted(reference=_reference(batch, entry), adopted=True)
                    return Sighting(found=adopted, sure=True)
            if len(batches) < _PAGE:
                return Sighting(sure=True)
            skip += _PAGE


class _CannotTellError(Exception):
    """A look-up that Sage 300 did not answer."""


def _cannot_tell(answer: httpx.Response) -> _CannotTellError:
    outcome = refusal(answer)
    return _CannotTellError(getattr(outcome, "reason", None) or getattr(outcome, "text", "refused"))


def _stored(answer: httpx.Response, document: Document) -> Outcome:
    """A success is believed only when it shows our document stored."""
    try:
        batch = body_of(answer)
    except Unreadable as exc:
        return Unknown(reason=f"Sage 300 answered with {exc}.", http_status=answer.status_code)
    entry = _entry_of(batch, document) if isinstance(batch, dict) else None
    if entry is None or batch.get("BatchNumber") is None:
        return Unknown(
            reason="Sage 300's answer does not show the document.", http_status=answer.status_code
        )
    return Accepted(reference=_reference(batch, entry))


def _entry_of(batch: Any, document: Document) -> dict[str, Any] | None:
    if not isinstance(batch, dict) or batch.get("BatchStatus") == "Deleted":
        return None
    for entry in batch.get("Invoices") or ():
        if (
            isinstance(entry, dict)
            and _same(entry.get("DocumentNumber"), document.key.number)
            and _same(entry.get("CustomerNumber"), document.customer)
        ):
            return entry
    return None


def _same(stored: Any, sent: str) -> bool:
    """Sage stores keys in capitals, padded to their width."""
    return isinstance(stored, str) and stored.strip().upper() == sent.strip().upper()


def _reference(batch: dict[str, Any], entry: dict[str, Any]) -> str:
    return f"{batch.get('BatchNumber')}-{entry.get('EntryNumber', 1)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _kept(answer: httpx.Response) -> str:
    return answer.text[:_KEPT]


def _no_connection(exc: httpx.HTTPError) -> Unavailable:
    return Unavailable(
        kind="connection", reason=f"Sage 300 does not answer ({type(exc).__name__})."
    )
