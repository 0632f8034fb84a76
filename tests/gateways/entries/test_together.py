"""Several documents in one batch: who is in, who is to blame, who was not tried."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from iman.classify import classify
from iman.domain.document import Document, EntryType
from iman.domain.outcome import Accepted, NotTried, Refused, Unavailable, Unknown
from iman.gateways import exact_json
from iman.gateways.sage_web import Capabilities
from tests.gateways.entries.documents import document_of, payload_of
from tests.gateways.entries.sage import Script, at_sage, body_of, feed, refusal

TOKEN = "IMAN 0011aabb B 42"
RESOURCE = "AR/ARInvoiceBatches"
F48 = 'Terms Code "F48" is not defined in A/R Terms'
ODD = "Something is wrong with the batch."
GOOD, BAD = {"code": "N30"}, {"code": "F48"}


def invoice(number: int, **overrides: Any) -> Document:
    return document_of("invoice", number=f"INV-{number}", **{"terms": GOOD} | overrides)


def batch(*documents: Document, **overrides: Any) -> dict[str, Any]:
    entries = [
        {"CustomerNumber": one.customer, "DocumentNumber": one.key.number, "EntryNumber": place}
        for place, one in enumerate(documents, 1)
    ]
    found = {"BatchNumber": 187, "Description": TOKEN, "BatchStatus": "Open", "Invoices": entries}
    return found | {"NumberOfEntries": len(entries)} | overrides


def names(text: str) -> str | None:
    return classify(text).entity


def push(
    documents: list[Document], answer: Any, *left: dict[str, Any], look: Any = None
) -> tuple[list[Any], Script]:
    script = Script(("POST", RESOURCE, answer), ("GET", RESOURCE, look or feed(*left)))
    exchanges = at_sage(script, lambda sage: sage.push_many(documents, token=TOKEN), names=names)
    return [exchange.outcome for exchange in exchanges], script


def test_all_travel_under_one_mark_and_each_gets_its_own_reference():
    documents = [
        invoice(1, date="2026-11-20"),
        document_of("credit_note", terms=GOOD, date="2026-11-22"),
        invoice(3, kind="debit_note", parent={"entry_type": "invoice", "number": "INV-1"},
                date="2026-11-21"),
    ]  # fmt: skip
    outcomes, script = push(documents, httpx.Response(201, json=batch(*documents)))
    assert outcomes == [Accepted(reference=f"187-{place}") for place in (1, 2, 3)]
    (request,) = script.asked
    body = body_of(request)
    assert (body["Description"], body["BatchDate"]) == (TOKEN, "2026-11-22")
    kinds = [entry["DocumentType"] for entry in body["Invoices"]]
    assert kinds == ["Invoice", "CreditNote", "DebitNote"]


def test_each_exchange_says_what_was_sent_of_its_own():
    documents = [invoice(1), invoice(2)]
    script = Script(("POST", RESOURCE, httpx.Response(201, json=batch(*documents))))
    exchanges = at_sage(script, lambda sage: sage.push_many(documents, token=TOKEN))
    for exchange, document in zip(exchanges, documents, strict=True):
        assert exact_json.loads(exchange.sent)["DocumentNumber"] == document.key.number
        assert exchange.sent in script.asked[0].content.decode()


def test_one_that_the_stored_batch_does_not_show_is_unknown():
    documents = [invoice(1), invoice(2), invoice(3)]
    shown = batch(documents[0], documents[2])
    outcomes, _ = push(documents, httpx.Response(201, json=shown))
    assert [type(one) for one in outcomes] == [Accepted, Unknown, Accepted]
    assert outcomes[2] == Accepted(reference="187-2")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.ReadTimeout, Unknown),
        (httpx.ReadError, Unknown),
        (httpx.RemoteProtocolError, Unknown),
        (httpx.Response(500, text="<html>"), Unknown),
        (httpx.Response(503, json={"Message": "An error has occurred."}), Unknown),
        (httpx.Response(201, text=""), Unknown),
        (httpx.Response(201, text='{"BatchNumber": 1'), Unknown),
        (httpx.ConnectError, Unavailable),
        (refusal("Unauthorized", "Who are you?", 401), Unavailable),
        (refusal("TooManyRequests", "Slow down.", 429), Unavailable),
    ],
)
def test_what_befalls_the_batch_befalls_all_of_it(answer, expected):
    outcomes, script = push([invoice(1), invoice(2)], answer)
    assert [type(one) for one in outcomes] == [expected] * 2
    assert len(script.asked) == 1


def test_one_that_cannot_be_built_stays_at_home_and_the_others_go():
    broken = invoice(2, site={"code": "HGH", "name": "", "gl_segment": "300"})
    documents = [invoice(1), broken, invoice(3)]
    shown = batch(documents[0], documents[2])
    outcomes, script = push(documents, httpx.Response(201, json=shown))
    assert [type(one) for one in outcomes] == [Accepted, Refused, Accepted]
    assert outcomes[1].local
    assert len(body_of(script.asked[0])["Invoices"]) == 2


REFUSED = Refused(code="1020", text=F48, http_status=409)
NO = refusal("RecordNotFound", F48)


def kinds(outcomes: list[Any]) -> str:
    """A for accepted, R refused, n not tried, s suspect, u unknown."""
    return "".join(
        "s" if isinstance(one, NotTried) and one.suspect
        else {Accepted: "A", Refused: "R", NotTried: "n", Unknown: "u"}[type(one)]
        for one in outcomes
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "stored", "expected"),
    [
        ({2}, 2, "AARnn"),  # a half-written batch
        ({2, 4}, 2, "AARnR"),  # who carries the same fault would fail alike
        ({0, 1, 2, 3, 4}, 0, "RRRRR"),
        ({0}, 0, "Rnnnn"),
        ({4}, 4, "AAAAR"),
    ],
)
def test_a_half_written_batch_tells_who_stopped_it(bad, stored, expected):
    documents = [invoice(n, terms=BAD if n in bad else GOOD) for n in range(5)]
    outcomes, script = push(documents, NO, batch(*documents[:stored]))
    assert kinds(outcomes) == expected
    for place in range(stored):
        assert outcomes[place] == Accepted(reference=f"187-{place + 1}", adopted=True)
    assert REFUSED in outcomes
    assert script.paths("POST") + script.paths("GET") == [RESOURCE] * 2


@pytest.mark.parametrize(
    ("bad", "expected"), [({2}, "nnRnn"), ({1, 3}, "nRnRn"), ({0, 1, 2, 3, 4}, "RRRRR")]
)
def test_a_batch_taken_back_whole_is_judged_by_what_the_text_names(bad, expected):
    documents = [invoice(n, terms=BAD if n in bad else GOOD) for n in range(5)]
    outcomes, script = push(documents, NO)
    assert kinds(outcomes) == expected
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("G/L account 6030 is not defined in General Ledger", {"lines": "6000"}),
        ("G/L account 60-30 is not defined in General Ledger", {"lines": "6000"}),
        ('Customer "HGH-000009" is on hold.', {"customer": {"number": "HGH-000009"}}),
        ('Tax Group "GST" is not defined in Tax Services.', {"tax_group": "GST"}),
        ("Document number INV-1 already exists.", {}),
        (
            "Date 2026-01-31 does not exist in Common Services Fiscal Calendar.",
            {"date": "2026-01-31"},
        ),
    ],
)
def test_every_kind_of_thing_a_text_names_is_looked_for(text, culprit):
    if "lines" in culprit:
        line = payload_of("invoice")["lines"][0]
        culprit = {"lines": [line | {"gl_account": culprit["lines"]}]}
    documents = [invoice(0), invoice(1, **culprit), invoice(2)]
    outcomes, _ = push(documents, refusal("General", text))
    assert kinds(outcomes) == "nRn"


def test_a_text_that_names_nothing_makes_all_of_them_suspect():
    outcomes, _ = push([invoice(1), invoice(2)], refusal("General", ODD))
    assert kinds(outcomes) == "ss"


def test_a_value_that_plays_two_parts_tells_nothing():
    twice = {"terms": {"code": "6030"}}
    line = payload_of("invoice")["lines"][0] | {"gl_account": "6000"}
    documents = [invoice(1, **twice), invoice(2, lines=[line])]
    outcomes, _ = push(documents, refusal("General", "G/L account 6030 is not defined in G/L"))
    assert kinds(outcomes) == "ss"


def test_an_empty_batch_left_behind_says_it_stopped_at_the_first():
    outcomes, _ = push([invoice(1), invoice(2)], refusal("General", ODD), batch())
    assert kinds(outcomes) == "Rn"


def test_a_text_that_names_another_outweighs_an_empty_batch():
    documents = [invoice(1), invoice(2, terms=BAD)]
    assert kinds(push(documents, NO, batch())[0]) == "nR"


def test_a_batch_of_one_is_judged_without_a_question():
    outcomes, script = push([invoice(1)], refusal("General", ODD))
    assert kinds(outcomes) == "R"
    assert len(script.asked) == 1


def test_where_sage_does_not_say_what_it_stored_all_are_unknown():
    outcomes, _ = push([invoice(1), invoice(2)], NO, look=httpx.Response(503))
    assert kinds(outcomes) == "uu"


def test_a_batch_under_another_mark_is_not_ours():
    documents = [invoice(1), invoice(2, terms=BAD)]
    outcomes, _ = push(documents, NO, batch(documents[0], Description="IMAN ffee0011 B 42"))
    assert kinds(outcomes) == "nR"


def test_contention_can_leave_some_of_them_stored():
    documents = [invoice(1), invoice(2)]
    busy = refusal("General", "Processing conflict. Post in Progress.")
    outcomes, _ = push(documents, busy, batch(documents[0]))
    assert outcomes[0] == Accepted(reference="187-1", adopted=True)
    assert outcomes[1].kind == "contention"


def test_a_batch_too_large_for_the_server_is_to_be_halved():
    documents = [invoice(1), invoice(2)]
    outcomes, _ = push(documents, httpx.Response(413, text="<html>Request Entity Too Large"))
    assert kinds(outcomes) == "ss"


@pytest.mark.parametrize("kind", ["receipt", "refund", "journal", "customer", "repayment_plan"])
def test_what_may_not_share_a_batch_does_not(kind):
    with pytest.raises(ValueError, match="does not share a batch"):
        push([document_of(kind)], httpx.Response(201))


# -- leftovers ---------------------------------------------------------------------------------


def withdraw(
    *left: dict[str, Any], patch: Any = None, can: Capabilities | None = None
) -> tuple[int, Script]:
    script = Script(
        ("GET", RESOURCE, feed(*left)), ("PATCH", RESOURCE, patch or httpx.Response(204))
    )
    found = at_sage(script, lambda sage: sage.withdraw_leftovers(TOKEN), can=can)
    return found, script


def test_an_empty_open_batch_of_ours_is_withdrawn():
    can = Capabilities()
    number, script = withdraw(batch(), can=can)
    assert number == 1
    assert script.sent("PATCH") == {"BatchStatus": "Deleted"}
    assert script.paths("PATCH") == [f"{RESOURCE}(187)"]
    assert can.withdraws is True


@pytest.mark.parametrize(
    "left",
    [
        batch(invoice(1)),
        batch(NumberOfEntries=1),
        batch(Invoices=None),
        batch(Description="IMAN ffee0011 B 42"),
        batch(Description=f"{TOKEN}1"),
        batch(Description=None),
        batch(BatchStatus="ReadyToPost"),
        batch(BatchStatus="Posted"),
        batch(BatchStatus="Deleted"),
        batch(BatchNumber=None),
    ],
)
def test_no_other_batch_is_touched(left):
    number, script = withdraw(left)
    assert number == 0
    assert script.paths("PATCH") == []


@pytest.mark.parametrize(
    ("answer", "remembered"),
    [
        (refusal("InvalidPayload", "BatchStatus", 400), False),
        (refusal("MethodNotAllowed", "PATCH", 405), False),
        (refusal("FieldInvalid", "Batch Status cannot be Deleted."), False),
        (refusal("RecordLocked", "Batch 187 is locked by another user."), None),
        (httpx.Response(500, text="<html>"), None),
        (httpx.ReadTimeout, None),
    ],
)
def test_whether_the_server_allows_it_is_remembered(answer, remembered):
    can = Capabilities()
    assert withdraw(batch(), patch=answer, can=can)[0] == 0
    assert can.withdraws is remembered
    again, script = withdraw(batch(), can=can)
    assert again == (0 if remembered is False else 1)
    assert bool(script.asked) is (remembered is not False)


def test_withdrawing_is_for_entry_types_with_batches():
    script = Script()
    for kind in (EntryType.CUSTOMER, EntryType.REPAYMENT_PLAN):
        assert at_sage(script, lambda sage: sage.withdraw_leftovers(TOKEN, kind)) == 0  # noqa: B023
