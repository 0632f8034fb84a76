"""Both sandboxes together: what byondpro offers goes through Sage 300, but for what shall not.

The client below is the plainest one could write from the contract and the fact sheet; it stands in
for the integration, and tries each document once.
"""

import httpx
import pytest

from iman.sandbox.arithmetic import posted_account

API = "/Sage300WebApi/v1.0/-/SERDAT"


def account(document, stored, *, segmented=True):
    segment, rule = document["site"]["gl_segment"], document["gl_segment_rule"]
    return posted_account(stored, segment, rule) if segmented else stored


def batch_of(document):
    """The batch of an invoice, debit note or credit note."""
    kind = "CreditNote" if document["entry_type"] == "credit_note" else "Invoice"
    kind = "DebitNote" if document.get("kind") == "debit_note" else kind
    parent = document["parent"]
    return {
        "Description": document["number"],
        "Invoices": [
            {
                "CustomerNumber": document["customer"]["number"],
                "DocumentNumber": document["number"],
                "DocumentType": kind,
                "ApplytoDocument": parent["number"] if kind == "CreditNote" else None,
                "Terms": document["terms"]["code"],
                "TaxGroup": document["tax_group"],
                "DocumentDate": document["date"],
                "DocumentTotalIncludingTax": document["amount"],
                "InvoiceDetails": [
                    {
                        "Description": line["description"],
                        "RevenueAccount": account(document, line["gl_account"]),
                        "ExtendedAmountWithTIP": line["amount"],
                        "TaxIncluded1": "Yes",
                        "TaxClass1": line["tax_class"],
                    }
                    for line in document["lines"]
                ],
            }
        ],
    }


def customer_of(document):
    address = document["address"]
    return {
        "CustomerNumber": document["number"],
        "CustomerName": document["customer"]["name"],
        "GroupCode": document["customer"]["group"],
        "Terms": document["terms"]["code"],
        "TaxGroup": document["tax_group"],
        "AddressLine1": address["line1"],
        "City": address["city"],
        "PhoneNumber": address["phone"],
    }


def receipt_of(document):
    day = document["date"]
    return {
        "BatchRecordType": "CA",
        "Description": document["number"],
        "BatchDate": day,
        "DepositDate": day,
        "BankCode": document["receipt"]["bank"],
        "ReceiptsAdjustments": [
            {
                "CheckReceiptNumber": document["number"],
                "CustomerNumber": document["customer"]["number"],
                "ReceiptDateAdjustmentDate": day,
                "PostingDate": day,
                "PaymentCode": document["receipt"]["type"],
                "Payer": document["receipt"]["payer"],
                "BankReceiptAmount": document["amount"],
                "AppliedReceiptsAdjustments": [
                    {
                        "DocumentNumber": document["parent"]["number"],
                        "CustomerReceiptAmount": document["amount"],
                    }
                ],
            }
        ],
    }


def refund_of(document):
    detail = {"DocumentNumber": document["parent"]["number"], "AmountCustomer": document["amount"]}
    return {
        "BatchDescription": document["number"],
        "RefundEntries": [
            {
                "CustomerNumber": document["customer"]["number"],
                "DocumentNumber": document["number"],
                "DocumentDate": document["date"],
                "CashBankAccount": document["refund"]["bank"],
                "RefundDetails": [detail],
            }
        ],
    }


def journal_of(document):
    details = [
        {
            "AccountNumber": account(document, row["gl_account"], segmented=row["segmented"]),
            "Amount": row["amount"],
            "Description": row["description"],
            "Reference": row["reference"],
        }
        for row in document["journal_lines"]
    ]
    header = {"SourceLedger": "GL", "SourceType": "JE", "DocumentDate": document["date"]}
    return {
        "Description": document["number"],
        "JournalHeaders": [header | {"JournalDetails": details}],
    }


POSTS = {
    "customer": ("AR/ARCustomers", customer_of),
    "invoice": ("AR/ARInvoiceBatches", batch_of),
    "credit_note": ("AR/ARInvoiceBatches", batch_of),
    "receipt": ("AR/ARReceiptAndAdjustmentBatches", receipt_of),
    "refund": ("AR/ARRefundBatches", refund_of),
    "journal": ("GL/GLJournalBatches", journal_of),
}


