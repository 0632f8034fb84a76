"""The nineteen types and their page."""

import re
from pathlib import Path

from iman.classify import BUILT_IN, ERROR_TYPES, WHO_FIXES, Rules

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_there_are_nineteen_types_and_each_says_what_it_is():
    assert len(ERROR_TYPES) == 19
    for error_type in ERROR_TYPES.values():
        assert error_type.title
        assert error_type.description.endswith(".")
        assert error_type.who_fixes in WHO_FIXES


def test_every_type_has_its_entry_in_the_docs():
    entries = re.findall(r"^### `(\w+)`", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert entries == list(ERROR_TYPES)


def test_the_rules_shown_in_the_docs_can_be_used(tmp_path):
    shown = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(shown) == 3
    for number, text in enumerate(shown):
        (tmp_path / f"{number}.toml").write_text(text, encoding="utf-8")
    found = Rules.load([tmp_path, BUILT_IN]).classify('Cannot find Plot Number "R7"')
    assert (found.type, found.entity_kind, found.entity) == ("setup_code_missing", "plot", "R7")
