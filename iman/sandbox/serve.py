"""Run one sandbox as a process of its own: loopback only, one line on start, clean on SIGTERM."""

import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI

_HOST = "127.0.0.1"


def serve(app: FastAPI, *, port: int, name: str) -> int:
    """Serve *app* until SIGTERM or SIGINT; port 0 takes a free one. The exit status: 0 or 2."""
    # the protocol by name: asyncio turns Nagle's delay off only where it sees it, else each
    # answer of two packets waits 40 ms for the client's acknowledgement
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there the option would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(128)  # from here on a caller waits instead of being refused
    except OSError as exc:
        listener.close()
        print(  # noqa: T201 -- this is an entry point
            f"sandbox {name}: port {port} cannot be used ({exc.strerror}); choose another --port",
            file=sys.stderr,
        )
        return 2
    address = f"http://{_HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        # before uvicorn listens to signals, and when it raises them again after it has stopped
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    print(f"{name} sandbox on {address}", flush=True)  # noqa: T201 -- as above
    server.run(sockets=[listener])
    return 0
