"""G/L journals: padded numbers, balance, accounts, posting; and the other set-up resources."""

import pytest

JOURNALS = "GL/GLJournalBatches"


def problem(answer):
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]["value"]


def journal(*rows, **header):
    rows = rows or (("2560", 281.82), ("6010", -281.82))
    details = [
        {"AccountNumber": account, "Amount": amount, "Description": "d", "Reference": "JE-1"}
        for account, amount in rows
    ]
    entry = {"SourceLedger": "GL", "SourceType": "JE", "DocumentDate": "2026-03-05"}
    return {
        "Description": "token",
        "JournalHeaders": [entry | {"JournalDetails": details} | header],
    }


def test_a_journal_is_stored_under_padded_numbers(sage):
    batch = sage.post(JOURNALS, journal()).json()
    stored = sage.get(f"{JOURNALS}('000001')").json()
    stored.pop("@odata.context")
    assert stored == batch
    entry = batch["JournalHeaders"][0]
    assert (batch["BatchNumber"], entry["EntryNumber"]) == ("000001", "00001")
    assert [row["TransactionNumber"] for row in entry["JournalDetails"]] == [
        "0000000020",
        "0000000040",
    ]
    assert (batch["Debits"], batch["Credits"]) == (281.82, 281.82)
    assert (entry["FiscalYear"], entry["FiscalPeriod"]) == ("2026", "03")
    (row,) = sage.documents()
    assert (row["kind"], row["document_number"], row["amount"]) == ("journal", "JE-1", "281.82")
    assert row["lines"][1] == {"account": "6010", "amount": "-281.82"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            journal(("2560", 10), ("6010", -9)),
            "The entry is out of balance: debits 10.000, credits 9.000.",
        ),
        (journal(("9999", 1), ("6010", -1)), "G/L account 9999 is not defined in General Ledger"),
        (
            journal(SourceType="XX"),
            'Source Code "GL-XX" is not defined in G/L Source Codes',
        ),
        (
            journal(DocumentDate="1999-01-01"),
            "Date 1999-01-01 does not exist in Common Services Fiscal Calendar.",
        ),
        (journal(JournalDetails=[]), "A journal entry has to have details."),
        (journal(Description="x" * 61), "Description cannot be longer than 60."),
        (
            journal(JournalDetails=[{"AccountNumber": "4030"}]),
            "Amount cannot be blank.",
        ),
        (journal(JournalDetails=[{"Amount": 1}]), "Account Number cannot be blank."),
    ],
)
def test_a_journal_is_refused(sage, body, text):
    assert problem(sage.post(JOURNALS, body))[2] == text


def test_an_account_that_is_inactive_or_closed_to_posting_is_refused(sage):
    sage.patch("GL/GLAccounts('2560')", {"Status": "Inactive"})
    assert problem(sage.post(JOURNALS, journal()))[2] == "G/L account 2560 is inactive."
    sage.patch("GL/GLAccounts('2560')", {"Status": "Active", "PostToAccount": "Prohibited"})
    assert "prohibited" in problem(sage.post(JOURNALS, journal()))[2]
    # the company profile speaks of subledgers
    sage.patch("CS/CSCompanyProfile('SERDAT')", {"NonexistentGLAccount": "Ignore"})
    assert sage.post(JOURNALS, journal(("9999", 1), ("6010", -1))).status_code == 409


def test_a_period_locked_for_gl_is_not_locked_for_ar(sage, make_batch):
    sage.faults(locked_periods=["GL:2026-03"])
    assert "is locked for General Ledger" in problem(sage.post(JOURNALS, journal()))[2]
    invoice = make_batch(DocumentDate="2026-03-05")
    assert sage.post("AR/ARInvoiceBatches", invoice).status_code == 201


@pytest.mark.parametrize("ready", [{"ReadyToPost": "Yes"}, {"Status": "ReadyToPost"}])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_journal_is_posted_by_either_switch(sage, ready, at_once):
    sage.post(JOURNALS, journal() | (ready if at_once else {}))
    if not at_once:
        assert sage.patch(f"{JOURNALS}('000001')", ready).status_code == 204
    batch = sage.get(f"{JOURNALS}('000001')").json()
    assert (batch["Status"], batch["ReadyToPost"]) == ("ReadyToPost", "Yes")
    span = {"PostBatchFrom": "000001", "PostBatchTo": "000001"}
    assert sage.post("GL/GLPostJournal('$process')", span).status_code == 204
    assert sage.get(f"{JOURNALS}('000001')").json()["Status"] == "Posted"
    lines = sage.get("GL/GLPostedTransactions", filter="BatchNumber eq '000001'").json()["value"]
    amounts = {row["AccountNumber"]: row["JournalTransactionAmount"] for row in lines}
    assert amounts == {"2560": 281.82, "6010": -281.82}


