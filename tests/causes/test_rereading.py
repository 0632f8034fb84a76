"""New rules read history again: exact, resumable, and nobody's checklist is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from iman.classify import OwnExample, OwnRule, RulesInForce
from iman.domain.checklist import EventKind, Phase
from iman.domain.outcome import Refused
from iman.ledger import cause_reading, checklists, figures
from iman.ledger.checklists import Subject
from iman.ledger.history import HistoryLedger
from iman.ledger.read_model import Window
from iman.ledger.reclassifying import newest
from iman.playbooks import built_in
from iman.verdicts import in_force, verdicts
from tests.remedies.shelf import SICK, SICK_VERDICT, Shelf, invoice, shelf

F48 = 'Terms Code "F48" is not defined in A/R Terms'
PLOT = "The plot {} is closed for sale."
PLOT_RULE = OwnRule(
    id="plot-closed",
    type="setup_code_missing",
    entity_kind="plot",
    patterns=("plot {value} is closed",),
    examples=(OwnExample(text="The plot R7 is closed for sale.", entity="R7"),),
)


@pytest.fixture
def books(tmp_path: Path):
    with shelf(tmp_path) as made:
        yield made


@pytest.fixture
def rules() -> RulesInForce:
    return RulesInForce()


def fail(books: Shelf, rules: RulesInForce, *, give_up: bool = True, **texts: str) -> None:
    """Each document, ``INV_1`` for INV-1, is refused with its text."""
    read = verdicts(rules)
    answers = {
        name.replace("_", "-"): (
            Refused(code="1020", text=text, http_status=404), read(text, 404, "1020"),
        )
        for name, text in texts.items()
    }  # fmt: skip
    books.try_all(answers, give_up=give_up)


def history(books: Shelf, rules: RulesInForce, batch: int = 20_000) -> HistoryLedger:
    return HistoryLedger(books.ledger, lambda: in_force(rules), batch=batch)


def read_all(books: Shelf, rules: RulesInForce, batch: int = 20_000):
    reader = history(books, rules, batch)
    for _ in range(1000):
        far = asyncio.run(reader.read_again(now=books.now))
        if far.finished_at is not None:
            return far
    raise AssertionError("it never came to an end")


def standing(books: Shelf) -> dict[str, tuple[str, str, int]]:
    return {
        row[0]: row[1:]
        for row in books.sql(
            "SELECT d.number, k.error_type, k.entity, k.cause_id FROM cause_documents m"
            " JOIN causes k USING (cause_id) JOIN documents d USING (document_id)"
        )
    }


def test_nothing_changes_under_the_same_rules(books: Shelf, rules: RulesInForce):
    books.arrive(invoice("INV-1"), invoice("INV-2"))
    fail(books, rules, INV_1=F48, INV_2=PLOT.format("Z1"))
    before = books.sql("SELECT * FROM outcomes ORDER BY attempt_id"), standing(books)
    far = read_all(books, rules)
    assert (far.attempts, far.documents, far.rules) == (0, 0, rules.current.fingerprint)
    assert (books.sql("SELECT * FROM outcomes ORDER BY attempt_id"), standing(books)) == before
    assert asyncio.run(history(books, rules).read_again(now=books.now)) == far  # no second pass


def test_documents_move_to_the_cause_the_new_rules_speak_of(books: Shelf, rules: RulesInForce):
    books.arrive(*(invoice(f"INV-{n}") for n in range(1, 4)))
    fail(books, rules, INV_1=PLOT.format("Z1"), INV_2=PLOT.format("Z1"), INV_3=F48)
    assert standing(books)["INV-1"][:2] == ("other", "")
    rules.use([PLOT_RULE])
    far = read_all(books, rules)
    assert (far.attempts, far.documents) == (2, 2)
    found = standing(books)
    assert found["INV-1"][:2] == found["INV-2"][:2] == ("setup_code_missing", "Z1")
    assert found["INV-3"][:2] == ("terms_missing", "F48")
    listed = {
        c["error_type"]: c["documents"] for c in cause_reading.causes(books.conn, now=books.now)
    }
    assert listed == {"setup_code_missing": 2, "terms_missing": 1}  # the emptied one is no entry


def test_attempts_and_figures_say_what_the_new_rules_say(books: Shelf, rules: RulesInForce):
    books.arrive(*(invoice(f"INV-{n}") for n in range(1, 8)))
    for _ in range(3):
        texts = {f"INV_{n}": PLOT.format(f"Z{n}") for n in range(1, 6)}
        fail(books, rules, give_up=False, **texts, INV_6=F48)
        books.passes(2000)
    rules.use([PLOT_RULE])
    read_all(books, rules, batch=4)
    assert books.sql(
        "SELECT error_type, entity, count(*) FROM outcomes WHERE outcome = 'refused'"
        " GROUP BY ALL ORDER BY 1, 2"
    ) == [*(("setup_code_missing", f"Z{n}", 3) for n in range(1, 6)), ("terms_missing", "F48", 3)]
    plain = books.sql(
        "SELECT date_trunc('hour', ended_at), error_type, count(*) FROM outcomes"
        " WHERE outcome = 'refused' GROUP BY ALL ORDER BY ALL"
    )
    rolled = books.sql(
        "SELECT hour, error_type, sum(attempts) FROM attempt_rollup WHERE outcome = 'refused'"
        " GROUP BY ALL HAVING sum(attempts) <> 0 ORDER BY ALL"
    )
    assert rolled == plain
    firsts = "SELECT error_type, sum(attempts) FROM attempt_rollup WHERE is_first GROUP BY ALL"
    assert dict(books.sql(firsts + " HAVING sum(attempts) <> 0"))["setup_code_missing"] == 5
    again = books.sql(
        "SELECT error_type, CAST(sum(attempts) AS BIGINT) FROM retry_rollup"
        " GROUP BY ALL HAVING sum(attempts) <> 0 ORDER BY ALL"
    )
    assert again == [("setup_code_missing", 10), ("terms_missing", 2)]


def test_the_causes_met_count_a_merged_causes_documents_once(books: Shelf, rules: RulesInForce):
    books.arrive(*(invoice(f"INV-{n}") for n in range(1, 3)))
    fail(books, rules, INV_1=PLOT.format("Z1"), INV_2=PLOT.format("Z1"))
    rules.use([PLOT_RULE])
    read_all(books, rules)
    met = figures.met_causes(books.conn, Window(24, books.now)).to_pylist()
    assert [(one["error_type"], one["documents"]) for one in met] == [("setup_code_missing", 2)]


def test_what_a_sick_erp_said_is_not_read_by_rules(books: Shelf, rules: RulesInForce):
    books.arrive(invoice("INV-1"))
    books.try_all({"INV-1": (SICK, SICK_VERDICT)}, give_up=False)
    rules.use([PLOT_RULE])
    read_all(books, rules)
    assert books.sql("SELECT error_type FROM outcomes") == [("erp_unavailable",)]
    assert books.sql("SELECT error_type FROM open_documents") == [("erp_unavailable",)]


def test_it_goes_on_where_it_was_cut_short(books: Shelf, rules: RulesInForce):
    books.arrive(*(invoice(f"INV-{n}") for n in range(1, 31)))
    fail(books, rules, **{f"INV_{n}": PLOT.format(f"Z{n}") for n in range(1, 31)})
    rules.use([PLOT_RULE])
    for _ in range(4):  # begun, documents, two batches
        asyncio.run(history(books, rules, batch=5).read_again(now=books.now))
    far = newest(books.conn)
    assert far is not None
    assert (far.documents_done, far.looked_at) == (True, 10)
    assert far.finished_at is None
    done = read_all(books, rules, batch=5)  # another process: it knows only the ledger
    assert (done.id, done.attempts, done.looked_at) == (far.id, 30, 30)
    assert books.sql("SELECT count(*) FROM outcomes WHERE error_type = 'other'") == [(0,)]


def test_rules_that_change_meanwhile_begin_anew(books: Shelf, rules: RulesInForce):
    books.arrive(*(invoice(f"INV-{n}") for n in range(1, 11)))
    fail(books, rules, **{f"INV_{n}": PLOT.format(f"Z{n}") for n in range(1, 11)})
    rules.use([PLOT_RULE])
    reader = history(books, rules, batch=3)
    for _ in range(3):
        asyncio.run(reader.read_again(now=books.now))
    rules.use([])
    far = read_all(books, rules, batch=3)
    assert far.rules == rules.current.fingerprint
    assert books.sql("SELECT DISTINCT error_type FROM outcomes") == [("other",)]
    assert {row[:2] for row in standing(books).values()} == {("other", "")}


def test_an_outcome_read_by_the_old_rules_that_comes_late_is_read_again(
    books: Shelf, rules: RulesInForce
):
    old = verdicts(RulesInForce())
    books.arrive(invoice("INV-1"), invoice("INV-2"))
    rules.use([PLOT_RULE])
    reader = history(books, rules)
    asyncio.run(reader.read_again(now=books.now))
    asyncio.run(reader.read_again(now=books.now))
    text = PLOT.format("Z1")
    answer = Refused(code="1020", text=text, http_status=404), old(text, 404, "1020")
    books.try_all({"INV-1": answer, "INV-2": answer}, give_up=True)
    read_all(books, rules)
    assert books.sql("SELECT DISTINCT error_type FROM outcomes") == [("setup_code_missing",)]
    assert standing(books)["INV-1"][:2] == ("setup_code_missing", "Z1")


def begin_checklist(books: Shelf, number: str, *, alone: bool = False) -> int:
    error_type, entity, cause_id = standing(books)[number]
    cause = cause_reading.cause(books.conn, cause_id)
    subject = Subject(
        company=cause["company"], error_type=error_type, entity_kind=cause["entity_kind"] or "",
        entity=entity, template=cause["template"], cause_id=cause_id,
        document_id=books.id_of(number) if alone else None,
    )  # fmt: skip
    return books.write(
        lambda conn: checklists.begin(
            conn, books.ledger.ids, subject, built_in()[error_type], who="ada", now=books.now
        )
    )[0]


def test_a_checklist_goes_along_with_its_documents(books: Shelf, rules: RulesInForce):
    books.arrive(invoice("INV-1"), invoice("INV-2"))
    fail(books, rules, INV_1=PLOT.format("Z1"), INV_2=PLOT.format("Z1"))
    began, alone = begin_checklist(books, "INV-1"), begin_checklist(books, "INV-2", alone=True)
    books.write(lambda conn: checklists.note(conn, began, "asked", who="ada", now=books.now))
    old_cause = standing(books)["INV-1"][2]
    rules.use([PLOT_RULE])
    read_all(books, rules)
    new_cause = standing(books)["INV-1"][2]
    assert new_cause != old_cause
    loaded = checklists.load(books.conn, began)
    assert (loaded.cause_id, loaded.error_type, loaded.entity) == (
        new_cause, "setup_code_missing", "Z1",
    )  # fmt: skip
    assert [note.text for note in loaded.standing.notes] == [
        "asked",
        "New rules read these documents' error as setup code missing Z1, no longer as other.",
    ]
    assert checklists.load(books.conn, alone).error_type == "setup_code_missing"
    assert cause_reading.cause(books.conn, new_cause)["checklist_id"] == began
    old = cause_reading.cause(books.conn, old_cause)
    assert (old["state"], old["merged_into"]) == ("resolved", new_cause)


def test_of_two_checklists_the_one_already_there_goes_on(books: Shelf, rules: RulesInForce):
    books.arrive(invoice("INV-1"))
    fail(books, rules, INV_1=PLOT.format("Z1"))
    moved = begin_checklist(books, "INV-1")
    rules.use([PLOT_RULE])
    books.arrive(invoice("INV-2"))
    fail(books, rules, INV_2=PLOT.format("Z1"))  # read by the new rules at once
    stays = begin_checklist(books, "INV-2")
    read_all(books, rules)
    closed = checklists.load(books.conn, moved)
    assert closed.standing.phase is Phase.CLOSED
    assert f"checklist {stays}" in closed.standing.closed_reason
    assert closed.events[-1].kind is EventKind.CLOSED
    assert checklists.load(books.conn, stays).standing.phase is not Phase.CLOSED


def test_a_cause_that_keeps_a_document_keeps_its_checklist(books: Shelf, rules: RulesInForce):
    texts = {"INV_1": "The plot Z1 is closed.", "INV_2": "The plot Z1 is shut."}
    books.arrive(invoice("INV-1"), invoice("INV-2"))
    broad = OwnRule(
        id="plot-any", type="other", entity_kind="plot", patterns=("plot {value} is",),
        examples=(OwnExample(text="The plot R7 is odd.", entity="R7"),),
    )  # fmt: skip
    rules.use([broad])
    fail(books, rules, **texts)
    began, old_cause = begin_checklist(books, "INV-1"), standing(books)["INV-1"][2]
    rules.use([PLOT_RULE, broad])
    read_all(books, rules)
    assert standing(books)["INV-2"][2] == old_cause != standing(books)["INV-1"][2]
    assert checklists.load(books.conn, began).cause_id == old_cause
    assert cause_reading.cause(books.conn, old_cause)["merged_into"] is None


def test_a_document_that_comes_back_wakes_a_merged_cause(books: Shelf, rules: RulesInForce):
    books.arrive(invoice("INV-1"))
    fail(books, rules, INV_1=PLOT.format("Z1"))
    old_cause = standing(books)["INV-1"][2]
    rules.use([PLOT_RULE])
    read_all(books, rules)
    rules.use([])
    books.arrive(invoice("INV-2"))
    fail(books, rules, INV_2=PLOT.format("Z1"))
    assert standing(books)["INV-2"][2] == old_cause
    assert cause_reading.cause(books.conn, old_cause)["merged_into"] is None
