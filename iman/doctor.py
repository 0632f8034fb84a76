"""Looks at the settings, both systems and the ledger, and says in plain words what to do."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from filelock import FileLock, Timeout

from iman.api.client import DaemonClient
from iman.bootstrap import check_secrets, tls
from iman.errors import DaemonUnavailable, ImanError, SettingsError
from iman.gateways.certificates import tls_trouble
from iman.gateways.sage_answers import error_of
from iman.ledger.duckdb_ledger import lock_path
from iman.net import listen
from iman.secret import Secret
from iman.settings import DaemonSettings

Result = Literal["ok", "warning", "trouble"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. *advice* is empty when it is well."""

    subject: str
    result: Result
    found: str
    advice: str = ""


def examine(settings: DaemonSettings) -> Iterator[Finding]:
    """Everything, one finding at a time, the nearest first. Changes nothing on either system."""
    yield Finding("Settings", "ok", "All settings are valid")
    yield _ledger(settings.ledger)
    yield from _daemon(settings)
    try:
        context = tls(settings)
    except SettingsError as exc:
        yield Finding(
            "TLS", "trouble", str(exc),
            "IMAN_CA_BUNDLE must name a PEM file with the authority's certificate.",
        )  # fmt: skip
        return
    try:
        check_secrets(settings)
    except SettingsError as exc:
        yield Finding(
            "Secrets", "trouble", str(exc),
            "A secret's file holds nothing but the secret, and only Iman's user may read it.",
        )  # fmt: skip
        return
    with httpx.Client(verify=context, trust_env=False, timeout=15) as http:
        if settings.source == "sql":
            from iman.doctor_sql import examine_sql  # SQLAlchemy is only loaded where it is used

            yield from examine_sql(settings)
        else:
            yield from _byondpro(settings, http)
        yield from _sage(settings, http)
        if settings.oidc_issuer:
            from iman.doctor_sign_on import examine_sign_on  # only where there is a provider

            yield from examine_sign_on(settings, _setups(settings, http))


def _setups(settings: DaemonSettings, http: httpx.Client) -> dict[str, Any] | None:
    """byondpro's, where it answers with them."""
    if settings.source == "sql":
        return None
    base = str(settings.byondpro_url).rstrip("/")
    token = Secret(settings.byondpro_token, "IMAN_BYONDPRO_TOKEN").value()
    with contextlib.suppress(httpx.HTTPError, ValueError):
        headers = {"authorization": f"Bearer {token}"}
        found = http.get(f"{base}/api/integration/v1/setups", headers=headers).json()
        return found if isinstance(found, dict) else None
    return None


def _ledger(path: Path) -> Finding:
    folder = path.resolve().parent
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return Finding(
            "Ledger", "trouble", f"{existing} cannot be written to",
            "Give this user the right to write there, or set IMAN_LEDGER to another file.",
        )  # fmt: skip
    if not path.exists():
        return Finding("Ledger", "ok", f"{path} will be made at the first start")
    lock = FileLock(lock_path(path))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return Finding("Ledger", "ok", f"{path} is held by a running daemon")
    lock.release()
    return Finding("Ledger", "ok", f"{path} is free")


def _daemon(settings: DaemonSettings) -> Iterator[Finding]:
    base = f"http://{settings.api_host}:{settings.api_port}"
    with (
        contextlib.suppress(DaemonUnavailable),
        httpx.Client(base_url=base, trust_env=False, timeout=5) as http,
    ):
        health = DaemonClient(http).health()
        troubled = [f"{beat.loop}: {beat.detail}" for beat in health.loops if not beat.ok]
        if troubled:
            yield Finding(
                "Daemon", "warning", f"It runs, but {'; '.join(troubled)}",
                "What stands below shows where the trouble is.",
            )  # fmt: skip
        else:
            yield Finding("Daemon", "ok", f"It runs and is {health.status}")
        return
    try:
        listen(settings.api_host, settings.api_port, "IMAN_API_PORT").close()
    except ImanError as exc:
        yield Finding(
            "Daemon", "trouble", "Its port answers, but not as a daemon of Iman", str(exc)
        )
    else:
        yield Finding("Daemon", "ok", "It does not run; its port is free")


