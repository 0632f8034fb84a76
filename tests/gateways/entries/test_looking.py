"""Finding each entry type again when its answer was lost."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from iman.domain.attempt import Sighting
from iman.domain.outcome import Accepted
from iman.gateways.sage_web import Capabilities
from tests.gateways.entries.documents import TOKEN, document_of
from tests.gateways.entries.sage import Script, at_sage, feed, missing, refusal

BATCHES = {
    "invoice": "AR/ARInvoiceBatches",
    "credit_note": "AR/ARInvoiceBatches",
    "receipt": "AR/ARReceiptAndAdjustmentBatches",
    "refund": "AR/ARRefundBatches",
    "journal": "GL/GLJournalBatches",
}
ENTRY: dict[str, tuple[str, dict[str, Any]]] = {
    "invoice": ("Invoices", {"DocumentNumber": "INV-010319"}),
    "credit_note": ("Invoices", {"DocumentNumber": "CN-000101"}),
    "receipt": ("ReceiptsAdjustments", {"CheckReceiptNumber": "RC-000201"}),
    "refund": ("RefundEntries", {"DocumentNumber": "RF-000301"}),
    "journal": ("JournalHeaders", {"Description": "JE-000007 Redeemed", "EntryNumber": "00001"}),
}
KINDS = tuple(BATCHES)


def batch(kind: str, *, token: str = TOKEN, **overrides: Any) -> dict[str, Any]:
    """A batch of ours with the document, as Sage shows it."""
    entries, entry = ENTRY[kind]
    named = "BatchDescription" if kind == "refund" else "Description"
    status = "Status" if kind == "journal" else "BatchStatus"
    number = "000490" if kind == "journal" else 187
    entry = {"CustomerNumber": "HGH-004512", "EntryNumber": 1} | entry
    found = {"BatchNumber": number, named: token, status: "Open", entries: [entry]}
    return found | overrides


def find(
    kind: str,
    *batches: dict[str, Any],
    posted: Any = None,
    elsewhere: Any = None,
    can: Capabilities | None = None,
) -> tuple[Sighting, Script]:
    """Ask for the document: *batches* under our token, *elsewhere* under a like ending."""

    def by_filter(request: httpx.Request) -> httpx.Response:
        where = request.url.params["$filter"]
        if "endswith(" in where:
            return elsewhere if isinstance(elsewhere, httpx.Response) else feed(
                *(elsewhere or ()))(request)  # fmt: skip
        return feed(*batches)(request)

    script = Script(
        ("GET", "AR/ARPostedDocuments(", posted if kind != "receipt" and posted else missing()),
        ("GET", "AR/ARPostedReceipts", posted or feed()),
        ("GET", BATCHES[kind], by_filter),
    )
    document = document_of(kind)
    sighting = at_sage(script, lambda sage: sage.find(document, token=TOKEN), can=can)
    return sighting, script


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_is_found_in_a_batch_of_ours(kind):
    sighting, script = find(kind, batch(kind))
    reference = "000490-00001" if kind == "journal" else "187-1"
    assert sighting == Sighting(found=Accepted(reference=reference, adopted=True), sure=True)
    asked = script.asked[-1].url.params["$filter"]
    named = "BatchDescription" if kind == "refund" else "Description"
    only = "BatchRecordType eq 'CA' and " if kind == "receipt" else ""
    assert asked == f"{only}{named} eq '{TOKEN}'"


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_there_it_is_surely_not_there(kind):
    sighting, script = find(kind)
    assert sighting == Sighting(sure=True)
    posted_first = {"receipt": "AR/ARPostedReceipts", "journal": "GL/GLJournalBatches"}
    assert script.paths()[0].startswith(posted_first.get(kind, "AR/ARPostedDocuments("))


@pytest.mark.parametrize("kind", KINDS)
def test_a_leftover_of_ours_without_the_document_is_not_it(kind):
    entries = ENTRY[kind][0]
    other = {"CustomerNumber": "HGH-004512", "DocumentNumber": "ANOTHER", "Description": "ANOTHER"}
    leftovers = [batch(kind, **{entries: []}), batch(kind, **{entries: [other]})]
    assert find(kind, *leftovers)[0] == Sighting(sure=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_ignores_the_filter_does_not_make_us_adopt(kind):
    assert find(kind, batch(kind, token="keyed by hand"))[0].found is None


@pytest.mark.parametrize("size", [7, 100])
def test_batches_are_read_whatever_the_sites_page_size(size):
    empty = batch("invoice", Invoices=[])
    batches = [empty] * 230 + [batch("invoice")]

    def pages(request: httpx.Request) -> httpx.Response:
        skip = int(request.url.params["$skip"])
        return httpx.Response(200, json={"value": batches[skip : skip + size]})

    script = Script(
        ("GET", "AR/ARPostedDocuments(", missing()), ("GET", "AR/ARInvoiceBatches", pages)
    )
    document = document_of("invoice")
    found = at_sage(script, lambda sage: sage.find(document, token=TOKEN)).found
    assert found == Accepted(reference="187-1", adopted=True)


def test_a_posted_receipt_is_found_by_customer_and_our_number():
    row = {"CustomerNumber": "HGH-004512", "CheckReceiptNumber": "RC-000201",
           "BatchNumber": 55, "EntryNumber": 1}  # fmt: skip
    sighting, script = find("receipt", posted=feed({**row, "CheckReceiptNumber": "4417"}, row))
    assert sighting == Sighting(found=Accepted(reference="55-1", adopted=True), sure=True)
    assert script.asked[0].url.params["$filter"] == (
        "CustomerNumber eq 'HGH-004512' and CheckReceiptNumber eq 'RC-000201'"
    )


def test_a_posted_document_that_names_no_batch_is_there_all_the_same():
    sighting, _ = find("refund", posted=httpx.Response(200, json={"DocumentNumber": "RF-000301"}))
    assert sighting.found == Accepted(reference="RF-000301", adopted=True)


# -- two ledgers on one company ----------------------------------------------------------------

THEIRS = "IMAN ffee0011 IN INV-010319 r1"


def test_a_document_in_another_ledgers_batch_is_told_and_not_adopted():
    sighting, script = find("invoice", elsewhere=[batch("invoice", token=THEIRS)])
    assert (sighting.found, sighting.sure) == (None, True)
    assert sighting.stranger == "ffee0011"
    assert "187-1" in sighting.reason
    asked = script.asked[-1].url.params["$filter"]
    assert asked == "endswith(Description,' IN INV-010319 r1')"


def test_a_posted_document_of_another_ledger_is_told_and_not_adopted():
    posted = httpx.Response(200, json={"BatchNumber": 187, "EntryNumber": 4})
    sighting, _ = find("invoice", batch("invoice", token=THEIRS), posted=posted)
    assert sighting.stranger == "ffee0011"
    assert sighting.found is None


def test_a_server_without_such_a_filter_is_not_asked_for_it_again():
    can, answer = Capabilities(), refusal("InvalidParameters", "no such function", 400)
    assert find("invoice", elsewhere=answer, can=can)[0] == Sighting(sure=True)
    assert can.matches_ends is False
    _, script = find("invoice", elsewhere=answer, can=can)
    assert not any("endswith" in str(one.url.params.get("$filter")) for one in script.asked)


def test_a_stumble_over_such_a_filter_does_not_make_the_document_doubtful():
    can = Capabilities()
    assert find("invoice", elsewhere=httpx.Response(500), can=can)[0] == Sighting(sure=True)
    assert can.matches_ends is None


@pytest.mark.parametrize(
    "theirs",
    [batch("invoice", token=THEIRS, Invoices=[]),
     batch("invoice", token=THEIRS, BatchStatus="Deleted"),
     batch("invoice", token="the same number IN INV-010319 r1")],
)  # fmt: skip
def test_only_another_ledger_that_holds_the_document_is_a_stranger(theirs):
    assert find("invoice", elsewhere=[theirs])[0] == Sighting(sure=True)


SHARED = "IMAN ffee0011 B7"


def find_aboard(*batches: dict[str, Any], can: Capabilities | None = None, size: int = 100):
    """Nothing under our mark or a like ending; *batches* are other ledgers', page by page."""
    pages: list[httpx.Request] = []

    def by_filter(request: httpx.Request) -> httpx.Response:
        if " lt 'IMAN 0011aabb'" not in request.url.params["$filter"]:
            return httpx.Response(200, json={"value": []})
        pages.append(request)
        skip = int(request.url.params["$skip"])
        return httpx.Response(200, json={"value": list(batches[skip : skip + size])})

    script = Script(
        ("GET", "AR/ARPostedDocuments(", missing()), ("GET", "AR/ARInvoiceBatches", by_filter)
    )
    can = can or Capabilities()
    document = document_of("invoice")
    return at_sage(script, lambda sage: sage.find(document, token=TOKEN), can=can), pages


