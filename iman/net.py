"""Listening on a port, with a message people can act on."""

from __future__ import annotations

import errno
import socket
import ssl
from pathlib import Path

from iman.errors import ImanError, SettingsError


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


def trusting(ca_bundle: Path | None) -> ssl.SSLContext:
    """For calling others: certificates are always checked; a self-signed server's authority may be
    added.

    Raises ``SettingsError`` where the authority's file cannot be read.
    """
    context = ssl.create_default_context()
    if ca_bundle is not None:
        try:
            context.load_verify_locations(ca_bundle)
        except OSError as exc:  # a file that is no PEM is one too
            raise SettingsError(
                f"IMAN_CA_BUNDLE: {ca_bundle} cannot be used: {_why(exc)}."
            ) from exc
    return context


def showing(certificate: Path, key: Path) -> ssl.SSLContext:
    """For being called. Raises ``SettingsError`` where certificate and key cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as exc:
        raise SettingsError(
            f"IMAN_API_CERTIFICATE and IMAN_API_KEY: {certificate} and {key} cannot be used: "
            f"{_why(exc)}."
        ) from exc
    return context


def _no_password() -> str:
    raise ValueError("the key wants a password; give one that has none")  # never asked on a console


def _why(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return "holds no certificate, or a key that does not fit it" if exc.reason else str(exc)
    return getattr(exc, "strerror", None) or str(exc)
