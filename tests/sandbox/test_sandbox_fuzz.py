"""Whatever JSON arrives, Sage answers in its own envelope and never by falling over."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iman.sandbox.sage_batch_kinds import ADJUSTMENTS, JOURNALS, RECEIPTS, REFUNDS
from iman.sandbox.sage_schema import INVOICE_BATCH, Entity

ROOT = "/Sage300WebApi/v1.0/-/SERDAT"
API = f"{ROOT}/AR/ARInvoiceBatches"
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=70)
    | st.sampled_from(
        ["IMM", "F12", "HGH-004512", "4030", "ATO", "1e400", "-1", "2026-11-23", "0001-01-01"]
    )
)
GOOD = {"CustomerNumber": "HGH-004512", "Terms": "IMM"}
GOOD_LINE = {"RevenueAccount": "4030", "ExtendedAmountWithTIP": 10}


def bodies(entity: Entity) -> st.SearchStrategy[dict]:
    fields = {
        name: SCALARS
        if known.details is None
        else st.lists(bodies(known.details), max_size=2) | SCALARS
        for name, known in entity.properties.items()
    }
    drawn = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)
    return drawn.flatmap(lambda names: st.fixed_dictionaries({n: fields[n] for n in names}))


def entries() -> st.SearchStrategy[list[dict]]:
    invoice = INVOICE_BATCH.properties["Invoices"].details
    line = invoice.properties["InvoiceDetails"].details
    near = st.builds(
        lambda change, lines: (
            {"InvoiceDetails": [GOOD_LINE | one for one in lines]} | GOOD | change
        ),
        bodies(invoice),
        st.lists(bodies(line), min_size=1, max_size=2),
    )
    return st.lists(near, max_size=2)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(bodies(INVOICE_BATCH), entries(), st.sampled_from(["POST", "PATCH"]))
def test_no_payload_breaks_the_server(quiet_sage, batch, invoices, verb):
    body = batch | ({"Invoices": invoices} if invoices else {})
    path = API if verb == "POST" else f"{API}(1)"
    answer = quiet_sage.http.request(verb, path, json=body)
    assert answer.status_code in {201, 204, 400, 404, 409}, answer.text
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]["value"]
    elif verb == "POST":
        stored = json.loads(answer.text)
        assert stored["NumberOfEntries"] == len(stored["Invoices"])
        assert quiet_sage.web.get(f"/batches/{stored['BatchNumber']}").status_code == 200
    assert quiet_sage.web.get("/batches").status_code == 200


NEAR = {
    "receipt": {"CustomerNumber": "HGH-004512", "BankReceiptAmount": 5},
    "adjustment": {"CustomerNumber": "HGH-004512"},
    "refund": {"CustomerNumber": "HGH-004512", "DocumentDate": "2026-03-05"},
    "journal": {"SourceLedger": "GL", "SourceType": "JE", "DocumentDate": "2026-03-05"},
}
ROWS = {
    "receipt": ("AppliedReceiptsAdjustments", {"DocumentNumber": "INV-1"}),
    "adjustment": ("AppliedReceiptsAdjustments", {"DocumentNumber": "INV-1"}),
    "refund": ("RefundDetails", {"DocumentNumber": "CN-1", "AmountCustomer": 5}),
    "journal": ("JournalDetails", {"AccountNumber": "4030", "Amount": 0}),
}


@pytest.fixture(scope="module")
def with_documents(quiet_sage):
    """A Sage that holds the invoice and the credit note the entries below refer to."""
    for number, kind in (("INV-1", "Invoice"), ("CN-1", "CreditNote")):
        entry = GOOD | {"DocumentNumber": number, "DocumentType": kind}
        body = {"Invoices": [entry | {"InvoiceDetails": [GOOD_LINE]}]}
        assert quiet_sage.http.post(API, json=body).status_code == 201
    return quiet_sage


@st.composite
def other_batches(draw):
    kind = draw(st.sampled_from([RECEIPTS, ADJUSTMENTS, REFUNDS, JOURNALS]))
    entity = kind.entity.properties[kind.entries].details
    name, row = ROWS[kind.names.kind]
    rows = draw(st.lists(bodies(entity.properties[name].details), max_size=2))
    entry = NEAR[kind.names.kind] | {name: [row | one for one in rows]} | draw(bodies(entity))
    header = draw(bodies(kind.entity))
    record_type = {"receipt": "CA", "adjustment": "AD"}.get(kind.names.kind)
    if record_type:
        header.setdefault("BatchRecordType", record_type)
    return kind, header | {kind.entries: draw(st.sampled_from([[entry], [entry, entry], []]))}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(other_batches())
def test_no_payload_of_the_other_batches_breaks_the_server(with_documents, drawn):
    kind, body = drawn
    module = kind.resource[:2]
    answer = with_documents.http.post(f"{ROOT}/{module}/{kind.resource}", json=body)
    assert answer.status_code in {201, 400, 404, 409}, answer.text
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]["value"]
        return
    stored = answer.json()
    assert stored["NumberOfEntries"] == len(stored[kind.entries])
    name = {"AD": "adjustment", "CA": "receipt"}.get(stored.get("BatchRecordType"))
    page = f"/batches/{name or kind.names.kind}/{int(stored['BatchNumber'])}"
    assert with_documents.web.get(page).status_code == 200
    assert with_documents.http.get("/sandbox/documents").status_code == 200
