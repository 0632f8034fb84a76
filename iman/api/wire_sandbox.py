"""The JSON shapes of the sandbox's faults."""

from __future__ import annotations

from pydantic import Field

from iman.api.wire import Wire


class SandboxSwitch(Wire):
    """Something the sandbox's Sage 300 does wrong on purpose."""

    name: str
    label: str = Field(description="The sandbox's own words")
    on: bool
    next: bool = Field(description="It strikes the next write request only")


class SandboxFaults(Wire):
    switches: list[SandboxSwitch]
    page: str = Field(description="The sandbox's own panel, with more of them")
