"""What the daemon was started with, from one start to the next."""

from __future__ import annotations

from iman.domain.setting import SettingValue
from iman.ledger import settings_kept
from tests.builders import NOW
from tests.ledger.books import Books


def make_setting(name: str = "max_attempts", value: str = "5", **overrides) -> SettingValue:
    values = {"name": name, "value": value, "default": "5", "origin": "file", "meaning": "x"}
    return SettingValue(**{**values, **overrides})


def start(books: Books, *settings: SettingValue, who: str = "iman-svc") -> tuple:
    ids = books.ledger.ids
    return books.ledger.write(
        lambda conn: settings_kept.note_start(conn, ids, settings, who=who, now=books.now)
    ).result()


def test_the_first_start_is_what_later_ones_are_compared_with(books: Books):
    assert start(books, make_setting(), make_setting("speed", "1.0")) == ()
    assert settings_kept.settings(books.ledger.reader())["changes"] == []
    assert start(books, make_setting(), make_setting("speed", "1.0")) == ()


def test_another_value_is_recorded_with_who_started_it(books: Books):
    start(books, make_setting())
    books.later(3600)
    start(books, make_setting(value="7"))
    books.later(3600)
    start(books, make_setting(value=""), who="")
    found = settings_kept.settings(books.ledger.reader())
    told = [(c["before"], c["now"], c["started_by"]) for c in found["changes"]]
    assert told == [("7", "", ""), ("5", "7", "iman-svc")]
    assert (found["changes"][1]["at"] - NOW).total_seconds() == 3600
    assert [one["value"] for one in found["settings"]] == [""]
    audit = books.rows(
        "SELECT who, action, target, old_value, new_value FROM audit_events ORDER BY event_id"
    )
    assert [tuple(event.values()) for event in audit] == [
        ("iman-svc", "change_setting", "max_attempts", "5", "7"),
        ("not known", "change_setting", "max_attempts", "7", "none"),
    ]


def test_a_setting_that_a_new_version_brings_is_no_change_at_its_default(books: Books):
    start(books, make_setting())
    assert start(books, make_setting(), make_setting("brand_new", "5")) == ()
    (change,) = start(books, make_setting(), make_setting("newer", "6"))
    assert (change.name, change.before, change.now) == ("newer", "5", "6")
