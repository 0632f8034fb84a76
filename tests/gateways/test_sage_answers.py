"""Every answer of the Web API's fact sheet, and what it means."""

from __future__ import annotations

import json

import httpx
import pytest

from iman.domain.outcome import Refused, Unavailable, Unknown
from iman.gateways.sage_answers import Unreadable, body_of, error_of, refusal

HTML = "<!DOCTYPE html><html><body>Server Error</body></html>"


def envelope(code: str, text: str = "It went wrong.", *, plain: bool = False) -> str:
    message = text if plain else {"lang": "en-US", "value": text}
    return json.dumps({"error": {"code": code, "message": message}})


def answer(status: int, body: str | bytes = "", **headers: str) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body.encode() if isinstance(body, str) else body
    return httpx.Response(status, content=content, headers=headers)


# -- what Sage refuses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "shown"),
    [
        (409, "General", "1000"),
        (409, "FieldInvalid", "1140"),
        (409, "RecordDuplicate", "1023"),
        (409, "RecordInvalid", "1024"),
        (404, "RecordNotFound", "1020"),
        (409, "RecordNotFound", "1020"),
        (409, "RecordLocked", "1025"),
        (400, "InvalidPayload", "InvalidPayload"),
        (400, "InvalidParameters", "InvalidParameters"),
        (400, "InvalidEntityKey", "InvalidEntityKey"),
        (405, "MethodNotAllowed", "MethodNotAllowed"),
        (404, "ResourceNotFound", "ResourceNotFound"),
        (409, "SomethingNew", "SomethingNew"),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
def test_a_refusal_keeps_its_number_and_its_text_unaltered(status, code, shown, plain):
    text = 'Terms Code "F48" is not defined in A/R Terms.\nAsk finance.  '
    found = refusal(answer(status, envelope(code, text, plain=plain)))
    assert found == Refused(code=shown, text=text, http_status=status)


def test_a_refusal_without_a_text_is_still_a_refusal():
    body = json.dumps({"error": {"code": "General"}})
    assert refusal(answer(409, body)) == Refused(code="1000", text="", http_status=409)


def test_a_record_not_found_on_a_push_is_no_wrong_address():
    found = refusal(answer(404, envelope("RecordNotFound", "Terms Code F48")))
    assert isinstance(found, Refused)


@pytest.mark.parametrize("body", [HTML, "", "Not Found", "{}", '{"Message":"No HTTP resource"}'])
def test_a_404_that_is_not_sages_own_is_a_wrong_address(body):
    found = refusal(answer(404, body))
    assert isinstance(found, Unavailable)
    assert found.kind == "wrong_address"
    assert "No Sage 300 Web API is there" in found.reason


# -- what says nothing about the document ------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    "body",
    [
        envelope("InternalServerError"),
        envelope("General", "Refused, it says."),
        '{"Message":"An error has occurred."}',
        HTML,
        "",
        "[]",
        '"x"',
    ],
)
def test_a_server_error_proves_nothing(status, body):
    found = refusal(answer(status, body))
    assert isinstance(found, Unknown)
    assert found.http_status == status
    assert str(status) in found.reason


@pytest.mark.parametrize(("status", "code"), [(401, "Unauthorized"), (403, "Forbidden")])
def test_a_refused_log_in_is_no_refused_document(status, code):
    found = refusal(answer(status, envelope(code, "Who are you?")))
    assert isinstance(found, Unavailable)
    assert found.kind == "log_in"
    assert found.reason.endswith(": Who are you?.")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, 7.0),
        ({}, 30.0),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry_after": "-5"}, 30.0),
        ({"retry_after": "999999999"}, 3600.0),
    ],
)
def test_too_many_requests_says_how_long_to_wait(headers, wait):
    found = refusal(answer(429, envelope("TooManyRequests"), **headers))
    assert isinstance(found, Unavailable)
    assert (found.kind, found.retry_after) == ("too_many", wait)


@pytest.mark.parametrize("text", ["Processing conflict.", "Cannot post: Post in Progress (AR)."])
def test_contention_passes_by_itself(text):
    found = refusal(answer(409, envelope("General", text)))
    assert isinstance(found, Unavailable)
    assert found.kind == "contention"


# -- bodies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_json_is_read_whatever_it_calls_itself(kind):
    response = answer(201, '{"BatchNumber": 187}', content_type=kind)
    assert body_of(response) == {"BatchNumber": 187}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "an empty answer"),
        (HTML, "HTML where JSON was due"),
        ('{"BatchNumber": 18', "cut short"),
        (b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_a_body_that_is_no_json_says_what_came_instead(body, told):
    with pytest.raises(Unreadable, match=told):
        body_of(answer(200, body))


@pytest.mark.parametrize(
    "body", ["", HTML, "[]", "null", '{"error": "x"}', '{"error": {"code": 5}}']
)
def test_what_is_not_sages_envelope_is_not_taken_for_it(body):
    assert error_of(answer(409, body)) is None