def test_a_document_aboard_a_batch_that_others_share_is_told_and_not_adopted():
    sighting, pages = find_aboard(
        batch("invoice", token="IMAN ffee0011 B6", Invoices=[]), batch("invoice", token=SHARED)
    )
    assert (sighting.found, sighting.sure, sighting.stranger) == (None, True, "ffee0011")
    assert "187-1" in sighting.reason
    pending = "startswith(Description,'IMAN ') and BatchStatus ne 'Posted'"
    assert pages[0].url.params["$filter"] == (
        f"{pending} and BatchStatus ne 'Deleted' and Description lt 'IMAN 0011aabb' "
        f"or {pending} and BatchStatus ne 'Deleted' and Description gt 'IMAN 0011aabb~'"
    )


@pytest.mark.parametrize(
    "not_it",
    [
        batch("invoice", token=SHARED, BatchStatus="Deleted"),
        batch("invoice", token=TOKEN.replace("INV-010319", "INV-1")),  # ours: a filter ignored
        batch("invoice", token="keyed by hand"),
        batch("invoice", token=SHARED, Invoices=[{"DocumentNumber": "INV-010319",
                                                  "CustomerNumber": "ANOTHER"}]),
    ],
)  # fmt: skip
def test_only_what_another_ledger_holds_of_it_counts(not_it):
    assert find_aboard(not_it)[0] == Sighting(sure=True)


