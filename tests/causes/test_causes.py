"""Causes on a real ledger: exact against plain SQL, resolved by themselves, marked as back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iman.domain.attempt import Verdict
from iman.domain.outcome import Accepted, Refused
from iman.ledger import cause_reading, causes, resyncing
from tests.remedies.shelf import (
    A6030,
    A6030_VERDICT,
    F48,
    F48_VERDICT,
    SICK,
    SICK_VERDICT,
    Shelf,
    invoice,
    shelf,
)


@pytest.fixture
def books(tmp_path: Path):
    with shelf(tmp_path) as made:
        yield made


def resync(books: Shelf, number: str) -> None:
    books.write(
        lambda conn: resyncing.restart(
            conn, books.ledger.ids, books.id_of(number), who="t", origin="t", reason="",
            request_id="", now=books.now,
        )
    )  # fmt: skip


def listed(books: Shelf):
    return cause_reading.causes(books.conn, now=books.now)


def test_documents_with_one_error_share_one_cause(books: Shelf):
    books.arrive(*(invoice(f"INV-{n}") for n in range(5)))
    books.fail("INV-0", "INV-1", "INV-2")
    (cause,) = listed(books)
    assert (cause["documents"], cause["amount"]) == (3, 3 * 3360)
    assert (cause["error_type"], cause["entity"], cause["state"]) == (
        "terms_missing",
        "F48",
        "open",
    )


def test_a_cause_resolves_when_its_last_document_syncs_and_is_marked_when_it_comes_back(
    books: Shelf,
):
    books.arrive(invoice("INV-1"))
    books.fail("INV-1")
    books.passes(60)
    resync(books, "INV-1")
    books.reconcile()
    assert listed(books)[0]["state"] == "open"  # asked for again is not yet through
    books.try_all({}, give_up=False)
    books.reconcile()
    (cause,) = listed(books)
    assert (cause["state"], cause["documents"]) == ("resolved", 0)
    assert cause["resolved_at"] == books.now

    books.passes(3600)
    books.arrive(invoice("INV-2"))
    books.fail("INV-2")
    (cause,) = listed(books)
    assert (cause["state"], cause["times_back"], cause["documents_ever"]) == ("came_back", 1, 2)
    assert cause["since"] == books.now


def test_a_sick_erp_does_not_take_a_document_out_of_its_cause(books: Shelf):
    books.arrive(invoice("INV-1"))
    books.try_all({"INV-1": (F48, F48_VERDICT)}, give_up=False)
    books.reconcile()
    books.passes(30)
    books.try_all({"INV-1": (SICK, SICK_VERDICT)}, give_up=False)
    assert books.reconcile() == causes.Reconciled()
    assert [cause["error_type"] for cause in listed(books)] == ["terms_missing"]


def test_a_document_that_is_refused_for_something_else_moves(books: Shelf):
    books.arrive(invoice("INV-1"), invoice("INV-2"))
    books.fail("INV-1", "INV-2")
    resync(books, "INV-1")
    books.fail("INV-1", error=A6030, verdict=A6030_VERDICT)
    found = {cause["entity"]: cause["documents"] for cause in listed(books)}
    assert found == {"F48": 1, "6030": 1}


def test_texts_no_rule_knows_are_told_apart_by_their_template(books: Shelf):
    unknown = Verdict(error_type="other", entity_kind=None, entity=None)
    texts = ("strange thing 1", "strange thing 2", "something else")
    books.arrive(*(invoice(f"INV-{n}") for n in range(3)))
    answers = {f"INV-{n}": (Refused(code="x", text=text), unknown) for n, text in enumerate(texts)}
    books.try_all(answers, give_up=True)
    books.reconcile()  # here a template is a text's first ten characters
    assert sorted(cause["documents"] for cause in listed(books)) == [1, 2]


def test_a_new_revision_leaves_the_cause(books: Shelf):
    books.arrive(invoice("INV-1"))
    books.fail("INV-1")
    books.arrive(invoice("INV-1", revision=2))
    books.reconcile()
    assert listed(books)[0]["state"] == "resolved"
    assert books.sql("SELECT how FROM cause_leavings") == [("revised",)]


def test_the_trend_counts_refusals_of_each_hour(books: Shelf):
    books.arrive(invoice("INV-1"))
    books.try_all({"INV-1": (F48, F48_VERDICT)}, give_up=False)
    books.passes(3600)
    books.fail("INV-1")
    cause = listed(books)[0]
    trend = cause_reading.trend(books.conn, [cause["id"]], hours=3, now=books.now)
    assert trend[cause["id"]] == [0, 1, 1]  # oldest first, this hour last


def test_a_refusal_counts_though_the_erp_falls_sick_right_behind_it(books: Shelf):
    books.arrive(invoice("INV-1"))
    books.try_all({"INV-1": (F48, F48_VERDICT)}, give_up=False)
    books.passes(30)
    books.try_all({"INV-1": (SICK, SICK_VERDICT)}, give_up=False)  # no round of the loop between
    assert [(c["error_type"], c["documents"]) for c in listed(books)] == [("terms_missing", 1)]
    assert not causes.out_of_step(books.conn)


def test_two_refusals_right_behind_each_other_leave_their_trace_in_both_causes(books: Shelf):
    books.arrive(invoice("INV-1"))
    books.try_all({"INV-1": (F48, F48_VERDICT)}, give_up=False)
    books.passes(30)
    books.try_all({"INV-1": (A6030, A6030_VERDICT)}, give_up=False)
    books.passes(30)
    books.try_all({}, give_up=False)
    assert {
        c["entity"]: (c["documents"], c["documents_ever"], c["state"]) for c in listed(books)
    } == {
        "F48": (0, 1, "resolved"),
        "6030": (0, 1, "resolved"),
    }
    assert books.sql("SELECT how FROM cause_leavings ORDER BY left_at") == [
        ("other_cause",),
        ("synced",),
    ]


def test_an_unknown_text_joins_its_templates_cause_at_once(books: Shelf):
    texts = {"INV-1": "strange thing 1", "INV-2": "strange thing 2", "INV-3": "something else"}
    books.arrive(*(invoice(number) for number in texts))
    books.try_all(
        {
            number: (
                Refused(code="x", text=text),
                Verdict(error_type="other", entity_kind=None, entity=None, template=text[:10]),
            )
            for number, text in texts.items()
        },
        give_up=True,
    )
    assert sorted((c["template"], c["documents"]) for c in listed(books)) == [
        ("something ", 1),
        ("strange th", 2),
    ]


def test_what_goes_through_at_once_leaves_causes_alone(books: Shelf):
    books.arrive(invoice("INV-1"))
    books.try_all({}, give_up=False)
    assert listed(books) == []


ANSWERS = {
    "f48": (F48, F48_VERDICT),
    "6030": (A6030, A6030_VERDICT),
    "sick": (SICK, SICK_VERDICT),
    "ok": (Accepted(reference="1-1"), None),
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(1, 4)),
        st.tuples(st.just("revise"), st.integers(1, 4)),
        st.tuples(st.just("resync"), st.integers(1, 4)),
        st.tuples(
            st.just("try"),
            st.lists(st.sampled_from(sorted(ANSWERS)), min_size=4, max_size=4),
            st.booleans(),
        ),
    ),
    max_size=14,
)

PLAIN = """
    SELECT d.number, coalesce(
        (SELECT x.error_type || '|' || coalesce(x.entity, '') FROM outcomes x
         JOIN attempts a USING (attempt_id)
         WHERE x.document_id = d.document_id AND a.revision = d.revision
           AND x.error_type IS NOT NULL AND x.error_type <> 'erp_unavailable'
         ORDER BY x.attempt_id DESC LIMIT 1),
        (SELECT 'erp_unavailable|' FROM outcomes x JOIN attempts a USING (attempt_id)
         WHERE x.document_id = d.document_id AND a.revision = d.revision
           AND x.error_type IS NOT NULL LIMIT 1)) AS cause
    FROM documents d JOIN open_documents o USING (document_id)
    WHERE cause IS NOT NULL ORDER BY d.number