def test_a_journal_that_cannot_be_posted_moves_to_an_error_batch(sage):
    sage.post(JOURNALS, journal() | {"ReadyToPost": "Yes"})
    sage.patch("GL/GLAccounts('2560')", {"Status": "Inactive"})
    every = {"PostAllBatches": "Postallbatches"}
    assert sage.post("GL/GLPostJournal('$process')", every).status_code == 204
    first, second = sage.get(JOURNALS).json()["value"]
    assert (first["Status"], first["NumberOfErrors"]) == ("Posted", 1)
    assert (second["Status"], second["JournalBatchType"]) == ("Open", "Generated")
    assert first["JournalHeaders"][0]["ErrorBatch"] == "000002"


def test_a_journal_batch_can_be_reopened_changed_and_deleted(sage):
    sage.post(JOURNALS, journal() | {"ReadyToPost": "Yes"})
    assert sage.patch(f"{JOURNALS}('000001')", {"Description": "x"}).status_code == 409
    assert sage.patch(f"{JOURNALS}('000001')", {"ReadyToPost": "No"}).status_code == 204
    rows = [
        {"TransactionNumber": "0000000020", "Amount": 100},
        {"TransactionNumber": "0000000040", "Amount": -100},
    ]
    for row in rows:
        row["SourceCurrencyAmount"] = row["Amount"]
    change = {"EntryNumber": "00001", "JournalDetails": rows}
    assert sage.patch(f"{JOURNALS}('000001')", {"JournalHeaders": [change]}).status_code == 204
    assert sage.get(f"{JOURNALS}('000001')").json()["Debits"] == 100
    assert sage.patch(f"{JOURNALS}('000001')", {"Status": "Deleted"}).status_code == 204
    assert sage.documents() == []
    assert sage.get(f"{JOURNALS}('x')").status_code == 404


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("AR/ARPaymentCodes('VISA')", "Status"),
        ("BK/BKBanks('CBA')", "Description"),
        ("AR/ARDistributionCodes('C100')", "RevenueAccount"),
        ("AR/ARItems('M-6000')", "Description"),
        ("GL/GLSourceCodes('GL','JE')", "Description"),
    ],
)
def test_the_other_set_ups_are_found_by_key(quiet_sage, address, field):
    assert quiet_sage.get(address).json()[field]


def test_a_line_takes_its_account_from_its_distribution_code_or_item(sage, make_batch):
    line = {"DistributionCode": "C600", "ExtendedAmountWithTIP": 100}
    made = sage.post("AR/ARInvoiceBatches", make_batch(InvoiceDetails=[line]))
    assert made.json()["Invoices"][0]["InvoiceDetails"][0]["RevenueAccount"] == "6000"
    item = {"ItemNumber": "M-6000", "Quantity": 1, "Price": 3100}
    body = make_batch(InvoiceType="Item", InvoiceDetails=[item])
    entry = sage.post("AR/ARInvoiceBatches", body).json()["Invoices"][0]
    assert entry["TransactionType"] == "InvoiceItemEntered"
    assert entry["InvoiceDetails"][0]["RevenueAccount"] == "6000"
    body = make_batch(InvoiceType="Item", InvoiceDetails=[item | {"ItemNumber": "NO"}])
    text = problem(sage.post("AR/ARInvoiceBatches", body))[2]
    assert text == 'Item Number "NO" is not defined in A/R Items'


CUSTOMER = {"CustomerNumber": "HGH-009001", "CustomerName": "Ada Lind", "GroupCode": "FAMILY"}


