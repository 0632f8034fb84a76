"""What is wrong with a server's certificate, and what to do: in words, from what TLS raised."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

#: OpenSSL's numbers of what a verification found; they are not in the ``ssl`` module.
_EXPIRED = (9, 10)  # not yet valid, not valid any more
_WRONG_NAME = (62, 64)  # host name, IP address


def tls_trouble(exc: BaseException, whose: str, setting: str) -> str | None:
    """None where TLS is not what failed. *setting* holds the server's address.

    Nothing has left by then: the log-in is sent only to a server whose certificate is good.
    """
    for cause in _causes(exc):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"{whose}'s certificate {_of_certificate(cause, setting)}"
        if isinstance(cause, ssl.SSLError):
            why = (cause.reason or "TLS failed").replace("_", " ").lower()
            return (
                f"No encrypted connection to {whose} could be made ({why}): check that {setting} "
                "begins with http or https as the server does, and names its port."
            )
    return None


def _of_certificate(cause: ssl.SSLCertVerificationError, setting: str) -> str:
    if cause.verify_code in _WRONG_NAME:
        return (
            f"is for another host ({cause.verify_message.rstrip('.')}): {setting} must name the "
            "server as its certificate does."
        )
    if cause.verify_code in _EXPIRED:
        return f"is out of date ({cause.verify_message}): it has to be renewed on the server."
    return (
        f"is not trusted ({cause.verify_message}): save the certificate of the authority that "
        "signed it as a PEM file and name it in IMAN_CA_BUNDLE."
    )


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """*exc* and what it came from. What aiohttp wraps says more than its own error, so it is first:
    that one is an SSL error by name only."""
    seen: set[int] = set()
    cause: BaseException | None = exc
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        held = getattr(cause, "certificate_error", None) or getattr(cause, "os_error", None)
        yield held if isinstance(held, BaseException) else cause
        cause = cause.__cause__ or cause.__context__
