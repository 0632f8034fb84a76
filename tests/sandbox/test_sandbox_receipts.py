"""Receipts, adjustments and refunds: what is stored, what is refused, what posting does."""

import pytest

RECEIPTS = "AR/ARReceiptAndAdjustmentBatches"
REFUNDS = "AR/ARRefundBatches"
INVOICES = "AR/ARInvoiceBatches"
ONE = f"{RECEIPTS}(BatchRecordType='CA',BatchNumber=1)"


def problem(answer):
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]["value"]


def receipt(*, description="token", batch=None, applied=None, **entry):
    """A receipt batch with one receipt for INV-1, unless told otherwise."""
    rows = [{"CustomerNumber": "HGH-004512", "DocumentNumber": "INV-1", "PaymentNumber": 1}]
    rows[0] |= {"ReceiptTransactionType": "Receipt", "CustomerReceiptAmount": 1000.0}
    body = {
        "BatchType": "CA",
        "CustomerNumber": "HGH-004512",
        "BankCode": "CBA",
        "CheckReceiptNumber": "RC-1",
        "PaymentCode": "VISA",
        "ReceiptTransactionType": "Receipt",
        "AppliedReceiptsAdjustments": rows if applied is None else applied,
    }
    whole = {"BatchRecordType": "CA", "BankCode": "CBA", "Description": description}
    return whole | (batch or {}) | {"ReceiptsAdjustments": [body | entry]}


def refund(**entry):
    detail = {"DocumentNumber": "CN-1", "PaymentType": "Cash", "AmountCustomer": 500.0}
    body = {
        "CustomerNumber": "HGH-004512",
        "DocumentNumber": "RF-1",
        "CashBankAccount": "CBA",
        "RefundDetails": [detail],
    }
    return {"BatchDescription": "token", "RefundEntries": [body | entry]}


@pytest.fixture
def invoiced(sage, make_batch):
    """A Sage that holds INV-1 in an open batch."""
    assert sage.post(INVOICES, make_batch()).status_code == 201
    return sage


@pytest.fixture
def credited(invoiced, make_batch):
    """INV-1 with its credit note CN-1."""
    credit = make_batch(DocumentNumber="CN-1", DocumentType="CreditNote", ApplytoDocument="INV-1")
    assert invoiced.post(INVOICES, credit).status_code == 201
    return invoiced


def post(sage, resource, service, number, **more):
    key = f"(BatchRecordType='CA',BatchNumber={number})" if "Receipt" in resource else f"({number})"
    ready = sage.patch(f"{resource}{key}", {"BatchStatus": "ReadyToPost"})
    assert (ready.status_code, ready.content) == (204, b"")
    span = {"PostAllBatches": "Donotpostallbatches", "PostBatchFrom": number, "PostBatchTo": number}
    posted = sage.post(f"AR/{service}('$process')", span | more)
    assert (posted.status_code, posted.content) == (204, b"")


def test_a_receipt_is_stored_and_answered_whole(invoiced):
    dates = {"BatchDate": "2026-03-05", "DepositDate": "2026-03-05"}
    entry = {"ReceiptDateAdjustmentDate": "2026-03-05", "PostingDate": "2026-03-05"}
    answer = invoiced.post(RECEIPTS, receipt(batch=dates, **entry))
    assert answer.status_code == 201
    batch = answer.json()
    stored = invoiced.get(ONE).json()
    assert stored.pop("@odata.context").endswith("#ARReceiptAndAdjustmentBatches/$entity")
    assert stored == batch
    (entry,) = batch["ReceiptsAdjustments"]
    days = {batch["BatchDate"], batch["DepositDate"], entry["PostingDate"]}
    assert days | {entry["ReceiptDateAdjustmentDate"]} == {"2026-03-05T00:00:00Z"}
    assert (batch["BatchRecordType"], batch["BatchNumber"], batch["BatchTotal"]) == ("CA", 1, 1000)
    assert (entry["BankReceiptAmount"], entry["FiscalPeriod"]) == (1000, 3)
    assert entry["DocumentNumber"] == "PY000000000001"
    assert entry["AppliedReceiptsAdjustments"][0]["LineNumber"] == 20