def test_a_customer_in_full(sage):
    more = {
        "AddressLine1": "1 Elm Street",
        "AddressLine2": "Unit 2",
        "City": "Wattle Creek",
        "StateProvince": "NSW",
        "ZipPostalCode": "2570",
        "Country": "Australia",
        "PhoneNumber": "02 5550 1234",
        "Email": "ada@example.com",
        "Terms": "F12",
        "TaxClassCode1": 2,
        "CustomerOptionalFieldValues": [{"OptionalField": "BOOKING", "Value": "10319"}],
    }
    made = sage.post("AR/ARCustomers", CUSTOMER | more)
    assert made.status_code == 201
    found = sage.get("AR/ARCustomers('HGH-009001')").json()
    assert {name: found[name] for name in more.keys() - {"CustomerOptionalFieldValues"}} == {
        name: more[name] for name in more.keys() - {"CustomerOptionalFieldValues"}
    }
    assert (found["AccountSet"], found["TaxGroup"], found["ShortName"]) == ("AR", "ATO", "Ada Lind")
    again = sage.post("AR/ARCustomers", CUSTOMER)
    assert problem(again)[:2] == (409, "RecordDuplicate")
    assert [row["kind"] for row in sage.documents()] == ["customer"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"GroupCode": "NONE"}, 'Customer Group "NONE" is not defined in A/R Customer Groups'),
        ({"GroupCode": None}, "Customer Group cannot be blank."),
        ({"Terms": "F48"}, 'Terms Code "F48" is not defined in A/R Terms'),
        ({"Terms": "F36"}, 'Terms Code "F36" is inactive.'),
        ({"TaxGroup": "NO"}, 'Tax Group "NO" is not defined in Tax Services'),
        ({"AccountSet": "NO"}, 'Account Set "NO" is not defined in A/R Account Sets'),
        ({"CustomerNumber": "X" * 13}, "CustomerNumber cannot be longer than 12."),
        ({"CustomerName": "x" * 61}, "CustomerName cannot be longer than 60."),
    ],
)
def test_a_customer_is_refused(sage, change, expected):
    assert problem(sage.post("AR/ARCustomers", CUSTOMER | change))[2] == expected
    assert sage.documents() == []


def test_a_patched_customer_is_checked_too(sage):
    sage.post("AR/ARCustomers", CUSTOMER)
    wrong = sage.patch("AR/ARCustomers('HGH-009001')", {"Terms": "F48"})
    assert wrong.status_code == 404
    assert sage.patch("AR/ARCustomers('HGH-009001')", {"City": "Bega"}).status_code == 204
    assert sage.get("AR/ARCustomers('HGH-009001')").json()["City"] == "Bega"


# the payloads of the vendor's samples and of integrations in use, as they are published

SET_UP = [
    ("AR/ARCustomerGroups", {"GroupCode": "RTL", "Terms": "IMM", "TaxGroup": "ATO"}),
    ("AR/ARDistributionCodes", {"DistributionCodeKey": "CACCSE", "RevenueAccount": "4030"}),
    ("AR/ARDistributionCodes", {"DistributionCodeKey": "DESK", "RevenueAccount": "4030"}),
    ("BK/BKBanks", {"BankCode": "BANK1"}),
    ("GL/GLAccounts", {"UnformattedAccount": "9999"}),
    ("GL/GLAccounts", {"UnformattedAccount": "1000"}),
    ("AR/ARCustomers", {"CustomerNumber": "1400", "GroupCode": "FAMILY"}),
    ("AR/ARCustomers", {"CustomerNumber": "C1", "GroupCode": "FAMILY"}),
    (
        "AR/ARInvoiceBatches",
        {
            "Invoices": [
                {
                    "CustomerNumber": "C1",
                    "DocumentNumber": "INV-1",
                    "InvoiceDetails": [{"RevenueAccount": "4030", "ExtendedAmountWithTIP": 100}],
                }
            ]
        },
    ),
]
SAMPLES = [
    # its tax group CALIF cannot be made over the Web API: ours stands in
    (
        "AR/ARCustomers",
        {
            "CustomerNumber": "Z_POSTMAN",
            "GroupCode": "RTL",
            "TaxGroup": "ATO",
            "ShortName": "Old Name",
        },
    ),
    (
        "AR/ARInvoiceBatches",
        {
            "BatchDate": "2024-11-15",
            "BatchStatus": "Open",
            "Description": "Test Multi Entry",
            "Invoices": [
                {
                    "CustomerNumber": "1400",
                    "DocumentType": "Invoice",
                    "InvoiceType": "Summary",
                    "DocumentDate": "2024-11-15",
                    "DueDate": "2024-11-15",
                    "InvoiceDetails": [
                        {"DistributionCode": "CACCSE", "ExtendedAmountWithTIP": 200}
                    ],
                }
            ],
        },
    ),
    (
        "AR/ARReceiptAndAdjustmentBatches",
        {
            "BatchRecordType": "CA",
            "BankCode": "BANK1",
            "Description": "...",
            "ReceiptsAdjustments": [
                {
                    "BatchType": "CA",
                    "CustomerNumber": "C1",
                    "BankCode": "BANK1",
                    "ReceiptTransactionType": "Receipt",
                    "AppliedReceiptsAdjustments": [
                        {
                            "BatchType": "CA",
                            "CustomerNumber": "C1",
                            "DocumentNumber": "INV-1",
                            "PaymentNumber": 1,
                            "ReceiptTransactionType": "Receipt",
                            "CustomerReceiptAmount": 100.0,
                        }
                    ],
                }
            ],
        },
    ),
    (
        "AR/ARReceiptAndAdjustmentBatches",
        {
            "BatchRecordType": "AD",
            "ReceiptsAdjustments": [
                {
                    "CustomerNumber": "C1",
                    "AppliedReceiptsAdjustments": [
                        {
                            "DocumentNumber": "INV-1",
                            "CustomerReceiptAmount": 1,
                            "AdjustmentGLDistributions": [
                                {
                                    "TransactionType": 81,
                                    "DistributionAmount": -1,
                                    "DistributionCode": "DESK",
                                    "DistributionGLAccount": "4030",
                                }
                            ],
                        }
                    ],
                }
            ],
        },
    ),
    (
        "GL/GLJournalBatches",
        {
            "Description": "gl journal entry",
            "JournalHeaders": [
                {
                    "SourceLedger": "GL",
                    "SourceType": "JE",
                    "Description": "entry 1",
                    "DocumentDate": "2020-01-05",
                    "JournalDetails": [
                        {
                            "AccountNumber": "9999",
                            "Amount": 30,
                            "SourceCurrencyAmount": 30,
                            "Description": "desc",
                            "Reference": "ref",
                        },
                        {"AccountNumber": "1000", "Amount": -30, "SourceCurrencyAmount": -30},
                    ],
                }
            ],
        },
    ),
]
SERVICES = [
    (
        "ARPostInvoices",
        {"PostAllBatches": "Donotpostallbatches", "PostBatchFrom": 75, "PostBatchTo": 75}
        | {"ActionSelector": "string", "UpdateOperation": "Unspecified"},
    ),
    (
        "ARPostReceiptsAndAdjustments",
        {"BatchType": "CA", "PostAllBatches": "Donotpostallbatches"}
        | {"PostBatchFrom": 12, "PostBatchTo": 12},
    ),
    (
        "ARPostRefunds",
        {"PostAllBatches": "Donotpostallbatches", "PostBatchFrom": 75, "PostBatchTo": 75},
    ),
]


