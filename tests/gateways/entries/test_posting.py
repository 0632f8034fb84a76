"""ReadyToPost, ``$process``, and then the document is looked for, never the batch."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from iman.domain.outcome import Accepted, Refused, Unavailable, Unknown
from iman.gateways.sage_web import Capabilities
from tests.gateways.entries.documents import document_of
from tests.gateways.entries.sage import Script, at_sage, body_of, feed, missing, refusal
from tests.gateways.entries.test_looking import BATCHES, batch

SERVICES = {
    "invoice": "AR/ARPostInvoices('$process')",
    "credit_note": "AR/ARPostInvoices('$process')",
    "receipt": "AR/ARPostReceiptsAndAdjustments('$process')",
    "refund": "AR/ARPostRefunds('$process')",
    "journal": "GL/GLPostJournal('$process')",
}
ADDRESS = {
    "receipt": "AR/ARReceiptAndAdjustmentBatches(BatchRecordType='CA',BatchNumber=187)",
    "journal": "GL/GLJournalBatches('000490')",
}
ROW = {
    "CustomerNumber": "HGH-004512", "CheckReceiptNumber": "RC-000201",
    "BatchNumber": 187, "EntryNumber": 1,
}  # fmt: skip
BUSY = refusal("General", "Processing conflict: another Post in Progress")


class Company:
    """One batch; posting it moves its document to the posted ones, or to an error batch."""

    def __init__(self, kind: str, **changes: Any) -> None:
        self.kind = kind
        self.status = "Status" if kind == "journal" else "BatchStatus"
        self.batch = batch(kind) | {"NumberOfErrors": 0} | changes
        self.posted = False
        self.error: dict[str, Any] | None = None

    def steps(self, **replaced: Any) -> Script:
        address = ADDRESS.get(self.kind, f"{BATCHES[self.kind]}(187)")
        return Script(
            (
                "GET",
                address.replace("187", "190").replace("490", "491"),
                lambda _: httpx.Response(200, json=self.error),
            ),
            ("GET", address, lambda _: httpx.Response(200, json=self.batch)),
            ("GET", "AR/ARPostedDocuments(", self.document),
            ("GET", "AR/ARPostedReceipts", self.receipts),
            ("PATCH", address, replaced.get("patch", self.ready)),
            ("POST", SERVICES[self.kind], replaced.get("process", self.process)),
        )

    def document(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=ROW) if self.posted else missing()

    def receipts(self, request: httpx.Request) -> httpx.Response:
        return feed(*([ROW] if self.posted else []))(request)

    def ready(self, request: httpx.Request) -> httpx.Response:
        body_of(request)
        self.batch = self.batch | {self.status: "ReadyToPost"}
        return httpx.Response(204)

    def process(self, _request: httpx.Request) -> httpx.Response:
        self.batch = self.batch | {self.status: "Posted"}
        self.posted = True
        return httpx.Response(204)

    def fail(self, text: str = "", *, said: str = "") -> Any:
        """Posting moves the entry to error batch 190."""

        def process(_request: httpx.Request) -> httpx.Response:
            entries = next(name for name, part in self.batch.items() if isinstance(part, list))
            (entry,) = self.batch[entries]
            moved = entry | {"ErrorBatch": 190, "ErrorEntry": 1}
            self.batch = self.batch | {
                self.status: "Posted", "NumberOfErrors": 1, entries: [moved],
            }  # fmt: skip
            told = {"ErrorMessage": text} if text else {}
            self.error = batch(self.kind, BatchNumber=190) | {entries: [entry | told]}
            return httpx.Response(200, json={"Message": said}) if said else httpx.Response(204)

        return process


def post(script: Script, kind: str, **client: Any) -> Any:
    reference = "000490-00001" if kind == "journal" else "187-1"
    return at_sage(script, lambda sage: sage.post(document_of(kind), reference), **client)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_batch_is_made_ready_posted_and_its_document_looked_for(kind):
    script = Company(kind).steps()
    reference = "000490-00001" if kind == "journal" else "187-1"
    assert post(script, kind) == Accepted(reference=reference)
    ready = {"ReadyToPost": "Yes"} if kind == "journal" else {"BatchStatus": "ReadyToPost"}
    assert script.sent("PATCH") == ready
    sent = script.sent("POST")
    number = "000490" if kind == "journal" else 187
    assert (sent["PostBatchFrom"], sent["PostBatchTo"]) == (number, number)
    assert sent["PostAllBatches"] == "Donotpostallbatches"
    assert sent.get("BatchType") == ("CA" if kind == "receipt" else None)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_posted_batch_is_not_posted_again(kind):
    company = Company(kind)
    company.ready(httpx.Request("PATCH", "http://x", content=b"{}"))
    company.process(httpx.Request("POST", "http://x"))
    script = company.steps()
    assert isinstance(post(script, kind), Accepted)
    assert script.paths("PATCH") + script.paths("POST") == []


def test_a_batch_that_is_ready_is_only_posted():
    script = Company("invoice", BatchStatus="ReadyToPost").steps()
    assert isinstance(post(script, "invoice"), Accepted)
    assert script.paths("PATCH") == []


@pytest.mark.parametrize("kind", ["invoice", "receipt", "refund"])
@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("Fiscal period 11 is locked.", "", "Fiscal period 11 is locked. It stands in error batch"),
        ("", "Document already exists.", "Document already exists. It stands in error batch 190-1"),
        ("", "", "Posting Errors report says why. It stands in error batch 190-1"),
    ],
)
def test_an_entry_that_was_moved_to_an_error_batch_is_refused(kind, text, said, expected):
    company = Company(kind)
    outcome = post(company.steps(process=company.fail(text, said=said)), kind)
    assert isinstance(outcome, Refused)
    assert expected in outcome.text
    assert not outcome.local


def test_the_like_number_posted_from_another_batch_is_not_our_document():
    company = Company("invoice")
    process = company.fail("Document already exists.")

    def posted_before(request: httpx.Request) -> httpx.Response:
        company.posted = True
        return process(request)

    company.document = lambda _: httpx.Response(200, json=ROW | {"BatchNumber": 12})  # type: ignore[method-assign]
    outcome = post(company.steps(process=posted_before), "invoice")
    assert isinstance(outcome, Refused)
    assert "already exists" in outcome.text


def test_what_finance_mended_in_the_error_batch_and_posted_is_accepted():
    company = Company("invoice")
    company.fail("It was locked.")(httpx.Request("POST", "http://x"))
    company.document = lambda _: httpx.Response(200, json=ROW | {"BatchNumber": 190})  # type: ignore[method-assign]
    assert post(company.steps(), "invoice") == Accepted(reference="190-1")


def test_a_journal_in_a_batch_with_errors_is_refused():
    company = Company("journal")

    def fail(request: httpx.Request) -> httpx.Response:
        company.process(request)
        company.batch = company.batch | {"NumberOfErrors": 1}
        return httpx.Response(204)

    assert isinstance(post(company.steps(process=fail), "journal"), Refused)


@pytest.mark.parametrize("step", ["patch", "process"])
@pytest.mark.parametrize(
    ("answer", "expected", "kind"),
    [
        (BUSY, Unavailable, "contention"),
        (httpx.ConnectError, Unavailable, "connection"),
        (httpx.ReadTimeout, Unknown, None),
        (httpx.Response(500, text="<html>"), Unknown, None),
        (refusal("General", "Batch 187 has not been listed."), Refused, None),
        (refusal("Forbidden", "No right to post.", 403), Unavailable, "log_in"),
    ],
)
def test_what_comes_between(step, answer, expected, kind):
    outcome = post(Company("invoice").steps(**{step: answer}), "invoice")
    assert isinstance(outcome, expected)
    assert getattr(outcome, "kind", None) == kind


def test_a_batch_that_somebody_posts_just_now_is_contention():
    outcome = post(Company("invoice", BatchStatus="PostInProgress").steps(), "invoice")
    assert isinstance(outcome, Unavailable)
    assert outcome.kind == "contention"


def test_a_post_that_is_still_under_way_is_contention():
    script = Company("invoice").steps(process=httpx.Response(204))
    outcome = post(script, "invoice")
    assert isinstance(outcome, Unavailable)
    assert outcome.kind == "contention"


@pytest.mark.parametrize(
    "answer", [missing(), httpx.Response(200, json={"BatchStatus": "Deleted"})]
)
def test_a_batch_that_is_gone_is_refused(answer):
    assert isinstance(post(Script(("GET", "", answer)), "invoice"), Refused)


def test_a_posted_batch_without_the_document_among_the_posted_is_not_believed():
    company = Company("invoice", BatchStatus="Posted")
    assert isinstance(post(company.steps(), "invoice"), Unknown)


def test_how_general_ledger_is_told_ready_is_found_out_once():
    def picky(request: httpx.Request) -> httpx.Response:
        if "ReadyToPost" in body_of(request):
            return refusal("InvalidPayload", "ReadyToPost is not valid.", 400)
        return company.ready(request)

    can = Capabilities()
    company = Company("journal")
    script = company.steps(patch=picky)
    assert isinstance(post(script, "journal", can=can), Accepted)
    tried = [body_of(one) for one in script.asked if one.method == "PATCH"]
    assert tried == [{"ReadyToPost": "Yes"}, {"Status": "ReadyToPost"}]
    company = Company("journal")
    script = company.steps(patch=picky)
    assert isinstance(post(script, "journal", can=can), Accepted)
    assert script.sent("PATCH") == {"Status": "ReadyToPost"}
