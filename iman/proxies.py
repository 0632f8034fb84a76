"""Who really calls, behind proxies that are known: ``X-Forwarded-For``, believed of them only."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

_MOST = 50  # addresses read of one header


class Proxies:
    """*trusted*: addresses and networks. None: every caller is who their connection says."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._networks = tuple(ip_network(one) for one in trusted)

    def trusts(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(
            address in one for one in self._networks if one.version == address.version
        )

    def caller(self, peer: str, forwarded: Iterable[str]) -> str:
        """The address nearest to us that no trusted proxy has; *forwarded*: the headers, in order.

        Each proxy adds the one it was called by at the end, so whatever a caller made up stands
        before that and is not read.
        """
        if not self.trusts(peer):
            return peer
        told = [part for line in forwarded for part in line.split(",")]
        nearest = peer
        for part in reversed(told[-_MOST:]):
            address = _address(part)
            if address is None:  # "unknown", or nonsense: the proxy after it is the last we know
                return nearest
            nearest = str(address)
            if not self.trusts(nearest):
                return nearest
        return nearest

    def seen_through(self, scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """An ASGI *scope* whose client is the real caller."""
        client = scope.get("client")
        if not self._networks or not client or not self.trusts(client[0]):
            return scope
        told = [
            value.decode("latin-1")
            for name, value in scope["headers"]
            if name.lower() == b"x-forwarded-for"
        ]
        return {**scope, "client": (self.caller(client[0], told), client[1])} if told else scope


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """With or without a port, IPv6 with or without brackets; None where it is no address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