def test_many_foreign_batches_are_read_once_for_all_who_ask_within_seconds():
    can = Capabilities()
    many = [batch("invoice", token=SHARED, Invoices=[])] * 230 + [batch("invoice", token=SHARED)]
    first, pages = find_aboard(*many, can=can)
    assert (first.stranger, len(pages)) == ("ffee0011", 4)
    again, pages = find_aboard(*many, can=can)
    assert (again.stranger, len(pages)) == ("ffee0011", 0)
    assert can.foreign.read_at is not None
    can.foreign.read_at -= 16
    gone, pages = find_aboard(can=can)
    assert (gone.stranger, len(pages)) == (None, 1)


def test_a_page_of_them_is_read_anew_each_time():
    can = Capabilities()
    assert find_aboard(can=can)[0].stranger is None
    assert find_aboard(batch("invoice", token=SHARED), can=can)[0].stranger == "ffee0011"


# -- when Sage does not say --------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*KINDS, "customer", "repayment_plan"])
@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError,
        httpx.ReadTimeout,
        httpx.Response(200, text=""),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"Message": "An error has occurred."}),
        httpx.Response(503, text="busy"),
        refusal("Unauthorized", "Who are you?", 401),
        refusal("TooManyRequests", "Slow down.", 429),
        refusal("InvalidEntityKey", "The key is malformed.", 400),
    ],
)
def test_a_look_up_that_was_not_answered_is_never_not_there(kind, answer):
    script = Script(("GET", "", answer))
    document = document_of(kind)
    sighting = at_sage(script, lambda sage: sage.find(document, token=TOKEN))
    assert (sighting.found, sighting.sure) == (None, False)
    assert sighting.reason


def test_an_answer_without_end_is_not_read_without_end():
    async def endless():
        while True:
            yield b" " * 65536

    script = Script(("GET", "", lambda _: httpx.Response(200, content=endless())))
    document = document_of("invoice")
    sighting = at_sage(script, lambda sage: sage.find(document, token=TOKEN), limit=10**6)
    assert not sighting.sure
    assert "more than 1000000 bytes" in sighting.reason
    pushed = Script(("POST", "", lambda _: httpx.Response(201, content=endless())))
    exchange = at_sage(pushed, lambda sage: sage.push(document, token=TOKEN), limit=10**6)
    assert "more than 1000000 bytes" in exchange.outcome.reason


def test_our_password_is_not_kept_should_a_page_echo_it():
    echo = "Authorization: Basic V0VCQVBJOlNFQ1JFVC1XT1JE user WEBAPI password SECRET-WORD"
    script = Script(("POST", "", httpx.Response(500, text=echo)))
    document = document_of("invoice")
    exchange = at_sage(
        script,
        lambda sage: sage.push(document, token=TOKEN),
        auth=httpx.BasicAuth("WEBAPI", "SECRET-WORD"),
    )
    assert "SECRET-WORD" not in exchange.answered
    assert "V0VCQVBJOlNFQ1JFVC1XT1JE" not in exchange.answered
    assert "•••" in exchange.answered