def test_the_dump_names_a_receipt_by_what_the_client_called_it(invoiced):
    invoiced.post(RECEIPTS, receipt())
    row = invoiced.documents()[1]
    assert (row["kind"], row["document_number"], row["amount"]) == ("receipt", "RC-1", "1000.00")
    assert row["applies_to"] == ["INV-1"]
    own = receipt(DocumentNumber="RC-2", CheckReceiptNumber="004711")
    assert invoiced.post(RECEIPTS, own).status_code == 201
    assert invoiced.documents()[2]["document_number"] == "RC-2"
    assert invoiced.documents()[2]["carries"]["CheckReceiptNumber"] == "004711"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            receipt(BankCode="NOBANK"),
            (404, "RecordNotFound", 'Bank "NOBANK" is not defined in Bank Services'),
        ),
        (
            receipt(PaymentCode="BPAY"),
            (404, "RecordNotFound", 'Payment Code "BPAY" is not defined in A/R Payment Codes'),
        ),
        (
            receipt(applied=[{"DocumentNumber": "INV-9", "CustomerReceiptAmount": 1}]),
            (404, "RecordNotFound", 'Document Number "INV-9" does not exist.'),
        ),
        (
            receipt(CustomerNumber="NOBODY"),
            (404, "RecordNotFound", 'Customer Number "NOBODY" is not defined in A/R Customers'),
        ),
        (
            receipt(ReceiptDateAdjustmentDate="1999-01-01"),
            (
                409,
                "FieldInvalid",
                "Date 1999-01-01 does not exist in Common Services Fiscal Calendar.",
            ),
        ),
        (
            receipt(applied=[{"DocumentNumber": "INV-1", "CustomerReceiptAmount": 4000}]),
            (
                409,
                "RecordInvalid",
                "The amount applied, 4000.000, is more than document INV-1 was made out for,"
                " 3760.000.",
            ),
        ),
        (
            receipt(BankReceiptAmount=900),
            (
                409,
                "RecordInvalid",
                "The amount applied, 1000.000, is more than the receipt amount, 900.000.",
            ),
        ),
        (
            receipt(applied=[]),
            (409, "RecordInvalid", "A receipt has to be applied to a document."),
        ),
        (
            receipt(batch={"BatchRecordType": None}),
            (409, "FieldInvalid", "Batch Record Type cannot be blank."),
        ),
        (
            receipt(batch={"BatchRecordType": "XX"}),
            (409, "FieldInvalid", "Batch Record Type is CA or AD."),
        ),
        (
            receipt(CheckReceiptNumber="x" * 25),
            (409, "FieldInvalid", "CheckReceiptNumber cannot be longer than 24."),
        ),
        (
            receipt(description="x" * 61),
            (409, "FieldInvalid", "Description cannot be longer than 60."),
        ),
    ],
)
def test_a_receipt_is_refused_in_sages_words(invoiced, body, expected):
    assert problem(invoiced.post(RECEIPTS, body)) == expected
    assert len(invoiced.documents()) == 1


def test_an_inactive_payment_code_or_bank_is_refused(invoiced):
    for resource, code, thing in (
        ("AR/ARPaymentCodes", "VISA", "Payment Code"),
        ("BK/BKBanks", "CBA", "Bank"),
    ):
        invoiced.patch(f"{resource}('{code}')", {"Status": "Inactive"})
        assert problem(invoiced.post(RECEIPTS, receipt()))[2] == f'{thing} "{code}" is inactive.'
        invoiced.patch(f"{resource}('{code}')", {"Status": "Active"})
    assert invoiced.post(RECEIPTS, receipt()).status_code == 201


def test_a_receipt_for_a_deleted_invoice_is_refused_and_for_a_posted_one_taken(invoiced):
    invoiced.patch(f"{INVOICES}(1)", {"BatchStatus": "Deleted"})
    assert invoiced.post(RECEIPTS, receipt()).status_code == 404


def test_a_locked_period_refuses_a_back_dated_receipt(invoiced):
    invoiced.faults(locked_periods=["2026-01"])
    late = receipt(ReceiptDateAdjustmentDate="2026-01-15")
    assert "is locked for Accounts Receivable" in problem(invoiced.post(RECEIPTS, late))[2]
    invoiced.patch("CS/CSCompanyProfile('SERDAT')", {"LockedFiscalPeriod": "Warning"})
    assert invoiced.post(RECEIPTS, late).status_code == 201


