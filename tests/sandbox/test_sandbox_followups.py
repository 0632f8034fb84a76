"""What follows a sale in byondpro: its pages, its documents, its refusals."""

from datetime import date
from decimal import Decimal

import pytest

API = "/api/integration/v1"
COMMON = {
    "entry_type",
    "number",
    "revision",
    "company",
    "site",
    "gl_segment_rule",
    "booking",
    "description",
    "customer",
    "date",
    "currency",
    "amount",
    "parent",
}
MORE = {
    "customer": {"terms", "tax_group", "address"},
    "invoice": {"terms", "tax_group", "tax", "sales_order", "lines", "kind"},
    "credit_note": {"terms", "tax_group", "tax", "sales_order", "lines", "reason"},
    "receipt": {"receipt"},
    "refund": {"refund"},
    "repayment_plan": {"schedule"},
    "journal": {"journal", "journal_lines"},
}


def last(feed):
    return feed.documents()[-1]


def where(answer):
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def said(answer, status=409):
    assert answer.status_code == status
    return answer.text


@pytest.fixture
def mixed(start_byondpro):
    feed = start_byondpro("empty")
    mix = dict.fromkeys(MORE, 30) | {"customer": 10, "refund": 10, "repayment_plan": 5}
    answer = feed.http.post("/sandbox/generate", json={"mix": mix, "seed": 2, "bad": 0.2})
    assert answer.status_code == 200, answer.text
    return feed


def test_every_type_carries_what_the_contract_says_and_nothing_else(mixed):
    seen = {}
    for document in mixed.documents():
        kind = document["entry_type"]
        seen[kind] = seen.get(kind, 0) + 1
        assert set(document) - COMMON <= MORE[kind], kind
        assert COMMON | (MORE[kind] - {"sales_order"}) <= set(document), kind
        assert len(document["number"]) <= (12 if kind == "customer" else 22)
        alone = mixed.http.get(f"{API}/documents/{kind}/{document['number']}").json()
        assert alone == document
    assert set(seen) == set(MORE)


def test_generated_parents_come_first_and_are_not_younger(mixed):
    seen = {}
    for document in mixed.documents():
        parent = document["parent"]
        if parent is not None:
            older = seen[parent["entry_type"], parent["number"]]
            if document["entry_type"] != "repayment_plan":
                assert older["date"] <= document["date"]
            assert older["customer"] == document["customer"]
        assert document["date"] <= date.today().isoformat()  # noqa: DTZ011 -- not before UTC's
        seen[document["entry_type"], document["number"]] = document


def test_generated_amounts_add_up(mixed):
    for document in mixed.documents():
        amount = Decimal(document["amount"])
        assert document["amount"] == f"{amount:.2f}"
        if "schedule" in document:
            rows = document["schedule"]
            assert sum(Decimal(row["amount"]) for row in rows) == amount
            assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
            assert [row["due"] for row in rows] == sorted(row["due"] for row in rows)
            assert all(Decimal(row["amount"]) > 0 for row in rows)
        if "journal_lines" in document:
            values = [Decimal(row["amount"]) for row in document["journal_lines"]]
            assert sum(values) == 0
            assert sum(value for value in values if value > 0) == amount
        if "lines" in document:
            assert sum(Decimal(line["amount"]) for line in document["lines"]) == amount


def test_a_mix_is_repeatable_and_a_second_one_goes_on(start_byondpro, tmp_path):
    feed = start_byondpro("empty")
    mix = {"customer": 3, "invoice": 10, "receipt": 5}
    feed.http.post("/sandbox/generate", json={"mix": mix, "seed": 9})
    first = feed.documents()
    feed.http.post("/sandbox/generate", json={"mix": {"receipt": 4, "credit_note": 4}, "seed": 9})
    assert len(feed.documents()) == 26
    assert len({(d["entry_type"], d["number"]) for d in feed.documents()}) == 26
    for path in tmp_path.glob("byondpro.sqlite*"):
        path.rename(tmp_path / f"old{path.suffix}")
    again = start_byondpro("empty")
    again.http.post("/sandbox/generate", json={"mix": mix, "seed": 9})
    assert again.documents() == first


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"invoices": 1, "mix": {"invoice": 1}},
        {"mix": {"nothing": 1}},
        {"mix": {"credit_note": 5}},
        {"mix": {"receipt": 1}},
        {"mix": {"journal": 1}},
        {"mix": {"invoice": 3, "credit_note": 4}},
        {"mix": {"invoice": 3, "credit_note": 2, "refund": 3}},
        {"mix": {"invoice": 3, "repayment_plan": 4}},
        {"mix": {"invoice": -1}},
    ],
)
def test_a_mix_that_cannot_be_made_is_refused_and_makes_nothing(start_byondpro, body):
    feed = start_byondpro("empty")
    answer = feed.http.post("/sandbox/generate", json=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "message"}
    assert feed.documents() == []


