"""Every entry type is read into its own class, and every rule says what to mend."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.document import (
    CreditNote,
    Customer,
    EntryType,
    Invoice,
    Journal,
    JournalKind,
    Receipt,
    Refund,
    RepaymentPlan,
)
from iman.gateways.byondpro_documents import InvalidDocument
from tests.gateways.entries.documents import (
    ENTRY_TYPES,
    INVOICE,
    document_of,
    payload_of,
    read,
    schedule,
)

CLASSES = {
    "invoice": Invoice, "credit_note": CreditNote, "receipt": Receipt, "refund": Refund,
    "customer": Customer, "repayment_plan": RepaymentPlan, "journal": Journal,
}  # fmt: skip
CREDIT_NOTE = {"entry_type": "credit_note", "number": "CN-000101"}


def test_every_entry_type_has_an_example_here():
    assert set(ENTRY_TYPES) == set(EntryType)


@pytest.mark.parametrize("entry_type", ENTRY_TYPES)
def test_each_entry_type_has_its_own_class(entry_type):
    document = document_of(entry_type)
    assert type(document) is CLASSES[entry_type]
    assert document.key.entry_type == entry_type
    assert (document.customer, document.customer_name) == ("HGH-004512", "Margaret Ellison")


def test_what_is_a_types_own_is_read():
    assert document_of("invoice", kind="debit_note", parent=INVOICE).debit_note
    assert not document_of("invoice").debit_note
    assert document_of("credit_note").reason == "Wrong terms"
    receipt = document_of("receipt")
    assert (receipt.receipt_type, receipt.reference) == ("VISA", "4417")
    assert (receipt.bank, receipt.payer) == ("CBA", "M. Ellison")
    assert document_of("refund").refund_type == "OPUS"
    assert document_of("customer").address.city == "Highview"
    assert document_of("repayment_plan").schedule[2].amount == Decimal("1253.34")
    assert document_of("repayment_plan").schedule[1].due == date(2027, 1, 1)
    journal = document_of("journal")
    assert journal.kind is JournalKind.REDEMPTION
    assert [line.segmented for line in journal.journal_lines] == [False, True]


@pytest.mark.parametrize("entry_type", ["receipt", "refund", "repayment_plan", "journal"])
def test_what_means_nothing_for_a_type_may_be_there_empty(entry_type):
    document = document_of(entry_type, terms=None, lines=[], tax_group="", sales_order="")
    assert document.terms_code == ""


def test_a_journal_may_be_for_nobody():
    assert document_of("journal", customer={"number": ""}, parent=None).customer == ""


def test_a_credit_note_may_credit_an_invoice_byondpro_does_not_have():
    assert document_of("credit_note", parent=None).parent is None


WRONG = [
    ("invoice", {"number": "I" * 23}, "document number", "at most 22"),
    ("customer", {"number": "C" * 13}, "document number", "at most 12"),
    ("receipt", {"customer": {"number": "C" * 13}}, "customer number", "at most 12"),
    ("receipt", {"customer": {"number": " "}}, "names no customer", ""),
    ("invoice", {"amount": "-1.00"}, "cannot be negative", "credit note"),
    ("invoice", {"amount": "1.00"}, "lines add up to 3760.00", "says 1.00"),
    ("invoice", {"kind": "proforma"}, "kind", "'debit_note'"),
    ("invoice", {"kind": "debit_note"}, "names no invoice as its parent", ""),
    ("invoice", {"terms": {"code": "TOOLONG"}}, "terms code TOOLONG", "at most 6"),
    ("invoice", {"tax_group": "T" * 13}, "tax group", "at most 12"),
    ("invoice", {"lines": []}, "lines", ""),
    ("invoice", {"terms": None}, "terms", ""),
    ("credit_note", {"amount": "-5.00"}, "credit note's amount is -5.00", "positive"),
    ("credit_note", {"parent": CREDIT_NOTE}, "parent is a credit note", "the invoice"),
    ("receipt", {"amount": "0.00"}, "receipt's amount is 0.00", "positive"),
    ("receipt", {"amount": "-0.01"}, "positive", ""),
    ("receipt", {"parent": None}, "names no invoice", ""),
    ("receipt", {"receipt": {"type": "VISA", "reference": "9" * 25, "bank": "CBA"}},
     "receipt reference", "at most 24"),
    ("receipt", {"receipt": {"type": "T" * 13, "bank": "CBA"}}, "receipt type", "at most 12"),
    ("receipt", {"receipt": {"type": "VISA", "bank": "B" * 9}}, "bank", "at most 8"),
    ("receipt", {"receipt": None}, "receipt", ""),
    ("refund", {"amount": "-80.00"}, "positive", ""),
    ("refund", {"parent": INVOICE}, "parent is an invoice", "the credit note"),
    ("refund", {"refund": {"type": "OPUS"}}, "refund.bank", ""),
    ("repayment_plan", {"schedule": schedule(["3760.00", "0.01"])}, "add up to 3760.01", "3760.00"),
    ("repayment_plan", {"schedule": schedule(["3761.00", "-1.00"])}, "instalment 2 is -1.00", ""),
    ("repayment_plan", {"schedule": list(reversed(schedule(["1.00", "3759.00"])))},
     "instalment 1 is numbered 2", "without a gap"),
    ("repayment_plan", {"schedule": []}, "schedule", ""),
    ("repayment_plan", {"parent": None}, "names no invoice", ""),
    ("journal", {"journal": {"kind": "gift"}}, "journal.kind", "'revaluation'"),
    ("journal", {"amount": "281.81"}, "debits add up to 281.82", "281.81"),
    ("customer", {"customer": {"number": "HGH-9", "name": "X"}}, "is about customer HGH-9", "same"),
    ("customer", {"customer": {"number": "HGH-004512", "name": ""}}, "no name", ""),
    ("customer", {"customer": {"number": "HGH-004512", "name": "X", "group": "FAMILIES"}},
     "customer group", "at most 6"),
    ("invoice", {"entry_type": "gift"}, "entry_type", "'repayment_plan'"),
    ("invoice", {"revision": 0}, "revision", ""),
    ("invoice", {"date": "23/11/2026"}, "date", ""),
]  # fmt: skip


@pytest.mark.parametrize(("entry_type", "overrides", "fault", "more"), WRONG)
def test_what_breaks_the_contract_is_told_in_words(entry_type, overrides, fault, more):
    with pytest.raises(InvalidDocument) as told:
        document_of(entry_type, **overrides)
    assert fault in str(told.value)
    assert more in str(told.value)


@given(
    amounts=st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=8),
    cents=st.sampled_from([Decimal("0.01"), Decimal("0.001"), Decimal(1)]),
)
def test_a_journal_is_taken_exactly_when_it_balances(amounts, cents):
    sides = [amount * cents for amount in amounts]
    sides.append(-sum(sides))
    debits = sum(side for side in sides if side > 0)
    lines = [
        {"line": place, "gl_account": "2560", "segmented": False, "amount": str(side)}
        for place, side in enumerate(sides, 1)
    ]
    journal = read(payload_of("journal", amount=str(debits), journal_lines=lines))
    assert [line.amount for line in journal.journal_lines] == sides
    lines[0]["amount"] = str(sides[0] + cents)
    with pytest.raises(InvalidDocument, match="does not balance"):
        read(payload_of("journal", amount=str(debits), journal_lines=lines))


@given(count=st.integers(1, 240), cents=st.integers(0, 99))
def test_a_schedule_of_any_length_is_taken_exactly_when_it_adds_up(count, cents):
    amounts = ["100.00"] * (count - 1) + [f"100.{cents:02d}"]
    total = sum(map(Decimal, amounts))
    plan = read(payload_of("repayment_plan", amount=str(total), schedule=schedule(amounts)))
    assert len(plan.schedule) == count
    with pytest.raises(InvalidDocument, match="add up to"):
        read(
            payload_of(
                "repayment_plan", amount=str(total + Decimal("0.01")), schedule=schedule(amounts)
            )
        )
