"""Every human page opens, escapes what it shows, and its forms do what they say."""

import pytest

HOSTILE = "<script>alert(1)</script>{{7*7}}\"'"
FEED_PAGES = [
    "/",
    "/bookings",
    "/bookings?search=10319",
    "/bookings?search=nothing",
    "/bookings/10319",
    "/bookings/10319?tab=Sales",
    "/bookings/10319?tab=Receipts",
    "/bookings/10319?tab=Tracking",
    "/sales-orders/SO-010319",
    "/sales-orders/SO-010340",
    "/invoices/INV-010319",
    "/items/M-6000",
    "/categories",
    "/categories/600",
    "/terms",
    "/terms/F48",
    "/documents",
    "/documents?status=failed",
    "/new-sale",
]
SAGE_PAGES = [
    "/",
    "/terms",
    "/accounts",
    "/accounts?search=60",
    "/customers",
    "/batches",
    "/batches/1",
    "/documents",
    "/documents?search=INV",
]
UNKNOWN = [
    "/nothing",
    "/bookings/9",
    "/sales-orders/9",
    "/invoices/9",
    "/items/9",
    "/categories/9",
    "/terms/9",
]


@pytest.mark.parametrize("path", FEED_PAGES)
def test_every_byondpro_page_opens(quiet_feed, path):
    page = quiet_feed.web.get(path)
    assert page.status_code == 200
    assert "byondpro sandbox" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_every_sage_page_opens(sage, make_batch):
    sage.post("AR/ARInvoiceBatches", make_batch())
    for path in SAGE_PAGES:
        page = sage.web.get(path)
        assert page.status_code == 200, path
        assert "Sage 300 sandbox" in page.text


@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_things_have_a_clear_page(quiet_feed, path):
    page = quiet_feed.web.get(path)
    assert page.status_code == 404
    assert "There is no " in page.text


@pytest.mark.parametrize("path", ["/batches/9", "/batches/x", "/nothing"])
def test_unknown_things_have_a_clear_page_in_sage(quiet_sage, path):
    page = quiet_sage.web.get(path)
    assert page.status_code == 404
    assert "There is no " in page.text


def test_records_with_nothing_in_them_do_not_break_the_lists(sage):
    sage.post("AR/ARTerms", {"TermsCode": "BARE"})
    sage.post("GL/GLAccounts", {"UnformattedAccount": "BARE"})
    sage.post("AR/ARCustomers", {"CustomerNumber": "BARE", "GroupCode": "FAMILY"})
    sage.post("AR/ARInvoiceBatches", {})
    for path in ("/terms", "/accounts", "/customers", "/batches", "/batches/1"):
        assert sage.web.get(path).status_code == 200


def test_hostile_text_is_inert_in_byondpro(feed):
    feed.report("INV-010319", "failed", "2026-11-24T05:02:11Z", message=HOSTILE)
    for path in ("/documents", "/invoices/INV-010319", "/sales-orders/SO-010319"):
        page = feed.web.get(path).text
        assert "&lt;script&gt;alert(1)" in page
        assert "{{7*7}}" in page
        assert "<script" not in page
    assert "<script" not in feed.web.get("/bookings", params={"search": HOSTILE}).text
    assert "<script" not in feed.web.get("/items/<script>").text
    feed.web.post("/categories/600", data={"field": HOSTILE, "account": HOSTILE})
    assert "<script" not in feed.web.get("/categories/600").text


def test_hostile_text_is_inert_in_sage(sage, make_batch):
    body = make_batch(description=HOSTILE, InvoiceDescription=HOSTILE, DocumentNumber="<B>X</B>")
    assert sage.post("AR/ARInvoiceBatches", body).status_code == 201
    sage.web.post("/terms", data={"code": "X1", "description": HOSTILE})
    sage.web.post("/accounts", data={"number": "X1", "description": HOSTILE})
    sage.web.post("/customers", data={"number": "X1", "name": HOSTILE})
    for path in ("/batches", "/batches/1", "/documents", "/terms", "/accounts", "/customers"):
        page = sage.web.get(path).text
        assert "<script" not in page
        assert "<B>" not in page
        assert "&lt;" in page
    assert "<script" not in sage.web.get("/accounts", params={"search": HOSTILE}).text


