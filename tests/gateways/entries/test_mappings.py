"""What goes where in Sage 300: names, order, widths, spellings, digits."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.document import EntryType
from iman.domain.outcome import Accepted, Refused, Unknown
from iman.gateways import exact_json
from iman.gateways.entries import MAPPINGS
from iman.gateways.entries.batched import Batched
from iman.gateways.entries.customer import record_of
from tests.gateways.entries.documents import INVOICE, TOKEN, document_of, payload_of, read
from tests.gateways.entries.sage import at_sage

BATCHED = [kind for kind, mapping in MAPPINGS.items() if isinstance(mapping, Batched)]
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=200)
MONEY = st.decimals(Decimal("0.01"), Decimal("9999999999.999"), places=3)

INVOICE_BODY = {
    "Description": TOKEN,
    "BatchDate": "2026-11-23",
    "Invoices": [
        {
            "CustomerNumber": "HGH-004512",
            "DocumentNumber": "INV-010319",
            "DocumentType": "Invoice",
            "InvoiceType": "Summary",
            "InvoiceDescription": "Right of interment and interment",
            "OrderNumber": "SO-010319",
            "PONumber": "10319",
            "DocumentDate": "2026-11-23",
            "PostingDate": "2026-11-23",
            "Terms": "F48",
            "TaxGroup": "ATO",
            "InvoiceDetails": [
                {
                    "Description": "R-1010 Lawn grave, double depth, perpetual",
                    "RevenueAccount": "4030",
                    "ExtendedAmountWithTIP": Decimal("3760.00"),
                    "TaxClass1": 1,
                    "TaxIncluded1": "Yes",
                    "TaxAmount1": Decimal("341.82"),
                }
            ],
        }
    ],
}
RECEIPT_BODY = {
    "BatchRecordType": "CA",
    "Description": TOKEN,
    "BatchDate": "2026-11-23",
    "BankCode": "CBA",
    "DepositDate": "2026-11-23",
    "ReceiptsAdjustments": [
        {
            "BatchType": "CA",
            "CustomerNumber": "HGH-004512",
            "BankCode": "CBA",
            "ReceiptTransactionType": "Receipt",
            "PaymentCode": "VISA",
            "CheckReceiptNumber": "RC-000201",
            "ReceiptDateAdjustmentDate": "2026-11-23",
            "PostingDate": "2026-11-23",
            "EntryDescription": "Right of interment and interment",
            "EntryReference": "4417",
            "Payer": "M. Ellison",
            "BankReceiptAmount": Decimal("100.00"),
            "CustomerReceiptAmount": Decimal("100.00"),
            "AppliedReceiptsAdjustments": [
                {
                    "BatchType": "CA",
                    "CustomerNumber": "HGH-004512",
                    "DocumentNumber": "INV-010319",
                    "PaymentNumber": 1,
                    "ReceiptTransactionType": "Receipt",
                    "CustomerReceiptAmount": Decimal("100.00"),
                }
            ],
        }
    ],
}
REFUND_BODY = {
    "BatchDescription": TOKEN,
    "BatchDate": "2026-11-23",
    "RefundEntries": [
        {
            "CustomerNumber": "HGH-004512",
            "DocumentNumber": "RF-000301",
            "DocumentDescription": "OPUS Right of interment and interment",
            "DocumentDate": "2026-11-23",
            "PostingDate": "2026-11-23",
            "RemitToName": "Margaret Ellison",
            "CashBankAccount": "CBA",
            "CashAmountPayment": Decimal("80.00"),
            "RefundAmountCustomer": Decimal("80.00"),
            "RefundDetails": [
                {
                    "DocumentNumber": "CN-000101",
                    "PaymentNumber": 1,
                    "PaymentType": "Cash",
                    "AmountPayment": Decimal("80.00"),
                    "AmountCustomer": Decimal("80.00"),
                }
            ],
        }
    ],
}
JOURNAL_BODY = {
    "Description": TOKEN,
    "JournalHeaders": [
        {
            "SourceLedger": "GL",
            "SourceType": "JE",
            "Description": "JE-000007 Redeemed: bronze plaque",
            "DocumentDate": "2026-11-23",
            "PostingDate": "2026-11-23",
            "JournalDetails": [
                {
                    "AccountNumber": "2560",
                    "Amount": Decimal("281.82"),
                    "SourceCurrencyAmount": Decimal("281.82"),
                    "Description": "Unearned income",
                    "Reference": "INV-010319",
                },
                {
                    "AccountNumber": "6030",
                    "Amount": Decimal("-281.82"),
                    "SourceCurrencyAmount": Decimal("-281.82"),
                    "Description": "Revenue",
                    "Reference": "JE-000007",
                },
            ],
        }
    ],
}


def test_every_entry_type_is_mapped():
    assert set(MAPPINGS) == set(EntryType)


def body(entry_type: str, **overrides: Any) -> dict[str, Any]:
    document = document_of(entry_type, **overrides)
    mapping = MAPPINGS[EntryType(entry_type)]
    assert isinstance(mapping, Batched)
    found: dict[str, Any] = mapping.body(document, token=TOKEN)
    return found


@pytest.mark.parametrize(
    ("entry_type", "expected"),
    [
        ("invoice", INVOICE_BODY),
        ("receipt", RECEIPT_BODY),
        ("refund", REFUND_BODY),
        ("journal", JOURNAL_BODY),
    ],
)
def test_a_document_becomes_this_body_in_this_order(entry_type, expected):
    assert json.dumps(body(entry_type), default=str) == json.dumps(expected, default=str)


def test_a_debit_note_is_an_invoice_of_another_kind():
    (entry,) = body("invoice", kind="debit_note", parent=INVOICE)["Invoices"]
    assert entry["DocumentType"] == "DebitNote"


def test_a_credit_note_is_positive_and_names_its_invoice():
    (entry,) = body("credit_note")["Invoices"]
    assert entry["DocumentType"] == "CreditNote"
    assert entry["ApplytoDocument"] == "INV-010319"
    assert entry["SpecialInstructions"] == "Wrong terms"
    assert entry["InvoiceDetails"][0]["ExtendedAmountWithTIP"] == Decimal("3760.00")
    (alone,) = body("credit_note", parent=None)["Invoices"]
    assert "ApplytoDocument" not in alone


def test_a_receipts_date_stands_in_all_four_places():
    found = body("receipt", date="2026-03-31")
    (entry,) = found["ReceiptsAdjustments"]
    places = (found["BatchDate"], found["DepositDate"], entry["PostingDate"])
    assert {*places, entry["ReceiptDateAdjustmentDate"]} == {"2026-03-31"}


def test_only_invoices_and_credit_notes_share_a_batch():
    shared = {kind for kind in BATCHED if MAPPINGS[kind].shared}
    assert shared == {EntryType.INVOICE, EntryType.CREDIT_NOTE}


def test_a_customer_becomes_this_record_in_this_order():
    found = record_of(document_of("customer"))
    assert list(found.items()) == [
        ("CustomerNumber", "HGH-004512"),
        ("GroupCode", "FAMILY"),
        ("TaxGroup", "ATO"),
        ("Terms", "F48"),
        ("ShortName", "Margaret E"),
        ("CustomerName", "Margaret Ellison"),
        ("AddressLine1", "4 Quarry Lane"),
        ("City", "Highview"),
        ("StateProvince", "VIC"),
        ("ZipPostalCode", "3999"),
        ("Country", "Australia"),
        ("PhoneNumber", "03 5555 0101"),
        ("Email", "m.ellison@example.org"),
    ]


WIDTHS = {
    "InvoiceDescription": 60, "OrderNumber": 22, "PONumber": 22, "SpecialInstructions": 60,
    "Description": 60, "BatchDescription": 60, "EntryDescription": 60, "EntryReference": 60,
    "Payer": 60, "DocumentDescription": 60, "RemitToName": 60, "Reference": 60,
    "CustomerNumber": 12, "DocumentNumber": 22, "ApplytoDocument": 22, "CheckReceiptNumber": 24,
    "Terms": 6, "TaxGroup": 12, "BankCode": 8, "CashBankAccount": 8, "PaymentCode": 12,
    "RevenueAccount": 45, "AccountNumber": 45, "BatchRecordType": 2, "BatchType": 2,
    "SourceLedger": 2, "SourceType": 2,
}  # fmt: skip
#: Lists, as Sage spells their members.
MEMBERS = {
    "DocumentType": {"Invoice", "DebitNote", "CreditNote"},
    "InvoiceType": {"Summary"},
    "TaxIncluded1": {"Yes", "No"},
    "ReceiptTransactionType": {"Receipt"},
    "PaymentType": {"Cash"},
}


def leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    match value:
        case dict():
            return [leaf for key, part in value.items() for leaf in leaves(part, key)]
        case list():
            return [leaf for part in value for leaf in leaves(part, name)]
        case _:
            return [(name, value)]


@given(text=TEXTS, booking=TEXTS, name=TEXTS, kind=st.sampled_from([*BATCHED]))
def test_texts_fit_and_spellings_are_sages_whatever_byondpro_sends(text, booking, name, kind):
    customer = {"number": "HGH-004512", "name": name, "kind": "person", "group": "FAMILY"}
    overrides = {"description": text, "booking": booking, "customer": customer}
    for found, value in leaves(body(kind, **overrides)):
        if found in MEMBERS:
            assert value in MEMBERS[found]
        elif isinstance(value, str) and "Date" not in found:
            assert len(value) <= WIDTHS[found], found


@given(amount=MONEY, kind=st.sampled_from(["invoice", "credit_note", "receipt", "refund"]))
def test_money_reaches_the_wire_digit_for_digit(amount, kind):
    overrides: dict[str, Any] = {"amount": str(amount)}
    if kind in ("invoice", "credit_note"):
        line = payload_of(kind)["lines"][0]
        overrides["lines"] = [line | {"amount": str(amount)}]
    text = exact_json.dumps(body(kind, **overrides))
    assert f":{amount:f}" in text
    assert amount in [value for _, value in leaves(exact_json.loads(text))]


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), kind=st.sampled_from(BATCHED))
def test_dates_are_the_documents_own_day(day, kind):
    found = body(kind, date=day.isoformat())
    days = {value for name, value in leaves(found) if name.endswith("Date")}
    assert days == {day.isoformat()}


@given(text=TEXTS, kind=st.sampled_from(BATCHED))
def test_quotes_and_unicode_arrive_as_they_left(text, kind):
    sent = body(kind, description=text)
    assert leaves(exact_json.loads(exact_json.dumps(sent))) == leaves(sent)


def test_a_key_is_never_cut():
    number = "N" * 22
    (entry,) = body("invoice", number=number)["Invoices"]
    assert entry["DocumentNumber"] == number


@pytest.mark.parametrize(
    ("rule", "segment", "account"),
    [("E2", "30", "6030"), ("S2", "30", "3000"), ("N", "", "6000"), ("E1", "7", "6007")],
)
def test_only_a_segmented_account_takes_the_sites_segment(rule, segment, account):
    site = {"code": "HGH", "name": "", "gl_segment": segment}
    (entry,) = body("journal", site=site, gl_segment_rule=rule)["JournalHeaders"]
    accounts = [line["AccountNumber"] for line in entry["JournalDetails"]]
    assert accounts == ["2560", account]


# -- what is believed --------------------------------------------------------------------------


def answered(kind: str, **overrides: Any) -> dict[str, Any]:
    """The body as Sage stores it: numbers given, keys in capitals and padded."""
    batch = body(kind, **overrides)
    entries = MAPPINGS[EntryType(kind)].batch.entries
    text = kind == "journal"
    stored = [
        entry | {"EntryNumber": "00001" if text else 1}
        | {name: f"{entry[name].upper()}  " for name in ("CustomerNumber",) if name in entry}
        for entry in batch[entries]
    ]  # fmt: skip
    return batch | {"BatchNumber": "000490" if text else 187, entries: stored}


@pytest.mark.parametrize(
    ("kind", "reference"),
    [("invoice", "187-1"), ("credit_note", "187-1"), ("receipt", "187-1"), ("refund", "187-1"),
     ("journal", "000490-00001")],
)  # fmt: skip
def test_a_stored_document_is_known_by_its_reference(kind, reference):
    text = exact_json.dumps(answered(kind))
    exchange = at_sage(
        lambda _: httpx.Response(201, text=text),
        lambda sage: sage.push(document_of(kind), token=TOKEN),
    )
    assert exchange.outcome == Accepted(reference=reference)
    assert json.loads(exchange.sent)


@pytest.mark.parametrize("kind", BATCHED)
@pytest.mark.parametrize("status", [200, 201, 204])
@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "<html>", '{"Message": "An error"}'])
def test_a_success_without_the_document_is_unknown(kind, status, text):
    exchange = at_sage(
        lambda _: httpx.Response(status, text=text),
        lambda sage: sage.push(document_of(kind), token=TOKEN),
    )
    assert isinstance(exchange.outcome, Unknown)


@pytest.mark.parametrize("kind", ["invoice", "credit_note", "journal"])
def test_an_account_that_cannot_be_built_is_told_and_nothing_is_sent(kind):
    document = document_of(kind, site={"code": "HGH", "name": "", "gl_segment": "300"})
    exchange = at_sage(lambda _: httpx.Response(500), lambda sage: sage.push(document, token=TOKEN))
    assert isinstance(exchange.outcome, Refused)
    assert exchange.outcome.local
    assert exchange.sent is None


def test_a_journal_is_not_mistaken_for_one_whose_number_begins_alike():
    mapping = MAPPINGS[EntryType.JOURNAL]
    journal = document_of("journal")
    assert mapping.is_entry_of({"Description": "je-000007 anything"}, journal)
    assert mapping.is_entry_of({"Description": "JE-000007"}, journal)
    assert not mapping.is_entry_of({"Description": "JE-0000071 anything"}, journal)
    assert not mapping.is_entry_of({"Description": None}, journal)


def test_a_surrogate_or_nul_in_a_text_does_not_break_a_push():
    document = read(payload_of("invoice", description="a\x00b"))
    sent = exact_json.dumps(MAPPINGS[EntryType.INVOICE].body(document, token=TOKEN))
    assert "\\u0000" not in sent
