"""A client on a transport that answers as the test says, and what Sage's answers look like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx

from iman.gateways.sage300 import Sage300

BASE = "http://sage.test/Sage300WebApi/v1.0/-/SERDAT/"
Answers = Callable[[httpx.Request], httpx.Response]


def at_sage(answers: Answers, question: Callable[[Sage300], Any], **client: Any) -> Any:
    """The outcome of *question* against *answers*."""

    async def asked() -> Any:
        transport = httpx.MockTransport(answers)
        auth = client.pop("auth", None)
        async with httpx.AsyncClient(base_url=BASE, transport=transport, auth=auth) as http:
            return await question(Sage300(http, **client))

    return asyncio.run(asked())


def refusal(code: str, text: str, status: int = 409) -> httpx.Response:
    """Sage's envelope, as the developer reference shows it."""
    body = {"error": {"code": code, "message": {"lang": "en-US", "value": text}}}
    return httpx.Response(status, json=body)


def missing() -> httpx.Response:
    return refusal(
        "RecordNotFound", "A Record cannot be found for the specified entity key", status=404
    )


def body_of(request: httpx.Request) -> dict[str, Any]:
    """What was sent, money as it is written."""
    found: dict[str, Any] = json.loads(request.content, parse_float=Decimal)
    return found


class Script:
    """Answers by method and the start of the path after the company; keeps what was asked.

    An answer may be a response, an exception class, or a function of the request.
    """

    def __init__(self, *steps: tuple[str, str, Any]) -> None:
        self._steps = list(steps)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.partition("/-/SERDAT/")[2]
        for method, start, answer in self._steps:
            if request.method == method and path.startswith(start):
                if isinstance(answer, type):
                    raise answer("it broke", request=request)
                return answer(request) if callable(answer) else _again(answer)
        raise AssertionError(f"nobody expected {request.method} {path}")

    def paths(self, method: str = "") -> list[str]:
        return [
            request.url.path.partition("/-/SERDAT/")[2]
            for request in self.asked
            if method in ("", request.method)
        ]

    def sent(self, method: str) -> dict[str, Any]:
        (request,) = [one for one in self.asked if one.method == method]
        return body_of(request)


def _again(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def feed(*records: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    """A list with Sage's page cap."""

    def answer(request: httpx.Request) -> httpx.Response:
        skip = int(request.url.params["$skip"])
        return httpx.Response(200, json={"value": list(records[skip : skip + 100])})

    return answer
