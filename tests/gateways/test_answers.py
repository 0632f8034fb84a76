"""What comes from outside ends, in bytes and in time, and can be stored."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from iman.domain.outcome import Refused
from iman.gateways import exact_json
from iman.gateways.answers import TooLong, bounded, loads
from iman.gateways.sage_answers import refusal
from tests.hostile.strings import EVERY


def ask(stream: Any, *, most: int = 100, read: float = 5.0) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, content=stream()))
        timeout = httpx.Timeout(read)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://x", timeout=timeout
        ) as http:
            return await bounded(http, "GET", "/", most=most)

    return asyncio.run(asked())


async def endless():
    while True:
        yield b"x" * 40
        await asyncio.sleep(0)


async def dripping():
    while True:
        yield b"."
        await asyncio.sleep(0.01)


def test_an_answer_without_end_is_given_up():
    with pytest.raises(TooLong, match="more than 100 bytes"):
        ask(endless)


def test_an_answer_that_drips_is_given_up():
    with pytest.raises(httpx.ReadTimeout):
        ask(dripping, most=10**9, read=0.05)


def test_a_redirect_is_answered_as_it_is():
    asked: list[str] = []

    def moved(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"location": "http://elsewhere.test/"})

    async def go() -> httpx.Response:
        transport = httpx.MockTransport(moved)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://x", follow_redirects=True
        ) as http:
            return await bounded(http, "GET", "/", most=100)

    assert asyncio.run(go()).status_code == 307
    assert asked == ["http://x/"]


def test_whatever_json_escapes_can_be_stored():
    for one in EVERY:
        for content in (json.dumps([one]), json.dumps([one]).encode()):
            (read,) = loads(content)
            read.encode("utf-8")
            assert "\x00" not in read
            if one.isprintable():
                assert read == one


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"", b"\xff", b"[1"])
def test_what_is_no_json_is_one_kind_of_error(content: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 -- every kind of it
        loads(content)


def test_half_a_pair_in_bytes_or_escaped_becomes_a_question_mark():
    assert loads(b'"a\xed\xa0\x80b"').startswith("a\ufffd")
    assert exact_json.loads('["\\ud83d", "\\uD83D\\uDE00", 1.10]') == [
        "\ufffd",
        "😀",
        Decimal("1.10"),
    ]


def test_what_sage_300_says_can_be_written_down_whatever_it_is():
    for one in EVERY:
        told = {"error": {"code": "RecordNotFound", "message": {"value": one}}}
        outcome = refusal(httpx.Response(409, content=json.dumps(told).encode()))
        if isinstance(outcome, Refused):
            outcome.text.encode("utf-8")
