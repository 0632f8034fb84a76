"""The Web API apart from batches: log-in, addresses, set-up records, feeds."""

import httpx
import pytest


def problem(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["message"]["lang"] == "en-US"
    return answer.status_code, error["code"]


@pytest.mark.parametrize(
    ("user", "password", "expected"),
    [
        ("WEBAPI", "SECRET", 200),
        ("webapi", "SECRET", 200),
        ("WEBAPI", "secret", (401, "Unauthorized")),
        ("NOBODY", "SECRET", (401, "Unauthorized")),
        ("ADMIN", "SECRET", (403, "Forbidden")),
        ("CLERK", "SECRET", (403, "Forbidden")),
        ("CLERK", "wrong", (401, "Unauthorized")),
    ],
)
def test_who_may_use_the_web_api(quiet_sage, user, password, expected):
    url = f"{quiet_sage.url}/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms"
    answer = httpx.get(url, auth=(user, password))
    assert (answer.status_code if expected == 200 else problem(answer)) == expected


@pytest.mark.parametrize("header", [None, "Bearer x", "Basic !!!", "Basic /w=="])
def test_a_broken_authorization_is_unauthorized(quiet_sage, header):
    headers = {} if header is None else {"Authorization": header}
    url = f"{quiet_sage.url}/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms"
    assert problem(httpx.get(url, headers=headers)) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("verb", "address", "expected"),
    [
        ("GET", "AR/ARNothing", (404, "ResourceNotFound")),
        ("GET", "XX/ARTerms", (404, "ResourceNotFound")),
        ("GET", "GL/ARTerms", (404, "ResourceNotFound")),
        ("GET", "AR/ARTerms('F48')", (404, "RecordNotFound")),
        ("GET", "AR/ARTerms(F48)", (400, "InvalidEntityKey")),
        ("GET", "AR/ARTerms(48)", (400, "InvalidEntityKey")),
        ("GET", "AR/ARTerms('IMM',)", (400, "InvalidEntityKey")),
        ("GET", "AR/ARTerms(Nope='IMM')", (400, "InvalidEntityKey")),
        ("GET", "AR/ARInvoiceBatches('1')", (400, "InvalidEntityKey")),
        ("GET", "AR/ARInvoiceBatches(1)", (404, "RecordNotFound")),
        ("GET", "AR/ARPostedDocuments('A')", (400, "InvalidEntityKey")),
        (
            "GET",
            "AR/ARPostedDocuments(DocumentNumber='D',CustomerNumber='C')",
            (404, "RecordNotFound"),
        ),
        ("DELETE", "AR/ARInvoiceBatches(1)", (405, "MethodNotAllowed")),
        ("GET", "AR/ARPostInvoices", (405, "MethodNotAllowed")),
        ("POST", "AR/ARPostedDocuments", (405, "MethodNotAllowed")),
        ("POST", "AR/ARTerms('IMM')", (400, "InvalidAction")),
        ("POST", "AR/ARPostInvoices('$nothing')", (400, "InvalidAction")),
    ],
)
def test_wrong_addresses(quiet_sage, verb, address, expected):
    body = {} if verb == "POST" else None
    answer = quiet_sage.http.request(verb, f"/Sage300WebApi/v1.0/-/SERDAT/{address}", json=body)
    assert problem(answer) == expected


def test_an_address_outside_the_modules_has_sages_envelope(quiet_sage):
    assert problem(quiet_sage.http.get("/Sage300WebApi/elsewhere")) == (404, "ResourceNotFound")


def test_an_unknown_company_is_not_found(quiet_sage):
    answer = quiet_sage.http.get("/Sage300WebApi/v1.0/-/OTHER/AR/ARTerms")
    assert problem(answer) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    "address",
    [
        "AR/ARTerms('imm')",
        "AR/ARTerms(TermsCode='IMM')",
        "AR/ARCustomers('HGH-004512')",
        "AR/ARCustomerGroups('FAMILY')",
        "AR/ARAccountSets('AR')",
        "GL/GLAccounts('4030')",
        "TX/TXTaxGroups(TransactionType='Sales',TaxGroupKey='ATO')",
        "TX/TXTaxGroups('ATO','Sales')",
        "CS/CSFiscalCalendars('2026')",
        "CS/CSCompanyProfile('SERDAT')",
    ],
)
def test_set_up_is_found_by_key(quiet_sage, address):
    if "Fiscal" in address:
        year = quiet_sage.get("CS/CSFiscalCalendars").json()["value"][1]["FiscalYear"]
        address = f"CS/CSFiscalCalendars('{year}')"
    answer = quiet_sage.get(address)
    assert answer.status_code == 200
    assert answer.json()["UpdateOperation"] == "Unspecified"


def test_the_reference_company_lacks_what_the_scenarios_need(quiet_sage):
    assert quiet_sage.get("AR/ARTerms('F48')").status_code == 404
    assert quiet_sage.get("AR/ARTerms('F36')").json()["Status"] == "Inactive"
    assert quiet_sage.get("GL/GLAccounts('6030')").status_code == 404
    assert quiet_sage.get("GL/GLAccounts('6010')").json()["Status"] == "Active"


