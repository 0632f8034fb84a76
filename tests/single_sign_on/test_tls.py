"""A provider whose certificate is of the site's own authority."""

from __future__ import annotations

import ssl
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from iman.bootstrap import identity_provider
from iman.settings import DaemonSettings, load
from tests.api.serving import serving
from tests.dashboard.conftest import clean_environment, process
from tests.single_sign_on.conftest import by_http, running_provider
from tests.single_sign_on.provider import CLIENT, SECRET
from tests.single_sign_on.test_tokens import MAPPING
from tests.system import free_ports
from tests.test_settings import RIGHT


@pytest.mark.parametrize("trusted", [True, False])
def test_its_authority_is_believed_where_it_is_named_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
):
    """By the API, which asks for the keys, and by Authlib, which asks for the token."""
    authority = trustme.CA()
    bundle, pem = tmp_path / "authority.pem", tmp_path / "provider.pem"
    authority.cert_pem.write_to_path(bundle)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    url = f"http://127.0.0.1:{free_ports(1)}"
    with ExitStack() as stack:
        provider = stack.enter_context(running_provider(tmp_path, url + "/oauth2callback", pem))
        both = {"IMAN_OIDC_ISSUER": provider.url, "IMAN_OIDC_CLIENT_ID": CLIENT}
        both |= {"IMAN_CA_BUNDLE": str(bundle)} if trusted else {}
        for name, value in (RIGHT | both).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("IMAN_OIDC_GROUPS", '[{"group": "x", "role": "admin"}]')
        known = identity_provider(load(DaemonSettings))
        assert known is not None
        stack.enter_context(closing(known))
        served = stack.enter_context(serving(tmp_path, provider=known, mapping=MAPPING))
        served.books.now = datetime.now(UTC)
        env = clean_environment(
            **both, IMAN_OIDC_CLIENT_SECRET=SECRET, IMAN_API_URL=served.url,
            IMAN_DASHBOARD_PORT=url.rsplit(":", 1)[1], IMAN_LEDGER=str(tmp_path / "none.duckdb"),
        )  # fmt: skip
        stack.enter_context(process([sys.executable, "app.py"], url, env, tmp_path / "app.log"))
        verify = ssl.create_default_context(cafile=str(bundle))
        answer = by_http(url, provider.url, "max", verify=verify)
        if trusted:
            assert answer.headers["location"] == "/"
            assert "iman_session" in answer.headers["set-cookie"]
        else:
            assert "does not answer just now" in answer.text