# -- by hand


def test_an_applicant_becomes_a_finance_customer_and_is_the_invoices_parent(feed):
    sale = {"site": "HGH", "customer": "HGH-004601", "term": "IMM", "item": "C-2000"}
    refused = feed.web.post("/new-sale", data=sale | {"invoice": "yes"})
    assert "Prepare the applicant as a finance customer first." in said(refused, 422)
    order = where(feed.web.post("/new-sale", data=sale))
    assert "Prepare the applicant" in said(feed.press(f"{order}/invoice"))
    page = feed.press("/customers/HGH-004601/prepare", booking="10319")
    assert "reference number is HGH-004601" in page.text
    customer = last(feed)
    assert (customer["entry_type"], customer["amount"]) == ("customer", "0.00")
    assert customer["address"]["city"] == "Wattle Creek"
    assert "already" in said(feed.press("/customers/HGH-004601/prepare"))
    assert feed.press("/customers/NOBODY/prepare").status_code == 404
    where(feed.press(f"{order}/invoice"))
    assert last(feed)["parent"] == {"entry_type": "customer", "number": "HGH-004601"}
    assert "Sync pending" in feed.web.get("/customers/HGH-004601").text


def test_a_credit_note_carries_the_invoices_term_and_lines(feed):
    page = where(feed.press("/invoices/INV-010319/credit-note", reason="Wrong payment term"))
    assert page == "/credit-notes/CN-010319"
    credit, invoice = last(feed), feed.http.get(f"{API}/documents/invoice/INV-010319").json()
    assert credit["parent"] == {"entry_type": "invoice", "number": "INV-010319"}
    for name in ("terms", "lines", "amount", "tax", "site", "customer", "gl_segment_rule"):
        assert credit[name] == invoice[name]
    assert (credit["reason"], credit["sales_order"]) == ("Wrong payment term", "SO-010319-2")
    assert "has been credited already" in said(feed.press("/invoices/INV-010319/credit-note"))
    order = feed.web.get("/sales-orders/SO-010319-2").text
    assert "Credit Note" in order
    assert "CN-010319" in order
    assert "CN-010319" in feed.web.get("/bookings/10319?tab=Sales").text


def test_a_re_invoice_takes_another_term_and_the_categories_accounts_of_today(feed):
    credit = where(feed.press("/invoices/INV-010324/credit-note", reason="Wrong item or account"))
    feed.press("/categories/600", field="revenue", account="6100")
    page = where(feed.press(f"{credit}/reinvoice", term="F12"))
    assert page == "/invoices/INV-010324-3"
    invoice = last(feed)
    assert (invoice["booking"], invoice["sales_order"]) == ("10324", "SO-010324-3")
    assert (invoice["terms"]["code"], invoice["lines"][0]["gl_account"]) == ("F12", "6100")
    assert "Choose a term" in said(feed.press(f"{credit}/reinvoice", term="NOPE"))


def test_receipts_lower_the_balance_and_cannot_exceed_it(feed):
    path = "/invoices/INV-010324/receipts"
    page = where(feed.press(path, kind="VISA", amount="1,000.00", reference="4711"))
    assert page == "/receipts/RC-010324-1"
    receipt = last(feed)
    assert receipt["receipt"] == {
        "type": "VISA",
        "reference": "4711",
        "bank": "CBA",
        "payer": "Thi Lan Nguyen",
    }
    assert receipt["parent"]["number"] == "INV-010324"
    assert "at most 2100.00" in said(feed.press(path, kind="VISA", amount="2100.01"))
    where(feed.press(path, kind="CASH", amount="2100", day="2026-01-05"))
    assert last(feed)["date"] == "2026-01-05"
    assert "The balance is nothing." in feed.web.get("/invoices/INV-010324").text
    assert said(feed.press(path, kind="CASH", amount="0.01"))
    assert "RC-010324-2" in feed.web.get("/bookings/10324?tab=Receipts").text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"kind": "NOPE", "amount": "1"}, "Choose a payment type"),
        ({"kind": "VISA", "amount": ""}, "is not an amount"),
        ({"kind": "VISA", "amount": "1.001"}, "at most two decimals"),
        ({"kind": "VISA", "amount": "NaN"}, "at most two decimals"),
        ({"kind": "VISA", "amount": "-1"}, "more than nothing"),
        ({"kind": "VISA", "amount": "1", "day": "soon"}, "is not a date"),
        ({"kind": "VISA", "amount": "1", "day": "2999-01-01"}, "in the future"),
    ],
)
def test_a_wrong_receipt_is_refused(feed, form, text):
    before = len(feed.documents())
    assert text in said(feed.press("/invoices/INV-010324/receipts", **form))
    assert len(feed.documents()) == before