def test_a_lock_of_the_calendars_page_is_of_one_module(invoiced):
    form = {"period": "GL:2026-01", "locked": "Yes"}
    assert invoiced.web.post("/calendar", data=form).status_code == 303
    late = receipt(ReceiptDateAdjustmentDate="2026-01-15")
    assert invoiced.post(RECEIPTS, late).status_code == 201
    invoiced.web.post("/calendar", data={"period": "AR:2026-01", "locked": "Yes"})
    assert invoiced.post(RECEIPTS, late).status_code == 409
    invoiced.web.post("/calendar", data={"period": "AR:2026-01", "locked": "No"})
    assert invoiced.post(RECEIPTS, late).status_code == 201
    assert (
        invoiced.web.post("/calendar", data={"period": "XX:1", "locked": "No"}).status_code == 404
    )


def test_posting_a_receipt_takes_it_off_the_invoices_balance(invoiced):
    post(invoiced, INVOICES, "ARPostInvoices", 1)
    invoiced.post(RECEIPTS, receipt())
    post(invoiced, RECEIPTS, "ARPostReceiptsAndAdjustments", 1, BatchType="CA")
    key = "AR/ARPostedDocuments(CustomerNumber='HGH-004512',DocumentNumber='INV-1')"
    document = invoiced.get(key).json()
    assert (document["CurrentBalance"], document["FullyPaid"]) == (2760, "No")
    feed = invoiced.get(
        "AR/ARPostedReceipts",
        filter="CustomerNumber eq 'HGH-004512' and CheckReceiptNumber eq 'RC-1'",
    ).json()["value"]
    assert [(row["ReceiptAmount"], row["BatchNumber"]) for row in feed] == [(1000, 1)]
    row = feed[0]
    key = (
        f"AR/ARPostedReceipts(BankCode='CBA',CustomerNumber='HGH-004512',CheckReceiptNumber='RC-1',"
        f"DepositSerialNumber={row['DepositSerialNumber']},DepositLineNumber=1,"
        f"ReceiptDate={row['ReceiptDate'][:10]})"
    )
    assert invoiced.get(key).json()["ReceiptAmount"] == 1000
    rest = receipt(applied=[{"DocumentNumber": "INV-1", "CustomerReceiptAmount": 2760}])
    invoiced.post(RECEIPTS, rest)
    post(invoiced, RECEIPTS, "ARPostReceiptsAndAdjustments", 2, BatchType="CA")
    key = "AR/ARPostedDocuments(CustomerNumber='HGH-004512',DocumentNumber='INV-1')"
    assert invoiced.get(key).json()["FullyPaid"] == "Yes"


def test_a_receipt_of_an_unposted_invoice_moves_to_an_error_batch_when_posted(invoiced):
    invoiced.post(RECEIPTS, receipt())
    post(invoiced, RECEIPTS, "ARPostReceiptsAndAdjustments", 1, BatchType="CA")
    first, second = invoiced.get(RECEIPTS).json()["value"]
    assert (first["BatchStatus"], first["NumberOfErrors"]) == ("Posted", 1)
    assert (second["BatchStatus"], second["BatchType"]) == ("Open", "Generated")
    assert first["ReceiptsAdjustments"][0]["ErrorBatch"] == 2
    row = invoiced.documents()[1]
    assert (row["batch"], row["batch_status"], row["document_number"]) == (2, "Open", "RC-1")
    assert row["posting_error"] == 'Document Number "INV-1" has not been posted.'
    assert len(invoiced.documents()) == 2
    assert "has not been posted" in invoiced.web.get("/batches/receipt/2").text


def test_receipts_and_adjustments_are_numbered_apart(invoiced):
    invoiced.post(RECEIPTS, receipt())
    sample = {
        "BatchRecordType": "AD",
        "ReceiptsAdjustments": [
            {
                "CustomerNumber": "HGH-004512",
                "AppliedReceiptsAdjustments": [
                    {
                        "DocumentNumber": "INV-1",
                        "CustomerReceiptAmount": 1,
                        "AdjustmentGLDistributions": [
                            {"TransactionType": 81, "DistributionAmount": -1}
                            | {"DistributionCode": "C100", "DistributionGLAccount": "4030"}
                        ],
                    }
                ],
            }
        ],
    }
    answer = invoiced.post(RECEIPTS, sample)
    assert (answer.status_code, answer.json()["BatchNumber"]) == (201, 1)
    assert len(invoiced.get(RECEIPTS).json()["value"]) == 2
    adjustment = invoiced.get(f"{RECEIPTS}(BatchNumber=1,BatchRecordType='AD')").json()
    assert adjustment["ReceiptsAdjustments"][0]["ReceiptTransactionType"] == "Adjustment"


