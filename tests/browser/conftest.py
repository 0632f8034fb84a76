"""A real Chromium, and knowing when Streamlit has finished what a person asked for."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.system import ROOT

ARTEFACTS = ROOT / "tests" / "artefacts"
HOW = (
    "no Chromium found: install one (Debian: apt-get install chromium), or name it in "
    "CHROMIUM_FOR_TESTS, or run: playwright install chromium"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Taken when this module is loaded: a fixture elsewhere empties IMAN_* for every test.
NAMED = os.environ.get("CHROMIUM_FOR_TESTS")
REQUIRED = os.environ.get("REQUIRE_BROWSER_TESTS") == "1"
_PLACES = (
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def _executable(playwright: Playwright) -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
    found = [NAMED, *(shutil.which(name) for name in names), *_PLACES]
    found.append(playwright.chromium.executable_path)
    return next((place for place in found if place and Path(place).exists()), None)


#: Milliseconds; where a bound is promised, the test states its own.
USUALLY = 20_000
expect.set_options(timeout=USUALLY)


@pytest.fixture(scope="module")  # its event loop must be gone before other files' tests
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One file's browser at a time: several would share the processors, and slow each other."""
    shared = tmp_path_factory.getbasetemp()
    turn = FileLock((shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "browser")
    with turn, sync_playwright() as playwright:
        executable = _executable(playwright)
        if executable is None:
            if REQUIRED:
                pytest.fail(HOW)
            pytest.skip(HOW)
        flags = FLAGS if sys.platform == "linux" else []
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        yield browser
        browser.close()


_GO = """to => {
    history.pushState({}, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
}"""


class Runs:
    """Told by the websocket: a run the person asked for has ended. Ticks don't count."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked = self._ended = self._pages = 0
        page.on("websocket", self._listen)

    def _listen(self, socket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: bytes | str) -> None:
        if isinstance(frame, bytes):
            message = BackMsg.FromString(frame)
            if message.WhichOneof("type") == "rerun_script":
                self._asked += not message.rerun_script.is_auto_rerun

    def _received(self, frame: bytes | str) -> None:
        if isinstance(frame, bytes):
            message = ForwardMsg.FromString(frame)
            if message.WhichOneof("type") == "script_finished":
                self._ended += 1
                self._pages += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY

    @contextlib.contextmanager
    def rerun(self, seconds: float = 30) -> Iterator[None]:
        asked, ended = self._asked, self._ended
        yield
        self._await(lambda: self._asked > asked and self._ended > ended, seconds)

    @contextlib.contextmanager
    def page_run(self, seconds: float = 30) -> Iterator[None]:
        """Not a part's: a whole page's has ended."""
        pages = self._pages
        yield
        self._await(lambda: self._pages > pages, seconds)

    def _await(self, what: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, "no run finished"
            self._page.wait_for_timeout(10)  # lets Playwright hand over frames


class Visitor:
    """A person at a browser. *problems* holds console errors and requests to elsewhere."""

    def __init__(self, browser: Browser, base: str, *, width: int, scheme: str) -> None:
        self.base = base
        # bypass_csp: axe puts a script into the page
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            bypass_csp=True,
            locale="en-AU",
            timezone_id="Australia/Sydney",
        )
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.runs = Runs(self.page)
        self.problems: list[str] = []
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)

    def _console(self, message) -> None:
        if message.type == "error":
            place = message.location.get("url", "")
            self.problems.append(f"console: {message.text} {place}")

    def _request(self, request) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", request.url):
            self.problems.append(f"elsewhere: {request.url}")

    def sign_in(self, name: str, password: str | None = None, *, to: str = "/") -> None:
        self.page.goto(self.base + to)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password or f"{name}-demo")
        with self.runs.rerun():
            self.page.get_by_role("button", name="Sign in", exact=True).click()

    def open(self, path: str) -> None:
        """By its address: the front end is loaded anew."""
        with self.runs.page_run():
            self.page.goto(self.base + path)

    def go(self, path: str) -> None:
        """As by a link or the way back, in the app that is open: without loading it anew."""
        with self.runs.page_run():
            self.page.evaluate(_GO, path)

    def keep_picture(self, name: str) -> None:
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator:
    """``visit(base, width=1440, scheme="light")``: a new person with a browser of their own."""
    visitors: list[Visitor] = []

    def new(base: str, *, width: int = 1440, scheme: str = "light") -> Visitor:
        visitors.append(Visitor(chromium, base, width=width, scheme=scheme))
        return visitors[-1]

    yield new
    for number, visitor in enumerate(visitors):
        failed = getattr(request.node, "failed_call", False)
        if failed and not visitor.page.is_closed():
            visitor.keep_picture(f"failed-{request.node.name}-{number}"[:80])
        visitor.context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.failed_call = report.failed
    return report
