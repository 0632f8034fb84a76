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


@pytest.mark.xdist_group("kill")
def test_kills_and_faults_lose_double_and_misorder_nothing(tmp_path: Path):
    ran = subprocess.run(
        [sys.executable, "-m", "iman", "chaos", "--documents", "60", "--kills", "4", "--seed", "3",
         "--faults", "all", "--folder", str(tmp_path), "--limit", "300", "--json",
         "--variant", "missing=FieldInvalid/409,duplicates=refuse"],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert ran.stdout, ran.stderr[-3000:]
    found = json.loads(ran.stdout)
    assert ran.returncode == 0, found
    assert found["documents"] == found["pushed"] == 60
    assert [found[name] for name in ("lost", "duplicated", "out_of_order", "stuck_unknown")] == [
        0, 0, 0, 0,
    ]  # fmt: skip
    assert (found["kills"], found["restarts"], found["failed"]) == (4, 5, 0)
    assert sum(found["faults"].values()) > 0
    assert found["variant"] == {
        "missing": "FieldInvalid/409", "leftovers": "leave", "duplicates": "refuse",
    }  # fmt: skip


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
