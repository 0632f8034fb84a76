"""What the whole dashboard process shares; each part is made when first asked for.

Not in ``st.cache_resource``: any browser may empty that for everyone.
"""

from __future__ import annotations

import secrets
from functools import cache

import httpx

from iman.api.client import DaemonClient
from iman.dashboard.sessions import Sessions
from iman.ledger.offline import OfflinePeople
from iman.settings import DashboardSettings, load

#: Proves to the script that the gate stood in front of it; new in every process.
GATE_SECRET = secrets.token_hex(16)

_PATIENCE = httpx.Timeout(10.0, connect=1.0)


@cache
def settings() -> DashboardSettings:
    return load(DashboardSettings)


@cache
def _http() -> httpx.Client:
    # trust_env: a proxy meant for the web must not get between two processes of ours
    return httpx.Client(
        base_url=str(settings().api_url),
        timeout=_PATIENCE,
        trust_env=False,
        headers={"x-iman-origin": "dashboard"},
    )


def daemon(token: str | None = None) -> DaemonClient:
    """The control API, speaking for the person *token* belongs to."""
    return DaemonClient(_http(), token)


@cache
def sessions() -> Sessions:
    return Sessions(daemon(), OfflinePeople(settings().ledger))


def close() -> None:
    """Let go of the connections when the process ends."""
    if _http.cache_info().currsize:
        _http().close()
