"""Writes the pins of ``constraints.txt`` into ``pyproject.toml``, where ``uv run`` reads them.

pip reads the file: ``pip install -c constraints.txt .``; a test asks that both say the same.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"constraint-dependencies = \[\n.*?\n\]\n", re.DOTALL)


def main() -> None:
    pins = (ROOT / "constraints.txt").read_text("utf-8").split()
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    project = ROOT / "pyproject.toml"
    text, found = BLOCK.subn(f"constraint-dependencies = [\n{lines}]\n", project.read_text("utf-8"))
    if found != 1:
        raise SystemExit("pyproject.toml has no constraint-dependencies under [tool.uv].")
    project.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
