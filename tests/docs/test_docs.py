"""Lists that go stale: everything that has an entry in the docs has one, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from iman.api.app import ANSWERS, PREFIX, create_app
from iman.domain.document import DocumentState, EntryType, erp_sync_status
from iman.domain.outcome import OUTCOME_NAMES
from iman.domain.people import PERMISSIONS, REACHES_EVERYTHING, Permission, Role
from iman.settings import DaemonSettings, DashboardSettings, known_fields

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OURS = sorted(DOCS.rglob("*.md"))


def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def table(name: str, heading: str) -> dict[str, list[str]]:
    """The rows of the table whose head begins with *heading*, by their first cell."""
    rows: dict[str, list[str]] = {}
    within = False
    for line in text_of(name).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            within = False
        elif cells[0] == heading:
            within = True
        elif within and not set(cells[0]) <= {"-"}:
            rows[cells[0].strip("`")] = cells[1:]
    return rows


def test_every_setting_has_its_entry_with_its_default():
    rows = table("settings.md", "Setting")
    assert set(rows) == set(known_fields())
    # what both read is described as the daemon sees it; the notes add the dashboard's view
    fields = {**DashboardSettings.model_fields, **DaemonSettings.model_fields}
    for name, field in fields.items():
        shown, meaning = rows[name][0].strip("`"), rows[name][1]
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        if field.is_required():
            assert shown == "required", name
        else:
            assert shown == ("none" if default in (None, "", ()) else str(default)), name
        assert meaning == f"{field.description}.", name


def test_every_state_has_its_entry_and_byondpros_word():
    rows = table("states.md", "State")
    assert list(rows) == [state.value for state in rows_in_order()]
    words = {"pending": "sync pending", "failed": "sync failed", "processed": "processed"}
    for state in DocumentState:
        assert rows[state.value][-1] == words[erp_sync_status(state).value], state


def rows_in_order() -> list[DocumentState]:
    order = ["pending", "syncing", "retrying", "waiting", "unknown", "failed", "parked", "synced"]
    assert {*order, "settled"} == {state.value for state in DocumentState}
    return [DocumentState(name) for name in (*order, "settled")]


def test_every_state_is_in_the_drawing():
    drawing = text_of("states.md").split("```")[1]
    assert set(re.findall(r"\b[a-z]+\b(?= -->)|(?<=--> )[a-z]+", drawing)) == {
        state.value for state in DocumentState
    }


def test_every_outcome_has_its_entry():
    rows = table("states.md", "Outcome")
    assert {name.replace(" ", "_") for name in rows} == set(OUTCOME_NAMES.values())


def test_every_role_and_permission_has_its_entry():
    rows = table("roles.md", "Permission")
    assert set(rows) == {permission.value for permission in Permission}
    for permission in Permission:
        for role, cell in zip(Role, rows[permission.value][1:-1], strict=True):
            assert (cell == "yes") == (permission in PERMISSIONS[role]), (permission, role)
        limited = rows[permission.value][-1]
        assert (limited == "no") == (permission in REACHES_EVERYTHING), permission
    assert set(re.findall(r"^## (\w+)$", text_of("roles.md"), re.MULTILINE)) >= {
        role.value for role in Role
    }


def test_every_route_has_its_entry():
    described = create_app(ledger=None, daemon=None, now=None).openapi()["paths"]  # type: ignore[arg-type]  # only described
    routes = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in described.items()
        for method in methods
    }
    rows = table("api.md", "Route")
    assert set(rows) == routes
    for path, methods in described.items():
        for method, route in methods.items():
            told = rows[f"{method.upper()} {path.removeprefix(PREFIX)}"][0]
            assert told == route["x-permission"], (method, path)


def test_every_error_of_the_api_has_its_entry():
    rows = table("api.md", "Status")
    told = {(int(status), cells[0].strip("`")) for status, cells in rows.items()}
    assert told >= set(ANSWERS.values())


def test_every_entry_type_is_in_the_feeds_contract():
    assert all(f"`{kind.value}`" in text_of("byondpro-feed.md") for kind in EntryType)


def test_every_finding_of_the_doctor_is_in_the_runbook():
    source = (ROOT / "iman" / "doctor.py").read_text("utf-8")
    subjects = set(re.findall(r'Finding\(\s*"([^"]+)"', source))
    rows = {name for names in table("runbook.md", "Line") for name in names.split(", ")}
    assert subjects <= rows


@pytest.mark.parametrize("page", OURS, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_link_within_the_docs_leads_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert (page.parent / target).exists(), target


def test_the_glossary_is_in_order_and_names_a_word_once():
    words = list(table("glossary.md", "Word"))
    assert words == sorted(set(words), key=str.lower)


def test_decisions_are_numbered_without_a_gap():
    names = sorted(path.name for path in (DOCS / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
