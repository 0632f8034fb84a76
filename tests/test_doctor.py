"""What ``iman doctor`` finds, against small real servers."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iman.doctor import Finding, examine
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.settings import DaemonSettings, load
from tests.builders import NOW
from tests.gateways.test_sage_answers import HTML, envelope
from tests.stub_server import Answer, stub_server

BASIC = "Basic " + base64.b64encode(b"WEBAPI:PASSWORD").decode()


def byondpro(path: str, headers: dict[str, str]) -> Answer:
    if headers.get("authorization") != "Bearer token":
        return 401, ""
    if not path.startswith("/api/integration/v1/outbox?limit=1"):
        return 404, HTML
    return 200, '{"events": [], "next": null, "more": false}'


def sage(path: str, headers: dict[str, str]) -> Answer:
    if headers.get("authorization") != BASIC:
        return 401, envelope("Unauthorized")
    if not path.startswith("/Sage300WebApi/v1.0/-/SERDAT/"):
        return 404, envelope("ResourceNotFound")
    return 200, '{"value": []}'


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def made(**overrides: str) -> DaemonSettings:
        values = {
            "byondpro_token": "token",
            "sage_company": "SERDAT",
            "sage_user": "webapi",
            "sage_password": "PASSWORD",
            "ledger": str(tmp_path / "ledger.duckdb"),
            "api_port": str(free_port()),
            **overrides,
        }
        for name, value in values.items():
            monkeypatch.setenv(f"IMAN_{name.upper()}", value)
        return load(DaemonSettings)

    return made


@contextmanager
def both(byondpro=byondpro, sage=sage) -> Iterator[dict[str, str]]:
    with stub_server(byondpro) as source, stub_server(sage) as erp:
        yield {"byondpro_url": source.url, "sage_url": f"{erp.url}/Sage300WebApi"}


def troubles(settings: DaemonSettings) -> dict[str, Finding]:
    return {one.subject: one for one in examine(settings) if one.result != "ok"}


def test_where_all_is_well_every_finding_says_so(settings_of):
    with both() as urls:
        findings = list(examine(settings_of(**urls)))
    assert {one.result for one in findings} == {"ok"}
    assert all(not one.advice for one in findings)
    told = {one.subject: one.found for one in findings}
    assert told["Daemon"] == "It does not run; its port is free"
    assert told["byondpro feed"] == "The outbox can be read"
    assert told["Sage 300 rights"] == "WEBAPI may read A/R posted documents"


def test_every_trouble_comes_with_advice(settings_of):
    settings = settings_of(
        byondpro_url="http://127.0.0.1:9", sage_url="http://127.0.0.1:9/Sage300WebApi"
    )
    found = troubles(settings)
    assert set(found) == {"byondpro", "Sage 300"}
    assert "Check IMAN_BYONDPRO_URL" in found["byondpro"].advice
    assert "Check IMAN_SAGE_URL" in found["Sage 300"].advice


def test_a_refused_byondpro_token_is_told(settings_of):
    with both() as urls:
        found = troubles(settings_of(**urls, byondpro_token="expired"))
    assert set(found) == {"byondpro token"}
    assert "IMAN_BYONDPRO_TOKEN" in found["byondpro token"].advice


@pytest.mark.parametrize("answer", [(404, HTML), (200, HTML), (500, "")])
def test_an_address_without_the_feed_is_told(settings_of, answer):
    with both(byondpro=lambda *_: answer) as urls:
        found = troubles(settings_of(**urls))
    assert set(found) == {"byondpro feed"}


def test_a_wrong_sage_password_is_tried_once_only(settings_of):
    with stub_server(byondpro) as source, stub_server(sage) as erp:
        found = troubles(
            settings_of(
                byondpro_url=source.url,
                sage_url=f"{erp.url}/Sage300WebApi",
                sage_password="WRONG",
            )
        )
        assert len(erp.asked) == 1
    assert set(found) == {"Sage 300 log-in"}
    assert "IMAN_SAGE_PASSWORD" in found["Sage 300 log-in"].advice


def test_a_right_that_is_missing_is_named(settings_of):
    def without_gl(path: str, headers: dict[str, str]) -> Answer:
        return (403, envelope("Forbidden")) if "/GL/" in path else sage(path, headers)

    with both(sage=without_gl) as urls:
        found = [one for one in examine(settings_of(**urls)) if one.result == "trouble"]
    assert [one.found for one in found] == ["WEBAPI may not read G/L accounts"]


@pytest.mark.parametrize("answer", [(404, HTML), (404, envelope("ResourceNotFound"))])
def test_a_company_that_is_not_there_is_told(settings_of, answer):
    with both(sage=lambda *_: answer) as urls:
        found = troubles(settings_of(**urls))
    assert "IMAN_SAGE_COMPANY" in found["Sage 300 company"].advice


def test_clocks_that_differ_are_told(settings_of):
    def late(path: str, headers: dict[str, str]) -> Answer:
        return (*sage(path, headers), {"date": "Mon, 01 Jan 2024 00:00:00 GMT"})

    with both(sage=late) as urls:
        found = troubles(settings_of(**urls))
    assert set(found) == {"Sage 300 clock"}


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "<html>Jenkins</html>"), (200, '{"status": "UP"}'), (404, "<html>"), (401, "")],
)
def test_another_program_on_the_daemons_port_is_told(settings_of, status, body):
    with both() as urls, stub_server(lambda *_: (status, body)) as other:
        port = other.url.rsplit(":", 1)[1]
        found = troubles(settings_of(**urls, api_port=port))
    assert set(found) == {"Daemon"}
    assert f"Port {port}" in found["Daemon"].advice
    assert "IMAN_API_PORT" in found["Daemon"].advice


def test_a_ledger_held_by_a_daemon_is_no_trouble(settings_of, tmp_path):
    held = DuckDBLedger(tmp_path / "ledger.duckdb", now=NOW)
    try:
        with both() as urls:
            told = {one.subject: one for one in examine(settings_of(**urls))}
    finally:
        held.close()
    assert told["Ledger"].result == "ok"
    assert "held by a running daemon" in told["Ledger"].found


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_told(settings_of, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with both() as urls:
        found = troubles(settings_of(**urls, ledger=str(closed / "ledger.duckdb")))
    assert set(found) == {"Ledger"}


def test_a_bundle_that_cannot_be_read_is_told_and_nothing_is_asked(settings_of, tmp_path):
    with both() as urls:
        found = troubles(settings_of(**urls, ca_bundle=str(tmp_path / "none.pem")))
    assert set(found) == {"TLS"}


def test_the_examination_changes_nothing(settings_of):
    asked = []

    def counting(path: str, headers: dict[str, str]) -> Answer:
        asked.append(path)
        return sage(path, headers)

    with both(sage=counting) as urls:
        list(examine(settings_of(**urls)))
    assert all("$top=1" in path or "%24top=1" in path for path in asked)
