"""byondpro over HTTP: its outbox, and the sync status it is told."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from iman.domain.feed import FeedPage, WriteBack
from iman.errors import SourceUnavailable
from iman.gateways.answers import TooLong, bounded, loads
from iman.gateways.byondpro_feed import as_wire_moment, read_page
from iman.gateways.certificates import tls_trouble
from iman.gateways.log_in import SecretUnreadable

_BASE = "/api/integration/v1"
_MOST = 64 * 2**20  # bytes of one answer


class Byondpro:
    """Given an ``httpx.AsyncClient`` with base URL, token and time-outs."""

    name = "byondpro"

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def fetch(self, *, after: str | None, limit: int) -> FeedPage:
        """The next events. Raises ``SourceUnavailable``, in words for a person."""
        params: dict[str, str | int] = {"limit": limit}
        if after is not None:
            params["after"] = after
        answer = await self._call("GET", "/outbox", params=params)
        try:
            return read_page(_json(answer))
        except ValueError as exc:
            raise SourceUnavailable(f"byondpro's outbox answered something else: {exc}.") from exc

    async def deliver(self, statuses: Sequence[WriteBack]) -> list[WriteBack]:
        """Tell byondpro; returns those it does not know. Raises ``SourceUnavailable``."""
        waiting, unknown = list(statuses), list[WriteBack]()
        while waiting:
            body = {"statuses": [_status(write_back) for write_back in waiting]}
            answer = await self._call("POST", "/sync-status", json=body, expect_404=True)
            if answer.status_code != httpx.codes.NOT_FOUND:
                break
            stranger = _named_in(answer, waiting)
            if stranger is None:
                raise SourceUnavailable(
                    "byondpro has no /sync-status: check the byondpro address (IMAN_BYONDPRO_URL)."
                )
            unknown += [status for status in waiting if status.key.number == stranger]
            waiting = [status for status in waiting if status.key.number != stranger]
        return unknown

    async def setups(self) -> dict[str, Any]:
        """Terms, categories, sites, tax codes, customer groups, receipt types."""
        found = _json(await self._call("GET", "/setups"))
        if not isinstance(found, dict):
            raise SourceUnavailable("byondpro's set-ups are not an object.")
        return found

    async def _call(
        self, method: str, path: str, *, expect_404: bool = False, **request: Any
    ) -> httpx.Response:
        try:
            answer = await bounded(self._http, method, _BASE + path, most=_MOST, **request)
        except TooLong as exc:
            raise SourceUnavailable(f"byondpro sent {exc}.") from exc
        except httpx.TransportError as exc:
            if isinstance(exc, SecretUnreadable):
                raise SourceUnavailable(str(exc)) from exc
            silent = f"byondpro does not answer at {self._http.base_url} ({type(exc).__name__})."
            raise SourceUnavailable(
                tls_trouble(exc, "byondpro", "IMAN_BYONDPRO_URL") or silent
            ) from exc
        if answer.is_success or (expect_404 and answer.status_code == httpx.codes.NOT_FOUND):
            return answer
        raise SourceUnavailable(_REASONS.get(answer.status_code, _OTHER).format(answer.status_code))


_REASONS = {
    401: "byondpro refused the token ({}): check IMAN_BYONDPRO_TOKEN.",
    403: "byondpro's token may not read the outbox ({}).",
    404: "byondpro has no integration feed at that address ({}): check IMAN_BYONDPRO_URL.",
}
_OTHER = "byondpro answered {}."


def _json(answer: httpx.Response) -> Any:
    try:
        return loads(answer.content)
    except ValueError as exc:
        kind = answer.headers.get("content-type", "no content type")
        raise SourceUnavailable(
            f"byondpro's answer was no JSON or was cut short ({kind})."
        ) from exc


def _status(write_back: WriteBack) -> dict[str, Any]:
    return {
        "entry_type": write_back.key.entry_type.value,
        "number": write_back.key.number,
        "company": write_back.key.company,
        "revision": write_back.revision,
        "status": write_back.status,
        "message": write_back.message,
        "erp_reference": write_back.reference,
        "attempts": write_back.attempts,
        "at": as_wire_moment(write_back.decided_at),
    }


def _named_in(answer: httpx.Response, waiting: Sequence[WriteBack]) -> str | None:
    """Which of our numbers a 404 names; the longest, for INV-1 is in INV-10 too."""
    text = answer.text
    named = [status.key.number for status in waiting if status.key.number in text]
    return max(named, key=len, default=None)
