"""A real HTTP server on a free loopback port that answers as the test says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, str] | tuple[int, str, dict[str, str]]


@dataclass
class Stub:
    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def stub_server(
    answer: Callable[[str, dict[str, str]], Answer], *, tls: ssl.SSLContext | None = None
) -> Iterator[Stub]:
    """*answer* is given the path with its query, and the headers by lower-case name.

    With *tls* it is an HTTPS server; only what passed the handshake is asked.
    """
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stub.asked.append(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body, *rest = answer(self.path, headers)
            sent = body.encode()
            self.send_response_only(status)
            for name, value in (rest[0] if rest else {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as above
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        # shakes hands in each connection's own thread: one that never does holds up nobody else
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stub.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
