"""Which rules the daemon starts with."""

from __future__ import annotations

from pathlib import Path

import pytest

from iman.classify import OwnExample, OwnRule
from iman.errors import SettingsError
from iman.ledger import rule_shelf
from iman.remedy_wiring import rules_in_force
from iman.settings import DaemonSettings
from tests.remedies.shelf import Shelf, shelf

OWN = OwnRule(
    id="plot-closed", type="setup_code_missing", patterns=("plot {value} is closed",),
    examples=(OwnExample(text="Plot R7 is closed.", entity="R7"),),
)  # fmt: skip
FILE = """
[[rule]]
id = "{id}"
type = "field_invalid"
pattern = 'plot {{value}} is'
examples = [{{ text = "Plot R7 is lost.", entity = "R7" }}]
"""


@pytest.fixture
def books(tmp_path: Path):
    with shelf(tmp_path) as made:
        yield made


def settings(**changes: object) -> DaemonSettings:
    return DaemonSettings.model_validate(
        {
            "byondpro_url": "http://127.0.0.1:9", "byondpro_token": "t",
            "sage_url": "http://127.0.0.1:9/S", "sage_company": "SERDAT", "sage_user": "U",
            "sage_password": "p", **changes,
        }
    )  # fmt: skip


def save(books: Shelf, *rules: OwnRule) -> None:
    books.write(
        lambda conn: rule_shelf.save(
            conn, books.ledger.ids, rules, instead_of=rule_shelf.newest(conn).id, who="ada",
            now=books.now,
        )
    )  # fmt: skip


def test_the_sites_own_come_before_its_files_and_those_before_the_built_in(
    books: Shelf, tmp_path: Path
):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "site.toml").write_text(FILE.format(id="any-plot"), "utf-8")
    save(books, OWN)
    rules = rules_in_force(settings(rules=folder), books.ledger)
    assert rules.classify("Plot Z1 is closed.").rule == "plot-closed"
    assert rules.classify("Plot Z1 is flooded.").rule == "any-plot"
    assert rules.classify('Terms Code "F48" is not defined').type == "terms_missing"


@pytest.mark.parametrize("text", ["[[rule]", FILE.format(id="not-there"), None])
def test_a_file_that_cannot_be_used_is_named(books: Shelf, tmp_path: Path, text: str | None):
    file = tmp_path / "site.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"IMAN_RULES: .*site\.toml"):
        rules_in_force(settings(rules=file), books.ledger)


def test_an_own_rule_that_does_not_fit_any_more_is_left_out_and_the_others_stay(books: Shelf):
    stale = OwnRule(
        id="stale", type="a_type_of_old", patterns=("x",), examples=(OwnExample(text="x"),)
    )
    save(books, stale, OWN)
    rules = rules_in_force(settings(), books.ledger)
    assert [rule.id for rule in rules.current.own] == ["plot-closed"]
    assert [rule.id for rule in rule_shelf.newest(books.conn).rules] == ["stale", "plot-closed"]