def test_a_prepayment_is_numbered_and_can_be_applied_later(invoiced):
    applied = [{"ReceiptTransactionType": "Prepayment", "CustomerReceiptAmount": 200}]
    paid = receipt(ReceiptTransactionType="Prepayment", BankReceiptAmount=200, applied=applied)
    number = invoiced.post(RECEIPTS, paid).json()["ReceiptsAdjustments"][0]["DocumentNumber"]
    assert number == "PP000000000001"
    rows = [
        {"DocumentNumber": "INV-1", "CustomerReceiptAmount": 200},
        {"DocumentNumber": number, "CustomerReceiptAmount": -200},
    ]
    apply = receipt(ReceiptTransactionType="ApplyDocument", applied=rows)
    assert invoiced.post(RECEIPTS, apply).status_code == 201


def test_the_refusing_variant_knows_a_receipts_number(invoiced):
    assert invoiced.post(RECEIPTS, receipt()).status_code == 201
    assert invoiced.post(RECEIPTS, receipt()).status_code == 201
    invoiced.faults(variants={"duplicate_at_entry": "refuse"})
    expected = "Check/receipt number 'RC-1' for customer HGH-004512 already exists."
    assert problem(invoiced.post(RECEIPTS, receipt()))[2] == expected


def test_a_credit_note_needs_the_document_it_names(sage, make_batch):
    credit = make_batch(DocumentType="CreditNote", ApplytoDocument="INV-9", DocumentNumber="CN-1")
    assert problem(sage.post(INVOICES, credit))[2] == 'Document Number "INV-9" does not exist.'
    other = make_batch(CustomerNumber="CVM-002201", DocumentNumber="INV-9")
    assert sage.post(INVOICES, other).status_code == 201
    assert sage.post(INVOICES, credit).status_code == 404  # another customer's
    assert sage.post(INVOICES, make_batch(DocumentNumber="INV-9")).status_code == 201
    made = sage.post(INVOICES, credit)
    assert made.json()["Invoices"][0]["TransactionType"] == "CreditNoteSummaryEntered"
    assert [row["kind"] for row in sage.documents()] == ["invoice", "invoice", "credit_note"]


def test_a_debit_note_is_one(invoiced, make_batch):
    debit = make_batch(DocumentType="DebitNote", ApplytoDocument="INV-1", DocumentNumber="DN-1")
    assert invoiced.post(INVOICES, debit).status_code == 201
    assert invoiced.documents()[1]["kind"] == "debit_note"


def test_a_refund_is_stored_under_its_own_names(credited):
    answer = credited.post(REFUNDS, refund())
    assert answer.status_code == 201
    batch = answer.json()
    assert "Description" not in batch
    assert (batch["BatchDescription"], batch["TotalOfEntries"]) == ("token", 500)
    entry = batch["RefundEntries"][0]
    assert (entry["RefundAmountCustomer"], entry["CashAmountPayment"]) == (500, 500)
    assert entry["RefundDetails"][0]["OriginalAmount"] == 3760
    found = credited.get(REFUNDS, filter="BatchDescription eq 'token'").json()["value"]
    assert [one["BatchNumber"] for one in found] == [1]
    row = credited.documents()[2]
    assert (row["kind"], row["document_number"], row["applies_to"]) == ("refund", "RF-1", ["CN-1"])


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"RefundDetails": []}, "A refund has to name a credit document."),
        (
            {"RefundDetails": [{"DocumentNumber": "CN-9", "AmountCustomer": 1}]},
            'Document Number "CN-9" does not exist.',
        ),
        (
            {"RefundDetails": [{"DocumentNumber": "INV-1", "AmountCustomer": 1}]},
            'Document Number "INV-1" does not exist.',
        ),
        (
            {"RefundDetails": [{"DocumentNumber": "CN-1"}]},
            "The refund amount has to be more than zero.",
        ),
        ({"CashBankAccount": "NOBANK"}, 'Bank "NOBANK" is not defined in Bank Services'),
        (
            {"CashBankAccount": None, "CashGLAccount": "9999"},
            "G/L account 9999 is not defined in General Ledger",
        ),
        (
            {"RefundAmountCustomer": 1},
            "The refund amount 1.000 is not equal to the total of its details, 500.000.",
        ),
    ],
)
def test_a_refund_is_refused(credited, entry, text):
    assert problem(credited.post(REFUNDS, refund(**entry)))[2] == text