def test_resync_writes_the_event_and_asks_for_ok(feed):
    feed.report("INV-010319", "failed", "2026-11-24T05:02:11Z", message="no")
    before = feed.outbox(limit=1000)["next"]
    assert '<button class="primary">Resync Invoice' in feed.web.get("/invoices/INV-010319").text
    notice = feed.web.post("/invoices/INV-010319/resync")
    assert notice.status_code == 200
    assert "The resync has been started." in notice.text
    assert ">OK<" in notice.text
    (event,) = feed.outbox(after=before)["events"]
    assert {k: v for k, v in event.items() if k not in {"at", "cursor"}} == {
        "type": "resync_requested",
        "entry_type": "invoice",
        "number": "INV-010319",
        "company": "SERC",
        "by": "jo.clark",
    }
    assert feed.state()["INV-010319"]["status"] == "pending"
    tracking = feed.web.get("/bookings/10319?tab=Tracking").text
    assert "Resync of INV-010319 started" in tracking
    # the old report, sent again, must not undo what was asked for
    feed.report("INV-010319", "failed", "2026-11-24T05:02:11Z", message="no")
    assert feed.state()["INV-010319"]["status"] == "pending"


@pytest.mark.parametrize("status", ["pending", "processed"])
def test_only_a_failed_invoice_can_be_resynced(feed, status):
    feed.report("INV-010319", status, "2026-11-24T05:02:11Z")
    before = feed.outbox(limit=1000)["next"]
    assert "disabled" in feed.web.get("/invoices/INV-010319").text
    assert feed.web.post("/invoices/INV-010319/resync").status_code == 409
    assert feed.outbox(after=before)["events"] == []


def test_the_order_shows_the_terms_description_and_the_sync_status_in_words(feed):
    page = feed.web.get("/sales-orders/SO-010319").text
    assert "48 Month Repayment Plan" in page
    assert "Sync pending" in page
    feed.report("INV-010319", "failed", "2026-11-24T05:02:11Z", message="1020 - no")
    page = feed.web.get("/sales-orders/SO-010319").text
    assert "Sync failed" in page
    assert "1020 - no" in page
    feed.report("INV-010319", "processed", "2026-11-24T05:02:12Z", erp_reference="187-1")
    assert "Processed" in feed.web.get("/bookings/10319?tab=Sales").text


def test_a_quote_is_invoiced_once(feed):
    before = feed.outbox(limit=1000)["next"]
    assert "Create Invoice" in feed.web.get("/sales-orders/SO-010340").text
    made = feed.web.post("/sales-orders/SO-010340/invoice")
    assert (made.status_code, made.headers["location"]) == (303, "/invoices/INV-010340")
    assert feed.web.post("/sales-orders/SO-010340/invoice").status_code == 409
    (event,) = feed.outbox(after=before)["events"]
    assert event["document"]["number"] == "INV-010340"
    assert "Create Invoice" not in feed.web.get("/sales-orders/SO-010340").text


def test_a_corrected_category_reaches_new_invoices_only(feed):
    feed.web.post("/categories/600", data={"field": "revenue", "account": "6100"})
    sale = {"site": "HGH", "customer": "HGH-004512", "term": "IMM", "invoice": "yes"}
    made = feed.web.post("/new-sale", data=sale | {"item": ["M-6000", "", "M-6000"]})
    assert made.status_code == 303
    number = made.headers["location"].replace("/sales-orders/SO-", "INV-")
    new = feed.http.get(f"/api/integration/v1/documents/invoice/{number}").json()
    assert [(line["gl_account"], line["quantity"]) for line in new["lines"]] == [("6100", "2")]
    old = feed.http.get("/api/integration/v1/documents/invoice/INV-010324").json()
    assert old["lines"][0]["gl_account"] == "6000"


