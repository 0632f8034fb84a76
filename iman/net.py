"""Listening on a port, with a message people can act on."""

from __future__ import annotations

import errno
import socket

from iman.errors import ImanError


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A bound socket. Raises ``ImanError`` naming the port and its setting when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # naming TCP lets asyncio switch Nagle off; without it every answer waits 40 ms
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: reuse would share the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError as exc:
        bound.close()
        taken = exc.errno in {errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", -1)}
        why = "is in use by another program" if taken else f"cannot be listened on: {exc.strerror}"
        raise ImanError(f"Port {port} on {host} {why}. Choose another with {setting}.") from exc
    return bound
