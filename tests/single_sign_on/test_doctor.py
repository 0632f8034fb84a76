"""What ``iman doctor`` says of the identity provider and of the groups."""

from __future__ import annotations

import pytest

from iman.doctor import Finding
from iman.doctor_sign_on import examine_sign_on
from iman.settings import DaemonSettings, load
from tests.single_sign_on.conftest import RunningProvider
from tests.single_sign_on.provider import CLIENT, SECRET
from tests.test_settings import RIGHT

SETUPS = {"sites": [{"code": "HGH"}, {"code": "MEM"}]}
GROUPS = '[{"group": "a", "role": "admin"}, {"group": "b", "role": "support", "sites": ["HGH"]}]'


@pytest.fixture
def found(provider: RunningProvider, monkeypatch: pytest.MonkeyPatch):
    """``found(oidc_redirect=…)``: the findings, by subject and result."""
    provider.manners()

    def examined(setups=SETUPS, **overrides: str) -> list[Finding]:
        usual = {
            "oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET,
            "oidc_redirect": "http://127.0.0.1:1/oauth2callback", "oidc_groups": GROUPS,
        }  # fmt: skip
        for name, value in RIGHT.items():
            monkeypatch.setenv(name, value)
        for name, value in (usual | overrides).items():
            monkeypatch.setenv(f"IMAN_{name.upper()}", value)
        return list(examine_sign_on(load(DaemonSettings), setups))

    return examined


def troubles(findings: list[Finding]) -> dict[str, str]:
    assert all(one.advice for one in findings if one.result != "ok")
    assert not any(SECRET in one.found + one.advice for one in findings)
    return {one.subject: one.found for one in findings if one.result != "ok"}


def test_where_all_is_well_it_says_so(found):
    told = found()
    assert [one.result for one in told] == ["ok"] * 4
    assert "2 keys" in told[0].found


def test_what_is_wrong_is_told_with_what_to_do(found, provider: RunningProvider):
    provider.manners(discovery="another")
    assert "calls itself" in troubles(found())["Single sign-on"]
    provider.manners(jwks="no_keys")
    assert "names no key" in troubles(found())["Single sign-on"]
    provider.manners()
    other = troubles(found(oidc_redirect="http://127.0.0.1:2/oauth2callback"))
    assert "did not lead back" in other["Single sign-on way back"]
    strange = troubles(found(oidc_redirect="https://iman.example/oauth2callback"))
    assert "not called iman.example" in strange["Single sign-on way back"]
    wrong = troubles(
        found(oidc_client_secret="wrong", oidc_redirect="http://127.0.0.1:1/oauth2callback")
    )
    assert "refused Iman (invalid_client)" in wrong["Single sign-on secret"]
    assert "oidc_client_secret" not in wrong
    missing = troubles(found(oidc_client_secret="file:/there/is/none"))
    assert "cannot be read" in missing["Single sign-on"]


def test_a_group_limited_to_a_site_that_nobody_has_is_told(found):
    groups = '[{"group": "b", "role": "support", "sites": ["HGH", "OLD"]}]'
    told = troubles(found(oidc_groups=groups))
    assert told == {"Single sign-on groups": "byondpro has no site OLD"}
    assert "could not be compared" in found(setups=None, oidc_groups=groups)[-1].found


def test_settings_that_do_not_fit_are_told_at_the_start(monkeypatch: pytest.MonkeyPatch):
    from iman.dashboard.single_sign_on import SingleSignOn
    from iman.errors import SettingsError
    from iman.settings import DashboardSettings

    for name, value in {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "iman"}.items():
        monkeypatch.setenv(f"IMAN_{name}", value)
    with pytest.raises(SettingsError, match="IMAN_OIDC_CLIENT_SECRET is missing"):
        SingleSignOn(load(DashboardSettings))
    monkeypatch.setenv("IMAN_OIDC_CLIENT_SECRET", "s")
    monkeypatch.setenv("IMAN_OIDC_REDIRECT", "https://iman.example/oauth2callback")
    with pytest.raises(SettingsError, match="IMAN_DASHBOARD_ALLOWED_HOSTS"):
        SingleSignOn(load(DashboardSettings))
    monkeypatch.setenv("IMAN_DASHBOARD_ALLOWED_HOSTS", "iman.example")
    kept = SingleSignOn(load(DashboardSettings)).secrets()["auth"]
    assert kept["redirect_uri"] == "https://iman.example/oauth2callback"
    assert kept["cookie_secret"] != "s"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ISSUER", "http://id.example"), ("OIDC_ISSUER", "https://id.example?x=1"),
        ("OIDC_ISSUER", "https://user:pw@id.example"), ("OIDC_ISSUER", "id.example"),
        ("OIDC_REDIRECT", "https://iman.example/"), ("OIDC_REDIRECT", "http://iman.example/oauth2callback"),
        ("OIDC_SCOPES", "profile"), ("OIDC_NAME", ""), ("OIDC_GROUPS", "[]"), ("OIDC_GROUPS", "{}"),
        ("OIDC_GROUPS", '[{"group": "a"}]'), ("OIDC_GROUPS", '[{"group": "a", "role": "king"}]'),
        ("OIDC_GROUPS", '[{"group": "a", "role": "admin", "sites": "HGH"}]'),
        ("OIDC_GROUPS", '[{"group": "", "role": "admin"}]'), ("OIDC_GROUPS", '[["a", "admin"]]'),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_one_line(monkeypatch: pytest.MonkeyPatch, name, value):
    from iman.errors import SettingsError
    from iman.settings import DashboardSettings

    usual = RIGHT | {
        "IMAN_OIDC_ISSUER": "https://id.example", "IMAN_OIDC_CLIENT_ID": "iman",
        "IMAN_OIDC_GROUPS": GROUPS, f"IMAN_{name}": value,
    }  # fmt: skip
    for variable, given in usual.items():
        monkeypatch.setenv(variable, given)
    kind = DashboardSettings if name in ("OIDC_REDIRECT", "OIDC_SCOPES") else DaemonSettings
    with pytest.raises(SettingsError) as told:
        load(kind)
    assert len(str(told.value).splitlines()) == 1
    assert "oidc" in str(told.value).lower()
