"""A wrong setting is one clear line: which, what it is, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from iman.domain.setting import SettingValue, changes
from iman.errors import SettingsError
from iman.settings import DaemonSettings, DashboardSettings, known_fields, load, told

RIGHT = {
    "IMAN_BYONDPRO_URL": "http://127.0.0.1:8602",
    "IMAN_BYONDPRO_TOKEN": "a-secret-token",
    "IMAN_SAGE_URL": "http://127.0.0.1:8603/Sage300WebApi",
    "IMAN_SAGE_COMPANY": "SERDAT",
    "IMAN_SAGE_USER": "WEBAPI",
    "IMAN_SAGE_PASSWORD": "a-secret-password",
}
SECRETS = ("a-secret-token", "a-secret-password")


@pytest.fixture
def right(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def settings_file(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str | bytes) -> Path:
    file = folder / "iman.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    monkeypatch.setenv("IMAN_SETTINGS", str(file))
    return file


def trouble(kind=DaemonSettings) -> list[str]:
    with pytest.raises(SettingsError) as told:
        load(kind)
    text = str(told.value)
    assert not any(secret in text for secret in SECRETS)
    return text.splitlines()


def test_every_default_of_the_clock_is_the_guides(right):
    settings = load(DaemonSettings)
    assert settings.intake_every == 3
    assert settings.max_attempts == 5
    assert (settings.retry_wait_min, settings.retry_wait_max) == (15, 25)


def test_the_dashboard_needs_no_setting_at_all():
    settings = load(DashboardSettings)
    assert str(settings.api_url) == "http://127.0.0.1:8601/"
    assert settings.dashboard_allowed_hosts == ()


def test_what_is_missing_is_told_all_at_once():
    lines = trouble()
    assert len(lines) == len(RIGHT)
    for line, name in zip(lines, RIGHT, strict=True):
        assert line.startswith(f"{name} is missing (")
        assert "set it in the environment or in" in line


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("IMAN_SAGE_URL", "sage", "valid URL"),
        ("IMAN_SAGE_URL", "ftp://sage", "'http' or 'https'"),
        ("IMAN_SAGE_COMPANY", "TOOLONGNAME", "match pattern"),
        ("IMAN_SAGE_COMPANY", "A/B", "match pattern"),
        ("IMAN_SAGE_USER", "", "at least 1 character"),
        ("IMAN_MAX_ATTEMPTS", "0", "greater than or equal to 1"),
        ("IMAN_MAX_ATTEMPTS", "five", "valid integer"),
        ("IMAN_MAX_ATTEMPTS", "101", "less than or equal to 100"),
        ("IMAN_INTAKE_EVERY", "0", "greater than 0"),
        ("IMAN_INTAKE_EVERY", "soon", "valid number"),
        ("IMAN_INTAKE_EVERY", "nan", "less than or equal to 86400"),
        ("IMAN_RETRY_WAIT_MIN", "-1", "greater than 0"),
        ("IMAN_API_PORT", "70000", "less than or equal to 65535"),
        ("IMAN_PUSH_CONCURRENCY", "0", "greater than or equal to 1"),
        ("IMAN_SPEED", "0", "greater than 0"),
        ("IMAN_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("IMAN_LEDGER_MEMORY", "lots", "match pattern"),
        ("IMAN_SANDBOX", "maybe", "valid boolean"),
    ],
)
def test_a_wrong_value_names_the_setting_the_value_and_the_rule(right, name, value, rule):
    right.setenv(name, value)
    (line,) = trouble()
    assert line.startswith(f"{name} is {value!r} (")
    assert rule in line


def test_two_wrong_values_are_two_lines(right):
    right.setenv("IMAN_MAX_ATTEMPTS", "0")
    right.setenv("IMAN_API_PORT", "0")
    assert [line.split()[0] for line in trouble()] == ["IMAN_MAX_ATTEMPTS", "IMAN_API_PORT"]


def test_waits_in_the_wrong_order_are_told(right):
    right.setenv("IMAN_RETRY_WAIT_MIN", "30")
    (line,) = trouble()
    assert line == "The settings: retry_wait_max must not be shorter than retry_wait_min."


@pytest.mark.parametrize("speed", ["0.5", "10", "1000"])
def test_the_speed_divides_every_interval(right, speed):
    right.setenv("IMAN_SPEED", speed)
    assert load(DaemonSettings).seconds(15.0) == 15.0 / float(speed)


# -- names nobody knows ------------------------------------------------------------------------


def test_a_variable_that_is_no_setting_is_told_with_what_was_meant(right):
    right.setenv("IMAN_MAX_ATEMPTS", "3")
    right.setenv("IMAN_COLOUR", "green")
    assert trouble() == [
        "IMAN_COLOUR is no setting of Iman's; docs/settings.md lists them.",
        "IMAN_MAX_ATEMPTS is no setting of Iman's; did you mean IMAN_MAX_ATTEMPTS?",
    ]


def test_a_key_of_the_file_that_is_no_setting_is_told_with_what_was_meant(right, tmp_path):
    file = settings_file(right, tmp_path, 'sage_compny = "X"\n')
    assert trouble() == [
        f"sage_compny in {file} is no setting of Iman's; did you mean sage_company?"
    ]


def test_a_setting_of_the_other_process_is_no_stranger(right):
    right.setenv("IMAN_DASHBOARD_PORT", "9000")
    load(DaemonSettings)
    assert load(DashboardSettings).dashboard_port == 9000


# -- the file ----------------------------------------------------------------------------------


def test_the_file_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    lines = [f'{name.removeprefix("IMAN_").lower()} = "{value}"' for name, value in RIGHT.items()]
    settings_file(monkeypatch, tmp_path, "\n".join([*lines, "max_attempts = 3", "speed = 2"]))
    monkeypatch.setenv("IMAN_MAX_ATTEMPTS", "7")
    settings = load(DaemonSettings)
    assert (settings.max_attempts, settings.speed, settings.sage_company) == (7, 2.0, "SERDAT")
    assert settings.sage_password.get_secret_value() == "a-secret-password"


def test_a_wrong_value_in_the_file_is_told_with_its_value(right, tmp_path):
    settings_file(right, tmp_path, "max_attempts = 0\n")
    (line,) = trouble()
    assert line.startswith("IMAN_MAX_ATTEMPTS is 0 (Attempts in one round): ")


@pytest.mark.parametrize(
    "text", ["max_attempts = \n", "this is a letter", "ma\u00df = 1", b"\xff\xfem\x00"]
)
def test_a_file_that_is_no_toml_is_told(right, tmp_path, text):
    file = settings_file(right, tmp_path, text)
    (line,) = trouble()
    assert line.startswith(f"{file} is not valid TOML: ")


# -- secrets -----------------------------------------------------------------------------------


def test_secrets_are_never_printed(right):
    settings = load(DaemonSettings)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert not any(secret in shown for secret in SECRETS)


def test_a_fault_beside_a_secret_does_not_show_it(right):
    right.delenv("IMAN_SAGE_USER")
    right.setenv("IMAN_RETRY_WAIT_MIN", "30")
    trouble()


# -- where each stands -------------------------------------------------------------------------


def of(settings, name: str) -> SettingValue:
    return next(one for one in told(settings) if one.name == name)


def test_every_setting_says_where_its_value_stands(right, tmp_path):
    settings_file(right, tmp_path, "max_attempts = 7\nspeed = 2\n")
    right.setenv("IMAN_SPEED", "3")
    settings = load(DaemonSettings)
    assert [one.name for one in told(settings)] == list(DaemonSettings.model_fields)
    max_attempts, speed = of(settings, "max_attempts"), of(settings, "speed")
    assert (max_attempts.value, max_attempts.default, max_attempts.origin) == ("7", "5", "file")
    assert (speed.value, speed.default, speed.origin) == ("3.0", "1.0", "environment")
    assert of(settings, "settle").origin == "default"
    assert of(settings, "sage_user").default == "required"
    assert of(DashboardSettings(dashboard_port=1), "dashboard_port").origin == "start"
    hosts = DashboardSettings(dashboard_allowed_hosts="a.example, b.example")
    assert of(hosts, "dashboard_allowed_hosts").value == "a.example, b.example"


def test_no_secret_is_told(right):
    right.setenv("IMAN_SAGE_URL", "http://me:a-secret-password@127.0.0.1/Sage300WebApi")
    right.setenv("IMAN_BYONDPRO_PAGES", "http://me:word@a-secret-password@127.0.0.1")
    settings = load(DaemonSettings)
    assert not any(secret in str(told(settings)) for secret in SECRETS)
    assert of(settings, "sage_password").value == "set"
    assert of(settings, "sql_url").value == "not set"
    assert of(settings, "byondpro_pages").value == "http://127.0.0.1"


def test_what_changed_is_what_the_start_before_had_not():
    def value(name: str, now: str, default: str = "5") -> SettingValue:
        return SettingValue(name=name, value=now, default=default, origin="file", meaning="")

    several = [value("max_attempts", "7"), value("speed", "1"), value("brand_new", "5")]
    assert changes({}, several) == ()
    (only,) = changes({"max_attempts": "5", "speed": "1", "gone": "x"}, several)
    assert (only.name, only.before, only.now) == ("max_attempts", "5", "7")


def test_every_setting_says_what_it_is_for():
    assert all(known_fields().values())
