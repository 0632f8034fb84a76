"""byondpro's client against a transport that answers as the test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from iman.domain.feed import DocumentArrived, WriteBack
from iman.errors import SourceUnavailable
from iman.gateways.byondpro import Byondpro
from tests.builders import NOW, make_event, make_key

Answers = Callable[[httpx.Request], httpx.Response]


def at_byondpro(answers: Answers, question: Callable[[Byondpro], Any]) -> Any:
    async def asked() -> Any:
        transport = httpx.MockTransport(answers)
        async with httpx.AsyncClient(base_url="http://byondpro.test", transport=transport) as http:
            return await question(Byondpro(http))

    return asyncio.run(asked())


def fetch(answers: Answers, after: str | None = None) -> Any:
    return at_byondpro(answers, lambda byondpro: byondpro.fetch(after=after, limit=500))


def make_status(number: str = "INV-1", **overrides: Any) -> WriteBack:
    values: dict[str, Any] = {
        "id": 1,
        "key": make_key(number),
        "revision": 1,
        "status": "failed",
        "message": "1020 - no terms",
        "reference": None,
        "attempts": 5,
        "decided_at": NOW,
    }
    return WriteBack(**{**values, **overrides})


def test_the_outbox_is_read_after_the_cursor():
    seen: list[httpx.Request] = []

    def answers(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"events": [make_event()], "next": "17", "more": False})

    for after in (None, "16"):
        page = fetch(answers, after)
        assert isinstance(page.events[0], DocumentArrived)
    assert [request.url.params.get("after") for request in seen] == [None, "16"]
    assert seen[0].url.path == "/api/integration/v1/outbox"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "refused the token (401): check IMAN_BYONDPRO_TOKEN"),
        (403, "may not read the outbox (403)"),
        (404, "no integration feed at that address (404): check IMAN_BYONDPRO_URL"),
        (500, "byondpro answered 500"),
        (302, "byondpro answered 302"),
    ],
)
def test_a_byondpro_that_cannot_be_read_is_told_in_words(status, told):
    with pytest.raises(SourceUnavailable) as raised:
        fetch(lambda _: httpx.Response(status, text="<html>"))
    assert told in str(raised.value)


@pytest.mark.parametrize("body", ["<html></html>", "", '{"events": [', "[]", '{"events": 5}'])
def test_an_answer_that_is_no_outbox_is_told(body):
    with pytest.raises(SourceUnavailable, match=r"no JSON or was cut short|something else"):
        fetch(lambda _: httpx.Response(200, text=body))


def test_a_byondpro_that_does_not_answer_is_told_with_its_address():
    def answers(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(SourceUnavailable, match=r"does not answer at http://byondpro\.test"):
        fetch(answers)


# -- telling byondpro --------------------------------------------------------------------------


class Desk:
    """Takes statuses of the documents it knows; the whole list or none of it."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.taken: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        statuses = json.loads(request.content)["statuses"]
        for status in statuses:
            if status["number"] not in self.known:
                return httpx.Response(404, json={"detail": f"No document {status['number']}."})
        self.taken += statuses
        return httpx.Response(200, json={"accepted": len(statuses)})


def deliver(answers: Answers, *statuses: WriteBack) -> list[WriteBack]:
    return at_byondpro(answers, lambda byondpro: byondpro.deliver(statuses))


def test_a_status_is_told_as_the_contract_writes_it():
    desk = Desk("INV-1")
    assert deliver(desk, make_status()) == []
    assert desk.taken == [
        {
            "entry_type": "invoice",
            "number": "INV-1",
            "company": "SERC",
            "revision": 1,
            "status": "failed",
            "message": "1020 - no terms",
            "erp_reference": None,
            "attempts": 5,
            "at": "2026-11-24T05:00:00.000000Z",
        }
    ]


def test_documents_byondpro_does_not_know_hold_up_no_other():
    desk = Desk("INV-1", "INV-100")
    unknown = [make_status("INV-10"), make_status("INV-7")]
    known = [make_status("INV-1"), make_status("INV-100")]
    assert deliver(desk, known[0], unknown[0], known[1], unknown[1]) == unknown
    assert [status["number"] for status in desk.taken] == ["INV-1", "INV-100"]


def test_nothing_known_at_all_is_no_endless_asking():
    statuses = [make_status("INV-1"), make_status("INV-2")]
    assert sorted(status.key.number for status in deliver(Desk(), *statuses)) == ["INV-1", "INV-2"]


def test_a_404_that_names_no_document_is_a_wrong_address():
    with pytest.raises(SourceUnavailable, match="no /sync-status"):
        deliver(lambda _: httpx.Response(404, text="<html>Not Found</html>"), make_status())


def test_set_ups_that_are_no_object_are_told():
    with pytest.raises(SourceUnavailable, match="not an object"):
        at_byondpro(lambda _: httpx.Response(200, json=[]), lambda byondpro: byondpro.setups())