def test_a_surcharge_makes_a_debit_note_with_its_own_receipt(feed):
    where(feed.press("/invoices/INV-010324/receipts", kind="AMEX", amount="1000"))
    receipt, debit, second = feed.documents()[-3:]
    assert (receipt["amount"], debit["amount"], second["amount"]) == ("1000.00", "17.50", "17.50")
    assert (debit["entry_type"], debit["kind"]) == ("invoice", "debit_note")
    assert (debit["number"], debit["parent"]["number"]) == ("DN-010324-1", "INV-010324")
    assert debit["lines"][0]["item"] == "S-0001"
    assert debit["lines"][0]["tax"] == "1.59"
    assert second["parent"] == {"entry_type": "invoice", "number": "DN-010324-1"}
    assert "Debit note" in feed.web.get("/invoices/DN-010324-1").text


def test_the_repayment_plan_waits_for_the_invoice(feed):
    path = "/invoices/INV-010306/repayment-plan"
    assert "is sync pending" in said(feed.press(path))
    feed.report("INV-010306", "failed", "2026-11-24T05:00:00Z", message="no")
    assert "is sync failed" in said(feed.press(path))
    feed.done("invoice", "INV-010306", "2026-11-24T05:00:01Z")
    assert where(feed.press(path, deposit="245", day_of_month="15")) == "/repayment-plans/RP-010306"
    plan = last(feed)
    assert (plan["amount"], len(plan["schedule"])) == ("3245.00", 13)
    assert plan["schedule"][0]["amount"] == "245.00"
    assert {row["due"][-2:] for row in plan["schedule"][1:]} == {"15"}
    assert "13 instalments" in feed.web.get("/repayment-plans/RP-010306").text
    assert where(feed.press(path)) == "/repayment-plans/RP-010306-2"
    for form in ({"deposit": "9999"}, {"day_of_month": "31"}, {"day_of_month": "x"}):
        said(feed.press(path, **form))


def test_an_invoice_without_instalments_has_no_plan(feed):
    feed.done("invoice", "INV-010311")
    assert "has no repayment plan" in said(feed.press("/invoices/INV-010311/repayment-plan"))


def test_a_refund_gives_back_what_was_received_once(feed):
    credit = where(feed.press("/invoices/INV-010324/credit-note", reason="Other"))
    assert "Nothing was received" in said(feed.press(f"{credit}/refund"))


def test_a_refund_is_capped_at_the_receipt(feed):
    where(feed.press("/invoices/INV-010324/receipts", kind="EFTPOS", amount="500"))
    credit = where(feed.press("/invoices/INV-010324/credit-note", reason="Other"))
    assert where(feed.press(f"{credit}/refund")) == "/refunds/RF-010324-1"
    refund = last(feed)
    assert (refund["amount"], refund["parent"]["number"]) == ("500.00", "CN-010324")
    assert refund["refund"]["type"] == "OPUS"
    assert "refunded already" in said(feed.press(f"{credit}/refund"))


