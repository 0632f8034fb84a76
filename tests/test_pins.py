"""The tested versions: one list, said twice because pip and uv read different files."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()


def plain(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_the_constraints_are_plain_pins_and_hold_no_address():
    assert PINS
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", pin) for pin in PINS)
    assert sorted(PINS, key=plain) == PINS


def test_every_dependency_has_a_pin():
    pinned = {plain(pin) for pin in PINS}
    groups = PROJECT["dependency-groups"].values()
    asked = [*PROJECT["project"]["dependencies"], *(one for group in groups for one in group)]
    assert {plain(requirement) for requirement in asked} <= pinned


def test_uv_and_pip_read_the_same_pins():
    assert PROJECT["tool"]["uv"]["constraint-dependencies"] == PINS


def test_what_is_tested_here_is_what_is_pinned():
    asked = {plain(requirement) for requirement in PROJECT["project"]["dependencies"]}
    pinned = dict(pin.split("==") for pin in PINS)
    assert {name: version(name) for name in asked} == {name: pinned[name] for name in asked}


def test_the_peers_of_a_benchmark_are_installed_only_where_they_are_asked_for():
    peers = {plain(requirement) for requirement in PROJECT["dependency-groups"]["bench-peers"]}
    usual = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    assert not peers & {plain(requirement) for requirement in usual}
    assert "default-groups" not in PROJECT["tool"]["uv"]


def test_no_lock_file_is_kept():
    assert "uv.lock" in (ROOT / ".gitignore").read_text("utf-8").split()