def _byondpro(settings: DaemonSettings, http: httpx.Client) -> Iterator[Finding]:
    base = str(settings.byondpro_url).rstrip("/")
    token = Secret(settings.byondpro_token, "IMAN_BYONDPRO_TOKEN").value()
    headers = {"authorization": f"Bearer {token}"}
    try:
        answer = http.get(f"{base}/api/integration/v1/outbox", params={"limit": 1}, headers=headers)
    except httpx.HTTPError as exc:
        yield _unreachable("byondpro", base, exc, "IMAN_BYONDPRO_URL")
        return
    yield Finding("byondpro", "ok", f"{base} answers")
    if answer.status_code in {401, 403}:
        yield Finding(
            "byondpro token", "trouble", f"byondpro refused it ({answer.status_code})",
            "Ask the byondpro administrator for a token that may read the outbox, and set "
            "IMAN_BYONDPRO_TOKEN.",
        )  # fmt: skip
    elif not answer.is_success or "events" not in answer.text:
        yield Finding(
            "byondpro feed", "trouble",
            f"There is no integration feed at that address ({answer.status_code})",
            "IMAN_BYONDPRO_URL must be the address that /api/integration/v1/outbox follows.",
        )  # fmt: skip
    else:
        yield Finding("byondpro feed", "ok", "The outbox can be read")
        yield from _clock("byondpro", answer)


def _sage(settings: DaemonSettings, http: httpx.Client) -> Iterator[Finding]:
    base = str(settings.sage_url).rstrip("/")
    company = f"{base}/v1.0/-/{settings.sage_company}"
    user = settings.sage_user.upper()
    auth = (user, Secret(settings.sage_password, "IMAN_SAGE_PASSWORD").value())
    reads = {
        "terms codes": "AR/ARTerms",
        "G/L accounts": "GL/GLAccounts",
        "A/R invoice batches": "AR/ARInvoiceBatches",
        "A/R posted documents": "AR/ARPostedDocuments",
    }
    told_reachable = False
    for what, resource in reads.items():
        try:
            answer = http.get(f"{company}/{resource}", params={"$top": 1}, auth=auth)
        except httpx.HTTPError as exc:
            yield _unreachable("Sage 300", base, exc, "IMAN_SAGE_URL")
            return
        if not told_reachable:
            yield Finding("Sage 300", "ok", f"{base} answers")
            if base.startswith("http://") and urlsplit(base).hostname not in {
                "127.0.0.1", "localhost", "::1",
            }:  # fmt: skip
                yield Finding(
                    "Sage 300 TLS", "warning", "The password travels unencrypted",
                    "Give the Sage server a certificate and use https in IMAN_SAGE_URL; a "
                    "self-signed one is trusted through IMAN_CA_BUNDLE.",
                )  # fmt: skip
            told_reachable = True
        found = _sage_answer(answer, what, user, settings.sage_company)
        yield found
        if found.subject == "Sage 300 log-in":
            return  # repeating a wrong password can lock the user
    yield from _clock("Sage 300", answer)


def _sage_answer(answer: httpx.Response, what: str, user: str, company: str) -> Finding:
    told = error_of(answer)
    code = told[0] if told else ""
    if answer.is_success:
        return Finding("Sage 300 rights", "ok", f"{user} may read {what}")
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return Finding(
            "Sage 300 log-in", "trouble", f"Sage 300 refused user {user}",
            "Check IMAN_SAGE_USER and IMAN_SAGE_PASSWORD; Sage passwords are often in capitals. "
            "ADMIN has no Web API right unless the server allows it.",
        )  # fmt: skip
    if answer.status_code == httpx.codes.FORBIDDEN:
        return Finding(
            "Sage 300 rights", "trouble", f"{user} may not read {what}",
            "Give the user's security group the right 'Sage 300 Web API' in that module, and the "
            "module's ordinary rights.",
        )  # fmt: skip
    if code in {"ResourceNotFound", ""} and answer.status_code == httpx.codes.NOT_FOUND:
        return Finding(
            "Sage 300 company", "trouble",
            f"There is no company {company} with {what} at that address",
            "IMAN_SAGE_COMPANY is the company's database ID; IMAN_SAGE_URL ends in /Sage300WebApi.",
        )  # fmt: skip
    text = told[1] if told else f"status {answer.status_code}"
    return Finding(
        "Sage 300", "trouble", f"Reading {what} failed: {text}", "Ask the Sage administrator."
    )


def _clock(subject: str, answer: httpx.Response) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
        apart = abs((datetime.now(UTC) - theirs).total_seconds())
    except (KeyError, ValueError, TypeError):
        return  # no date, or one without a zone: nothing to compare
    if apart > 120:
        yield Finding(
            f"{subject} clock", "warning", f"It differs from ours by {apart:.0f} s",
            "Set both servers by the same time server.",
        )  # fmt: skip


def _unreachable(subject: str, base: str, exc: httpx.HTTPError, setting: str) -> Finding:
    if (trouble := tls_trouble(exc, subject, setting)) is not None:
        found, _, advice = trouble.partition(": ")
        return Finding(
            f"{subject} TLS", "trouble", f"{base}: {found}",
            f"{advice[:1].upper()}{advice[1:]} Verification cannot be switched off.",
        )  # fmt: skip
    return Finding(
        subject, "trouble", f"{base} does not answer ({type(exc).__name__})",
        f"Check {setting}, that the server runs, and that a firewall lets this machine through.",
    )  # fmt: skip
