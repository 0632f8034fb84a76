"""Secrets stand where only Iman reads them, and are used as they are now."""

from __future__ import annotations

import asyncio
import base64
import sys
import types
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from iman.bootstrap import byondpro_client, check_secrets, sage_client, tls
from iman.errors import SettingsError, SourceUnavailable
from iman.gateways.byondpro import Byondpro
from iman.gateways.log_in import Basic, Bearer
from iman.gateways.sage_web import SageWeb
from iman.secret import Secret
from iman.settings import DaemonSettings
from tests.stub_server import Answer, stub_server

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    write(path, "hunter-one\n")
    return path


def write(path: Path, words: str) -> None:
    """A new file in its place, as whoever rotates secrets does."""
    part = path.with_name("part")
    part.write_text(words, encoding="utf-8")
    part.chmod(0o600)
    part.replace(path)


def secret(given: object) -> Secret:
    return Secret(SecretStr(str(given)), "IMAN_SAGE_PASSWORD")


def test_a_secret_is_what_it_is_or_where_it_stands(file: Path):
    assert secret("plain:words").value() == "plain:words"
    found = secret(f"file:{file}")
    assert found.value() == "hunter-one"
    write(file, "hunter-two")
    assert found.value() == "hunter-two"
    assert "hunter" not in repr(found)


@POSIX
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o602, 0o777])
def test_a_file_that_others_may_read_is_refused(file: Path, mode: int):
    file.chmod(mode)
    with pytest.raises(SettingsError, match=r"IMAN_SAGE_PASSWORD: .* by others: chmod 600 it"):
        secret(f"file:{file}").value()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: write(path, "\n"), "is empty"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "holds no text"),
    ],
)
def test_a_file_without_a_secret_is_told(file: Path, spoil: Callable[[Path], object], told: str):
    spoil(file)
    with pytest.raises(SettingsError, match=told):
        secret(f"file:{file}").value()


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    kept = {"iman/sage": "hunter-one"}
    module = types.ModuleType("keyring")
    module.get_password = lambda service, name: kept.get(f"{service}/{name}")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    return kept


def test_the_key_ring_is_asked_again_once_a_secret_was_refused(keyring: dict[str, str]):
    found = secret("keyring:iman/sage")
    assert found.value() == "hunter-one"
    keyring["iman/sage"] = "hunter-two"
    assert found.value() == "hunter-one"
    assert found.changed()
    assert found.value() == "hunter-two"
    assert not found.changed()
    with pytest.raises(SettingsError, match="has no iman/none"):
        secret("keyring:iman/none").value()


def test_without_the_package_the_key_ring_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError, match=r"pip install 'iman\[keyring\]'"):
        secret("keyring:iman/sage").value()


def asked_with(auth: httpx.Auth, good: str) -> list[str]:
    """The authorization of each request, where only *good* is let in."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200 if seen[-1].endswith(good) else 401)

    with httpx.Client(auth=auth, transport=httpx.MockTransport(answer)) as http:
        http.get("http://127.0.0.1/")
    return seen


def test_a_refused_secret_is_sent_again_only_if_it_was_changed(keyring: dict[str, str]):
    auth = Bearer(secret("keyring:iman/sage"))
    assert asked_with(auth, "hunter-one") == ["Bearer hunter-one"]
    assert asked_with(auth, "hunter-two") == [
        "Bearer hunter-one"
    ]  # not twice: it might lock a user
    keyring["iman/sage"] = "hunter-two"
    assert asked_with(auth, "hunter-two")[-1] == "Bearer hunter-two"


def settings_for(file: Path) -> DaemonSettings:
    return DaemonSettings.model_validate(
        {
            "byondpro_url": "http://127.0.0.1:1", "byondpro_token": f"file:{file}",
            "sage_url": "http://127.0.0.1:1/Sage300WebApi", "sage_company": "SERDAT",
            "sage_user": "WEBAPI", "sage_password": f"file:{file}",
        }
    )  # fmt: skip


def test_the_daemon_uses_a_changed_file_without_a_restart(file: Path):
    settings = settings_for(file)
    check_secrets(settings)
    log_in = sage_client(settings, tls(settings)).auth
    assert isinstance(log_in, Basic)
    before = log_in.whole()
    write(file, "hunter-two")
    assert log_in.whole() != before
    file.unlink()
    with pytest.raises(SettingsError, match="IMAN_SAGE_PASSWORD"):
        check_secrets(settings)


def test_a_secret_that_cannot_be_read_is_told_and_nothing_is_sent(file: Path):
    settings = settings_for(file)
    file.unlink()

    async def both() -> tuple[str, object]:
        async with Byondpro(byondpro_client(settings, tls(settings))) as byondpro:
            with pytest.raises(SourceUnavailable) as told:
                await byondpro.fetch(after=None, limit=1)
        async with sage_client(settings, tls(settings)) as http:
            return str(told.value), await SageWeb(http).send("POST", "AR/ARInvoiceBatches", "{}")

    words, outcome = asyncio.run(both())
    assert words.startswith("IMAN_BYONDPRO_TOKEN: ")
    assert getattr(outcome, "kind", "") == "log_in"
    assert str(getattr(outcome, "reason", "")).startswith("IMAN_SAGE_PASSWORD: ")


def test_an_answer_that_echoes_a_changed_password_is_kept_without_it(file: Path):
    settings = settings_for(file)
    web = SageWeb(sage_client(settings, tls(settings)))
    write(file, "hunter-two")
    assert web.clean("you sent hunter-two") == "you sent •••"


def test_a_push_carries_the_password_as_it_is_now(keyring: dict[str, str]):
    """Over the quick client, which works a request out once."""
    seen: list[str] = []

    def sage(_: str, headers: dict[str, str]) -> Answer:
        seen.append(base64.b64decode(headers["authorization"].split()[1]).decode())
        return (200, "{}") if seen[-1].endswith("two") else (401, "{}")

    async def pushed(url: str) -> list[object]:
        settings = settings_for(Path("none")).model_copy(
            update={
                "sage_url": f"{url}/Sage300WebApi", "sage_password": SecretStr("keyring:iman/sage")
            }
        )  # fmt: skip
        async with sage_client(settings, tls(settings)) as http:
            web, answers = SageWeb(http), list[object]()
            answers.append(await web.send("POST", "AR/ARInvoiceBatches", "{}"))
            keyring["iman/sage"] = "hunter-two"
            answers.append(await web.send("POST", "AR/ARInvoiceBatches", "{}"))
            answers.append(await web.send("POST", "AR/ARInvoiceBatches", "{}"))
            return answers

    with stub_server(sage) as stub:
        answers = asyncio.run(pushed(stub.url))
    assert [getattr(one, "status_code", None) for one in answers] == [401, 200, 200]
    assert [one.rpartition(":")[2] for one in seen] == [
        "hunter-one", "hunter-one", "hunter-two", "hunter-two",
    ]  # fmt: skip
