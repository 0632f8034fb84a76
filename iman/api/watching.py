"""What the API shows to a monitoring system."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field

from iman.api.wire import Health, Wire

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Answer(Wire):
    """Of the two questions a supervisor asks; the HTTP status says the same."""

    status: Literal["ready", "degraded", "starting", "stopping", "alive", "stuck"]
    reason: str = Field(description="What is not as it should be; empty: nothing")


class MetricsView(Protocol):
    def text(self, health: Health) -> bytes:
        """Prometheus' text exposition."""


class NoMetrics:
    """An API without a daemon around it counts nothing."""

    def text(self, health: Health) -> bytes:  # noqa: ARG002 -- as the port
        return b""


def reason(health: Health) -> str:
    """Why it is not plainly ready, in one line."""
    if health.held_back:
        return f"Pushing is held back: {health.held_back}."
    if health.breaker.state != "closed":
        return f"Sage 300 is unwell: {health.breaker.reason}"
    troubled = [f"{beat.loop}: {beat.detail}" for beat in health.loops if not beat.ok]
    return "; ".join(troubled)
