"""Looks at the identity provider and at what its groups are worth, for ``iman doctor``.

Signs nobody in: it asks for the way with ``prompt=none``, and for a token with a code nobody gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from iman.bootstrap import identity_provider, provider_client
from iman.doctor import Finding
from iman.errors import SettingsError
from iman.gateways.oidc import ALGORITHMS, Unreachable, discover
from iman.secret import Secret
from iman.settings import DaemonSettings, DashboardSettings, load

_KEPT_OUT = "Nobody can sign in through it before that is mended; passwords still work."
_SECONDS = 10.0


def examine_sign_on(settings: DaemonSettings, setups: dict[str, Any] | None) -> Iterator[Finding]:
    """*setups*: byondpro's, to know its sites; None where they cannot be had."""
    try:
        provider = identity_provider(settings)
        dashboard = load(DashboardSettings)
        secret = Secret(dashboard.oidc_client_secret, "IMAN_OIDC_CLIENT_SECRET").value()
    except SettingsError as exc:
        yield Finding("Single sign-on", "trouble", str(exc), _KEPT_OUT)
        return
    if provider is None:
        return
    provider.close()
    with provider_client(settings) as http:
        try:
            told = discover(http, settings.oidc_issuer)
            count = provider.count_keys(http)
        except Unreachable as exc:
            yield Finding(
                "Single sign-on", "trouble", f"The provider cannot be used: {exc}",
                "IMAN_OIDC_ISSUER must be exactly what its discovery document calls itself; a "
                "self-signed certificate's authority goes into IMAN_CA_BUNDLE.",
            )  # fmt: skip
            return
        name = urlsplit(settings.oidc_issuer).hostname
        yield Finding("Single sign-on", "ok", f"{name} answers, with {count} keys")
        yield from _ways(told)
        yield _redirect(http, told, settings, dashboard)
        yield _secret(http, told, settings, dashboard, secret)
    yield from _groups(settings, setups)


def _ways(told: dict[str, Any]) -> Iterator[Finding]:
    several = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    if not set(several) & set(ALGORITHMS):
        yield Finding(
            "Single sign-on", "trouble", f"It signs with {', '.join(map(str, several[:5]))} only",
            f"Have it sign Iman's tokens with one of {', '.join(ALGORITHMS)}.",
        )  # fmt: skip
    if "S256" not in (told.get("code_challenge_methods_supported") or []):
        yield Finding(
            "Single sign-on", "warning", "It does not offer PKCE with S256",
            "A stolen code is then protected by Iman's secret alone; newer versions offer it.",
        )  # fmt: skip


def _redirect(
    http: httpx.Client, told: dict[str, Any], settings: DaemonSettings, dashboard: DashboardSettings
) -> Finding:
    """Only an address that is registered is led back to, also for what cannot be."""
    back = dashboard.oidc_callback
    host = urlsplit(back).hostname or ""
    if not {host, "*"} & {"127.0.0.1", "localhost", "::1", *dashboard.dashboard_allowed_hosts}:
        return Finding(
            "Single sign-on way back", "trouble", f"The dashboard is not called {host}",
            "Add it to IMAN_DASHBOARD_ALLOWED_HOSTS, or mend IMAN_OIDC_REDIRECT.",
        )  # fmt: skip
    asked = {
        "response_type": "code", "client_id": settings.oidc_client_id, "redirect_uri": back,
        "scope": dashboard.oidc_scopes, "state": "doctor", "nonce": "doctor", "prompt": "none",
        # any digest: nothing comes of it
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }  # fmt: skip
    address = str(told["authorization_endpoint"])
    try:
        glue = "&" if "?" in address else "?"
        answer = http.get(address + glue + urlencode(asked), timeout=_SECONDS)
    except httpx.HTTPError as exc:
        answer = httpx.Response(503, text=type(exc).__name__)
    if answer.headers.get("location", "").startswith(back):
        return Finding("Single sign-on way back", "ok", f"The provider leads back to {back}")
    return Finding(
        "Single sign-on way back", "warning", f"The provider did not lead back to {back}",
        f"Register exactly this address for {settings.oidc_client_id} there. Some providers do not "
        "lead back without a person; then try it in a browser.",
    )  # fmt: skip


def _secret(
    http: httpx.Client, told: dict[str, Any], settings: DaemonSettings,
    dashboard: DashboardSettings, secret: str,
) -> Finding:  # fmt: skip
    """A code that nobody gave is refused for itself only where the secret is right."""
    form = {
        "grant_type": "authorization_code", "code": "doctor",
        "redirect_uri": dashboard.oidc_callback,
    }  # fmt: skip
    try:
        answer = http.post(
            str(told["token_endpoint"]), data=form, auth=(settings.oidc_client_id, secret),
            timeout=_SECONDS,
        )  # fmt: skip
        found = answer.json()
        error = found.get("error", "") if isinstance(found, dict) else ""
    except (httpx.HTTPError, ValueError) as exc:
        error = type(exc).__name__
    if error == "invalid_grant":
        return Finding("Single sign-on secret", "ok", "The provider knows Iman and its secret")
    if error in {"invalid_client", "unauthorized_client"}:
        return Finding(
            "Single sign-on secret", "trouble", f"The provider refused Iman ({error})",
            "Check IMAN_OIDC_CLIENT_ID and IMAN_OIDC_CLIENT_SECRET, and whether it has expired.",
        )  # fmt: skip
    return Finding(
        "Single sign-on secret", "warning", f"It could not be tried ({str(error)[:60]})",
        "Try to sign in.",
    )  # fmt: skip


def _groups(settings: DaemonSettings, setups: dict[str, Any] | None) -> Iterator[Finding]:
    named = {site for line in settings.oidc_groups for site in line.reach.sites}
    rows = (setups or {}).get("sites")
    known = {str(row.get("code")) for row in rows if isinstance(row, dict)} if rows else None
    unknown = sorted(named - known) if known is not None else []
    if unknown:
        yield Finding(
            "Single sign-on groups", "trouble", f"byondpro has no site {', '.join(unknown)}",
            "Whoever is limited to it sees nothing: mend IMAN_OIDC_GROUPS.",
        )  # fmt: skip
        return
    compared = "" if known is not None or not named else "; the sites could not be compared"
    several = len(settings.oidc_groups)
    have = "1 group has" if several == 1 else f"{several} groups have"
    yield Finding("Single sign-on groups", "ok", f"{have} a role{compared}")
