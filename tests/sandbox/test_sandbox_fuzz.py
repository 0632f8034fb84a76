"""Whatever JSON arrives, Sage answers in its own envelope and never by falling over."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iman.sandbox.sage_schema import INVOICE_BATCH, Entity

API = "/Sage300WebApi/v1.0/-/SERDAT/AR/ARInvoiceBatches"
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
