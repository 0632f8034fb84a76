"""``iman chaos``, small: kills and faults of every kind, judged from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from iman.chaos.plan import VARIANTS, ChaosPlan, mix, parse_variants
from iman.errors import ImanError
from tests.system import ROOT, clean_environment

#: Each value of each unknown that is not the default, paired so that two small runs meet them all;
#: the defaults are met by the scenarios' tests and the contract's.
PAIRED = [
    ("missing=FieldInvalid/409,duplicates=refuse", ()),
    ("missing=RecordNotFound/409,leftovers=clean", ("--posting",)),
]


def test_the_pairs_meet_every_value_that_is_not_the_default():
    met = {(name, value) for text, _ in PAIRED for name, value in parse_variants(text).items()}
    others = {(name, value) for name, values in VARIANTS.items() for value in values[1:]}
    assert others <= met


@pytest.mark.xdist_group("kill")
@pytest.mark.parametrize(("variant", "more"), PAIRED)
def test_kills_and_faults_lose_double_and_misorder_nothing(
    variant: str, more: tuple[str, ...], tmp_path: Path
):
    ran = subprocess.run(
        [sys.executable, "-m", "iman", "chaos", "--documents", "30", "--kills", "2", "--seed", "3",
         "--faults", "all", "--folder", str(tmp_path), "--limit", "300", "--json",
         "--variant", variant, *more],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert ran.stdout, ran.stderr[-3000:]
    found = json.loads(ran.stdout)
    assert ran.returncode == 0, found
    assert found["documents"] == 30
    assert [found[name] for name in ("lost", "duplicated", "out_of_order", "stuck_unknown")] == [
        0, 0, 0, 0,
    ]  # fmt: skip
    # a plan that came after its invoice was posted is too late, and says so
    assert found["pushed"] + found["failed"] == 30
    assert found["failed"] == 0 or more
    assert (found["kills"], found["restarts"]) == (2, 3)
    assert sum(found["faults"].values()) > 0
    assert found["variant"] == parse_variants(variant)
    assert found["posting"] is bool(more)


@pytest.mark.parametrize("documents", [15, 16, 60, 500, 2000])
def test_a_mix_has_every_type_and_the_number_asked_for(documents: int):
    found = mix(documents)
    assert sum(found.values()) == documents
    assert min(found.values()) >= 1


def test_waves_add_up():
    waves = ChaosPlan(documents=501, kills=30).waves()
    assert sum(sum(wave.values()) for wave in waves) == 501


def test_a_variant_is_one_of_those_there_are():
    assert parse_variants("") == {name: values[0] for name, values in VARIANTS.items()}
    for text in ("leftovers=eat", "weather=good", "leftovers"):
        with pytest.raises(ImanError):
            parse_variants(text)
