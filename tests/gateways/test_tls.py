"""Over TLS: a server of its own authority is trusted by a setting, any other is refused."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import trustme

from iman.bootstrap import byondpro_client, sage_client, tls
from iman.doctor import examine
from iman.domain.outcome import Accepted, Unavailable
from iman.errors import SettingsError, SourceUnavailable
from iman.gateways.byondpro import Byondpro
from iman.gateways.fast_http import FastTransport
from iman.gateways.sage300 import Sage300
from iman.settings import DaemonSettings
from tests.gateways.entries.documents import TOKEN, document_of
from tests.stub_server import Answer, Stub, stub_server

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
BATCH = {
    "BatchNumber": 187,
    "Invoices": [
        {"CustomerNumber": "HGH-004512", "DocumentNumber": "INV-010319", "EntryNumber": 1}
    ],
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def systems(path: str, headers: dict[str, str]) -> Answer:
    """byondpro and Sage 300 in one."""
    if path.startswith("/api/integration"):
        return 200, '{"events": [], "next": null, "more": false}'
    if headers.get("content-length", "0") != "0":
        return 201, json.dumps(BATCH)
    return 200, '{"value": []}'


@contextmanager
def serving(certificate: trustme.LeafCert) -> Iterator[Stub]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with stub_server(systems, tls=context) as stub:
        yield stub


def settings_for(url: str, **more: Any) -> DaemonSettings:
    return DaemonSettings.model_validate(
        {
            "byondpro_url": url,
            "byondpro_token": "token",
            "sage_url": f"{url}/Sage300WebApi",
            "sage_company": "SERDAT",
            "sage_user": "WEBAPI",
            "sage_password": "PASSWORD",
            **more,
        }
    )


def at_sage(settings: DaemonSettings, question: Callable[[Sage300], Awaitable[T]]) -> T:
    """As the daemon asks: its own client, over its own transport."""

    async def asked() -> T:
        async with sage_client(settings, tls(settings)) as http:
            return await question(Sage300(http))

    return asyncio.run(asked())


def read_outbox(settings: DaemonSettings) -> None:
    async def asked() -> None:
        async with Byondpro(byondpro_client(settings, tls(settings))) as source:
            await source.fetch(after=None, limit=1)

    asyncio.run(asked())


def why_not(settings: DaemonSettings) -> str:
    """What the daemon says where it may not talk to Sage 300: the same for reading and sending."""
    trouble = at_sage(settings, lambda sage: sage.probe())
    assert isinstance(trouble, Unavailable)
    exchange = at_sage(settings, lambda sage: sage.push(document_of("invoice"), token=TOKEN))
    assert exchange.outcome == trouble  # nothing left: it may be sent another time
    sighting = at_sage(settings, lambda sage: sage.find(document_of("invoice"), token=TOKEN))
    assert (sighting.sure, sighting.reason) == (False, trouble.reason)
    assert trouble.kind == "connection"
    return trouble.reason


def test_the_authority_named_in_the_setting_is_trusted(authority: trustme.CA, bundle: Path):
    with serving(authority.issue_cert("127.0.0.1")) as stub:
        settings = settings_for(stub.url, ca_bundle=bundle)
        assert stub.url.startswith("https://")
        assert at_sage(settings, lambda sage: sage.probe()) is None
        exchange = at_sage(settings, lambda sage: sage.push(document_of("invoice"), token=TOKEN))
        assert exchange.outcome == Accepted(reference="187-1")
        read_outbox(settings)


def test_without_it_the_certificate_is_refused_and_the_error_says_what_to_do(
    authority: trustme.CA,
):
    with serving(authority.issue_cert("127.0.0.1")) as stub:
        settings = settings_for(stub.url)
        reason = why_not(settings)
        assert "Sage 300's certificate is not trusted" in reason
        assert "name it in IMAN_CA_BUNDLE" in reason
        with pytest.raises(SourceUnavailable, match=r"byondpro's certificate is not trusted.*PEM"):
            read_outbox(settings)
    assert stub.asked == [], "the log-in may not even be shown"


def test_another_authority_is_no_better_than_none(bundle: Path):
    with serving(trustme.CA().issue_cert("127.0.0.1")) as stub:
        assert "IMAN_CA_BUNDLE" in why_not(settings_for(stub.url, ca_bundle=bundle))
    assert stub.asked == []


def test_a_certificate_for_another_host_is_refused(authority: trustme.CA, bundle: Path):
    with serving(authority.issue_cert("sage.example.org")) as stub:
        settings = settings_for(stub.url, ca_bundle=bundle)
        reason = why_not(settings)
        assert "is for another host" in reason
        assert "IMAN_SAGE_URL must name the server as its certificate does" in reason
        with pytest.raises(SourceUnavailable, match="IMAN_BYONDPRO_URL must name"):
            read_outbox(settings)
    assert stub.asked == []


def test_a_certificate_that_has_run_out_is_refused(authority: trustme.CA, bundle: Path):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with serving(authority.issue_cert("127.0.0.1", not_after=yesterday)) as stub:
        reason = why_not(settings_for(stub.url, ca_bundle=bundle))
        assert "is out of date" in reason
        assert "renewed on the server" in reason
    assert stub.asked == []


def test_https_asked_of_a_server_that_speaks_http_is_told_so(bundle: Path):
    with stub_server(systems) as stub:
        url = stub.url.replace("http:", "https:")
        reason = why_not(settings_for(url, ca_bundle=bundle))
    assert "begins with http or https as the server does" in reason
    assert stub.asked == []


def test_where_nobody_listens_no_certificate_is_blamed(bundle: Path):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{bound.getsockname()[1]}"
        assert why_not(settings_for(url, ca_bundle=bundle)) == (
            "Sage 300 does not answer (ConnectError)."
        )


def test_a_bundle_that_cannot_be_used_stops_the_daemon_with_one_line(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"IMAN_CA_BUNDLE: .*none\.pem cannot be used: No such"):
        tls(settings_for("https://127.0.0.1:9", ca_bundle=tmp_path / "none.pem"))
    (tmp_path / "text.pem").write_text("not a certificate")
    with pytest.raises(SettingsError, match="holds no certificate"):
        tls(settings_for("https://127.0.0.1:9", ca_bundle=tmp_path / "text.pem"))


def test_the_doctor_says_the_same(authority: trustme.CA, tmp_path: Path):
    with serving(authority.issue_cert("127.0.0.1")) as stub:
        settings = settings_for(stub.url, ledger=tmp_path / "ledger.duckdb", api_port=_free_port())
        found = {one.subject: one for one in examine(settings) if one.result != "ok"}
    assert set(found) == {"Sage 300 TLS", "byondpro TLS"}
    for one in found.values():
        assert "certificate is not trusted" in one.found
        assert "IMAN_CA_BUNDLE" in one.advice
        assert "cannot be switched off" in one.advice


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# -- never a way to switch it off ----------------------------------------------------------------


def test_no_setting_switches_verification_off(bundle: Path):
    suspicious = re.compile(r"verif|insecure|unsafe|trust|check_?host|tls|ssl", re.IGNORECASE)
    # how often a checklist's steps are looked at, in seconds, and whose word for a client's address
    # is taken; nothing else may be called so
    found = {name for name in DaemonSettings.model_fields if suspicious.search(name)}
    assert found == {"verify_every", "trusted_proxies"}
    for more in ({}, {"ca_bundle": bundle}, {"sandbox": True}):
        context = tls(settings_for("https://127.0.0.1:9", **more))
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_the_transport_takes_no_context_that_does_not_verify():
    careless = ssl.create_default_context()
    careless.check_hostname = False
    with pytest.raises(ValueError, match="have to be checked"):
        FastTransport(verify=careless)
    careless.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="have to be checked"):
        FastTransport(verify=careless)


def test_no_line_of_ours_switches_it_off():
    off = re.compile(
        r"verify\s*=\s*False|ssl\s*=\s*False|CERT_NONE|check_hostname\s*=|_create_unverified"
    )
    ours = [*ROOT.glob("iman/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("*.py")]
    assert len(ours) > 100
    assert [str(path) for path in ours if off.search(path.read_text("utf-8"))] == []


def test_what_the_environment_says_of_proxies_and_bundles_changes_nothing(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
):
    """httpx and requests obey such names; a password must not follow them."""
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with serving(authority.issue_cert("127.0.0.1")) as stub:
        assert "IMAN_CA_BUNDLE" in why_not(settings_for(stub.url))
        settings = settings_for(stub.url, ca_bundle=bundle)
        assert at_sage(settings, lambda sage: sage.probe()) is None
        assert isinstance(sage_client(settings, tls(settings)), httpx.AsyncClient)
