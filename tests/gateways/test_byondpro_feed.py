"""Reading the outbox: a spoilt event becomes a thing to look at, and hides no other."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.feed import DocumentArrived, ResyncRequested, Unreadable
from iman.gateways.byondpro_documents import read_document
from iman.gateways.byondpro_feed import NotAnOutbox, as_wire_moment, read_page
from iman.gateways.byondpro_rules import InvalidDocument
from tests.builders import make_event, make_key, make_payload

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
RESYNC = {
    "cursor": "18",
    "type": "resync_requested",
    "at": "2026-11-24T16:04:00+11:00",
    "entry_type": "invoice",
    "number": "INV-1",
    "company": "SERC",
    "by": "jo.clark",
}


def spoilt(**changes):
    """An event with one part of it replaced; the part is found wherever it is."""
    event = make_event()
    for name, value in changes.items():
        (event["document"] if name in event["document"] else event)[name] = value
    return event


def only(event):
    (found,) = read_page({"events": [event]}).events
    return found


# -- pages -------------------------------------------------------------------------------------


def test_a_page_is_read_in_its_order():
    page = read_page({"events": [make_event(), RESYNC], "next": "18", "more": True})
    assert [type(event) for event in page.events] == [DocumentArrived, ResyncRequested]
    assert (page.next, page.more) == ("18", True)


@pytest.mark.parametrize(
    "body", [None, [], "x", 5, {}, {"events": None}, {"events": {}}, {"events": [], "next": 18}]
)
def test_what_is_no_outbox_is_told(body):
    with pytest.raises(NotAnOutbox):
        read_page(body)


@given(JSON)
def test_no_answer_whatever_raises_anything_but_not_an_outbox(body):
    with contextlib.suppress(NotAnOutbox):
        read_page(body)


@given(st.lists(JSON, max_size=5), st.text())
def test_no_event_whatever_hides_the_one_beside_it(events, cursor):
    page = read_page({"events": [*events, make_event(cursor="99")], "next": cursor})
    assert len(page.events) == len(events) + 1
    assert isinstance(page.events[-1], DocumentArrived)


@given(part=st.sampled_from(sorted(make_payload())), value=JSON)
def test_whatever_stands_in_a_field_the_document_is_shown_or_the_event_is(part, value):
    event = make_event()
    event["document"][part] = value
    found = only(event)
    assert isinstance(found, DocumentArrived | Unreadable)
    everything = repr(found)
    everything.encode()  # it can be stored and shown
    if isinstance(found, DocumentArrived):
        found.payload.encode()
        assert found.amount is None or found.amount.is_finite()


@pytest.mark.parametrize(
    "event",
    [
        {"type": "gift", "cursor": "19"},
        {"cursor": "19"},
        "text",
        None,
        spoilt(document=None),
        spoilt(entry_type="gift"),
        spoilt(number=""),
        spoilt(number="x" * 201),
        spoilt(number=None),
        spoilt(revision=0),
        spoilt(revision="one"),
        spoilt(revision=2**31),
        spoilt(company=None),
        {**RESYNC, "by": ""},
        {**RESYNC, "at": "2026-11-24T05:04:00"},
        {**RESYNC, "at": "soon"},
        {**RESYNC, "number": None},
    ],
)
def test_an_event_that_names_no_document_is_unreadable_and_says_why(event):
    found = only(event)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith("An event from byondpro could not be read: ")
    assert json.dumps(event)[1:10] in found.excerpt or found.excerpt


@pytest.mark.parametrize("text", ["Ann \ud800 Lee", "Ann \x00 Lee"])
def test_a_text_no_database_can_store_is_mended_and_holds_up_nothing(text):
    customer = {**make_payload()["customer"], "name": text}
    found = only(spoilt(customer=customer))
    assert isinstance(found, DocumentArrived)
    assert found.customer_name == "Ann \ufffd Lee"
    found.payload.encode()
    assert read_document(found.payload).customer_name == "Ann \ufffd Lee"


def test_an_unreadable_event_is_kept_but_not_without_end():
    found = only({"type": "gift", "wrapping": "x" * 10_000})
    assert isinstance(found, Unreadable)
    assert len(found.excerpt) == 2000


# -- one document ------------------------------------------------------------------------------


def test_the_summary_says_what_the_document_says():
    found = only(make_event())
    assert isinstance(found, DocumentArrived)
    assert (found.key, found.revision) == (make_key(), 1)
    assert (found.amount, found.currency) == (Decimal("3760.000"), "AUD")
    assert (found.terms_code, found.terms_description) == ("F48", "48 Month Repayment Plan")
    assert found.customer_name == "Margaret Ellison"
    assert json.loads(found.payload) == make_payload()


def test_a_moment_in_another_zone_is_the_same_moment():
    found = only(RESYNC)
    assert isinstance(found, ResyncRequested)
    assert found.requested_at == datetime(2026, 11, 24, 5, 4, tzinfo=UTC)
    assert as_wire_moment(found.requested_at) == "2026-11-24T05:04:00.000000Z"


def test_a_field_byondpro_adds_later_is_no_trouble():
    document = make_payload(colour="green")
    assert read_document(json.dumps(document)).key == make_key()


def test_a_document_is_read_whole():
    document = read_document(
        json.dumps(make_payload(parent={"entry_type": "customer", "number": "HGH-004512"}))
    )
    assert document.parent == make_key("HGH-004512", entry_type="customer")
    (line,) = document.lines
    assert (line.amount, line.gl_account, line.category) == (Decimal("3760.00"), "4000", "100")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"number": "X" * 23}, "has 23 characters; Sage 300 takes at most 22"),
        ({"amount": "-5.00"}, "an invoice cannot be negative"),
        ({"lines": []}, "lines"),
        ({"customer": None}, "customer"),
        ({"currency": "AUDX"}, "currency"),
        ({"date": "23.11.2026"}, "date"),
        ({"gl_segment_rule": "X9"}, "gl_segment_rule"),
        ({"terms": "F48"}, "terms"),
        ({"terms": {"code": ""}}, "terms.code"),
    ],
)
def test_an_invalid_document_says_what_byondpro_should_mend(changes, told):
    terms = changes.pop("terms", None)
    document = make_payload(**changes)
    if terms is not None:
        document["terms"] = terms
    with pytest.raises(InvalidDocument, match=told):
        read_document(json.dumps(document))


def test_lines_that_do_not_add_up_are_told():
    document = make_payload()
    document["amount"] = "3760.01"
    with pytest.raises(InvalidDocument, match=r"add up to 3760\.00.*says 3760\.01"):
        read_document(json.dumps(document))


def test_money_with_more_decimals_than_sage_has_is_told():
    with pytest.raises(InvalidDocument, match="decimal places"):
        read_document(json.dumps(make_payload(amount="1.2345")))


def test_a_fault_is_told_without_the_documents_values():
    document = make_payload(tax="a secret")
    with pytest.raises(InvalidDocument) as told:
        read_document(json.dumps(document))
    assert "a secret" not in str(told.value)


@pytest.mark.parametrize("payload", ["", "{", "[]", "null", '{"amount": NaN}'])
def test_a_payload_that_is_no_document_is_told(payload):
    with pytest.raises(InvalidDocument):
        read_document(payload)
