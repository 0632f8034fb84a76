"""Both sandboxes together: what byondpro offers goes through Sage 300, but for what shall not."""

import pytest

from iman.sandbox.arithmetic import posted_account


def batch_of(document):
    """The plainest batch a client could make of a document."""
    segment, rule = document["site"]["gl_segment"], document["gl_segment_rule"]
    return {
        "Description": document["number"],
        "Invoices": [
            {
                "CustomerNumber": document["customer"]["number"],
                "DocumentNumber": document["number"],
                "Terms": document["terms"]["code"],
                "TaxGroup": document["tax_group"],
                "DocumentDate": document["date"],
                "DocumentTotalIncludingTax": document["amount"],
                "InvoiceDetails": [
                    {
                        "Description": line["description"],
                        "RevenueAccount": posted_account(line["gl_account"], segment, rule),
                        "ExtendedAmountWithTIP": line["amount"],
                        "TaxIncluded1": "Yes",
                        "TaxClass1": line["tax_class"],
                    }
                    for line in document["lines"]
                ],
            }
        ],
    }


@pytest.fixture
def push_all(sage):
    """Push every document; what Sage said to those it refused."""

    def push(feed):
        documents = [event["document"] for event in feed.outbox(limit=1000)["events"]]
        answers = {d["number"]: sage.post("AR/ARInvoiceBatches", batch_of(d)) for d in documents}
        return {
            number: answer.json()["error"]["message"]["value"]
            for number, answer in answers.items()
            if answer.status_code != 201
        }

    return push


def test_the_reference_scenario_falters_exactly_where_it_should(feed, sage, push_all):
    assert push_all(feed) == {
        "INV-010319": 'Terms Code "F48" is not defined in A/R Terms',
        "INV-010324": "G/L account 6030 is not defined in General Ledger",
        "INV-010331": 'Terms Code "F36" is inactive.',
    }
    arrived = {row["document_number"]: row["amount"] for row in sage.documents()}
    amounts = {number: row["amount"] for number, row in feed.state().items()}
    assert arrived.items() <= amounts.items()
    assert len(arrived) == len(amounts) - 3


def test_the_clean_scenario_goes_through(start_byondpro, push_all):
    assert push_all(start_byondpro("clean")) == {}


def test_the_clump_is_one_cause_twenty_five_times(start_byondpro, push_all):
    refused = push_all(start_byondpro("clump"))
    assert len(refused) == 25
    assert set(refused.values()) == {"G/L account 6030 is not defined in General Ledger"}


def test_of_generated_invoices_only_the_bad_share_falters(start_byondpro, push_all):
    feed = start_byondpro("empty")
    feed.http.post("/sandbox/generate", json={"invoices": 300, "seed": 5, "bad": 0.1})
    bad = {number for number, row in feed.state().items() if row["terms"] == "F48"}
    refused = push_all(feed)
    assert set(refused) == bad
    assert 10 < len(bad) < 60
