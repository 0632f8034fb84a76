"""What axe finds on a page, told apart: what is Streamlit's own and listed, and what is not."""

from __future__ import annotations

import re
import time
from typing import NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.system import ROOT

PAPER = ROOT / "docs" / "accessibility.md"
_ROW = re.compile(r"^\| `([a-z-]+)` \| `(\w+)` \|", re.MULTILINE)
_FOUND = """([target]) => {
  const node = document.querySelector(target);
  return node ? node.closest("[data-testid]")?.dataset.testid || "" : "";
}"""


class Finding(NamedTuple):
    """A rule of axe, the Streamlit element it was broken in, and the node's HTML."""

    rule: str
    element: str
    html: str


def listed() -> set[tuple[str, str]]:
    """Rules and elements that docs/accessibility.md calls Streamlit's own."""
    return set(_ROW.findall(PAPER.read_text("utf-8")))


def findings(page: Page) -> list[Finding]:
    """All that axe finds now."""
    found = Axe().run(page).response["violations"]
    return [
        Finding(one["id"], page.evaluate(_FOUND, [node["target"][-1]]), node["html"][:160])
        for one in found
        for node in one["nodes"]
    ]


def violations(page: Page) -> list[Finding]:
    """What is not listed, once the page is drawn: a label that is still on its way is no fault."""
    known, end = listed(), time.monotonic() + 10
    while True:
        told = [one for one in findings(page) if (one.rule, one.element) not in known]
        if not told or time.monotonic() > end:
            return told
        page.wait_for_timeout(100)  # lets the page go on