def test_published_payloads_are_accepted_as_they_stand(sage):
    for resource, body in SET_UP + SAMPLES:
        answer = sage.post(resource, body)
        assert answer.status_code == 201, (resource, answer.text)
    for service, body in SERVICES:
        assert sage.post(f"AR/{service}('$process')", body).status_code == 204


@pytest.mark.parametrize(
    "resource",
    [
        "AR/ARReceiptAndAdjustmentBatches",
        "AR/ARRefundBatches",
        "GL/GLJournalBatches",
        "AR/ARPostRefunds",
        "GL/GLPostJournal",
        "AR/ARCustomers",
    ],
)
def test_a_template_names_every_property(quiet_sage, resource):
    answer = quiet_sage.post(f"{resource}('$template')", {})
    assert answer.status_code == 200
    assert "UpdateOperation" in answer.json()


def test_metadata_of_the_new_modules(quiet_sage):
    assert "RefundEntries" in quiet_sage.get("AR/$metadata").text
    assert "JournalHeaders" in quiet_sage.get("GL/$metadata").text
    assert "BKBanks" in quiet_sage.get("BK/$metadata").text


def test_a_file_of_the_first_sandbox_is_taken_over(tmp_path, start_sage, make_batch):
    import json
    import sqlite3

    entry = {"BatchNumber": 7, "EntryNumber": 1, "CustomerNumber": "HGH-004512"}
    entry |= {"DocumentNumber": "OLD-1", "DocumentType": "Invoice", "Terms": "IMM"}
    entry |= {"DocumentTotalIncludingTax": 5.0, "InvoicePaymentSchedules": []}
    entry |= {"DocumentDate": "2026-01-01T00:00:00Z"}
    batch = {"BatchNumber": 7, "Description": "old", "BatchStatus": "Open"}
    with sqlite3.connect(tmp_path / "sage300.sqlite") as old:
        old.executescript(
            "CREATE TABLE batch (number INTEGER PRIMARY KEY AUTOINCREMENT, description TEXT,"
            " status TEXT, body TEXT);"
            "CREATE TABLE entry (batch INTEGER, entry INTEGER, customer TEXT,"
            " document_number TEXT, body TEXT);"
        )
        row = (7, "old", "Open", json.dumps(batch))
        old.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", row)
        row = (7, 1, "HGH-004512", "OLD-1", json.dumps(entry))
        old.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", row)
    old.close()
    sage = start_sage()
    assert [row["document_number"] for row in sage.documents()] == ["OLD-1"]
    assert sage.post("AR/ARInvoiceBatches", make_batch()).json()["BatchNumber"] == 8
