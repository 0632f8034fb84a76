"""How long a page takes in Chromium, from the navigation to its last chart painted."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

_WATCH = (Path(__file__).parent / "watch.js").read_text("utf-8")
_PATIENCE = 90.0  # seconds for one page
_SETTLED = 2.5  # seconds without a change, after which a first look counts as the whole page
_KNOWN_STATES = ("notRunning", "running")
_CLICK = """(path) => {
  window.imanSeen = [];
  const link = [...document.querySelectorAll('[data-testid="stSidebarNavLink"]')].find(
    (one) => new URL(one.href).pathname === path);
  const begun = performance.now();
  link.click();
  return begun;
}"""
_THERE = """(path) => location.pathname === path &&
  document.querySelector('[data-testid="stApp"]').getAttribute("data-test-script-state") ===
    "notRunning\""""
_CENSUS = """() => {
  const plain = (key, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
  const main = document.querySelector('[data-testid="stMain"]') || document.body;
  const all = (what) => [...main.querySelectorAll(what)];
  return {
    figures: all(".js-plotly-plot").map((one) =>
      JSON.stringify({ data: one.data, layout: one.layout }, plain)),
    html: all('[data-testid="stHtml"]').map((one) => one.innerHTML),
    markdown: all('[data-testid="stMarkdownContainer"]').map((one) => one.innerText),
    selects: all('[data-testid="stSelectbox"]').length,
    inputs: all('[data-testid="stTextInput"]').length,
    buttons: all('[data-testid="stButton"]').length,
    toggles: all('[data-testid="stCheckbox"]').length,
  };
}"""


@dataclass(frozen=True, slots=True)
class Whole:
    """What stands on a page once it is all there."""

    charts: int
    blocks: int
    widgets: int

    def in_(self, seen: dict[str, Any]) -> bool:
        return bool(
            seen["state"] == "notRunning"
            and seen["charts"] >= self.charts
            and seen["blocks"] >= self.blocks
            and seen["widgets"] >= self.widgets
        )

    def is_(self, seen: dict[str, Any]) -> bool:
        return (self.charts, self.blocks, self.widgets) == (
            seen["charts"], seen["blocks"], seen["widgets"],
        )  # fmt: skip


def watched(context: BrowserContext) -> Page:
    context.add_init_script(_WATCH)
    return context.new_page()


def first_look(page: Page, url: str) -> Whole:
    """Open a page for the first time and wait until nothing is added to it.

    A script that only runs says nothing on a busy machine: one must have ended meanwhile.
    """
    page.goto(url, wait_until="commit")
    end, quiet_since, before = time.monotonic() + _PATIENCE, time.monotonic(), Whole(0, 0, 0)
    while True:
        seen = _seen(page)
        now = seen[-1] if seen else None
        whole = Whole(now["charts"], now["blocks"], now["widgets"]) if now else before
        if whole != before or not now or now["pending"] or now["state"] not in _KNOWN_STATES:
            before, quiet_since = whole, time.monotonic()
        ended = any(whole.is_(one) and one["state"] == "notRunning" for one in seen)
        if whole.blocks and ended and time.monotonic() - quiet_since > _SETTLED:
            return whole
        if time.monotonic() > end:
            raise RuntimeError(f"{url} does not come to rest: {now}")
        page.wait_for_timeout(100)


def census(page: Page) -> dict[str, Any]:
    """Figures, HTML and widgets of the page that is open."""
    found: dict[str, Any] = page.evaluate(_CENSUS)
    return found


def loaded_after(page: Page, url: str, whole: Whole) -> float:
    """Seconds from loading *url*, scripts of the front end and all, until *whole* is there."""
    page.goto(url, wait_until="commit")
    took = _ready(page, whole, url)
    page.goto("about:blank")  # or it would go on refreshing beside the next
    return took


def reached_after(page: Page, path: str, whole: Whole, *, back_to: str) -> float:
    """Seconds from a click in the navigation until *whole* is there: the session is warm.

    *back_to*: the quiet page it starts from, and goes back to.
    """
    begun = page.evaluate(_CLICK, path)
    took = _ready(page, whole, path, begun=begun / 1000)
    page.evaluate(_CLICK, back_to)
    page.wait_for_function(_THERE, arg=back_to)
    page.wait_for_timeout(300)  # whatever was under way when it was left
    return took


def _ready(page: Page, whole: Whole, what: str, *, begun: float = 0.0) -> float:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        running = False
        for one in _seen(page):
            running |= one["state"] in ("running", "initial")  # not the page that is left
            # a short script may begin and end between two frames: then it is told by what is there
            if whole.in_(one) and (running or whole.is_(one)):
                return float(one["at"]) / 1000 - begun
        page.wait_for_timeout(50)
    raise RuntimeError(f"{what} was not ready: wanted {whole}, saw {json.dumps(_seen(page)[-1:])}")


def _seen(page: Page) -> list[dict[str, Any]]:
    """What ``watch.js`` wrote down; the newest comes last."""
    found: list[dict[str, Any]] = page.evaluate("window.imanSeen || []")
    return found