def overwrite(sage, document):
    """Overwrite the schedule of the plan's invoice, which is found by its batch description."""
    invoice = document["parent"]["number"]
    found = sage.get("AR/ARInvoiceBatches", filter=f"Description eq '{invoice}'").json()["value"]
    entries = [(b, e) for b in found for e in b["Invoices"] if e["DocumentNumber"] == invoice]
    if not entries:
        return None
    batch, entry = entries[0]
    wanted = [
        {"PaymentNumber": row["number"], "DueDate": row["due"], "AmountDue": row["amount"]}
        for row in document["schedule"]
    ]
    known = len(entry["InvoicePaymentSchedules"])
    extra = range(len(wanted) + 1, known + 1)
    wanted += [{"PaymentNumber": n, "UpdateOperation": "Delete"} for n in extra]
    change = {"EntryNumber": entry["EntryNumber"], "InvoicePaymentSchedules": wanted}
    return sage.patch(f"AR/ARInvoiceBatches({batch['BatchNumber']})", {"Invoices": [change]})


def push(sage, document):
    """Push one document once; None, or what kept it from arriving."""
    if document["entry_type"] == "repayment_plan":
        answer = overwrite(sage, document)
        if answer is None:
            return "the invoice is not there"
    else:
        resource, body = POSTS[document["entry_type"]]
        try:
            answer = sage.post(resource, body(document))
        except httpx.TransportError:
            return "no answer"
    if answer.status_code in {201, 204}:
        return None
    return answer.json()["error"]["message"]["value"]


def push_all(sage, feed):
    """Push every document in the feed's order; what kept those from arriving that did not."""
    results = {document["number"]: push(sage, document) for document in feed.documents()}
    return {number: text for number, text in results.items() if text is not None}


F48 = 'Terms Code "F48" is not defined in A/R Terms'
MISSING_6030 = "G/L account 6030 is not defined in General Ledger"
NO_INVOICE = 'Document Number "INV-010319" does not exist.'
EXPECTED = {
    "f48": {"INV-010319": F48},
    "gl6030": {"INV-010324": MISSING_6030},
    "cvm": {},
    "f36": {"INV-010331": 'Terms Code "F36" is inactive.'},
    "waiting": {"INV-010319": F48, "RC-010319-1": NO_INVOICE},
    "credit": {"INV-010319": F48, "CN-010319": F48},
    "plan": {"INV-010319": F48, "RP-010319": "the invoice is not there"},
    "newtype": {
        "RC-010640-1": 'Payment Code "BPAY" is not defined in A/R Payment Codes',
    },
    "package": {"INV-010650": "G/L account 5930 is not defined in General Ledger"},
    "redeem": {"JE-010660-1": "G/L account 2560 is not defined in General Ledger"},
    "clean": {},
    "empty": {},
    "reference": {
        "INV-010319": F48,
        "INV-010324": MISSING_6030,
        "INV-010331": 'Terms Code "F36" is inactive.',
    },
    "clump": {f"INV-{number:06d}": MISSING_6030 for number in range(10401, 10426)},
}


@pytest.fixture
def both(start_sage, start_byondpro):
    def start(scenario):
        return start_sage(scenario), start_byondpro(scenario)

    return start


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_a_scenario_falters_exactly_where_it_should(both, scenario):
    sage, feed = both(scenario)
    assert push_all(sage, feed) == EXPECTED[scenario]
    documents = {document["number"]: document for document in feed.documents()}
    arrived = {row["document_number"]: row["amount"] for row in sage.documents()}
    assert len(sage.documents()) == len(documents) - len(EXPECTED[scenario])
    assert all(documents[number]["amount"] == amount for number, amount in arrived.items())


def test_a_back_dated_receipt_meets_the_locked_month(both):
    sage, feed = both("locked")
    (number, text), *others = push_all(sage, feed).items()
    assert (number, others) == ("RC-010602-1", [])
    assert "is locked for Accounts Receivable" in text
    page = sage.web.get("/calendar").text
    assert page.count(">Locked<") == 1
    receipt = next(d for d in feed.documents() if d["number"] == number)
    month = receipt["date"][:7]
    sage.web.post("/calendar", data={"period": f"AR:{month}", "locked": "No"})
    assert push(sage, receipt) is None


def test_the_outage_lets_three_through_and_then_takes_all(both):
    sage, feed = both("outage")
    left = push_all(sage, feed)
    assert len(left) == 9
    assert set(left.values()) == {"The server is not available."}
    outage = sage.http.get("/sandbox/faults").json()["outage"]
    assert (outage["seconds"], outage["until"] is not None) == (90, True)
    sage.faults()
    documents = {d["number"]: d for d in feed.documents()}
    assert [push(sage, documents[number]) for number in left] == [None] * 9
    assert len(sage.documents()) == 12


def test_the_lost_answer_is_in_sage_all_the_same(both):
    sage, feed = both("lost")
    sage.http.timeout = 0.5
    assert push_all(sage, feed) == {"INV-010610": "no answer"}
    sage.http.timeout = 10
    assert "INV-010610" in {row["document_number"] for row in sage.documents()}