@pytest.mark.parametrize("change", [{"item": ""}, {"term": "NOPE"}, {"site": ""}])
def test_a_sale_that_lacks_something_is_not_made(feed, change):
    sale = {"site": "HGH", "customer": "HGH-004512", "term": "IMM", "item": "M-6000"} | change
    before = feed.web.get("/bookings").text
    assert feed.web.post("/new-sale", data=sale).status_code == 422
    assert feed.web.get("/bookings").text == before


def test_a_term_is_inactivated_and_no_longer_offered(feed):
    assert feed.web.post("/terms/F48/inactivate").status_code == 303
    terms = feed.http.get("/api/integration/v1/setups").json()["terms"]
    assert next(term for term in terms if term["code"] == "F48")["active"] is False
    assert 'value="F48"' not in feed.web.get("/new-sale").text
    feed.web.post("/terms/F48/activate")
    assert 'value="F48"' in feed.web.get("/new-sale").text
    assert feed.web.post("/terms/F48/explode").status_code == 404


def test_another_sites_page_cannot_press_our_buttons(feed, sage):
    foreign = {"Origin": "http://elsewhere.example"}
    assert feed.web.post("/terms/F48/inactivate", headers=foreign).status_code == 403
    assert sage.web.post("/terms", data={"code": "F48"}, headers=foreign).status_code == 403
    assert sage.get("AR/ARTerms('F48')").status_code == 404
    own = {"Origin": sage.url}
    assert sage.web.post("/terms", data={"code": "F48"}, headers=own).status_code == 303


def test_f48_added_on_the_page_makes_the_push_pass(sage, make_batch):
    push = make_batch(Terms="F48")
    assert sage.post("AR/ARInvoiceBatches", push).status_code == 404
    form = {"code": "f48", "description": "48 Month Repayment Plan", "payments": "48"}
    assert sage.web.post("/terms", data=form).status_code == 303
    made = sage.post("AR/ARInvoiceBatches", push)
    assert made.status_code == 201
    assert made.json()["Invoices"][0]["NumberOfScheduledPayments"] == 48
    assert sage.web.post("/terms/F48/inactivate").status_code == 303
    assert sage.post("AR/ARInvoiceBatches", push).status_code == 409


def test_6030_added_on_the_page_makes_the_push_pass(sage, make_batch):
    lines = [{"RevenueAccount": "6030", "ExtendedAmountWithTIP": 3100}]
    push = make_batch(InvoiceDetails=lines)
    assert sage.post("AR/ARInvoiceBatches", push).status_code == 409
    form = {"number": "6030", "description": "Memorials, Highview"}
    assert sage.web.post("/accounts", data=form).status_code == 303
    assert sage.post("AR/ARInvoiceBatches", push).status_code == 201


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/terms", {"code": "TOOLONG"}, 422),
        ("/terms", {"code": ""}, 422),
        ("/terms", {"code": "IMM"}, 409),
        ("/terms", {"code": "A", "payments": "0"}, 422),
        ("/terms", {"code": "A", "payments": "²"}, 422),
        ("/terms", {"code": "A", "description": "x" * 61}, 422),
        ("/accounts", {"number": "60-30"}, 422),
        ("/accounts", {"number": "4030"}, 409),
        ("/customers", {"number": "a b"}, 422),
        ("/customers", {"number": "HGH-004512"}, 409),
        ("/terms/NOPE/inactivate", {}, 404),
    ],
)
def test_sage_forms_refuse_what_sage_would(sage, path, form, status):
    page = sage.web.post(path, data=form)
    assert page.status_code == status
    assert "sandbox" in page.text


def test_a_customer_can_be_put_on_hold(sage, make_batch):
    sage.web.post("/customers/HGH-004512/hold", data={"on_hold": "Yes"})
    assert sage.post("AR/ARInvoiceBatches", make_batch()).status_code == 409
    sage.web.post("/customers/HGH-004512/hold", data={"on_hold": "No"})
    assert sage.post("AR/ARInvoiceBatches", make_batch()).status_code == 201
