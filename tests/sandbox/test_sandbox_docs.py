"""docs/sandbox.md names every scenario, option, switch, variant, kind of fault and resource."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from iman.chaos.plan import VARIANTS
from iman.sandbox import faults
from iman.sandbox.sage_errors import MissingCode
from iman.sandbox.sage_resources import RESOURCES
from iman.sandbox.scenarios import SCENARIOS

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "sandbox.md").read_text(encoding="utf-8")
CHAOS = (DOCS / "chaos.md").read_text(encoding="utf-8")
SWITCHES = [
    *(name for name in faults.Faults.model_fields if name != "variants"),
    *(f"variants.{name}" for name in faults.Variants.model_fields),
]


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The rows of the table under that heading: the first cell's name, and the others."""
    lines = text[text.index(f"| {heading}") :].splitlines()[2:]
    rows: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split(" | "))
        rows[first.strip("` ")] = others
    return rows


def values_of(field: Any) -> list[str]:
    """What a variant may be, the default first."""
    choices = get_args(field.annotation) or tuple(MissingCode)
    return [str(getattr(one, "value", one)) for one in choices]


def parts_of(name: str) -> set[str]:
    """The fields within a switch."""
    field = faults.Faults.model_fields.get(name)
    found = [field.annotation, *get_args(field.annotation)] if field else []
    return {
        part
        for one in found
        if isinstance(one, type) and issubclass(one, BaseModel)
        for part in one.model_fields
    }


def test_the_scenarios_are_those_there_are():
    assert set(table(TEXT, "Name | What is planted")) == set(SCENARIOS)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_says_what_it_ends_with(name):
    row = table(TEXT, "Name | What is planted")[name]
    assert len(row) == 2
    assert all(row)


def test_the_switches_are_those_there_are():
    documented = set(table(TEXT, "Switch | Meaning"))
    assert documented - {"down"} == set(SWITCHES) - {"down", "down_as"}
    assert "`down_as`" in table(TEXT, "Switch | Meaning")["down"][0]


@pytest.mark.parametrize("name", [name for name in faults.Faults.model_fields if parts_of(name)])
def test_every_part_of_a_switch_is_named(name):
    if name == "variants":
        return
    meaning = " ".join(table(TEXT, "Switch | Meaning")[name])
    assert {part for part in parts_of(name) if not re.search(rf"\b{part}\b", meaning)} == set()


@pytest.mark.parametrize("name", sorted(faults.Variants.model_fields))
def test_every_value_of_a_variant_is_named_and_the_default_comes_first(name):
    field = faults.Variants.model_fields[name]
    meaning = " ".join(table(TEXT, "Switch | Meaning")[f"variants.{name}"])
    values = values_of(field)
    places = [meaning.find(f"`{value}`") for value in values]
    assert -1 not in places, values
    assert places == sorted(places)
    assert values[0] == str(getattr(field.default, "value", field.default))


def test_the_kinds_of_faults_are_those_there_are_and_reads_meet_those_that_say_so():
    rows = table(TEXT, "Kind | Stored?")
    assert list(rows) == list(faults.KINDS)
    chaos = faults.Chaos(probability=1.0)
    met = {fault.kind for n in range(2000) if (fault := chaos.draw(n, "GET")) is not None}
    assert {name for name, row in rows.items() if row[2] == "yes"} == met


def test_chaos_offers_every_variant_with_every_value():
    """Under its own shorter names; the sandbox's values, the default first."""
    rows = table(CHAOS, "Variant | Values")
    assert set(rows) == set(VARIANTS)
    for name, values in VARIANTS.items():
        cell = rows[name][0].partition(":")[0]
        assert re.findall(r"`([^`]+)`", cell) == list(values)
    offered = sorted(VARIANTS.values())
    known = sorted(tuple(values_of(one)) for one in faults.Variants.model_fields.values())
    assert offered == known


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_every_resource_is_listed(name):
    assert name in TEXT