def test_posting_settles_credit_note_and_refund(credited):
    for number in (1, 2):
        post(credited, INVOICES, "ARPostInvoices", number)
    documents = credited.get("AR/ARPostedDocuments").json()["value"]
    assert {d["DocumentNumber"]: d["FullyPaid"] for d in documents} == {
        "CN-1": "Yes",
        "INV-1": "Yes",
    }
    assert credited.post(REFUNDS, refund()).status_code == 201
    post(credited, REFUNDS, "ARPostRefunds", 1)
    key = "AR/ARPostedDocuments(CustomerNumber='HGH-004512',DocumentNumber='RF-1')"
    assert credited.get(key).json()["DocumentType"] == "Refund"
    assert credited.get(f"{REFUNDS}(1)").json()["NumberOfErrors"] == 0


def test_postings_of_one_ledger_exclude_each_other(invoiced):
    every = {"PostAllBatches": "Postallbatches"}
    with invoiced.app.state.posting:
        for service in ("ARPostReceiptsAndAdjustments", "ARPostRefunds"):
            answer = invoiced.post(f"AR/{service}('$process')", every)
            assert "Processing conflict" in problem(answer)[2]
        assert invoiced.post("GL/GLPostJournal('$process')", every).status_code == 204
    invoiced.faults(contention=True)
    answer = problem(invoiced.post("GL/GLPostJournal('$process')", every))
    assert answer[:2] == (409, "General")
    assert "Post in Progress" in answer[2]


def test_a_whole_batch_can_be_read_and_patched_back_with_another_schedule(sage, make_batch):
    sage.post(INVOICES, make_batch(Terms="F12"))
    batch = sage.get(f"{INVOICES}(1)").json()
    rows = batch["Invoices"][0]["InvoicePaymentSchedules"]
    for row in rows:
        row |= {"AmountDue": 300.0, "DueDate": f"2027-{row['PaymentNumber']:02d}-15"}
    rows[-1]["AmountDue"] = 460.0
    assert sage.patch(f"{INVOICES}(1)", batch).status_code == 204
    (row,) = sage.documents()
    assert [part["amount"] for part in row["schedule"]] == ["300.00"] * 11 + ["460.00"]
    assert row["schedule"][0] == {"number": 1, "due": "2027-01-15", "amount": "300.00"}


def test_a_schedule_row_is_updated_inserted_and_deleted_by_its_number(sage, make_batch):
    sage.post(INVOICES, make_batch(Terms="F12"))

    def patch(*rows):
        entry = {"EntryNumber": 1, "InvoicePaymentSchedules": list(rows)}
        return sage.patch(f"{INVOICES}(1)", {"Invoices": [entry]})

    first = sage.documents()[0]["schedule"]
    wrong = patch({"PaymentNumber": 1, "AmountDue": 1})
    assert problem(wrong)[1] == "RecordInvalid"
    assert sage.documents()[0]["schedule"] == first
    amount = float(first[0]["amount"])
    assert (
        patch({"PaymentNumber": 1, "AmountDue": amount - 10}, {"AmountDue": 10}).status_code == 204
    )
    assert len(sage.documents()[0]["schedule"]) == 13
    gone = {"PaymentNumber": 13, "UpdateOperation": "Delete"}
    assert patch(gone, {"PaymentNumber": 1, "AmountDue": amount}).status_code == 204
    assert sage.documents()[0]["schedule"] == first
    twice = {"PaymentNumber": 1, "AmountDue": 1, "UpdateOperation": "Insert"}
    assert problem(patch(twice))[1] == "RecordDuplicate"
    nowhere = {"PaymentNumber": 99, "AmountDue": 1, "UpdateOperation": "Update"}
    assert problem(patch(nowhere))[1] == "RecordNotFound"
    order = [row["kind"] for row in sage.http.get("/sandbox/order").json()]
    assert order == ["invoice", "repayment_plan", "repayment_plan"]


