"""Who may import whom: the contracts of ``pyproject.toml``, and what they cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {
    "duckdb", "fastapi", "httpx", "numpy", "pandas", "plotly", "pyarrow", "pydantic", "starlette",
    "streamlit", "typer", "uvicorn",
}  # fmt: skip


def test_every_contract_is_kept():
    import_linter = "import sys; from importlinter.cli import lint_imports_command as c; c()"
    ran = subprocess.run(
        [sys.executable, "-c", import_linter, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 broken" in ran.stdout


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("iman.sync.push", HEAVY),
        ("iman.domain.document", HEAVY | {"structlog"}),
        ("iman.classify", HEAVY),
        ("iman.settings", HEAVY - {"pydantic"}),
        ("iman.ledger.duckdb_ledger", {"pandas", "streamlit", "fastapi", "httpx", "plotly"}),
        ("iman.api.client", {"pandas", "streamlit", "fastapi", "duckdb"}),
        ("iman.bootstrap", {"pandas", "streamlit", "plotly"}),
        ("iman.reading", {"streamlit", "plotly", "fastapi", "uvicorn"}),
    ],
)
def test_a_part_loads_no_more_than_it_needs(module: str, without: set[str]):
    script = f"import sys, {module}; print(*({without!r} & sys.modules.keys()))"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []


def imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.startswith("iman")}


PAGES = sorted((ROOT / "pages").glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_made_of_dashboard_parts_only(page: Path):
    allowed = ("iman.dashboard", "iman.domain", "iman.errors", "iman.reading", "iman.api.wire")
    assert all(name == "iman" or name.startswith(allowed) for name in imported(page))


@pytest.mark.parametrize("name", ["app.py", "sync_daemon.py"])
def test_an_entry_point_only_starts_things(name: str):
    assert len((ROOT / name).read_text("utf-8").splitlines()) < 50


def test_a_module_is_named_for_the_thing_in_it():
    shelves = {"utils", "util", "helpers", "helper", "common", "misc", "models", "manager", "base"}
    assert not [path for path in (ROOT / "iman").rglob("*.py") if path.stem in shelves]
