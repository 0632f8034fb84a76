"""Requests to Sage 300's Web API, and what may go wrong on the way to an answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from iman.domain.outcome import Outcome, Refused, Unavailable, Unknown
from iman.gateways.answers import TooLong, bounded
from iman.gateways.certificates import tls_trouble
from iman.gateways.log_in import LogIn, SecretUnreadable
from iman.gateways.sage_answers import Unreadable, body_of, error_of, refusal

Record = dict[str, Any]

PAGE = 100  # Sage's page cap
_PAGES = 1000  # of one look-up: a server that ignores $skip must not be read for ever
_KEPT = 20_000  # characters of an answer that are kept
_LIMIT = 32 * 2**20  # bytes of one answer
_JSON = {"content-type": "application/json"}

#: They are raised before the request has left.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class CannotTell(Exception):
    """A look-up that Sage 300 did not answer; the text is for people.

    *refused*: it will not answer this question another time either.
    """

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


@dataclass(slots=True)
class ReadBatches:
    """Other ledgers' unposted batches, or our own, as they were read last: if more than a page.

    A retired ledger may leave hundreds, and under backlog each document asks.
    """

    read_at: float | None = None
    batches: list[Record] = field(default_factory=list)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Capabilities:
    """What this server was found to do; nothing is documented. None: not tried yet.

    Workers share it, and what one of them read of other ledgers' batches.
    """

    withdraws: bool | None = None  # PATCH BatchStatus Deleted
    matches_ends: bool | None = None  # $filter=endswith(…)
    tells_strangers: bool | None = None  # $filter with lt, gt and or, as other ledgers need it
    ready_by: int = 0  # which spelling of "ready to post" a G/L batch takes
    foreign: ReadBatches = field(default_factory=ReadBatches)
    own: ReadBatches = field(default_factory=ReadBatches)


class SageWeb:
    """Given an ``httpx.AsyncClient`` with base URL (``…/Sage300WebApi/v1.0/-/COMPANY/``), Basic
    credentials and time-outs. Redirects are not followed."""

    def __init__(
        self, http: httpx.AsyncClient, *, can: Capabilities | None = None, limit: int = _LIMIT
    ) -> None:
        self._http = http
        self._limit = limit
        self._secrets: tuple[str, ...] = ()
        self._secrets_as = ""  # the log-in they belong to: it may be changed
        self.can = can or Capabilities()

    async def get(self, path: str, **options: str | int) -> httpx.Response:
        """A reading. Raises ``httpx.HTTPError``, and ``Unreadable`` for one without end."""
        params = {f"${name}": value for name, value in options.items()}
        return await self._answer("GET", path, params=params)

    async def send(self, method: str, path: str, content: str) -> httpx.Response | Outcome:
        """Something that may change Sage 300: the answer, or what its absence means."""
        try:
            return await self._answer(method, path, content=content)
        except _NOT_SENT as exc:
            return no_connection(exc)
        except httpx.HTTPError as exc:  # it left, the answer did not come back
            return Unknown(reason=f"The answer was lost ({type(exc).__name__}).")
        except Unreadable as exc:
            return Unknown(reason=f"Sage 300 answered with {exc}.")

    async def record(self, path: str, **options: str | int) -> Record | None:
        """One record by its key, None where Sage 300 has none.

        Raises ``CannotTell``, ``Unreadable`` and ``httpx.HTTPError``.
        """
        answer = await self.get(path, **options)
        if answer.is_success:
            found = body_of(answer)
            if not isinstance(found, dict) or "Message" in found:
                raise Unreadable("a record of another shape")
            return found
        if (told := error_of(answer)) and told[0] == "RecordNotFound":
            return None
        raise cannot_tell(answer)

    async def page(self, resource: str, where: str, *, skip: int = 0, **more: str) -> list[Record]:
        """One page of the records that fit *where*. Raises as ``record``."""
        answer = await self.get(resource, filter=where, top=PAGE, skip=skip, **more)
        if not answer.is_success:
            raise cannot_tell(answer)
        body = body_of(answer)
        records = body.get("value") if isinstance(body, dict) else None
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise Unreadable("a list of another shape")
        return records

    async def records(self, resource: str, where: str, **more: str) -> AsyncIterator[Record]:
        """All records that fit *where*, page by page. Raises as ``record``.

        A short page is not taken for the last one: a site may have made Sage's pages smaller.
        """
        skip = 0
        for _ in range(_PAGES):
            records = await self.page(resource, where, skip=skip, **more)
            if not records:
                return
            for record in records:
                yield record
            skip += len(records)
        raise CannotTell(f"Sage 300 has more than {skip} records in {resource} to look through.")

    def kept(self, answer: httpx.Response) -> str:
        """As much of an answer as is remembered; never the password, should a page echo it."""
        declared = answer.headers.get("content-type", "").lower()
        if "charset" in declared and "utf-8" not in declared:
            return self.clean(answer.text[:_KEPT])
        # the same text for a third of the time
        return self.clean(answer.content.decode("utf-8", "replace")[:_KEPT])

    def clean(self, text: str) -> str:
        """*text* without our own credentials."""
        for secret in self._hidden():
            text = text.replace(secret, "•••")
        return text

    def _hidden(self) -> tuple[str, ...]:
        header = _header_of(self._http.auth)
        if header != self._secrets_as:
            self._secrets, self._secrets_as = _secrets_of(header), header
        return self._secrets

    async def _answer(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await bounded(
                self._http, method, path, most=self._limit, headers=_JSON, **request
            )
        except TooLong as exc:
            raise Unreadable(str(exc)) from exc


def quoted(text: str) -> str:
    """A text as an OData literal."""
    return "'" + text.replace("'", "''") + "'"


def key(text: str) -> str:
    """A text as part of a key in an address."""
    return quote(quoted(text), safe="")


def no_connection(exc: httpx.HTTPError) -> Unavailable:
    if isinstance(exc, SecretUnreadable):
        return Unavailable(kind="log_in", reason=str(exc))
    silent = f"Sage 300 does not answer ({type(exc).__name__})."
    return Unavailable(
        kind="connection", reason=tls_trouble(exc, "Sage 300", "IMAN_SAGE_URL") or silent
    )


def cannot_tell(answer: httpx.Response) -> CannotTell:
    outcome = refusal(answer)
    return CannotTell(words_of(outcome), refused=isinstance(outcome, Refused))


def words_of(outcome: Outcome) -> str:
    """Why, in words, whichever outcome it is."""
    return getattr(outcome, "reason", None) or getattr(outcome, "text", None) or "refused"


def _header_of(auth: httpx.Auth | None) -> str:
    """The log-in as it is sent; '' where there is none, or none can be read now."""
    if auth is None:
        return ""
    try:
        if isinstance(auth, LogIn):
            return auth.whole()
        request = next(auth.sync_auth_flow(httpx.Request("GET", "http://sage.invalid/")))
    except SecretUnreadable:
        return ""
    return str(request.headers.get("authorization", ""))


def _secrets_of(header: str) -> tuple[str, ...]:
    """What must not be kept of an answer: the header that is sent, and the password in it."""
    token = header.partition(" ")[2]
    try:
        password = base64.b64decode(token).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        password = ""
    # a very short password would blot out ordinary text, and so give itself away
    return tuple(secret for secret in (token, password) if len(secret) > 5)
