"""All seven entry types at the sandbox, in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from iman.domain.outcome import Accepted, Refused, Unknown
from tests.contract.conftest import TODAY, Company, child_of, fresh, new_token, token_of
from tests.gateways.entries.documents import schedule

PLAN_TERMS = {"code": "F24", "description": ""}
RESOURCES = {
    "receipt": "AR/ARReceiptAndAdjustmentBatches",
    "refund": "AR/ARRefundBatches",
    "journal": "GL/GLJournalBatches",
}


def enter(company: Company, document: Any) -> str:
    outcome = company.push(document)
    assert isinstance(outcome, Accepted), outcome
    return outcome.reference


def entered(company: Company, kind: str) -> Any:
    """A document of that kind with its parents in Sage 300, itself not sent yet."""
    if kind == "customer":
        number = f"HGH-9{fresh('invoice').key.number[-5:]}"
        customer = {"number": number, "name": "Ines D'Souza", "kind": "person", "group": "FAMILY"}
        return fresh("customer", number=number, customer=customer,
                     terms={"code": "IMM", "description": ""})  # fmt: skip
    if kind in ("invoice", "journal"):
        return fresh(kind, **({"parent": None} if kind == "journal" else {}))
    invoice = fresh("invoice")
    enter(company, invoice)
    if kind == "refund":
        note = child_of(invoice, "credit_note")
        enter(company, note)
        return child_of(note, "refund")
    return child_of(invoice, kind)


@pytest.mark.parametrize("kind", ["customer", "credit_note", "receipt", "refund", "journal"])
def test_it_is_entered_and_found_again(company: Company, kind: str):
    document = entered(company, kind)
    before = company.find(document)
    assert (before.found, before.sure) == (None, True)
    reference = enter(company, document)
    assert company.find(document).found == Accepted(reference=reference, adopted=True)
    if kind == "journal":
        number, _, entry = reference.partition("-")
        assert (len(number), len(entry)) == (6, 5)


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "truncate", "empty_2xx"])
@pytest.mark.parametrize("kind", ["customer", "receipt", "refund", "journal"])
def test_a_lost_answer_is_cleared_up(company: Company, kind: str, fault: str):
    document = entered(company, kind)
    company.strike(fault)
    assert isinstance(company.push(document), Unknown)
    assert company.find(document).found is not None


def test_a_debit_note_shares_a_batch_with_an_invoice_and_a_credit_note(company: Company):
    invoice = fresh("invoice")
    enter(company, invoice)
    documents = [
        fresh("invoice"),
        child_of(invoice, "invoice", kind="debit_note"),
        child_of(invoice, "credit_note"),
    ]
    token = new_token()
    assert all(isinstance(one, Accepted) for one in company.push_many(documents, token))
    (batch,) = company.batches(token)
    kinds = [entry["DocumentType"] for entry in batch["Invoices"]]
    assert kinds == ["Invoice", "DebitNote", "CreditNote"]


def test_a_receipts_day_is_in_all_four_places(company: Company):
    receipt = entered(company, "receipt")
    enter(company, receipt)
    (batch,) = company.batches(token_of(receipt), RESOURCES["receipt"])
    (entry,) = batch["ReceiptsAdjustments"]
    days = [batch["BatchDate"], batch["DepositDate"], entry["PostingDate"]]
    days.append(entry["ReceiptDateAdjustmentDate"])
    assert {day[:10] for day in days} == {TODAY}


def test_a_customer_that_is_there_is_adopted_after_the_refusal(company: Company):
    customer = entered(company, "customer")
    enter(company, customer)
    assert isinstance(company.push(customer), Refused)
    assert company.find(customer).found == Accepted(reference=customer.key.number, adopted=True)


def test_a_new_customer_can_be_invoiced(company: Company):
    customer = entered(company, "customer")
    enter(company, customer)
    who = {"number": customer.key.number, "name": customer.customer_name}
    enter(company, fresh("invoice", customer=who))


# -- repayment plans ---------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 24, 60, 130])
@pytest.mark.parametrize("by_reference", [True, False])
def test_a_plan_overwrites_the_schedule(company: Company, count: int, by_reference: bool):
    invoice = fresh("invoice", terms=PLAN_TERMS)
    reference = enter(company, invoice)
    first = Decimal("3760.00") - Decimal("20.00") * (count - 1)
    amounts = [str(first), *["20.00"] * (count - 1)]
    plan = child_of(invoice, "repayment_plan", schedule=schedule(amounts, year=2027))
    parent = reference if by_reference else None
    assert not company.find(plan, parent=parent).found
    assert company.push(plan, parent=parent) == Accepted(reference=reference)
    assert company.find(plan, parent=parent).found is not None
    (batch,) = company.batches(token_of(invoice))
    rows = batch["Invoices"][0]["InvoicePaymentSchedules"]
    assert len(rows) == count
    assert sum(Decimal(str(row["AmountDue"])) for row in rows) == Decimal("3760.00")


def test_a_plan_waits_for_nobody_it_is_refused_without_its_invoice(company: Company):
    outcome = company.push(child_of(fresh("invoice"), "repayment_plan"))
    assert isinstance(outcome, Refused)
    assert "is not in Sage 300" in outcome.text


def test_a_plan_for_a_posted_invoice_is_refused(company: Company):
    invoice = fresh("invoice", terms=PLAN_TERMS)
    reference = enter(company, invoice)
    assert isinstance(company.post(invoice, reference), Accepted)
    outcome = company.push(child_of(invoice, "repayment_plan"))
    assert isinstance(outcome, Refused)
    assert "is posted in Sage 300" in outcome.text


def test_a_plan_put_in_before_its_invoice_was_posted_is_found_there_afterwards(company: Company):
    """As with posting on, where the plan follows as a document of its own."""
    invoice = fresh("invoice", terms=PLAN_TERMS)
    reference = enter(company, invoice)
    plan = child_of(invoice, "repayment_plan")
    assert company.push(plan, parent=reference) == Accepted(reference=reference)
    assert isinstance(company.post(invoice, reference), Accepted)
    for parent in (reference, None):
        again = company.push(plan, parent=parent)
        assert again == Accepted(reference=reference, adopted=True)
    other = child_of(invoice, "repayment_plan", schedule=schedule(["3760.00"]))
    outcome = company.push(other, parent=reference)
    assert isinstance(outcome, Refused)
    assert outcome.local, "trying again cannot help"


def test_a_plan_finds_its_invoice_in_a_shared_batch(company: Company):
    documents = [fresh("invoice", terms=PLAN_TERMS) for _ in range(3)]
    outcomes = company.push_many(documents, new_token())
    plan = child_of(documents[1], "repayment_plan")
    assert company.push(plan) == Accepted(reference=outcomes[1].reference)


# -- posting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["credit_note", "receipt", "refund", "journal"])
def test_it_is_posted_and_found_among_the_posted(company: Company, kind: str):
    invoice = fresh("invoice")
    assert isinstance(company.post(invoice, enter(company, invoice)), Accepted)
    document = child_of(invoice, kind) if kind != "refund" else None
    if document is None:
        note = child_of(invoice, "credit_note")
        assert isinstance(company.post(note, enter(company, note)), Accepted)
        document = child_of(note, "refund")
    reference = enter(company, document)
    assert company.post(document, reference) == Accepted(reference=reference)
    assert company.find(document).found == Accepted(reference=reference, adopted=True)


@pytest.fixture
def inactive(company: Company) -> Iterator[Callable[[str, str], None]]:
    """Sets an account's status; all are active again afterwards."""
    touched = set()

    def set_status(account: str, status: str) -> None:
        touched.add(account)
        path = f"GL/GLAccounts('{account}')"
        company.api("PATCH", path, json={"Status": status}).raise_for_status()

    yield set_status
    for account in touched:
        set_status(account, "Active")


