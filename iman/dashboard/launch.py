"""Puts the dashboard together: Streamlit's app behind the gate, with warm imports."""

from __future__ import annotations

import gc
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from iman import logs
from iman.dashboard import backend, downloads, shell, text
from iman.dashboard.gate import Gate, SecurityHeaders
from iman.dashboard.sign_in import SignIn
from iman.dashboard.single_sign_on import Handing, SingleSignOn
from iman.dashboard.ticks import Ticks
from iman.demo import DEMO_SIGN_INS
from iman.proxies import Proxies
from iman.settings import DashboardSettings
from iman.settings_sign_on import CALLBACK

log = logging.getLogger("iman.dashboard")


def build(settings: DashboardSettings, pages: Path) -> st.App:
    """The whole ASGI app. One per process. Raises ``SettingsError``."""
    # uvicorn would believe every process of this machine; the gate believes whom the settings name
    os.environ["FORWARDED_ALLOW_IPS"] = "-"
    sessions = backend.sessions()
    hosts = _hosts(settings)
    sso = SingleSignOn(settings) if settings.oidc_issuer else None
    sign_in = SignIn(
        sessions,
        sso=sso,
        static=pages / "static",
        sandbox=settings.sandbox,
        demo=DEMO_SIGN_INS if settings.sandbox else (),
        allowed_hosts=settings.dashboard_allowed_hosts,
    )
    return st.App(
        pages / "_entry.py",
        routes=[*sign_in.routes(), *downloads.routes()],
        secrets=sso.secrets() if sso else None,
        middleware=[
            Middleware(SecurityHeaders, headers=security_headers()),
            Middleware(
                Gate,
                sessions=sessions,
                secret=backend.GATE_SECRET,
                allowed_hosts=hosts,
                way_back=CALLBACK if sso else "",
                proxies=Proxies(settings.trusted_proxies),
            ),
            Middleware(Handing, on=sso is not None),
            Middleware(Ticks),
            Middleware(shell.Shell),
            Middleware(shell.Compressed),
        ],
        lifespan=partial(_lifespan, sso),
        on_script_error=_on_script_error,
    )


def server_config(settings: DashboardSettings) -> dict[str, Any]:
    return {
        "server.address": settings.dashboard_host,
        "server.port": settings.dashboard_port,
        "server.headless": True,
    }


def security_headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": shell.content_security_policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # not no-referrer: a form's Origin would become "null", and the gate looks at it
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _hosts(settings: DashboardSettings) -> tuple[str, ...]:
    return (*settings.dashboard_allowed_hosts, settings.dashboard_host.lower())


@asynccontextmanager
async def _lifespan(sso: SingleSignOn | None, _app: st.App) -> AsyncIterator[None]:
    _warm()
    logs.lines_of_others()
    backend.own_settings()  # as they stand now: a file may change while we run
    yield
    backend.close()
    if sso:
        sso.close()


def _warm() -> None:
    """Load what every first page would wait for, and keep it out of later collections."""
    import pandas as pd

    from iman.dashboard import charts, period
    from iman.reading.reading import Window

    frame = pd.DataFrame({"bucket": [], "error_type": [], "failures": []})
    axis = period.axis(Window(hours=24), pd.Timestamp.now("UTC"))
    charts.failure_trend(frame, axis).to_json()
    gc.collect()
    gc.freeze()


def _on_script_error(error: Exception) -> bool:
    """The person gets a number to quote; the log gets the rest."""
    incident = secrets.token_hex(4)
    log.error("page_failed incident=%s", incident, exc_info=error)
    st.error(text.page_failed(incident), icon=":material/report:")
    return True
