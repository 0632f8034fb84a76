"""What Iman is made of is listed, and a known vulnerability in it fails the build."""

from __future__ import annotations

import importlib.util
import json
import re
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def script(name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bill_lists_everything_with_its_version_and_what_needs_it():
    sbom = script("sbom")
    found = sbom.bill()
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert found["metadata"]["component"]["name"] == "iman"
    refs = [one["bom-ref"] for one in found["components"]]
    assert len(refs) == len(set(refs)) > 40
    assert all(re.fullmatch(r"pkg:pypi/[a-z0-9-]+@[0-9][0-9a-z.]*", ref) for ref in refs)
    pins = dict(pin.split("==") for pin in (ROOT / "constraints.txt").read_text().split())
    for one in found["components"]:
        assert pins[one["name"]] == one["version"], "what is listed is what is pinned"
    known = {found["metadata"]["component"]["bom-ref"], *refs}
    for one in found["dependencies"]:
        assert set(one["dependsOn"]) <= known
    assert {one["ref"] for one in found["dependencies"]} == known
    (ours,) = [one for one in found["dependencies"] if one["ref"].startswith("pkg:pypi/iman@")]
    assert any(ref.startswith("pkg:pypi/duckdb@") for ref in ours["dependsOn"])
    names = {one["name"] for one in found["components"]}
    assert not names & {"pytest", "mypy", "schemathesis"}
    assert json.dumps(sbom.bill()) == json.dumps(found)


CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
HOLED = {
    "name": "h11", "version": "0.1",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["0.2"]}],
}  # fmt: skip
SKIPPED = {"name": "rich", "skip_reason": "not found"}


def test_a_known_vulnerability_fails_and_names_the_version_that_mends_it():
    lines, failed = script("audit").verdict([CLEAN, HOLED])
    assert failed
    assert lines[0] == "VULNERABLE: h11 0.1: PYSEC-1, mended in 0.2"


def test_one_that_was_looked_at_is_told_and_does_not_fail():
    audit = script("audit")
    audit.ACCEPTED["CVE-1"] = "we never parse that"
    lines, failed = audit.verdict([HOLED])
    assert not failed
    assert lines[0].endswith("accepted: we never parse that")


def test_what_could_not_be_looked_up_is_said_and_does_not_fail():
    lines, failed = script("audit").verdict([CLEAN, SKIPPED])
    assert not failed
    assert lines[0] == "1 of 2 pinned versions were looked up."
    assert lines[1].startswith("NOT AUDITED: 1 could not be looked up")


def test_without_the_tool_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert script("audit").main() == 0
    assert "NOT AUDITED: the vulnerability database could not be asked" in capsys.readouterr().out


def test_ci_runs_both():
    ran = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "python .ci/audit.py" in ran
    assert "python .ci/sbom.py" in ran
