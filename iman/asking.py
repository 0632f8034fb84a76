"""How a command asks the daemon: the connection, and signing in."""

from __future__ import annotations

import os

import httpx
import typer

from iman.api.client import DaemonClient
from iman.net import trusting
from iman.settings import DashboardSettings


def http_to(settings: DashboardSettings) -> httpx.Client:
    """Close it."""
    return httpx.Client(
        base_url=str(settings.api_url).rstrip("/"),
        headers={"x-iman-origin": "cli"},
        trust_env=False,
        verify=trusting(settings.ca_bundle),
        timeout=30,
    )


def sign_in(client: DaemonClient, name: str) -> str:
    """The new session's token; who, and the password, are asked for where nobody said."""
    name = name or os.environ.get("IMAN_USER", "") or typer.prompt("Name")
    password = os.environ.get("IMAN_USER_PASSWORD") or typer.prompt("Password", hide_input=True)
    return client.sign_in(name, password).token
