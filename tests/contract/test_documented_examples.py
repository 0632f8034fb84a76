"""What Sage and its integrators published, read and written as it stands.

Error bodies, feeds and payloads are the public ones, word for word; none is made up here.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from iman.domain.outcome import Accepted, Refused, Unavailable, Unknown
from iman.gateways import exact_json
from iman.gateways.entries import MAPPINGS
from iman.gateways.sage_answers import error_of, refusal
from tests.contract.conftest import names
from tests.gateways.entries.documents import TOKEN, document_of
from tests.gateways.entries.sage import Script, at_sage, feed
from tests.gateways.entries.sage import refusal as envelope

# -- errors ------------------------------------------------------------------------------------

NOT_FOUND = (
    '{"error":{"code":"RecordNotFound","message":{"lang":"en-US",'
    '"value":"A Record cannot be found for the specified entity key"}}}'
)
ADDRESS = (
    "The address value was incomplete. The address value ShipTo was incomplete. You must provide "
    "either a valid postal code, line1 + city + region, or line1 + postal code."
)
ITEM = "Item number XXXXXXXXX does not exist. Quantity on backorder has been increased."
PERIOD = (
    "Cannot determine the fiscal period for Order Date.\nEnter a date that is in the company's "
    "fiscal calendar or use the Fiscal Calendar window in Common Services to add the year you need."
)
EXISTS = (
    "Document number 'XXXXXXX' for vendor XXXXXXX already exists.\n\nIf you want to add this "
    "invoice, add characters to the document number to make it unique."
)
FILTER = (
    "Could not find a property named 'L010746552' on type "
    "'Sage.CA.SBS.ERP.Sage300.AR.WebApi.Models.PostedDocument'."
)


def test_the_documented_envelope_is_read_word_for_word():
    answer = httpx.Response(404, text=NOT_FOUND)
    assert error_of(answer) == (
        "RecordNotFound",
        "A Record cannot be found for the specified entity key",
    )


@pytest.mark.parametrize(
    ("status", "code", "text", "shown"),
    [
        (409, "General", ADDRESS, "1000"),
        (409, "FieldInvalid", ITEM, "1140"),
        (409, "FieldInvalid", PERIOD, "1140"),
        (409, "FieldInvalid", EXISTS, "1140"),
        (400, "InvalidParameters", FILTER, "InvalidParameters"),
        (404, "RecordNotFound", 'Terms Code "F48" is not defined in A/R Terms', "1020"),
        (409, "General", "G/L account 6030 is not defined in General Ledger", "1000"),
    ],
)
def test_a_published_refusal_is_kept_unaltered(status, code, text, shown):
    assert refusal(envelope(code, text, status)) == Refused(
        code=shown, text=text, http_status=status
    )


@pytest.mark.parametrize("text", ["Processing conflict", "Post in Progress"])
def test_contention_is_told_by_the_texts_integrators_met(text):
    outcome = refusal(envelope("General", f"A/R: {text}."))
    assert isinstance(outcome, Unavailable)
    assert outcome.kind == "contention"


@pytest.mark.parametrize("status", [200, 201])
def test_aspnets_own_error_object_in_a_success_is_unknown(status):
    answer = httpx.Response(status, json={"Message": "An error has occurred."})
    script = Script(("POST", "", answer))
    exchange = at_sage(script, lambda sage: sage.push(document_of("invoice"), token=TOKEN))
    assert isinstance(exchange.outcome, Unknown)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("InternalServerError", 500, Unknown),
        ("DBLinkError", 500, Unknown),
        ("SessionError", 503, Unknown),
        ("Unauthorized", 401, Unavailable),
        ("Forbidden", 403, Unavailable),
        ("TooManyRequests", 429, Unavailable),
        ("InvalidPayload", 400, Refused),
        ("RecordDuplicate", 409, Refused),
        ("RecordInvalid", 409, Refused),
        ("RecordNotFound", 409, Refused),
        ("NeverSeenBefore", 409, Refused),
    ],
)
def test_every_code_of_the_list_has_a_meaning_and_the_list_is_open(code, status, expected):
    script = Script(("POST", "", envelope(code, "Text.", status)))
    exchange = at_sage(script, lambda sage: sage.push(document_of("invoice"), token=TOKEN))
    assert isinstance(exchange.outcome, expected)


# -- feeds -------------------------------------------------------------------------------------

POSTED = (
    '{"@odata.context":"http://server/Sage300WebApi/v1.0/-/SAMLTD/AR/$metadata'
    '#ARPostedDocuments(CustomerNumber,DocumentNumber)","value":[]}'
)


def test_an_empty_feed_with_a_context_is_no_document():
    def by_path(request: httpx.Request) -> httpx.Response:
        if "ARPostedDocuments" in request.url.path:
            return httpx.Response(404, text=NOT_FOUND)
        return httpx.Response(200, text=POSTED)

    script = Script(("GET", "AR/", by_path))
    found = at_sage(script, lambda sage: sage.find(document_of("invoice"), token=TOKEN))
    assert (found.found, found.sure) == (None, True)


def test_an_answer_of_type_text_plain_is_read_as_json():
    """One client had to."""
    entry = {"CustomerNumber": "HGH-004512", "DocumentNumber": "INV-010319", "EntryNumber": 1}
    body = {"BatchNumber": 187, "Invoices": [entry]}
    answer = httpx.Response(201, text=json.dumps(body), headers={"content-type": "text/plain"})
    script = Script(("POST", "", lambda _: answer))
    exchange = at_sage(script, lambda sage: sage.push(document_of("invoice"), token=TOKEN))
    assert exchange.outcome == Accepted(reference="187-1")


# -- payloads ----------------------------------------------------------------------------------

MULTI_ENTRY = json.loads("""
{"BatchDate":"2024-11-15","BatchStatus":"Open","Description":"Test Multi Entry",
 "Invoices":[{"CustomerNumber":"1400","DocumentType":"Invoice","InvoiceType":"Summary",
   "DocumentDate":"2024-11-15","DueDate":"2024-11-15",
   "InvoiceDetails":[{"DistributionCode":"CACCSE","ExtendedAmountWithTIP":200}]}]}
