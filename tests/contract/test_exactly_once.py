"""Invoices at the sandbox: entered once, found again after every fault, never adopted wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from iman.domain.outcome import Accepted, NotTried, Refused, Unavailable, Unknown
from tests.contract.conftest import Company, fresh, new_token, token_of

BAD = {"code": "F48", "description": ""}
AFTER = ["timeout_after", "reset_after", "truncate", "html_500_after", "empty_2xx"]
BEFORE = ["timeout_before", "html_500", "message_500"]


def test_an_invoice_is_entered_and_found_under_its_reference(company: Company):
    invoice = fresh("invoice")
    outcome = company.push(invoice)
    assert isinstance(outcome, Accepted)
    assert company.find(invoice).found == Accepted(reference=outcome.reference, adopted=True)


@pytest.mark.parametrize("fault", AFTER)
def test_a_stored_invoice_whose_answer_was_lost_is_found(company: Company, fault: str):
    invoice = fresh("invoice")
    company.strike(fault)
    assert isinstance(company.push(invoice), Unknown)
    sighting = company.find(invoice)
    assert sighting.found is not None
    assert company.in_sage()[invoice.key.number] == 1


@pytest.mark.parametrize("fault", BEFORE)
def test_an_invoice_that_never_arrived_is_surely_not_there(company: Company, fault: str):
    invoice = fresh("invoice")
    company.strike(fault)
    assert isinstance(company.push(invoice), Unknown)
    sighting = company.find(invoice)
    assert (sighting.found, sighting.sure, sighting.stranger) == (None, True, None)


def test_too_many_requests_is_a_sick_erp_with_a_time(company: Company):
    company.strike("too_many")
    outcome = company.push(fresh("invoice"))
    assert isinstance(outcome, Unavailable)
    assert (outcome.kind, outcome.retry_after) == ("too_many", 5.0)


@pytest.mark.parametrize(
    ("missing_code", "code"),
    [("RecordNotFound/404", "1020"), ("RecordNotFound/409", "1020"), ("FieldInvalid/409", "1140")],
)
@pytest.mark.parametrize("leftovers", ["leave", "clean"])
def test_a_refused_invoice_is_not_there_whatever_it_leaves(
    company: Company, leftovers: str, missing_code: str, code: str
):
    company.faults(variants={"leftovers": leftovers, "missing_code": missing_code})
    invoice = fresh("invoice", terms=BAD)
    outcome = company.push(invoice)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.text) == (code, 'Terms Code "F48" is not defined in A/R Terms')
    sighting = company.find(invoice)
    assert (sighting.found, sighting.sure) == (None, True)
    withdrawn = company.withdraw(token_of(invoice))
    assert withdrawn == (1 if leftovers == "leave" else 0)
    assert {one["BatchStatus"] for one in company.batches(token_of(invoice))} <= {"Deleted"}


def test_a_batch_that_holds_a_document_is_never_withdrawn(company: Company):
    invoice = fresh("invoice")
    company.push(invoice)
    assert company.withdraw(token_of(invoice)) == 0
    assert company.find(invoice).found is not None


# -- several in one batch ----------------------------------------------------------------------


def shape(outcomes: list[Any]) -> str:
    return "".join(
        {Accepted: "A", Refused: "R", NotTried: "n", Unknown: "u"}[type(one)] for one in outcomes
    )


def test_invoices_share_a_batch(company: Company):
    documents = [fresh("invoice") for _ in range(20)]
    outcomes = company.push_many(documents, new_token())
    assert shape(outcomes) == "A" * 20
    assert len({one.reference.partition("-")[0] for one in outcomes}) == 1
    assert len({one.reference for one in outcomes}) == 20


@pytest.mark.parametrize(("leftovers", "expected"), [("leave", "AARnR"), ("clean", "nnRnR")])
def test_a_refusal_is_laid_at_the_guilty_entrys_door(
    company: Company, leftovers: str, expected: str
):
    company.faults(variants={"leftovers": leftovers})
    documents = [fresh("invoice", **({"terms": BAD} if n in (2, 4) else {})) for n in range(5)]
    token = new_token()
    outcomes = company.push_many(documents, token)
    assert shape(outcomes) == expected
    stored = company.in_sage()
    for document, outcome in zip(documents, outcomes, strict=True):
        assert stored[document.key.number] == isinstance(outcome, Accepted)
        sighting = company.find(document, token=token)
        assert sighting.sure
        assert (sighting.found is not None) is isinstance(outcome, Accepted)


@pytest.mark.parametrize("leftovers", ["leave", "clean"])
def test_a_first_entry_that_is_guilty_is_told_as_well(company: Company, leftovers: str):
    company.faults(variants={"leftovers": leftovers})
    documents = [fresh("invoice", terms=BAD), fresh("invoice"), fresh("invoice")]
    token = new_token()
    assert shape(company.push_many(documents, token)) == "Rnn"
    assert company.withdraw(token) == (leftovers == "leave")


@pytest.mark.parametrize("fault", AFTER)
def test_a_shared_batch_whose_answer_was_lost_is_found_by_its_mark(company: Company, fault: str):
    documents = [fresh("invoice") for _ in range(3)]
    token = new_token()
    company.strike(fault)
    assert shape(company.push_many(documents, token)) == "uuu"
    references = [company.find(document, token=token).found.reference for document in documents]
    assert len(set(references)) == 3


# -- two ledgers -------------------------------------------------------------------------------


def test_another_ledgers_invoice_is_told_and_not_adopted(company: Company):
    invoice = fresh("invoice")
    company.push(invoice, token=token_of(invoice, "ffee0011"))
    sighting = company.find(invoice)
    assert (sighting.found, sighting.sure, sighting.stranger) == (None, True, "ffee0011")


def theirs(company: Company, count: int = 3, kind: str = "invoice") -> tuple[list[Any], list[str]]:
    """Another ledger's shared batch, whose mark names no document; the references."""
    documents = [fresh(kind, parent=None) for _ in range(count)]
    token = new_token().replace("0011aabb", "ffee0011")
    return documents, [one.reference for one in company.push_many(documents, token)]


