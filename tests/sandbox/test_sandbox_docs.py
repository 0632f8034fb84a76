"""docs/sandbox.md names every scenario, option, switch, kind of fault and resource."""

from pathlib import Path

import pytest

from iman.sandbox import faults
from iman.sandbox.sage_resources import RESOURCES
from iman.sandbox.scenarios import SCENARIOS

TEXT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
SWITCHES = [
    *(name for name in faults.Faults.model_fields if name != "variants"),
    *(f"variants.{name}" for name in faults.Variants.model_fields),
]


@pytest.mark.parametrize("name", [*SCENARIOS, *faults.KINDS, *SWITCHES])
def test_every_name_has_its_row(name):
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_says_what_it_ends_with(name):
    rows = [line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |")]
    row = rows[0]  # a switch may have the name too, further down
    assert all(cell.strip() for cell in row.strip("|").split("|"))


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_every_resource_is_listed(name):
    assert name in TEXT