def test_a_pre_need_item_is_redeemed_and_reversed(feed):
    sale = {"site": "CVM", "customer": "CVM-002201", "term": "IMM", "item": "M-5000"}
    order = where(feed.web.post("/new-sale", data=sale | {"invoice": "yes", "pre_need": "yes"}))
    invoice = last(feed)
    line = invoice["lines"][0]
    assert (line["account_field"], line["gl_account"]) == ("pre_need", "2560")
    assert invoice["gl_segment_rule"] == "N"
    page = f"/invoices/{invoice['number']}"
    assert order.replace("/sales-orders/SO-", "/invoices/INV-") == page
    assert "paid in full" in said(feed.press(f"{page}/lines/1/redeem"))
    where(feed.press(f"{page}/receipts", kind="CASH", amount="589"))
    journal = where(feed.press(f"{page}/lines/1/redeem"))
    redeemed = last(feed)
    assert redeemed["journal"] == {"kind": "redemption"}
    rows = [(r["gl_account"], r["segmented"], r["amount"]) for r in redeemed["journal_lines"]]
    assert rows == [("2560", False, "535.45"), ("6000", True, "-535.45")]
    assert redeemed["gl_segment_rule"] == "E2"
    assert redeemed["parent"]["number"] == invoice["number"]
    assert "already" in said(feed.press(f"{page}/lines/1/redeem"))
    assert "Redeemed by" in feed.web.get(page).text
    where(feed.press(f"{page}/lines/1/reverse"))
    assert last(feed)["journal"] == {"kind": "reversal"}
    assert last(feed)["journal_lines"][0]["amount"] == "-535.45"
    assert "has not been redeemed" in said(feed.press(f"{page}/lines/1/reverse"))
    assert where(feed.press(f"{page}/lines/1/redeem", reason="moved")) != journal
    assert "no pre-need item" in said(feed.press("/invoices/INV-010311/lines/1/redeem"))
    booking = invoice["booking"]
    assert "M-5000" in feed.web.get(f"/bookings/{booking}?tab=Pre-Need Items").text


def test_a_package_is_sent_as_its_items_and_a_variance(feed):
    sale = {"site": "CVM", "customer": "CVM-002201", "term": "IMM", "item": "P-1000"}
    feed.web.post("/new-sale", data=sale | {"invoice": "yes"})
    lines = last(feed)["lines"]
    assert [(line["item"], line["amount"]) for line in lines] == [
        ("R-1000", "3245.00"),
        ("I-1000", "2115.00"),
        ("C-2000", "260.00"),
        ("P-1000", "-220.00"),
    ]
    assert (lines[3]["account_field"], lines[3]["gl_account"]) == ("variance", "5900")
    assert (last(feed)["amount"], [line["line"] for line in lines]) == ("5400.00", [1, 2, 3, 4])


def test_the_surcharge_item_is_not_for_sale(feed):
    assert 'value="S-0001"' not in feed.web.get("/new-sale").text


def test_every_type_of_document_has_a_page_and_can_be_resynced(mixed):
    paths = {
        "customer": "customers",
        "invoice": "invoices",
        "credit_note": "credit-notes",
        "receipt": "receipts",
        "refund": "refunds",
        "repayment_plan": "repayment-plans",
        "journal": "journals",
    }
    first = {}
    for document in mixed.documents():
        first.setdefault(document["entry_type"], document)
    for entry_type, path in paths.items():
        number = first[entry_type]["number"]
        page = f"/{path}/{number}"
        assert "Sync pending" in mixed.web.get(page).text
        assert "can be resynced" in said(mixed.press(f"{page}/resync"))
        at = "2026-11-24T05:00:00Z"
        mixed.report(number, "failed", at, entry_type=entry_type, message="<b>no</b>")
        shown = mixed.web.get(page).text
        assert "Sync failed" in shown
        assert "&lt;b&gt;no" in shown
        assert "The resync has been started." in mixed.press(f"{page}/resync").text
        event = mixed.outbox(limit=1000)["events"][-1]
        assert (event["type"], event["entry_type"]) == ("resync_requested", entry_type)
        assert mixed.web.get(f"/{path}/nothing").status_code == 404
        assert mixed.press(f"/{path}/nothing/resync").status_code == 404
        assert mixed.web.get(f"/documents?entry_type={entry_type}").status_code == 200
    assert mixed.press("/nothing/INV-1/resync").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/invoices/INV-9/credit-note",
        "/invoices/INV-9/receipts",
        "/invoices/INV-9/repayment-plan",
        "/invoices/INV-9/lines/1/redeem",
        "/credit-notes/CN-9/reinvoice",
        "/credit-notes/CN-9/refund",
    ],
)
def test_actions_on_nothing_and_from_other_sites_are_refused(quiet_feed, path):
    assert quiet_feed.web.post(path).status_code == 404
    foreign = {"Origin": "http://elsewhere.example"}
    assert quiet_feed.web.post(path, headers=foreign).status_code == 403


def test_five_thousand_documents_are_made_in_a_few_seconds(start_byondpro):
    feed = start_byondpro("empty")
    feed.http.timeout = 60
    mix = {"customer": 500, "invoice": 2000, "credit_note": 500, "receipt": 1200}
    mix |= {"refund": 200, "repayment_plan": 300, "journal": 300}
    answer = feed.http.post("/sandbox/generate", json={"mix": mix, "seed": 1})
    assert answer.elapsed.total_seconds() < 30  # 2 s where nothing else runs
    assert len(feed.state()) == 5000
