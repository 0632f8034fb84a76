"""Writes what Iman is made of: a CycloneDX list of it and everything it needs at run time.

``uv run python .ci/sbom.py [--extra postgresql] > iman.cdx.json``, of the versions installed here.
The same installation gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import uuid
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement

_NAMESPACE = uuid.UUID("6f0c9a54-3b0e-4a55-9a39-1f7f3c5d8b21")
_SPDX = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")


def bill(root: str = "iman", extras: frozenset[str] = frozenset()) -> dict[str, Any]:
    """As CycloneDX 1.6 has it."""
    found: dict[str, Distribution] = {}
    edges: dict[str, list[str]] = {}
    waiting = [(root, extras)]
    while waiting:
        name, wanted = waiting.pop()
        known = plain(name)
        try:
            found[known] = distribution(name)
        except PackageNotFoundError:
            continue  # for another platform
        needed = needs(found[known], wanted)
        edges[known] = sorted({*edges.get(known, []), *(plain(one.name) for one in needed)})
        waiting += [
            (one.name, frozenset(one.extras))
            for one in needed
            if plain(one.name) not in found or one.extras
            if (plain(one.name), frozenset(one.extras)) != (known, wanted)
        ]
    others = sorted(name for name in found if name != plain(root))
    content = {
        "metadata": {"component": component(found[plain(root)], "application")},
        "components": [component(found[name], "library") for name in others],
        "dependencies": [
            {
                "ref": purl(found[name]),
                "dependsOn": [purl(found[one]) for one in edges[name] if one in found],
            }
            for name in [plain(root), *others]
        ],
    }
    serial = uuid.uuid5(_NAMESPACE, json.dumps(content, sort_keys=True))
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}",
        "version": 1, **content,
    }  # fmt: skip


def needs(of: Distribution, extras: frozenset[str]) -> list[Requirement]:
    """What it requires on this platform."""
    several = [Requirement(line) for line in of.requires or ()]
    return [
        one
        for one in several
        if one.marker is None
        or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def component(of: Distribution, kind: str) -> dict[str, Any]:
    name, license_ = plain(of.metadata["Name"]), of.metadata.get("License-Expression") or ""
    told: dict[str, Any] = {
        "type": kind, "bom-ref": purl(of), "name": name, "version": of.version, "purl": purl(of),
    }  # fmt: skip
    if _SPDX.fullmatch(license_):
        told["licenses"] = [{"expression": license_}]
    return told


def purl(of: Distribution) -> str:
    return f"pkg:pypi/{plain(of.metadata['Name'])}@{of.version}"


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", action="append", default=[], help="an extra that is installed")
    asked = parser.parse_args()
    json.dump(bill(extras=frozenset(asked.extra)), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
