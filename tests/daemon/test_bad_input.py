"""What byondpro or Sage 300 get wrong is told where a person looks, and stops nothing else."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.system import Bench, bench, free_ports, wait_for

GOOD: dict[str, Any] = {
    "entry_type": "invoice", "number": "INV-1", "revision": 1, "company": "SERC",
    "site": {"code": "HGH", "name": "Highview Remembrance Park", "gl_segment": "30"},
    "gl_segment_rule": "E2", "booking": "1", "sales_order": "SO-1", "description": "Chapel",
    "customer": {"number": "HGH-004512", "name": "Margaret Ellison", "kind": "person",
                 "group": "FAMILY"},
    "date": "2026-11-20", "terms": {"code": "IMM", "description": "Immediate Payment"},
    "currency": "AUD", "tax_group": "ATO", "amount": "260.00", "tax": "23.64", "parent": None,
    "lines": [{
        "line": 1, "item": "C-2000", "description": "Chapel service",
        "category": {"code": "310", "description": "Chapel & Functions"},
        "account_field": "revenue", "gl_account": "4500", "quantity": "1",
        "unit_price": "260.00", "amount": "260.00", "tax_code": "AUS-GST", "tax_class": 1,
        "tax_included": True, "tax": "23.64",
    }],
}  # fmt: skip


def invoice(number: str, **changes: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD) | {"number": number, "booking": number} | changes
    if "amount" in changes:
        document["lines"][0]["amount"] = changes["amount"]
    return document


def events(*documents: Any) -> list[dict[str, Any]]:
    return [
        {"cursor": str(place), "type": "document", "at": "2026-11-24T00:00:00Z", "document": one}
        for place, one in enumerate(documents, 1)
    ]


class Outbox:
    """A byondpro that says exactly what a test tells it to say."""

    def __init__(self, port: int) -> None:
        self.events: list[Any] = []
        self.body: bytes | None = None  # instead of the events
        self.told: dict[str, dict[str, Any]] = {}
        outbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                after = int(self.path.partition("after=")[2].partition("&")[0] or 0)
                fresh = outbox.events[after:]
                following = str(len(outbox.events)) if outbox.events else None
                whole = {"events": fresh, "next": following, "more": False}
                self.answer(outbox.body or json.dumps(whole).encode())

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outbox.told |= {one["number"]: one for one in body["statuses"]}
                self.answer(b'{"accepted": 1}')

            def answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def outbox() -> Iterator[Outbox]:
    made = Outbox(free_ports(1))
    yield made
    made.close()


@pytest.fixture
def here(tmp_path: Path, outbox: Outbox) -> Iterator[Bench]:
    with bench(
        tmp_path, IMAN_SPEED="20", IMAN_SETTLE="40", IMAN_SAGE_TIMEOUT="3",
        IMAN_BYONDPRO_PAGES=outbox.url,
    ) as made:  # fmt: skip
        made.feed = outbox.url
        yield made


def loop(health: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in health["loops"] if one["loop"] == name)


def test_spoilt_events_are_shown_and_the_good_ones_go_through(here: Bench, outbox: Outbox):
    outbox.events = [
        {"cursor": "1", "type": "document", "document": {"entry_type": "invoice"}},
        {"cursor": "2", "type": "sonnet"},
        "not even an object",
        {"cursor": "4", "type": "document", "document": {**GOOD, "entry_type": "limerick"}},
        *events(
            invoice("INV-1"),
            invoice("INV-THIS-NUMBER-IS-FAR-TOO-LONG"),
            invoice("INV-3", amount="-260.00"),
            invoice("INV-4", lines=[]),
            invoice("INV-5", date="next Tuesday"),
            invoice("INV-6", customer={"number": "NOBODY"}),
        ),
    ]
    here.start_daemon()
    api = here.api()
    wait_for(lambda: api.state("INV-1") == "synced")
    problems = wait_for(
        lambda: (
            api.get("/intake-problems")["rows"]
            if api.get("/overview")["intake_problems"] == 4
            else None
        )
    )
    assert all(one["reason"].startswith("An event from byondpro") for one in problems)
    assert any("limerick" in one["excerpt"] for one in problems)

    said = {
        "INV-THIS-NUMBER-IS-FAR-TOO-LONG": "Sage 300 takes at most 22",
        "INV-3": "an invoice cannot be negative",
        "INV-4": "lines: List should have at least 1 item",
        "INV-5": "date: ",
    }
    for number, text in said.items():
        wait_for(lambda number=number: api.state(number) == "failed")
        shown = api.document(number)["document"]
        assert text in shown["error_text"]
        assert shown["error_code"] == "iman"
        wait_for(lambda number=number: outbox.told.get(number, {}).get("status") == "failed")
        assert text in outbox.told[number]["message"]
    # Sage's own refusal still takes its five attempts.
    wait_for(lambda: api.state("INV-6") == "failed")
    assert api.document("INV-6")["document"]["attempt"] == 5
    assert here.in_sage() == {"INV-1": 1}
    assert api.get("/health")["status"] == "ready"


@pytest.mark.parametrize("kind", ["truncate", "html_500", "html_500_after", "empty_2xx",
                                  "message_500", "reset_after", "timeout_after"])  # fmt: skip
def test_an_unreadable_answer_is_looked_up_and_told(here: Bench, outbox: Outbox, kind: str):
    here.faults(next=[{"kind": kind, "times": 1, "seconds": 4}])
    outbox.events = events(invoice("INV-1"))
    here.start_daemon()
    api = here.api()
    wait_for(lambda: api.state("INV-1") == "synced")
    outbox.events += [
        {**event, "cursor": str(place)}
        for place, event in enumerate(events(invoice("INV-2")), len(outbox.events) + 1)
    ]
    wait_for(lambda: api.state("INV-2") == "synced")
    assert here.in_sage() == {"INV-1": 1, "INV-2": 1}
    attempts = api.document("INV-1")["attempts"]
    assert attempts[0]["outcome"] == "unknown"
    assert attempts[0]["error_text"]
    assert attempts[1]["trigger"] == "lookup"
    stored = kind not in {"html_500", "message_500"}
    assert [one["outcome"] for one in attempts[1:]] == (
        ["accepted"] if stored else ["absent", "accepted"]
    )


def test_html_from_byondpro_is_told_and_read_again(here: Bench, outbox: Outbox):
    outbox.events, outbox.body = events(invoice("INV-1")), b"<html>Sign in</html>"
    here.start_daemon()
    api = here.api()
    told = wait_for(
        lambda: next(
            (b for b in api.get("/health")["loops"] if b["loop"] == "intake" and not b["ok"]), None
        )
    )
    assert "no JSON" in told["detail"]
    assert api.get("/health")["status"] == "degraded"
    outbox.body = None
    wait_for(lambda: api.state("INV-1") == "synced")
    assert loop(api.get("/health"), "intake")["ok"]


def test_a_wrong_sage_password_burns_no_attempt_and_is_told(here: Bench, outbox: Outbox):
    outbox.events = events(invoice("INV-1"), invoice("INV-2"))
    here.settings["IMAN_SAGE_PASSWORD"] = "WRONG"
    here.start_daemon()
    api = here.api()
    breaker = wait_for(
        lambda: b if (b := api.get("/health")["breaker"])["state"] == "open" else None
    )
    assert "refused the log-in" in breaker["reason"]
    assert {api.document(n)["document"]["attempt"] for n in ("INV-1", "INV-2")} == {0}
    assert here.daemon is not None
    here.daemon.stop()
    del here.settings["IMAN_SAGE_PASSWORD"]
    here.start_daemon()
    api = here.api()
    wait_for(lambda: (api.state("INV-1"), api.state("INV-2")) == ("synced", "synced"))


def test_a_second_daemon_is_refused_and_the_first_goes_on(here: Bench, outbox: Outbox):
    outbox.events = events(invoice("INV-1"))
    first = here.start_daemon()
    api = here.api()
    here.settings["IMAN_API_PORT"] = str(free_ports(1))
    second = here.start_daemon(ready=False)
    assert second.popen is not None
    assert second.popen.wait(30) == 2
    assert "Another sync_daemon holds the ledger" in second.text()
    here.daemon = first
    wait_for(lambda: api.state("INV-1") == "synced")
