"""Asks whether any pinned version has a known vulnerability. Fails where one has.

Where the database cannot be asked it says so, and fails nothing: a machine without a network is no
vulnerability.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = "pip-audit==2.10.1"
_PATIENCE = 300  # seconds
#: Vulnerabilities that were looked at and do not concern us: their id, and why.
ACCEPTED: dict[str, str] = {}


def main() -> int:
    """0 unless a vulnerability is known."""
    command = [
        "uv", "tool", "run", "--quiet", PIP_AUDIT, "--no-deps", "--disable-pip", "--format",
        "json", "--progress-spinner", "off", "--requirement", str(ROOT / "constraints.txt"),
    ]  # fmt: skip
    try:
        ran = subprocess.run(  # noqa: S603 -- our own command
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        found = json.loads(ran.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as exc:
        say(f"NOT AUDITED: the vulnerability database could not be asked ({type(exc).__name__}).")
        return 0
    lines, failed = verdict(found)
    for line in lines:
        say(line)
    return 1 if failed else 0


def verdict(found: list[dict[str, Any]]) -> tuple[list[str], bool]:
    """What pip-audit's answer comes to, in lines, and whether it is a failure."""
    lines, failed = [], False
    for one in found:
        for known in one.get("vulns") or ():
            names = {known["id"], *known.get("aliases", ())}
            why = next((ACCEPTED[name] for name in sorted(names) if name in ACCEPTED), "")
            mended = ", ".join(known.get("fix_versions") or ()) or "none yet"
            told = f"{one['name']} {one.get('version', '')}: {known['id']}, mended in {mended}"
            lines.append(f"{told}; accepted: {why}" if why else f"VULNERABLE: {told}")
            failed |= not why
    skipped = [one for one in found if "skip_reason" in one]
    asked = len(found) - len(skipped)
    lines.append(f"{asked} of {len(found)} pinned versions were looked up.")
    if skipped:
        lines.append(
            f"NOT AUDITED: {len(skipped)} could not be looked up; run this where the "
            "vulnerability database can be reached."
        )
    return lines, failed


def say(words: str) -> None:
    print(words)  # noqa: T201 -- a command


if __name__ == "__main__":
    sys.exit(main())
