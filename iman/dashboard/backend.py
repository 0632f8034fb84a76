"""What the whole dashboard process shares; each part is made when first asked for.

Not in ``st.cache_resource``: any browser may empty that for everyone.
"""

from __future__ import annotations

import secrets
from functools import cache

import httpx

from iman.api.client import DaemonClient
from iman.dashboard.sessions import Sessions
from iman.domain.setting import SettingValue
from iman.ledger.offline import OfflinePeople
from iman.net import trusting
from iman.settings import DashboardSettings, load, told

#: Proves to the script that the gate stood in front of it; new in every process.
GATE_SECRET = secrets.token_hex(16)

_PATIENCE = 10.0  # seconds
_DOOR_PATIENCE = 4.0  # every request waits at the door


@cache
def settings() -> DashboardSettings:
    return load(DashboardSettings)


@cache
def own_settings() -> tuple[SettingValue, ...]:
    """The dashboard's own, as people may see them, and where they stand."""
    return tuple(told(settings()))


@cache
def _http(patience: float) -> httpx.Client:
    # trust_env: a proxy meant for the web must not get between two processes of ours
    return httpx.Client(
        base_url=str(settings().api_url),
        timeout=httpx.Timeout(patience, connect=1.0),
        trust_env=False,
        verify=trusting(settings().ca_bundle),
        headers={"x-iman-origin": "dashboard"},
    )


def daemon(token: str | None = None) -> DaemonClient:
    """The control API, speaking for the person *token* belongs to."""
    return DaemonClient(_http(_PATIENCE), token)


@cache
def sessions() -> Sessions:
    offline = OfflinePeople(settings().ledger, frozenset(settings().password_sign_in))
    return Sessions(DaemonClient(_http(_DOOR_PATIENCE)), offline)


def close() -> None:
    """Let go of the connections when the process ends."""
    for patience in (_PATIENCE, _DOOR_PATIENCE):
        _http(patience).close()