def test_a_changed_line_gets_new_tax(sage, make_batch):
    sage.post(INVOICES, make_batch())
    line = {"LineNumber": 20, "ExtendedAmountWithTIP": 110.0}
    change = {"EntryNumber": 1, "InvoiceDetails": [line]}
    assert sage.patch(f"{INVOICES}(1)", {"Invoices": [change]}).status_code == 204
    entry = sage.get(f"{INVOICES}(1)").json()["Invoices"][0]
    assert (entry["TaxTotal"], entry["DocumentTotalIncludingTax"]) == (10, 110)
    assert entry["InvoiceDetails"][0]["RevenueAccount"] == "4030"


def test_the_order_tells_what_was_stored_when_and_what_is_gone(invoiced, make_batch):
    invoiced.post("AR/ARCustomers", {"CustomerNumber": "NEW-1", "GroupCode": "FAMILY"})
    invoiced.post(RECEIPTS, receipt())
    invoiced.post(INVOICES, make_batch(DocumentNumber="INV-2"))
    invoiced.patch(f"{INVOICES}(2)", {"BatchStatus": "Deleted"})
    order = invoiced.http.get("/sandbox/order").json()
    assert [(r["kind"], r["document_number"], r["stands"]) for r in order] == [
        ("invoice", "INV-1", True),
        ("customer", "NEW-1", True),
        ("receipt", "RC-1", True),
        ("invoice", "INV-2", False),
    ]
    assert [r["sequence"] for r in order] == [1, 2, 3, 4]
    assert [r["document_number"] for r in invoiced.documents()] == ["INV-1", "NEW-1", "RC-1"]


@pytest.mark.parametrize("leftovers", ["leave", "clean"])
def test_what_a_refused_batch_leaves(invoiced, leftovers):
    invoiced.faults(variants={"leftovers": leftovers})
    two = receipt()
    two["ReceiptsAdjustments"].append(two["ReceiptsAdjustments"][0] | {"PaymentCode": "NOPE"})
    assert invoiced.post(RECEIPTS, two).status_code == 404
    left = invoiced.get(RECEIPTS).json()["value"]
    found = [(b["BatchStatus"], b["NumberOfEntries"], b["BatchTotal"]) for b in left]
    assert found == ([("Open", 1, 1000)] if leftovers == "leave" else [])
    order = invoiced.http.get("/sandbox/order").json()
    assert len(order) == (2 if leftovers == "leave" else 1)


def test_every_new_page_of_sage_opens(credited):
    credited.post(RECEIPTS, receipt())
    credited.post(REFUNDS, refund())
    credited.post("GL/GLJournalBatches", {"Description": "empty"})
    for path in (
        "/batches?kind=receipt",
        "/batches?kind=refund",
        "/batches?kind=journal",
        "/batches/receipt/1",
        "/batches/refund/1",
        "/batches/journal/1",
        "/batches/invoice/1",
        "/codes/payment-codes",
        "/codes/banks",
        "/codes/distribution-codes",
        "/calendar",
        "/documents",
        "/documents?search=RC-1",
    ):
        assert credited.web.get(path).status_code == 200, path
    for path in ("/batches?kind=x", "/batches/receipt/9", "/batches/x/1", "/codes/x"):
        assert credited.web.get(path).status_code == 404, path


def test_a_payment_code_added_on_the_page_makes_the_receipt_pass(invoiced):
    assert invoiced.post(RECEIPTS, receipt(PaymentCode="BPAY")).status_code == 404
    form = {"code": "bpay", "description": "BPAY"}
    assert invoiced.web.post("/codes/payment-codes", data=form).status_code == 303
    assert invoiced.web.post("/codes/payment-codes", data=form).status_code == 409
    assert invoiced.web.post("/codes/payment-codes", data={"code": "a b"}).status_code == 422
    assert invoiced.post(RECEIPTS, receipt(PaymentCode="BPAY")).status_code == 201
    assert invoiced.web.post("/codes/payment-codes/BPAY/inactivate").status_code == 303
    assert invoiced.post(RECEIPTS, receipt(PaymentCode="BPAY")).status_code == 409