"""
KEPT = """
    SELECT d.number, k.error_type || '|' || k.entity FROM cause_documents m
    JOIN causes k USING (cause_id) JOIN documents d USING (document_id) ORDER BY d.number
"""


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_causes_are_what_plain_sql_says(steps):
    with tempfile.TemporaryDirectory() as folder, shelf(Path(folder)) as books:
        revisions: dict[int, int] = {}
        for what, *rest in steps:
            books.passes(30)
            if what in {"arrive", "revise"}:
                number = rest[0]
                revisions[number] = revisions.get(number, 0) + (what == "revise" or 1)
                books.arrive(invoice(f"INV-{number}", revision=revisions[number]))
            elif what == "resync" and rest[0] in revisions:
                resync(books, f"INV-{rest[0]}")
            elif what == "try":
                answers = {f"INV-{n}": ANSWERS[name] for n, name in enumerate(rest[0], 1)}
                books.try_all(answers, give_up=rest[1])
            if what != "try":  # an outcome's own transaction has done it already
                books.reconcile()
            assert books.sql(KEPT) == books.sql(PLAIN)
            by_cause = {
                cause["id"]: (cause["documents"], cause["amount"]) for cause in listed(books)
            }
            plain = books.sql(
                "SELECT k.cause_id, count(m.document_id), coalesce(sum(o.amount), 0) FROM causes k"
                " LEFT JOIN cause_documents m USING (cause_id)"
                " LEFT JOIN open_documents o USING (document_id) GROUP BY 1"
            )
            assert by_cause == {row[0]: (row[1], row[2]) for row in plain}
            assert all(
                (cause["resolved_at"] is None) == (cause["documents"] > 0)
                for cause in listed(books)
            )
            assert not causes.out_of_step(books.conn)