""")
RECEIPT = json.loads("""
{"BatchRecordType":"CA","BankCode":"BANK1","Description":"...",
 "ReceiptsAdjustments":[{"BatchType":"CA","CustomerNumber":"C1","BankCode":"BANK1",
   "ReceiptTransactionType":"Receipt",
   "AppliedReceiptsAdjustments":[{"BatchType":"CA","CustomerNumber":"C1","DocumentNumber":"INV-1",
     "PaymentNumber":1,"ReceiptTransactionType":"Receipt","CustomerReceiptAmount":100.0}]}]}
""")
JOURNAL = json.loads("""
{"Description":"gl journal entry","JournalHeaders":[{"SourceLedger":"GL","SourceType":"JE",
 "Description":"entry 1","DocumentDate":"2020-01-05","JournalDetails":[
 {"AccountNumber":"9999","Amount":30,"SourceCurrencyAmount":30,"Description":"desc",
  "Reference":"ref"},
 {"AccountNumber":"1000","Amount":-30,"SourceCurrencyAmount":-30}]}]}
""")
#: What the published example sends and we do not, each with the reason.
LEFT_OUT = {
    "invoice": {"BatchStatus", "DueDate", "DistributionCode"},  # defaults; ours names the account
    "receipt": set(),
    "journal": set(),
}


def shape(value: Any, path: str = "") -> set[str]:
    match value:
        case dict():
            inner = [shape(part, f"{path}/{name}") for name, part in value.items()]
            return {f"{path}/{name}" for name in value} | set().union(*inner)
        case list():
            return set().union(*(shape(part, path) for part in value))
        case _:
            return set()


@pytest.mark.parametrize(
    ("entry_type", "example"),
    [("invoice", MULTI_ENTRY), ("receipt", RECEIPT), ("journal", JOURNAL)],
)
def test_a_published_payloads_places_are_ours(entry_type, example):
    ours = MAPPINGS[entry_type].body(document_of(entry_type), token=TOKEN)
    missing = {path.rpartition("/")[2] for path in shape(example) - shape(ours)}
    assert missing == LEFT_OUT[entry_type]


@pytest.mark.parametrize("example", [MULTI_ENTRY, RECEIPT, JOURNAL])
def test_a_published_payload_goes_through_exact_json_unharmed(example):
    assert exact_json.loads(exact_json.dumps(example)) == example


def test_posting_sends_what_production_code_sends():
    batch = {"BatchNumber": 75, "BatchStatus": "Open", "Invoices": []}
    script = Script(
        ("GET", "AR/ARInvoiceBatches(75)", httpx.Response(200, json=batch)),
        ("GET", "AR/ARPostedDocuments(", httpx.Response(404, text=NOT_FOUND)),
        ("PATCH", "AR/ARInvoiceBatches(75)", httpx.Response(204)),
        ("POST", "AR/ARPostInvoices('$process')", httpx.Response(200)),
    )
    at_sage(script, lambda sage: sage.post(document_of("invoice"), "75-1"))
    assert script.sent("PATCH") == {"BatchStatus": "ReadyToPost"}
    assert script.sent("POST") == {
        "PostAllBatches": "Donotpostallbatches",
        "PostBatchFrom": 75,
        "PostBatchTo": 75,
    }


def test_the_classifier_names_the_thing_in_a_published_text():
    assert names('Terms Code "F48" is not defined in A/R Terms') == "F48"
    assert names("G/L account 6030 is not defined in General Ledger") == "6030"


def test_a_description_filter_is_written_as_odata_wants_it():
    script = Script(
        ("GET", "AR/ARPostedDocuments(", httpx.Response(404, text=NOT_FOUND)), ("GET", "", feed())
    )
    at_sage(script, lambda sage: sage.find(document_of("invoice"), token="IMAN o'x IN 1 r1"))
    assert script.asked[1].url.params["$filter"] == "Description eq 'IMAN o''x IN 1 r1'"
