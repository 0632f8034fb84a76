"""How the command line speaks to the daemon, and as whom."""

from __future__ import annotations

import os

import httpx
import typer

from iman.api.client import DaemonClient
from iman.settings import DashboardSettings


def client_http(settings: DashboardSettings) -> httpx.Client:
    return httpx.Client(
        base_url=str(settings.api_url).rstrip("/"),
        headers={"x-iman-origin": "cli"},
        trust_env=False,
        timeout=30,
    )


def sign_in(client: DaemonClient, name: str) -> str:
    """The session's token; name and password are asked for where the environment has none."""
    name = name or os.environ.get("IMAN_USER", "") or typer.prompt("Name")
    password = os.environ.get("IMAN_USER_PASSWORD") or typer.prompt("Password", hide_input=True)
    return client.sign_in(name, password).token
