"""The switches that make the sandbox's Sage 300 misbehave, over HTTP; a real one has none."""

from __future__ import annotations

from typing import Any

import httpx

from iman.errors import DaemonRefused, NotFound

_SILENT = "The sandbox’s Sage 300 does not answer: its switches cannot be reached."
_STRANGER = "What answers at Sage 300’s address has no such switches: it is not the sandbox."


class SandboxSwitches:
    """Called from the API's threads. *http* knows the sandbox's address and its password."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @property
    def page(self) -> str:
        """The sandbox's own panel, for a person."""
        return str(self._http.base_url.join("/sandbox/faults"))

    def faults(self) -> list[dict[str, Any]]:
        """Every switch: name, label, on, next. Raises ``DaemonRefused``."""
        return self._ask("GET", "/sandbox/switches")

    def switch(self, name: str, *, on: bool) -> list[dict[str, Any]]:
        """Raises ``NotFound`` where the sandbox knows no such switch."""
        return self._ask("PUT" if on else "DELETE", f"/sandbox/switches/{name}")

    def clear(self) -> list[dict[str, Any]]:
        """Everything off, also what was set on the sandbox's own panel."""
        return self._ask("DELETE", "/sandbox/switches")

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str) -> list[dict[str, Any]]:
        try:
            answer = self._http.request(method, path)
        except httpx.TransportError as exc:
            raise DaemonRefused(_SILENT) from exc
        if answer.status_code == 404 and path.count("/") > 2:
            raise NotFound("The sandbox has no such fault.")
        try:
            found = answer.raise_for_status().json()
        except (httpx.HTTPStatusError, ValueError) as exc:
            raise DaemonRefused(_STRANGER) from exc
        if not isinstance(found, list):
            raise DaemonRefused(_STRANGER)
        return found
