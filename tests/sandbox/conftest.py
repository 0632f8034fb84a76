"""Both sandboxes over real HTTP on free loopback ports."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from iman.sandbox import byondpro, sage300

PASSWORD = "SECRET"
TOKEN = "token"
API = "/Sage300WebApi/v1.0/-/SERDAT"


TLS = ssl.create_default_context()  # never used on http, but dear to make for each client


def client(url: str, **more: Any) -> httpx.Client:
    return httpx.Client(base_url=url, verify=TLS, timeout=10, **more)


# uvicorn takes 0.2 s to stop: the next test need not wait for it
STOPPING: list[threading.Thread] = []


@pytest.fixture(scope="session", autouse=True)
def every_server_stops() -> Iterator[None]:
    yield
    for thread in STOPPING:
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve *app* from a thread; its address."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        STOPPING.append(thread)


@dataclass
class Sage:
    """A client of the Web API, and one of the pages without a password."""

    url: str
    http: httpx.Client
    web: httpx.Client
    app: FastAPI

    def get(self, resource: str, **options: str) -> httpx.Response:
        return self.http.get(f"{API}/{resource}", params={f"${k}": v for k, v in options.items()})

    def post(self, resource: str, body: Any) -> httpx.Response:
        return self.http.post(f"{API}/{resource}", json=body)

    def patch(self, resource: str, body: Any) -> httpx.Response:
        return self.http.patch(f"{API}/{resource}", json=body)

    def faults(self, **switches: Any) -> None:
        assert self.http.put("/sandbox/faults", json=switches).status_code == 200

    def documents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/sandbox/documents").json()
        return found


@dataclass
class Byondpro:
    """A client of the feed, and one of the pages without a token."""

    url: str
    http: httpx.Client
    web: httpx.Client

    def outbox(self, **options: Any) -> dict[str, Any]:
        answer = self.http.get("/api/integration/v1/outbox", params=options)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def report(self, number: str, status: str, at: str, **more: Any) -> httpx.Response:
        row = {"entry_type": "invoice", "number": number, "company": "SERC", "revision": 1}
        row |= {"status": status, "attempts": 1, "at": at} | more
        return self.http.post("/api/integration/v1/sync-status", json={"statuses": [row]})

    def documents(self) -> list[dict[str, Any]]:
        """What the outbox carries, in order."""
        events = self.outbox(limit=1000)["events"]
        return [event["document"] for event in events if event["type"] == "document"]

    def done(self, entry_type: str, number: str, at: str = "2026-11-24T05:00:00Z") -> None:
        """Report a document as processed."""
        answer = self.report(number, "processed", at, entry_type=entry_type)
        assert answer.status_code == 200, answer.text

    def press(self, path: str, **form: Any) -> httpx.Response:
        """Send a page's form."""
        return self.web.post(path, data=form)

    def state(self) -> dict[str, dict[str, Any]]:
        rows = self.http.get("/sandbox/state").json()["documents"]
        return {row["number"]: row for row in rows}


def open_sage(stack: ExitStack, folder: Path, scenario: str = "reference") -> Sage:
    app = sage300.create_app(folder / "sage300.sqlite", password=PASSWORD, scenario=scenario)
    url = stack.enter_context(running(app))
    http = stack.enter_context(client(url, auth=("WEBAPI", PASSWORD)))
    return Sage(url, http, stack.enter_context(client(url)), app)


def open_byondpro(stack: ExitStack, folder: Path, scenario: str = "reference") -> Byondpro:
    app = byondpro.create_app(folder / "byondpro.sqlite", token=TOKEN, scenario=scenario)
    url = stack.enter_context(running(app))
    http = stack.enter_context(client(url, headers={"Authorization": f"Bearer {TOKEN}"}))
    return Byondpro(url, http, stack.enter_context(client(url)))


@pytest.fixture
def start_sage(tmp_path: Path) -> Iterator[Callable[..., Sage]]:
    """Start Sage 300 on the test's file; starting again is a second life of the same company."""
    with ExitStack() as stack:
        yield lambda scenario="reference": open_sage(stack, tmp_path, scenario)


@pytest.fixture
def sage(start_sage: Callable[..., Sage]) -> Sage:
    return start_sage()


@pytest.fixture
def start_byondpro(tmp_path: Path) -> Iterator[Callable[..., Byondpro]]:
    """Start byondpro on the test's file, with a scenario when the file is new."""
    with ExitStack() as stack:
        yield lambda scenario="reference": open_byondpro(stack, tmp_path, scenario)


@pytest.fixture
def feed(start_byondpro: Callable[..., Byondpro]) -> Byondpro:
    return start_byondpro()


@pytest.fixture(scope="module")
def quiet_sage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sage]:
    """One Sage 300 for all tests of a module that change nothing: starting costs 0.2 s."""
    with ExitStack() as stack:
        yield open_sage(stack, tmp_path_factory.mktemp("sage"))


@pytest.fixture(scope="module")
def quiet_feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Byondpro]:
    """One byondpro for all tests of a module that change nothing."""
    with ExitStack() as stack:
        yield open_byondpro(stack, tmp_path_factory.mktemp("byondpro"))


@pytest.fixture
def make_batch() -> Callable[..., dict[str, Any]]:
    """The body of an invoice batch; keywords replace fields of its only entry."""

    def make(*, description: str = "token", **entry: Any) -> dict[str, Any]:
        invoice = {
            "CustomerNumber": "HGH-004512",
            "DocumentNumber": "INV-1",
            "Terms": "IMM",
            "InvoiceDetails": [{"RevenueAccount": "4030", "ExtendedAmountWithTIP": 3760.00}],
        }
        return {"Description": description, "Invoices": [invoice | entry]}

    return make
