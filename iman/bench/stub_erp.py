"""A trivial ERP for measuring: ``python -m iman.bench.stub_erp --latency-ms 20``.

It stores nothing and checks nothing. Each POST of a batch is answered 201 after the latency with
the batch as it was sent, numbered; ``/times`` is told how many there were, how many documents they
held and when the first and the last came; anything else is an empty list. It prints its port.

With ``--refuse-each 10`` each tenth document is refused, and ``/refused`` tells when.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import time
from typing import ClassVar

_HEAD = b"\r\n\r\n"
_NUMBER = re.compile(rb'"DocumentNumber": ?"(\D*(\d+))"')
_REFUSED = json.dumps(
    {
        "error": {
            "code": "RecordInvalid",
            "message": {"lang": "en-US", "value": 'Terms Code "F48" is not defined in A/R Terms'},
        }
    }
).encode()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as our clients speak it: one request at a time, its length given."""

    count = documents = 0
    first = last = 0.0
    refuse_each = 0
    refused: ClassVar[dict[str, float]] = {}  # by number, when the answer was written

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._got = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, rest = self._got.partition(_HEAD)
        if not found:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        if len(rest) < length:
            return
        self._got = rest[length:]
        answer = self._refusal(rest[:length]) or self._answer(head, rest[:length])
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._write, answer)
        else:
            self._write(answer)

    def _answer(self, head: bytes, body: bytes) -> bytes:
        status, content = b"200 OK", b'{"value": []}'
        if head.startswith(b"POST") and body.startswith(b"{"):
            _Connection.count += 1
            _Connection.documents += body.count(b'"DocumentNumber"')
            _Connection.last = time.perf_counter()
            _Connection.first = _Connection.first or _Connection.last
            status = b"201 Created"
            content = b'{"BatchNumber": %d, ' % _Connection.count + body[1:]
        elif b"/refused " in head.split(b"\r\n", 1)[0]:
            content = json.dumps(self.refused).encode()
        elif b"/times " in head.split(b"\r\n", 1)[0]:
            told = {"posts": self.count, "documents": self.documents,
                    "first": self.first, "last": self.last}  # fmt: skip
            content = json.dumps(told).encode()
        return (
            b"HTTP/1.1 " + status + b"\r\ncontent-type: application/json\r\ncontent-length: "
            + str(len(content)).encode() + _HEAD + content
        )  # fmt: skip

    def _refusal(self, body: bytes) -> bytes | None:
        found = _NUMBER.search(body) if self.refuse_each else None
        if found is None or int(found[2]) % self.refuse_each:
            return None
        number = found[1].decode()
        asyncio.get_running_loop().call_later(
            self._latency, lambda: self.refused.setdefault(number, time.perf_counter())
        )
        return (
            b"HTTP/1.1 409 Conflict\r\ncontent-type: application/json\r\ncontent-length: "
            + str(len(_REFUSED)).encode() + _HEAD + _REFUSED
        )  # fmt: skip

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


async def _serve(latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 -- an entry point
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--refuse-each", type=int, default=0)
    given = parser.parse_args()
    _Connection.refuse_each, latency = given.refuse_each, given.latency_ms / 1000
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(latency))


if __name__ == "__main__":
    main()
