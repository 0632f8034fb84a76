"""Answers of the outside world: bounded in size and in time, and of what a ledger can store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx

_AS_LONG = 2  # times the longest silence: how long a whole answer may take


class TooLong(ValueError):
    """More bytes than anybody needs; the text says how many were read."""


async def bounded(
    http: httpx.AsyncClient, method: str, path: httpx.URL | str, *, most: int, **request: Any
) -> httpx.Response:
    """A whole answer of at most *most* bytes, redirects as they are.

    The client's time-out is for each silence; a server that drips bytes is given up after twice
    that. Raises ``httpx.HTTPError`` and ``TooLong``.
    """
    silence = http.timeout.read
    try:
        async with asyncio.timeout(None if silence is None else _AS_LONG * silence):
            return await _whole(http, method, path, most, request)
    except TimeoutError as exc:
        raise httpx.ReadTimeout("The answer did not end.") from exc


async def _whole(
    http: httpx.AsyncClient, method: str, path: httpx.URL | str, most: int, request: dict[str, Any]
) -> httpx.Response:
    async with http.stream(method, path, follow_redirects=False, **request) as answer:
        known = answer.headers.get("content-length", "")
        plain = "content-encoding" not in answer.headers
        if plain and known.isdigit() and int(known) <= most:
            await answer.aread()
            return answer
        gathered = bytearray()
        async for part in answer.aiter_bytes():
            gathered += part
            if len(gathered) > most:
                raise TooLong(f"an answer of more than {most} bytes")
    headers = [
        (name, value)
        for name, value in answer.headers.multi_items()
        if name not in ("content-encoding", "content-length", "transfer-encoding")
    ]
    return httpx.Response(
        answer.status_code, headers=headers, content=bytes(gathered), request=answer.request
    )


def loads(text: str | bytes, *, parse_float: Callable[[str], Any] | None = None) -> Any:
    """As ``json.loads``, with texts that can be stored. Raises ``ValueError`` only."""
    if isinstance(text, bytes):  # json itself would let half pairs in as bytes
        text = text.decode(json.detect_encoding(text), "replace")
    try:
        found = json.loads(text, parse_float=parse_float)
        # now only an escape can bring what UTF-8 cannot hold, and hardly an answer has one
        odd = "\\ud" in text or "\\uD" in text or "\\u0000" in text
        return storable(found) if odd else found
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc


def storable(value: Any) -> Any:
    """JSON may escape half a surrogate pair or a NUL; no database stores either."""
    match value:
        case str():
            text = value.replace("\x00", "\ufffd")
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {storable(name): storable(part) for name, part in value.items()}
        case list():
            return [storable(part) for part in value]
        case _:
            return value
