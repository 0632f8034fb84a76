"""The two entry types that are no entry of a batch of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.attempt import Sighting
from iman.domain.outcome import Accepted, Refused, Unavailable, Unknown
from iman.gateways import exact_json
from tests.gateways.entries.documents import TOKEN, document_of, schedule
from tests.gateways.entries.sage import Script, at_sage, body_of, feed, missing, refusal

# -- customers ---------------------------------------------------------------------------------

CUSTOMER = {"CustomerNumber": "HGH-004512", "CustomerName": "Margaret Ellison"}


def test_a_customers_reference_is_its_number():
    script = Script(("POST", "AR/ARCustomers", httpx.Response(201, json=CUSTOMER)))
    exchange = at_sage(script, lambda sage: sage.push(document_of("customer"), token=TOKEN))
    assert exchange.outcome == Accepted(reference="HGH-004512")


@pytest.mark.parametrize("body", [{}, {"CustomerNumber": "HGH-1"}, [], {"Message": "An error"}])
def test_an_answer_without_the_customer_is_not_believed(body):
    script = Script(("POST", "AR/ARCustomers", httpx.Response(201, json=body)))
    exchange = at_sage(script, lambda sage: sage.push(document_of("customer"), token=TOKEN))
    assert isinstance(exchange.outcome, Unknown)


@pytest.mark.parametrize(
    ("stored", "adopted"),
    [
        (CUSTOMER, True),
        (CUSTOMER | {"CustomerName": " MARGARET ELLISON "}, True),
        (CUSTOMER | {"CustomerName": "Somebody Else"}, False),
        (CUSTOMER | {"CustomerName": None}, False),
        (None, False),
    ],
)
def test_an_existing_customer_is_adopted_when_it_is_ours(stored, adopted):
    answer = missing() if stored is None else httpx.Response(200, json=stored)
    script = Script(("GET", "AR/ARCustomers('HGH-004512')", answer))
    sighting = at_sage(script, lambda sage: sage.find(document_of("customer"), token=TOKEN))
    assert sighting.sure
    assert (sighting.found == Accepted(reference="HGH-004512", adopted=True)) is adopted


def test_nothing_is_posted_of_a_customer_or_a_plan():
    for kind, reference in (("customer", "HGH-004512"), ("repayment_plan", "187-1")):
        outcome = at_sage(Script(), lambda sage: sage.post(document_of(kind), reference))  # noqa: B023
        assert outcome == Accepted(reference=reference)


# -- repayment plans ---------------------------------------------------------------------------


class Company:
    """One batch with the invoice; a PATCH changes its schedule as Sage would."""

    def __init__(self, *, payments: int = 48, status: str = "Open", shown: int = 10**6) -> None:
        self.rows = {number: ("2026-12-01", Decimal("78.33")) for number in range(1, payments + 1)}
        self.status = status
        self.shown = shown
        self.patched: dict[str, Any] = {}
        self.posted: dict[str, Any] | None = None

    def batch(self) -> dict[str, Any]:
        rows = [
            {"PaymentNumber": number, "DueDate": f"{due}T00:00:00Z", "AmountDue": amount}
            for number, (due, amount) in sorted(self.rows.items())
        ]
        entry = {
            "EntryNumber": 3,
            "CustomerNumber": "HGH-004512",
            "DocumentNumber": "INV-010319",
            "NumberOfScheduledPayments": len(rows),
            "InvoicePaymentSchedules": rows[: self.shown],
        }
        mark = "IMAN 0011aabb IN INV-010319 r2"
        return {
            "BatchNumber": 187,
            "Description": mark,
            "BatchStatus": self.status,
            "Invoices": [entry],
        }

    def one(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=exact_json.dumps(self.batch()))

    def listed(self, request: httpx.Request) -> httpx.Response:
        if int(request.url.params["$skip"]):
            return feed()(request)
        return httpx.Response(200, text=exact_json.dumps({"value": [self.batch()]}))

    def document(self, _request: httpx.Request) -> httpx.Response:
        return missing() if self.posted is None else httpx.Response(200, json=self.posted)

    def patch(self, request: httpx.Request) -> httpx.Response:
        self.patched = body_of(request)
        (entry,) = self.patched["Invoices"]
        for row in entry["InvoicePaymentSchedules"]:
            if row.get("UpdateOperation") == "Delete":
                del self.rows[row["PaymentNumber"]]
            else:
                self.rows[row["PaymentNumber"]] = (row["DueDate"], row["AmountDue"])
        return httpx.Response(204)

    def script(self, **replaced: Any) -> Script:
        return Script(
            ("GET", "AR/ARInvoiceBatches(187)", replaced.get("one", self.one)),
            ("GET", "AR/ARInvoiceBatches", replaced.get("listed", self.listed)),
            ("GET", "AR/ARPostedDocuments(", self.document),
            ("PATCH", "AR/ARInvoiceBatches(187)", replaced.get("patch", self.patch)),
        )


def push(script: Script, *, parent: str | None = "187-3", **overrides: Any) -> Any:
    plan = document_of("repayment_plan", **overrides)
    return at_sage(script, lambda sage: sage.push(plan, token=TOKEN, parent=parent)).outcome


def test_a_plan_overwrites_the_schedule_of_its_invoice():
    company = Company()
    script = company.script()
    assert push(script) == Accepted(reference="187-3")
    assert script.paths() == ["AR/ARInvoiceBatches(187)"] * 3
    (entry,) = company.patched["Invoices"]
    assert (entry["BatchNumber"], entry["EntryNumber"]) == (187, 3)
    assert entry["UpdateOperation"] == "Update"
    assert entry["InvoicePaymentSchedules"][0] == {
        "BatchNumber": 187,
        "EntryNumber": 3,
        "PaymentNumber": 1,
        "DueDate": "2026-12-01",
        "AmountDue": Decimal("1253.33"),
    }
    assert sorted(company.rows) == [1, 2, 3]
    assert script.asked[1].content.count(b'"Delete"') == 45


@pytest.mark.parametrize("parent", [None, "", "nonsense"])
def test_without_a_reference_the_invoice_is_looked_for_by_its_mark(parent):
    company = Company()
    script = company.script()
    assert push(script, parent=parent) == Accepted(reference="187-3")
    filters = [one.url.params.get("$filter") for one in script.asked]
    assert "startswith(Description,'IMAN 0011aabb IN INV-010319 r')" in filters


def test_a_plan_whose_invoice_is_not_there_is_refused():
    script = Company().script(one=missing(), listed=feed())
    outcome = push(script)
    assert isinstance(outcome, Refused)
    assert not outcome.local
    assert "INV-010319 is not in Sage 300" in outcome.text
    assert "PATCH" not in {one.method for one in script.asked}


def test_a_plan_whose_invoice_is_posted_is_refused():
    script = Company(status="Posted").script()
    outcome = push(script)
    assert isinstance(outcome, Refused)
    assert "INV-010319 is posted in Sage 300 (187-3)" in outcome.text
    assert "PATCH" not in {one.method for one in script.asked}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.ReadTimeout, Unknown),
        (httpx.ConnectError, Unavailable),
        (httpx.Response(502, text="<html>"), Unknown),
        (refusal("General", "Processing conflict."), Unavailable),
        (refusal("General", "Batch 187 is set to Ready To Post. You may view but"), Refused),
        (httpx.Response(204), Refused),  # it took it and shows another one
    ],
)
def test_what_came_of_the_change(answer, expected):
    outcome = push(Company().script(patch=answer))
    assert isinstance(outcome, expected), outcome


def test_a_change_that_cannot_be_read_again_is_unknown():
    company = Company()
    asked = []

    def once(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return company.one(request) if len(asked) == 1 else httpx.Response(503)

    assert isinstance(push(company.script(one=once)), Unknown)


@given(count=st.integers(1, 260), payments=st.integers(1, 260), shown=st.sampled_from([100, 10**6]))
def test_a_schedule_of_any_length_replaces_one_of_any_length(count, payments, shown):
    """More than a page too, and where Sage shows no more than a page of a nested list."""
    company = Company(payments=payments, shown=shown)
    amounts = [f"{100 + place}.{place % 100:02d}" for place in range(count)]
    total = str(sum(map(Decimal, amounts)))
    rows = schedule(amounts)
    assert push(company.script(), amount=total, schedule=rows) == Accepted(reference="187-3")
    wanted = {row["number"]: (row["due"], Decimal(row["amount"])) for row in rows}
    assert company.rows == wanted


def test_a_lost_plan_is_found_by_the_schedule_the_invoice_has():
    company = Company()
    plan = document_of("repayment_plan")

    def find() -> Sighting:
        return at_sage(company.script(), lambda sage: sage.find(plan, token=TOKEN, parent="187-3"))

    assert find() == Sighting(sure=True)
    push(company.script())
    assert find() == Sighting(found=Accepted(reference="187-3", adopted=True), sure=True)
    company.status = "Posted"
    assert find().found == Accepted(reference="187-3", adopted=True)