def test_a_terms_code_lives_from_post_to_delete(sage):
    made = sage.post("AR/ARTerms", {"TermsCode": "f48", "Description": "48 Months"})
    assert (made.status_code, made.json()["Status"]) == (201, "Active")
    again = sage.post("AR/ARTerms", {"TermsCode": "F48"})
    assert problem(again) == (409, "RecordDuplicate")
    changed = sage.patch("AR/ARTerms('F48')", {"Status": "Inactive"})
    assert (changed.status_code, changed.content) == (204, b"")
    assert sage.get("AR/ARTerms('F48')").json()["Description"] == "48 Months"
    replaced = sage.http.put("/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms('F48')", json={"Status": "0"})
    assert (replaced.status_code, replaced.content) == (204, b"")
    assert sage.get("AR/ARTerms('F48')").json()["Description"] is None
    gone = sage.http.delete("/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms('F48')")
    assert (gone.status_code, gone.content) == (204, b"")
    assert sage.get("AR/ARTerms('F48')").status_code == 404


def test_a_customer_takes_its_defaults_from_its_group(sage):
    body = {"CustomerNumber": "NEW-1", "CustomerName": "New", "GroupCode": "FAMILY"}
    made = sage.post("AR/ARCustomers", body).json()
    assert (made["Terms"], made["TaxGroup"], made["CurrencyCode"]) == ("IMM", "ATO", "AUD")
    other = sage.post("AR/ARCustomers", {"CustomerNumber": "NEW-2", "GroupCode": "NONE"})
    assert problem(other) == (404, "RecordNotFound")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"Nope": 1}, (400, "InvalidPayload")),
        ([], (400, "InvalidPayload")),
        ({"TermsCode": 5}, (400, "InvalidPayload")),
        ({"TermsCode": "A", "Status": "Asleep"}, (400, "InvalidPayload")),
        ({"TermsCode": "A", "InactiveDate": "yesterday"}, (400, "InvalidPayload")),
        ({"TermsCode": "A", "NumberOfDays": 1.5}, (400, "InvalidPayload")),
        ({"TermsCode": "A", "TermsPaymentSchedules": {}}, (400, "InvalidPayload")),
        ({"TermsCode": "TOOLONG"}, (409, "FieldInvalid")),
        ({"TermsCode": "A", "Description": "x" * 61}, (409, "FieldInvalid")),
        ({"Description": "no code"}, (409, "FieldInvalid")),
    ],
)
def test_wrong_payloads(quiet_sage, body, expected):
    assert problem(quiet_sage.post("AR/ARTerms", body)) == expected


@pytest.mark.parametrize("body", [b"{", b"", b"[" * 100_000, b'{"NumberOfDays": NaN}', b"\xff"])
def test_a_body_that_is_not_json(quiet_sage, body):
    answer = quiet_sage.http.post(
        "/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert problem(answer) == (400, "InvalidPayload")


def test_a_body_of_another_type_is_an_internal_server_error(quiet_sage):
    answer = quiet_sage.http.post("/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms", content=b"{}")
    assert problem(answer) == (500, "InternalServerError")


def test_a_feed_stops_at_a_hundred_and_links_on(sage):
    for number in range(40):
        sage.post("GL/GLAccounts", {"UnformattedAccount": f"9{number:03d}"})
    first = sage.get("GL/GLAccounts", count="true", select="UnformattedAccount").json()
    total = first["@odata.count"]
    assert (len(first["value"]), total > 100) == (100, True)
    assert set(first["value"][0]) == {"UnformattedAccount"}
    second = sage.http.get(first["@odata.nextLink"]).json()
    assert "@odata.nextLink" not in second
    numbers = [row["UnformattedAccount"] for row in first["value"] + second["value"]]
    assert len(set(numbers)) == total


def test_top_and_skip(quiet_sage):
    whole = quiet_sage.get("AR/ARTerms").json()["value"]
    part = quiet_sage.get("AR/ARTerms", top="2", skip="3").json()
    assert part["value"] == whole[3:5]
    assert "@odata.nextLink" not in part
    assert quiet_sage.get("AR/ARTerms", top="0").json()["value"] == []


def test_select_on_an_entry(quiet_sage):
    body = quiet_sage.get("AR/ARTerms('IMM')", select="Status").json()
    assert set(body) == {"@odata.context", "Status"}
    refused = quiet_sage.get("AR/ARTerms('IMM')", filter="Status eq 'Active'")
    assert problem(refused) == (400, "InvalidParameters")


def test_template_and_metadata(quiet_sage):
    template = quiet_sage.post("AR/ARInvoiceBatches('$template')", {}).json()
    assert (template["BatchStatus"], template["Description"]) == ("Open", None)
    for module in ("AR", "GL", "TX", "CS"):
        answer = quiet_sage.get(f"{module}/$metadata")
        assert "edmx:Edmx" in answer.text
