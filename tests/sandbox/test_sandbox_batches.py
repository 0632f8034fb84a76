"""Invoice batches: what is stored, what is refused, what a refusal leaves, posting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

BATCHES = "AR/ARInvoiceBatches"
YEAR = datetime.now(UTC).year  # the calendar holds this year and its neighbours


def problem(answer):
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]["value"]


def test_a_batch_is_stored_and_answered_whole(sage, make_batch):
    answer = sage.post(BATCHES, make_batch(InvoiceDescription="Lawn grave"))
    assert answer.status_code == 201
    batch = answer.json()
    stored = sage.get(f"{BATCHES}({batch['BatchNumber']})").json()
    assert stored.pop("@odata.context").endswith("#ARInvoiceBatches/$entity")
    assert stored == batch
    entry = batch["Invoices"][0]
    line = entry["InvoiceDetails"][0]
    assert (batch["BatchNumber"], batch["NumberOfEntries"], batch["BatchTotal"]) == (1, 1, 3760.0)
    assert (entry["EntryNumber"], entry["DocumentNumber"]) == (1, "INV-1")
    assert (line["LineNumber"], line["TaxAmount1"]) == (20, 341.82)
    assert (entry["DocumentTotalIncludingTax"], entry["TaxTotal"]) == (3760.0, 341.82)
    assert entry["NumberOfScheduledPayments"] == 1


def test_lines_are_numbered_by_twenties_and_a_document_number_is_assigned(sage, make_batch):
    lines = [{"RevenueAccount": "4030", "ExtendedAmountWithTIP": n} for n in (10, 20, 30)]
    entry = sage.post(BATCHES, make_batch(DocumentNumber=None, InvoiceDetails=lines)).json()
    entry = entry["Invoices"][0]
    assert [line["LineNumber"] for line in entry["InvoiceDetails"]] == [20, 40, 60]
    assert entry["DocumentNumber"] == "IN000000000001"


def test_tax_may_be_included_or_come_on_top(sage, make_batch):
    lines = [
        {"RevenueAccount": "4330", "ExtendedAmountWithTIP": 2115.00},
        {"RevenueAccount": "2330", "ExtendedAmountWithTIP": 156.00, "TaxIncluded1": "No"},
        {"RevenueAccount": "2330", "ExtendedAmountWithTIP": 100.00, "TaxClass1": 2},
    ]
    entry = sage.post(BATCHES, make_batch(InvoiceDetails=lines)).json()["Invoices"][0]
    assert entry["DocumentTotalIncludingTax"] == 2115.00 + 171.60 + 100.00
    assert entry["TaxTotal"] == 192.27 + 15.60


@pytest.mark.parametrize(("terms", "payments"), [("F12", 12), ("F24", 24), ("EOM", 1)])
def test_terms_with_a_schedule_make_instalments_that_add_up(sage, make_batch, terms, payments):
    body = make_batch(Terms=terms, DocumentDate=f"{YEAR}-11-23")
    entry = sage.post(BATCHES, body).json()["Invoices"][0]
    rows = entry["InvoicePaymentSchedules"]
    assert entry["NumberOfScheduledPayments"] == len(rows) == payments
    assert round(sum(row["AmountDue"] for row in rows), 3) == 3760.0
    assert rows[0]["DueDate"][:10] == f"{YEAR}-12-{31 if terms == 'EOM' else 1:02d}"


def _without(resource, key, status):
    """How a set-up record is made unusable before the push."""

    def change(sage):
        assert sage.patch(f"{resource}('{key}')", status).status_code == 204

    return change


INACTIVE = {"Status": "Inactive"}


@pytest.mark.parametrize(
    ("entry", "change", "expected"),
    [
        (
            {"CustomerNumber": "NOBODY"},
            None,
            (404, "RecordNotFound", 'Customer Number "NOBODY" is not defined in A/R Customers'),
        ),
        ({"CustomerNumber": None}, None, (409, "FieldInvalid", "Customer Number cannot be blank.")),
        (
            {},
            _without("AR/ARCustomers", "HGH-004512", INACTIVE),
            (409, "General", 'Customer "HGH-004512" is inactive.'),
        ),
        (
            {},
            _without("AR/ARCustomers", "HGH-004512", {"OnHold": "Yes"}),
            (409, "General", 'Customer "HGH-004512" is on hold.'),
        ),
        (
            {"Terms": "F48"},
            None,
            (404, "RecordNotFound", 'Terms Code "F48" is not defined in A/R Terms'),
        ),
        ({"Terms": "F36"}, None, (409, "General", 'Terms Code "F36" is inactive.')),
        (
            {"InvoiceDetails": [{"RevenueAccount": "6030", "ExtendedAmountWithTIP": 1}]},
            None,
            (409, "General", "G/L account 6030 is not defined in General Ledger"),
        ),
        (
            {},
            _without("GL/GLAccounts", "4030", INACTIVE),
            (409, "General", "G/L account 4030 is inactive."),
        ),
        (
            {},
            _without("GL/GLAccounts", "4030", {"PostToAccount": "Prohibited"}),
            (409, "General", "Posting to G/L account 4030 is prohibited."),
        ),
        (
            {"InvoiceDetails": [{"ExtendedAmountWithTIP": 1}]},
            None,
            (409, "FieldInvalid", "Revenue Account cannot be blank."),
        ),
        (
            {"InvoiceDetails": [{"DistributionCode": "X", "ExtendedAmountWithTIP": 1}]},
            None,
            (
                404,
                "RecordNotFound",
                'Distribution Code "X" is not defined in A/R Distribution Codes',
            ),
        ),
        (
            {"InvoiceDetails": [{"RevenueAccount": "4030"}]},
            None,
            (409, "FieldInvalid", "Extended Amount with TIP cannot be blank."),
        ),
        (
            {"InvoiceDetails": [{"RevenueAccount": "4030", "Quantity": 9e15, "Price": 9e15}]},
            None,
            (409, "FieldInvalid", "ExtendedAmountWithTIP is too large."),
        ),
        (
            {"TaxGroup": "NOTAX"},
            None,
            (404, "RecordNotFound", 'Tax Group "NOTAX" is not defined in Tax Services'),
        ),
        (
            {"DocumentDate": "1999-01-01"},
            None,
            (
                409,
                "FieldInvalid",
                "Date 1999-01-01 does not exist in Common Services Fiscal Calendar.",
            ),
        ),
        (
            {"DocumentTotalIncludingTax": 3760.01},
            None,
            (
                409,
                "RecordInvalid",
                "Document total 3760.010 is not equal to the total of its details, 3760.000.",
            ),
        ),
        (
            {"InvoiceDetails": [{"RevenueAccount": "4030", "ExtendedAmountWithTIP": -1}]},
            None,
            (409, "RecordInvalid", "The document total cannot be negative."),
        ),
        (
            {"InvoiceDetails": [{"RevenueAccount": "4030", "ExtendedAmountWithTIP": 1.2345}]},
            None,
            (409, "FieldInvalid", "ExtendedAmountWithTIP cannot have more than 3 decimals."),
        ),
        (
            {"DocumentNumber": "X" * 23},
            None,
            (409, "FieldInvalid", "DocumentNumber cannot be longer than 22."),
        ),
        (
            {"InvoiceDescription": "X" * 61},
            None,
            (409, "FieldInvalid", "InvoiceDescription cannot be longer than 60."),
        ),
        (
            {
                "InvoiceDetails": [
                    {"RevenueAccount": "4030", "ExtendedAmountWithTIP": 1, "Description": "X" * 61}
                ]
            },
            None,
            (409, "FieldInvalid", "Description cannot be longer than 60."),
        ),
        (
            {"InvoicePaymentSchedules": [{"AmountDue": 1}]},
            None,
            (
                409,
                "RecordInvalid",
                "The scheduled payments, 1.000, are not equal to the document total, 3760.000.",
            ),
        ),
    ],
)
def test_an_entry_is_refused_in_sages_words(sage, make_batch, entry, change, expected):
    if change is not None:
        change(sage)
    assert problem(sage.post(BATCHES, make_batch(**entry))) == expected
    assert sage.documents() == []


def test_the_customer_is_looked_at_before_the_terms_and_the_terms_before_the_account(
    sage, make_batch
):
    lines = [{"RevenueAccount": "6030", "ExtendedAmountWithTIP": 1}]
    wrong = {"CustomerNumber": "NOBODY", "Terms": "F48", "InvoiceDetails": lines}
    assert "Customer" in problem(sage.post(BATCHES, make_batch(**wrong)))[2]
    del wrong["CustomerNumber"]
    assert "Terms" in problem(sage.post(BATCHES, make_batch(**wrong)))[2]


@pytest.mark.parametrize(
    "variant", ["RecordNotFound/404", "RecordNotFound/409", "FieldInvalid/409"]
)
def test_how_a_missing_code_is_answered_can_be_switched(sage, make_batch, variant):
    sage.faults(variants={"missing_code": variant})
    status, code, text = problem(sage.post(BATCHES, make_batch(Terms="F48")))
    assert f"{code}/{status}" == variant
    assert text == 'Terms Code "F48" is not defined in A/R Terms'


def test_an_unknown_property_anywhere_stores_nothing_at_all(sage, make_batch):
    body = make_batch(InvoiceDetails=[{"RevenueAcount": "4030"}])
    status, code, text = problem(sage.post(BATCHES, body))
    assert (status, code) == (400, "InvalidPayload")
    assert "'RevenueAcount'" in text
    assert sage.get(BATCHES).json()["value"] == []


def _three(make_batch, third="F48"):
    body = make_batch(DocumentNumber="A")
    body["Invoices"] += make_batch(DocumentNumber="B")["Invoices"]
    body["Invoices"] += make_batch(DocumentNumber="C", Terms=third)["Invoices"]
    return body


def test_a_refused_batch_stays_open_with_the_entries_before_the_error(sage, make_batch):
    assert sage.post(BATCHES, _three(make_batch)).status_code == 404
    left = sage.get(BATCHES, filter="Description eq 'token'").json()["value"]
    assert [entry["DocumentNumber"] for entry in left[0]["Invoices"]] == ["A", "B"]
    assert (left[0]["BatchStatus"], left[0]["NumberOfEntries"]) == ("Open", 2)
    assert left[0]["BatchTotal"] == 7520.0


def test_a_refused_first_entry_leaves_an_empty_batch_under_our_description(sage, make_batch):
    sage.post(BATCHES, make_batch(Terms="F48"))
    left = sage.get(BATCHES, filter="Description eq 'token'").json()["value"]
    assert [(batch["BatchStatus"], batch["Invoices"]) for batch in left] == [("Open", [])]


def test_the_clean_variant_leaves_nothing(sage, make_batch):
    sage.faults(variants={"leftovers": "clean"})
    assert sage.post(BATCHES, _three(make_batch)).status_code == 404
    assert sage.get(BATCHES).json()["value"] == []


def test_the_same_document_twice_is_accepted_at_entry(sage, make_batch):
    assert sage.post(BATCHES, make_batch()).status_code == 201
    assert sage.post(BATCHES, make_batch()).status_code == 201
    assert [row["document_number"] for row in sage.documents()] == ["INV-1", "INV-1"]


def test_the_refusing_variant_knows_unposted_and_posted_documents(sage, make_batch):
    sage.faults(variants={"duplicate_at_entry": "refuse"})
    assert sage.post(BATCHES, make_batch()).status_code == 201
    expected = (
        409,
        "FieldInvalid",
        "Document number 'INV-1' for customer HGH-004512 already exists.",
    )
    assert problem(sage.post(BATCHES, make_batch())) == expected
    _post(sage, 1)
    assert problem(sage.post(BATCHES, make_batch())) == expected
    other = make_batch(CustomerNumber="CVM-002201")
    assert sage.post(BATCHES, other).status_code == 201


def _post(sage, number):
    ready = sage.patch(f"{BATCHES}({number})", {"BatchStatus": "ReadyToPost"})
    assert (ready.status_code, ready.content) == (204, b"")
    body = {"PostAllBatches": "Donotpostallbatches", "PostBatchFrom": number, "PostBatchTo": number}
    posted = sage.post("AR/ARPostInvoices('$process')", body)
    assert (posted.status_code, posted.content) == (204, b"")


def test_a_posted_document_is_found_by_its_key(sage, make_batch):
    sage.post(BATCHES, make_batch())
    key = "AR/ARPostedDocuments(CustomerNumber='HGH-004512',DocumentNumber='INV-1')"
    assert sage.get(key).status_code == 404
    _post(sage, 1)
    found = sage.get(key).json()
    assert (found["BatchNumber"], found["EntryNumber"], found["FullyPaid"]) == (1, 1, "No")
    feed = sage.get(
        "AR/ARPostedDocuments", filter="DocumentNumber eq 'INV-1' and FullyPaid eq '0'"
    ).json()
    assert len(feed["value"]) == 1
    batch = sage.get(f"{BATCHES}(1)").json()
    assert (batch["BatchStatus"], batch["NumberOfErrors"]) == ("Posted", 0)


def test_posting_moves_a_duplicate_to_an_error_batch(sage, make_batch):
    for _ in range(2):
        sage.post(BATCHES, make_batch())
    _post(sage, 1)
    _post(sage, 2)
    batches = sage.get(BATCHES).json()["value"]
    assert [b["BatchStatus"] for b in batches] == ["Posted", "Posted", "Open"]
    assert (batches[1]["NumberOfErrors"], batches[2]["BatchType"]) == (1, "Generated")
    assert batches[1]["Invoices"][0]["ErrorBatch"] == 3
    assert "already exists" in sage.web.get("/batches/3").text


def test_a_warning_lets_an_account_through_until_posting(sage, make_batch):
    sage.patch("CS/CSCompanyProfile('SERDAT')", {"NonexistentGLAccount": "Warning"})
    lines = [{"RevenueAccount": "6030", "ExtendedAmountWithTIP": 3100}]
    assert sage.post(BATCHES, make_batch(InvoiceDetails=lines)).status_code == 201
    _post(sage, 1)
    assert sage.get(f"{BATCHES}(1)").json()["NumberOfErrors"] == 1


def test_a_locked_period_is_an_error(sage, make_batch):
    sage.post(BATCHES, make_batch(DocumentNumber="BEFORE"))
    today = sage.get(f"{BATCHES}(1)").json()["BatchDate"][:7]
    sage.faults(locked_periods=[today])
    status, code, text = problem(sage.post(BATCHES, make_batch()))
    assert (status, code) == (409, "General")
    assert "is locked for Accounts Receivable" in text


def test_terms_deleted_since_do_not_disturb_posting(sage, make_batch):
    sage.post(BATCHES, make_batch())
    sage.patch("AR/ARTerms('IMM')", {"Status": "Inactive"})
    _post(sage, 1)
    assert sage.get(f"{BATCHES}(1)").json()["NumberOfErrors"] == 0


def test_a_batch_ready_to_post_cannot_be_edited_but_reopened(sage, make_batch):
    sage.post(BATCHES, make_batch() | {"BatchStatus": "ReadyToPost"})
    assert sage.get(f"{BATCHES}(1)").json()["BatchStatus"] == "ReadyToPost"
    refused = problem(sage.patch(f"{BATCHES}(1)", {"Description": "other"}))
    assert refused[:2] == (409, "General")
    assert "Ready To Post" in refused[2]
    assert sage.patch(f"{BATCHES}(1)", {"BatchStatus": "Open"}).status_code == 204
    assert sage.patch(f"{BATCHES}(1)", {"Description": "other"}).status_code == 204


def test_a_deleted_batch_is_out_of_the_count_and_stays_deleted(sage, make_batch):
    sage.post(BATCHES, make_batch())
    assert sage.patch(f"{BATCHES}(1)", {"BatchStatus": "Deleted"}).status_code == 204
    assert sage.documents() == []
    assert sage.get(f"{BATCHES}(1)").json()["BatchStatus"] == "Deleted"
    assert problem(sage.patch(f"{BATCHES}(1)", {"BatchStatus": "Open"}))[0] == 409


def test_patch_adds_changes_and_deletes_entries(sage, make_batch):
    sage.post(BATCHES, make_batch())
    added = make_batch(DocumentNumber="INV-2")["Invoices"]
    assert sage.patch(f"{BATCHES}(1)", {"Invoices": added}).status_code == 204
    plan = {"EntryNumber": 2, "Terms": "F12", "UpdateOperation": "Update"}
    assert sage.patch(f"{BATCHES}(1)", {"Invoices": [plan]}).status_code == 204
    entries = sage.get(f"{BATCHES}(1)").json()["Invoices"]
    assert [entry["NumberOfScheduledPayments"] for entry in entries] == [1, 12]
    rows = [{"PaymentNumber": 1, "AmountDue": 1760.0, "DueDate": "2026-12-05"}]
    rows += [{"PaymentNumber": 2, "AmountDue": 2000.0}]
    rows += [{"PaymentNumber": n, "UpdateOperation": "Delete"} for n in range(3, 13)]
    change = {"EntryNumber": 2, "InvoicePaymentSchedules": rows}
    assert sage.patch(f"{BATCHES}(1)", {"Invoices": [change]}).status_code == 204
    gone = {"EntryNumber": 1, "UpdateOperation": "Delete"}
    assert sage.patch(f"{BATCHES}(1)", {"Invoices": [gone]}).status_code == 204
    batch = sage.get(f"{BATCHES}(1)").json()
    assert (batch["NumberOfEntries"], batch["BatchTotal"]) == (1, 3760.0)
    assert batch["Invoices"][0]["NumberOfScheduledPayments"] == 2


def test_the_dump_tells_batch_and_entry_descriptions_apart(sage, make_batch):
    sage.post(BATCHES, make_batch(InvoiceDescription="Lawn grave"))
    (row,) = sage.documents()
    assert [part["amount"] for part in row.pop("schedule")] == ["3760.00"]
    assert row.pop("date") == datetime.now(UTC).date().isoformat()
    assert [row] == [
        {
            "kind": "invoice",
            "document_number": "INV-1",
            "customer": "HGH-004512",
            "batch": 1,
            "entry": 1,
            "description": "Lawn grave",
            "batch_description": "token",
            "amount": "3760.00",
            "terms": "IMM",
            "batch_status": "Open",
            "sequence": 1,
            "posting_error": None,
            "applies_to": [],
        }
    ]


def test_pushes_at_the_same_time_get_a_batch_each(sage, make_batch):
    def push(number):
        return sage.post(BATCHES, make_batch(DocumentNumber=f"D{number}")).json()["BatchNumber"]

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(push, range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert len({row["document_number"] for row in sage.documents()}) == 40


def test_posting_twice_at_once_is_a_conflict(sage, make_batch):
    sage.post(BATCHES, make_batch() | {"BatchStatus": "ReadyToPost"})
    every = {"PostAllBatches": "Postallbatches"}
    with sage.app.state.posting:
        status, code, text = problem(sage.post("AR/ARPostInvoices('$process')", every))
    assert (status, code) == (409, "General")
    assert "Processing conflict" in text
    assert sage.post("AR/ARPostInvoices('$process')", every).status_code == 204
    assert sage.get(f"{BATCHES}(1)").json()["BatchStatus"] == "Posted"


@pytest.mark.parametrize(
    "terms",
    [
        {"TermsPaymentSchedules": [{}, {"PercentDue": 20}], "UsePaymentSchedule": "Yes"},
        {"DueDateType": "DayOfNextMonth", "DayOfMonth": -5},
        {"NumberOfDays": 999_999_999},
        {"DueDateType": "DueDateTable"},
        {"TermsPaymentSchedules": None},
    ],
)
def test_odd_terms_still_make_a_schedule_that_adds_up(sage, make_batch, terms):
    assert sage.post("AR/ARTerms", {"TermsCode": "ODD"} | terms).status_code == 201
    answer = sage.post(BATCHES, make_batch(Terms="ODD"))
    assert answer.status_code == 201
    rows = answer.json()["Invoices"][0]["InvoicePaymentSchedules"]
    assert sum(row["AmountDue"] for row in rows) == 3760.0
