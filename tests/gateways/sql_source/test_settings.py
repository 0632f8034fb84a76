"""Which settings a source needs; what is wrong is told without showing a secret."""

from __future__ import annotations

import pytest

from iman.errors import SettingsError
from iman.settings import DaemonSettings, load

SAGE = {
    "IMAN_SAGE_URL": "http://127.0.0.1:1/Sage300WebApi",
    "IMAN_SAGE_COMPANY": "SERDAT",
    "IMAN_SAGE_USER": "WEBAPI",
    "IMAN_SAGE_PASSWORD": "x",
}
FEED = {"IMAN_BYONDPRO_URL": "http://127.0.0.1:2", "IMAN_BYONDPRO_TOKEN": "t"}
SQL = {"IMAN_SOURCE": "sql", "IMAN_SQL_URL": "postgresql://iman:S3cret@db/byondpro"}


@pytest.fixture
def given(monkeypatch):
    def load_with(**variables: str) -> DaemonSettings:
        for name, value in (SAGE | variables).items():
            monkeypatch.setenv(name, value)
        return load(DaemonSettings)

    return load_with


def test_the_feed_is_the_default_and_needs_its_address_and_token(given):
    assert given(**FEED).source == "feed"


@pytest.mark.parametrize("absent", FEED)
def test_a_feed_without_address_or_token_is_told_as_before(given, absent):
    with pytest.raises(SettingsError, match=f"{absent} is missing"):
        given(**{name: value for name, value in FEED.items() if name != absent})


def test_a_database_needs_no_feed(given):
    settings = given(**SQL)
    assert settings.byondpro_url is None
    assert settings.sql_url.get_secret_value() == SQL["IMAN_SQL_URL"]
    assert "S3cret" not in repr(settings)


def test_a_source_without_a_database_is_told(given):
    with pytest.raises(SettingsError) as told:
        given(IMAN_SOURCE="sql")
    assert str(told.value).startswith("IMAN_SQL_URL is missing")
    assert "BYONDPRO" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IMAN_SQL_OUTBOX", 'x"; DROP TABLE y'),
        ("IMAN_SQL_OUTBOX", "a.b.c.d"),
        ("IMAN_SQL_OUTBOX", ""),
        ("IMAN_SQL_CURSOR", "a]b"),
        ("IMAN_SQL_CURSOR", "a.b"),
        ("IMAN_SQL_PAYLOAD", ""),
        ("IMAN_SQL_AT", "at\n"),
        ("IMAN_SQL_STATUS", "'x'"),
        ("IMAN_SQL_GAP_WAIT", "0"),
        ("IMAN_SOURCE", "ftp"),
    ],
)
def test_names_that_could_end_a_quote_and_other_nonsense_are_refused(given, name, value):
    with pytest.raises(SettingsError, match=name):
        given(**(SQL | {name: value}))


@pytest.mark.parametrize("name", ["dbo.Outbox", "sales.dbo.Out-Box 1", "größe", "_x$y#"])
def test_names_of_real_tables_are_taken(given, name):
    assert given(**SQL, IMAN_SQL_OUTBOX=name).sql_outbox == name


def test_columns_may_be_left_to_the_payload(given):
    settings = given(**SQL, IMAN_SQL_TYPE="", IMAN_SQL_AT="", IMAN_SQL_STATUS="")
    assert (settings.sql_type, settings.sql_at, settings.sql_status) == ("", "", "")