def test_a_remedy_is_what_each_scenario_ends_with(both):
    sage, feed = both("waiting")
    push_all(sage, feed)
    form = {"code": "F48", "description": "48 Month Repayment Plan", "payments": "48"}
    assert sage.web.post("/terms", data=form).status_code == 303
    by_number = {document["number"]: document for document in feed.documents()}
    assert push(sage, by_number["INV-010319"]) is None
    assert push(sage, by_number["RC-010319-1"]) is None


def test_everything_together_is_every_scenario_at_once(both):
    sage, feed = both("all")
    switches = sage.http.get("/sandbox/faults").json()
    assert switches["next"][0]["body"] == "INV-010610"
    assert switches["outage"]["after_writes"] == 3
    sage.faults()
    expected = {}
    for scenario, refused in EXPECTED.items():
        if scenario not in {"clean", "empty"}:
            expected |= refused
    found = push_all(sage, feed)
    assert "is locked" in found.pop("RC-010602-1")
    assert found == expected


def test_a_scenario_counts_only_while_the_company_is_new(start_sage):
    start_sage("redeem")
    again = start_sage("reference")
    assert again.get("GL/GLAccounts('2560')").status_code == 404
    with pytest.raises(ValueError, match="There is no scenario"):
        start_sage("nope")


def test_of_generated_invoices_only_the_bad_share_falters(both):
    sage, feed = both("empty")
    feed.http.post("/sandbox/generate", json={"invoices": 300, "seed": 5, "bad": 0.1})
    bad = {number for number, row in feed.state().items() if row["terms"] == "F48"}
    assert set(push_all(sage, feed)) == bad
    assert 10 < len(bad) < 60


MIX = {
    "customer": 20,
    "invoice": 60,
    "credit_note": 15,
    "receipt": 40,
    "refund": 8,
    "repayment_plan": 10,
    "journal": 20,
}


def test_a_generated_mix_goes_through_as_a_whole(both):
    sage, feed = both("empty")
    answer = feed.http.post("/sandbox/generate", json={"mix": MIX, "seed": 3})
    assert answer.json() == {"invoices": 60, "documents": MIX}
    assert push_all(sage, feed) == {}
    kinds = [row["kind"] for row in sage.documents()]
    assert {kind: kinds.count(kind) for kind in MIX if kind != "repayment_plan"} == {
        kind: count for kind, count in MIX.items() if kind != "repayment_plan"
    }
    order = [row["kind"] for row in sage.http.get("/sandbox/order").json()]
    assert order.count("repayment_plan") == 10


def test_the_bad_share_of_a_mix_lacks_terms_and_accounts_and_takes_its_children_along(both):
    sage, feed = both("empty")
    feed.http.post("/sandbox/generate", json={"mix": MIX, "seed": 4, "bad": 0.3})
    refused = push_all(sage, feed)
    causes = {text for text in refused.values() if "is not defined" in text}
    assert F48 in causes
    assert {MISSING_6030, "G/L account 6099 is not defined in General Ledger"} & causes
    documents = {document["number"]: document for document in feed.documents()}
    roots = [number for number, text in refused.items() if "is not defined" in text]
    for number in refused:
        parent = documents[number]["parent"]
        assert number in roots or parent["number"] in refused


def test_posting_a_generated_mix_leaves_no_errors(both):
    sage, feed = both("empty")
    feed.http.post("/sandbox/generate", json={"mix": MIX, "seed": 6})
    assert push_all(sage, feed) == {}
    steps = [
        ("AR/ARInvoiceBatches", "AR/ARPostInvoices", {}),
        ("AR/ARReceiptAndAdjustmentBatches", "AR/ARPostReceiptsAndAdjustments", {}),
        ("AR/ARRefundBatches", "AR/ARPostRefunds", {}),
        ("GL/GLJournalBatches", "GL/GLPostJournal", {}),
    ]
    for resource, service, _ in steps:
        batches = sage.get(resource).json()["value"]
        for batch in batches:
            number = batch["BatchNumber"]
            key = f"'{number}'" if isinstance(number, str) else str(number)
            if "Receipt" in resource:
                key = f"BatchRecordType='CA',BatchNumber={number}"
            ready = {"Status": "ReadyToPost"} if "Journal" in resource else {}
            ready = ready or {"BatchStatus": "ReadyToPost"}
            assert sage.patch(f"{resource}({key})", ready).status_code == 204
        every = {"PostAllBatches": "Postallbatches"}
        assert sage.post(f"{service}('$process')", every).status_code == 204
    rows = [row for row in sage.documents() if row["kind"] != "customer"]
    assert {row["batch_status"] for row in rows} == {"Posted"}
    assert {row["posting_error"] for row in rows} == {None}