@pytest.mark.parametrize("kind", ["invoice", "credit_note"])
@pytest.mark.parametrize("status", ["Open", "ReadyToPost"])
def test_a_document_aboard_another_ledgers_shared_batch_is_told_and_not_adopted(
    company: Company, kind: str, status: str
):
    documents, references = theirs(company, kind=kind)
    if status != "Open":
        number = references[0].partition("-")[0]
        path = f"AR/ARInvoiceBatches({number})"
        company.api("PATCH", path, json={"BatchStatus": status}).raise_for_status()
    for document, reference in zip(documents, references, strict=True):
        sighting = company.find(document)
        assert (sighting.found, sighting.sure, sighting.stranger) == (None, True, "ffee0011")
        assert f"as {reference}," in sighting.reason
    assert company.find(fresh(kind)).stranger is None, "only what is really there"


def test_it_is_told_when_that_batch_is_posted_too(company: Company):
    documents, references = theirs(company)
    company.post(documents[1], references[1])
    assert company.find(documents[1]).stranger == "ffee0011"


def test_what_their_deleted_batch_held_is_nobodys(company: Company):
    documents, references = theirs(company)
    path = f"AR/ARInvoiceBatches({references[0].partition('-')[0]})"
    company.api("PATCH", path, json={"BatchStatus": "Deleted"}).raise_for_status()
    sighting = company.find(documents[0])
    assert (sighting.found, sighting.sure, sighting.stranger) == (None, True, None)


def test_a_number_another_customer_has_too_is_another_document(company: Company):
    documents, _ = theirs(company)
    someone = {"number": "HGH-004518", "name": "Another", "kind": "person", "group": "FAMILY"}
    like_it = fresh("invoice", number=documents[0].key.number, customer=someone)
    assert company.find(like_it).stranger is None


# -- posting -----------------------------------------------------------------------------------


def test_a_posted_invoice_is_found_by_its_key(company: Company):
    invoice = fresh("invoice")
    reference = company.push(invoice).reference
    assert company.post(invoice, reference) == Accepted(reference=reference)
    assert company.post(invoice, reference) == Accepted(reference=reference)
    assert company.find(invoice).found == Accepted(reference=reference, adopted=True)


def test_a_shared_batch_is_posted_once_and_each_document_asked_for(company: Company):
    documents = [fresh("invoice") for _ in range(3)]
    references = [one.reference for one in company.push_many(documents, new_token())]
    for document, reference in zip(documents, references, strict=True):
        assert company.post(document, reference) == Accepted(reference=reference)


def test_a_duplicate_goes_to_an_error_batch_and_comes_back_refused(company: Company):
    invoice = fresh("invoice")
    first = company.push(invoice).reference
    again = company.push(invoice, token=token_of(invoice, "ffee0011")).reference
    assert isinstance(company.post(invoice, first), Accepted)
    outcome = company.post(invoice, again)
    assert isinstance(outcome, Refused), outcome
    assert "error batch" in outcome.text


# -- after a restore: the ledger does not know under which mark it was sent ------------------------


def test_what_a_restore_forgot_is_found_under_any_mark_of_ours(company: Company):
    aboard = [fresh("invoice") for _ in range(3)]
    company.push_many(aboard, new_token())  # a batch the restored ledger knows nothing of
    revised = fresh("invoice", revision=2)
    assert isinstance(company.push(revised), Accepted)
    known_before = fresh("invoice", number=revised.key.number, revision=1)
    for document in (*aboard, known_before):
        sighting = company.find_anywhere(document)
        assert sighting.found is not None, document.key
        assert sighting.stranger is None
    assert company.find(aboard[0]).found is None  # only the wide look-up reads all of ours
    absent = company.find_anywhere(fresh("invoice"))
    assert (absent.found, absent.sure) == (None, True)
    of_others = company.find_anywhere(aboard[0], token=token_of(aboard[0], "ffffffff"))
    assert of_others.stranger == "0011aabb"
