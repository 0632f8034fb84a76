"""What the API asks of the sandbox, where there is one."""

from __future__ import annotations

from typing import Any, Protocol

from iman.errors import DaemonRefused

_NONE = "This Iman runs on no sandbox: Sage 300’s faults cannot be switched."


class SandboxView(Protocol):
    """Every call may raise ``DaemonRefused``."""

    @property
    def page(self) -> str: ...

    def faults(self) -> list[dict[str, Any]]: ...

    def switch(self, name: str, *, on: bool) -> list[dict[str, Any]]: ...

    def clear(self) -> list[dict[str, Any]]: ...


class NoSandbox:
    """In production: nothing can be switched."""

    page = ""

    def faults(self) -> list[dict[str, Any]]:
        raise DaemonRefused(_NONE)

    def switch(self, name: str, *, on: bool) -> list[dict[str, Any]]:  # noqa: ARG002 -- as the port
        raise DaemonRefused(_NONE)

    def clear(self) -> list[dict[str, Any]]:
        raise DaemonRefused(_NONE)
