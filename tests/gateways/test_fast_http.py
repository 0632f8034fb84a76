"""The transport's errors decide whether a document may be sent again, so each is met on a wire."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable

import httpx
import pytest

from iman.gateways.fast_http import FastClient, FastTransport
from iman.gateways.sage_web import _NOT_SENT

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_HELLO = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


Way = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
_JSON = {"content-type": "application/json"}


async def quickly(http: httpx.AsyncClient) -> httpx.Response:
    """As pushing does."""
    async with http.stream("POST", "AR/X", content='{"a": 1}', headers=_JSON) as answer:
        await answer.aread()
        return answer


async def httpx_way(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("AR/X", content=b'{"a": 1}', headers=_JSON)


def ask(
    behave: Behaviour, *, timeout: float = 5.0, times: int = 1, way: Way = quickly
) -> list[httpx.Response]:
    served: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.add(task)
        try:
            await behave(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def run() -> list[httpx.Response]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport = FastTransport(verify=ssl.create_default_context())
        try:
            async with FastClient(
                transport, base_url=f"http://127.0.0.1:{port}/",
                timeout=timeout, auth=("WEBAPI", "SECRET"),
            ) as http:  # fmt: skip
                return [await way(http) for _ in range(times)]
        finally:
            server.close()
            await asyncio.gather(*served)

    return asyncio.run(run())


async def heard(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(8)


def reset(writer: asyncio.StreamWriter) -> None:
    wire: socket.socket = writer.get_extra_info("socket")
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


both = pytest.mark.parametrize("way", [quickly, httpx_way])


@both
def test_an_answer_comes_whole_and_the_connection_is_used_again(way: Way):
    connections: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(b"")
        while not reader.at_eof():
            try:
                connections[-1] += await heard(reader)
            except asyncio.IncompleteReadError:
                break
            writer.write(_HELLO)
        writer.close()

    answers = ask(answer, times=3, way=way)
    assert [one.text for one in answers] == ["hello"] * 3
    (sent,) = connections
    assert sent.count(b"POST /AR/X HTTP/1.1") == 3
    assert sent.lower().count(b"authorization: basic") == 3
    assert sent.lower().count(b"user-agent:") == 3  # httpx's own, and no second one


def test_the_quick_way_sends_what_httpx_sends():
    sent: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent.append(await heard(reader))
        writer.write(_HELLO)

    for way in (quickly, httpx_way):
        ask(answer, way=way)
    ours, theirs = (
        sorted(line for line in one.lower().split(b"\r\n") if not line.startswith(b"host:"))
        for one in sent
    )
    assert ours == theirs


def test_a_session_cookie_is_kept_and_sent():
    sent: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for said in (b"set-cookie: ASP.NET_SessionId=abc; path=/; HttpOnly\r\n", b""):
            sent.append(await heard(reader))
            writer.write(b"HTTP/1.1 200 OK\r\n" + said + b"content-length: 5\r\n\r\nhello")

    answers = ask(answer, times=2)
    assert [one.text for one in answers] == ["hello"] * 2
    assert b"cookie" not in sent[0].lower()
    assert b"cookie: asp.net_sessionid=abc" in sent[1].lower()


def test_a_long_answer_is_not_read_before_somebody_asks():
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n")
        await reader.read()

    async def only_the_head(http: httpx.AsyncClient) -> httpx.Response:
        async with http.stream("POST", "AR/X", content='{"a": 1}', headers=_JSON) as found:
            assert found.headers["content-length"] == "100000000000"
            return found

    (found,) = ask(answer, way=only_the_head)
    assert found.is_closed
    assert not found.is_stream_consumed


@both
def test_a_redirect_is_an_answer(way: Way):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(
            b"HTTP/1.1 302 Found\r\nlocation: http://x.invalid/\r\ncontent-length: 0\r\n\r\n"
        )

    assert ask(answer, way=way)[0].status_code == 302


def test_a_compressed_answer_is_read():
    body = gzip.compress(b"hello")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        writer.write(body)
        writer.close()

    assert ask(answer)[0].text == "hello"


async def reset_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    reset(writer)


async def close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    writer.close()


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    writer.write(_HELLO[:-3])
    writer.close()


async def half_and_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    writer.write(_HELLO[:-3])
    await writer.drain()
    await asyncio.sleep(0.05)
    reset(writer)


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    await reader.read()
    writer.close()


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    writer.write(b"what?\r\n\r\n")
    writer.close()


@both
@pytest.mark.parametrize(
    "behave", [reset_at_once, close_at_once, half_an_answer, half_and_reset, silence, nonsense]
)
def test_what_left_and_was_not_answered_is_never_said_not_to_have_left(behave: Behaviour, way: Way):
    with pytest.raises(httpx.HTTPError) as caught:
        ask(behave, timeout=0.5, way=way)
    assert not isinstance(caught.value, _NOT_SENT)


@both
def test_where_nobody_listens_nothing_left(way: Way):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]

    async def run() -> None:
        transport = FastTransport(verify=ssl.create_default_context())
        async with FastClient(transport, base_url=f"http://127.0.0.1:{port}/") as http:
            await way(http)

    with pytest.raises(httpx.ConnectError):
        asyncio.run(run())
