"""The client against a transport that answers as the test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import Document
from iman.domain.outcome import Accepted, Refused, Unavailable, Unknown
from iman.gateways.sage300 import Sage300
from tests.builders import make_document
from tests.gateways.test_sage_answers import HTML, envelope

TOKEN = "IMAN 0011aabb IN INV-010319 r1"
Answers = Callable[[httpx.Request], httpx.Response]


def at_sage(answers: Answers, question: Callable[[Sage300], Any]) -> Any:
    async def asked() -> Any:
        base = "http://sage.test/Sage300WebApi/v1.0/-/SERDAT/"
        transport = httpx.MockTransport(answers)
        async with httpx.AsyncClient(base_url=base, transport=transport) as http:
            return await question(Sage300(http))

    return asyncio.run(asked())


def push(answers: Answers, document: Document | None = None) -> Exchange:
    document = document or make_document()
    return at_sage(answers, lambda sage: sage.push(document, token=TOKEN))


def find(answers: Answers, document: Document | None = None) -> Sighting:
    document = document or make_document()
    return at_sage(answers, lambda sage: sage.find(document, token=TOKEN))


def raising(kind: type[httpx.TransportError]) -> Answers:
    def answers(request: httpx.Request) -> httpx.Response:
        raise kind("it broke", request=request)

    return answers


def answering(status: int, body: Any = "") -> Answers:
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda _: httpx.Response(status, text=text)


def stored(**overrides: Any) -> dict[str, Any]:
    """A batch as Sage stores it: keys in capitals, padded."""
    entry = {"CustomerNumber": "HGH-004512  ", "DocumentNumber": "INV-010319", "EntryNumber": 1}
    entry |= overrides.pop("entry", {})
    return {"BatchNumber": 187, "BatchStatus": "Open", "Invoices": [entry], **overrides}


# -- push --------------------------------------------------------------------------------------


def test_a_push_sends_one_batch_of_one_invoice_with_our_token():
    seen: list[httpx.Request] = []

    def answers(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json=stored())

    exchange = push(answers)
    assert exchange.outcome == Accepted(reference="187-1")
    (request,) = seen
    assert str(request.url).endswith("/v1.0/-/SERDAT/AR/ARInvoiceBatches")
    assert request.headers["content-type"] == "application/json"
    body = json.loads(request.content)
    assert body["Description"] == TOKEN
    (entry,) = body["Invoices"]
    assert entry["DocumentNumber"] == "INV-010319"
    assert entry["Terms"] == "F48"
    assert entry["InvoiceDetails"][0]["RevenueAccount"] == "4030"
    assert '"ExtendedAmountWithTIP":3760.00' in request.content.decode()
    assert exchange.sent == request.content.decode()


@pytest.mark.parametrize(
    "kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol]
)
def test_what_never_left_is_a_sick_erp(kind):
    outcome = push(raising(kind)).outcome
    assert isinstance(outcome, Unavailable)
    assert outcome.kind == "connection"


@pytest.mark.parametrize(
    "kind",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.RemoteProtocolError,
    ],
)
def test_what_left_and_was_not_answered_is_unknown(kind):
    assert isinstance(push(raising(kind)).outcome, Unknown)


@pytest.mark.parametrize(
    "body",
    [
        "",
        HTML,
        '{"BatchNumber": 18',
        {"Message": "An error has occurred."},
        [],
        stored(BatchNumber=None),
        stored(Invoices=[]),
        stored(Invoices=None),
        stored(entry={"DocumentNumber": "ANOTHER"}),
        stored(entry={"CustomerNumber": "ANOTHER"}),
        stored(BatchStatus="Deleted"),
    ],
)
@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_that_does_not_show_the_document_is_not_believed(status, body):
    outcome = push(answering(status, body)).outcome
    assert isinstance(outcome, Unknown)


def test_a_redirect_is_not_followed_and_no_success():
    assert isinstance(push(answering(302, HTML)).outcome, Unavailable)


def test_an_answer_is_kept_but_not_without_end():
    exchange = push(answering(409, envelope("General", "x" * 100_000)))
    assert exchange.answered is not None
    assert len(exchange.answered) == 20_000
    assert isinstance(exchange.outcome, Refused)
    assert len(exchange.outcome.text) == 100_000


def test_a_segment_that_does_not_fit_is_told_and_nothing_is_sent():
    document = make_document(site={"code": "HGH", "name": "", "gl_segment": "300"})
    exchange = push(raising(AssertionError), document)
    assert isinstance(exchange.outcome, Refused)
    assert exchange.outcome.local
    assert exchange.sent is None


# -- find --------------------------------------------------------------------------------------

NOT_FOUND = httpx.Response(404, text=envelope("RecordNotFound"))


class Company:
    """Posted documents by key, and batches by description, as Sage shows them."""

    def __init__(self, *, posted: Any = None, batches: list[dict[str, Any]] | None = None) -> None:
        self.posted = posted
        self.batches = batches or []
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(unquote(request.url.raw_path.decode()))
        if "ARPostedDocuments" in request.url.path:
            if self.posted is None:
                return httpx.Response(404, text=envelope("RecordNotFound"))
            return httpx.Response(200, json=self.posted)
        skip, top = (int(request.url.params[name]) for name in ("$skip", "$top"))
        return httpx.Response(200, json={"value": self.batches[skip : skip + min(top, 100)]})


def test_a_posted_document_is_found_by_customer_and_number():
    company = Company(posted={"BatchNumber": 12, "EntryNumber": 3})
    assert find(company) == Sighting(found=Accepted(reference="12-3", adopted=True), sure=True)
    assert "CustomerNumber='HGH-004512',DocumentNumber='INV-010319'" in company.asked[0]


def test_a_document_in_a_batch_of_ours_is_found_by_its_token():
    company = Company(batches=[stored()])
    assert find(company) == Sighting(found=Accepted(reference="187-1", adopted=True), sure=True)
    assert f"Description eq '{TOKEN}'" in company.asked[1].replace("+", " ")


@pytest.mark.parametrize(
    "batch",
    [stored(Invoices=[]), stored(Invoices=None), stored(BatchStatus="Deleted"),
     stored(entry={"DocumentNumber": "INV-0103190"})],
)  # fmt: skip
def test_an_empty_or_deleted_batch_of_ours_is_not_the_document(batch):
    assert find(Company(batches=[batch])) == Sighting(sure=True)


def test_our_batches_are_read_past_sages_page_cap():
    empty = stored(Invoices=[])
    company = Company(batches=[empty] * 230 + [stored()])
    assert find(company).found == Accepted(reference="187-1", adopted=True)
    assert len(company.asked) == 1 + 3


def test_exactly_a_page_of_batches_is_followed_by_one_more_question():
    company = Company(batches=[stored(Invoices=[])] * 100)
    assert find(company) == Sighting(sure=True)
    assert [path for path in company.asked if "+eq+" in path and "$skip=100" in path]


@pytest.mark.parametrize("number", ["O'BRIEN", "A/B", "50%", "A B", "A#1?x=1", "Ünïcode", "A+B"])
def test_a_number_reaches_sage_as_it_is_and_as_one_key(number):
    company = Company()
    find(company, make_document(number))
    path = company.asked[0]
    quoted = number.replace("'", "''")
    assert path.endswith(f"DocumentNumber='{quoted}')"), path


@pytest.mark.parametrize("number", ["A/B", "A?B", "A#B", "50%"])
def test_a_number_cannot_change_the_address(number):
    seen: list[bytes] = []

    def answers(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(404, text=envelope("RecordNotFound"))

    find(answers, make_document(number))
    assert seen[0].count(b"/") == 6
    assert b"?" not in seen[0]


@pytest.mark.parametrize(
    "answers",
    [
        raising(httpx.ConnectError),
        raising(httpx.ReadTimeout),
        answering(200, HTML),
        answering(200, ""),
        answering(200, []),
        answering(401, envelope("Unauthorized")),
        answering(429, envelope("TooManyRequests")),
        answering(500, envelope("InternalServerError")),
        answering(404, HTML),
        answering(404, envelope("ResourceNotFound")),
        answering(400, envelope("InvalidEntityKey")),
    ],
)
def test_a_look_up_that_sage_did_not_answer_is_never_not_there(answers):
    sighting = find(answers)
    assert sighting.found is None
    assert not sighting.sure
    assert sighting.reason


@pytest.mark.parametrize("body", [HTML, "", {}, {"value": None}, [], {"value": "x"}])
def test_a_list_of_batches_of_another_shape_is_never_not_there(body):
    def answers(request: httpx.Request) -> httpx.Response:
        if "ARPostedDocuments" in request.url.path:
            return httpx.Response(404, text=envelope("RecordNotFound"))
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(200, text=text)

    assert not find(answers).sure


# -- probe -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "trouble"),
    [
        (answering(200, {"value": []}), None),
        (raising(httpx.ConnectError), "does not answer"),
        (answering(503, HTML), "503"),
        (answering(200, HTML), "HTML where JSON was due"),
        (answering(401, envelope("Unauthorized")), "refused the log-in"),
        (answering(404, HTML), "No Sage 300 Web API is there"),
    ],
)
def test_a_probe_says_what_is_the_matter(answers, trouble):
    found = at_sage(answers, lambda sage: sage.probe())
    if trouble is None:
        assert found is None
    else:
        assert trouble in found.reason