ACCOUNT = {"invoice": "4030", "journal": "6010"}


@pytest.mark.parametrize("kind", ["invoice", "journal"])
def test_what_posting_moved_to_an_error_batch_is_found_while_it_stands_there(
    company: Company, inactive: Callable[[str, str], None], kind: str
):
    document = fresh(kind)
    reference = enter(company, document)
    inactive(ACCOUNT[kind], "Inactive")
    outcome = company.post(document, reference)
    assert isinstance(outcome, Refused), outcome
    assert company.find(document).found is not None, "sent again it would be there twice"
    number = outcome.text.rpartition("error batch ")[2].partition("-")[0]
    resource, status = (
        (f"GL/GLJournalBatches('{number}')", "Status") if kind == "journal"
        else (f"AR/ARInvoiceBatches({number})", "BatchStatus")
    )  # fmt: skip
    inactive(ACCOUNT[kind], "Active")
    company.api("PATCH", resource, json={status: "Deleted"}).raise_for_status()
    sighting = company.find(document)
    assert (sighting.found, sighting.sure) == (None, True), "now it may be sent again"


@pytest.mark.parametrize("kind", ["invoice", "journal"])
def test_what_was_mended_and_posted_in_the_error_batch_is_through(
    company: Company, inactive: Callable[[str, str], None], kind: str
):
    document = fresh(kind)
    reference = enter(company, document)
    inactive(ACCOUNT[kind], "Inactive")
    outcome = company.post(document, reference)
    inactive(ACCOUNT[kind], "Active")
    moved = outcome.text.rpartition("error batch ")[2].rstrip(".")
    assert isinstance(company.post(document, moved), Accepted)  # as finance would
    found = company.find(document).found
    assert found is not None
    assert isinstance(company.post(document, found.reference), Accepted)
