"""Checklists on a real ledger: branches, ticks, locks, notes, and two people at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from iman.domain.checklist import EventKind, Evidence, Phase, StepState
from iman.errors import DaemonRefused, NotFound
from iman.ledger import causes, checklist_reading, checklists, playbook_shelf, remedy_facts
from iman.playbooks import built_in
from tests.remedies.shelf import Shelf, invoice, shelf

YES, NO = Evidence(holds=True, text="it is"), Evidence(holds=False, text="it is not")
UNCLEAR = Evidence(holds=None, text="Sage 300 does not answer")


@pytest.fixture
def books(tmp_path: Path):
    with shelf(tmp_path) as made:
        yield made


def start(books: Shelf, error_type: str = "terms_missing") -> int:
    books.arrive(invoice("INV-1"))
    books.fail("INV-1")
    cause_id = causes.cause_of(books.conn, books.id_of("INV-1"))
    subject = checklists.Subject(
        company="SERC", error_type=error_type, entity_kind="terms_code", entity="F48",
        cause_id=cause_id,
    )  # fmt: skip
    text = built_in()[error_type]
    started, new = books.write(
        lambda conn: checklists.begin(
            conn, books.ledger.ids, subject, text, who="sam", now=books.now
        )
    )
    assert new
    return started


def does(books: Shelf, work, checklist: int, *args, who: str = "sam", **kwargs):
    books.passes(1)
    return books.write(lambda conn: work(conn, checklist, *args, who=who, now=books.now, **kwargs))


def choose(books: Shelf, checklist: int, branch: str, *, seen: str = "", who: str = "sam"):
    return does(
        books, checklists.choose_branch, checklist, branch, seen=seen, reason="because", who=who
    )


def tick(books: Shelf, checklist: int, step: str, *, who: str = "sam", how: str = "person"):
    return does(
        books, checklists.mark, checklist, step, EventKind.TICKED, body={"how": how}, who=who
    )


def saw(books: Shelf, checklist: int, step: str, evidence, *, locked=False, asked=False):
    books.passes(1)
    return books.write(
        lambda conn: checklists.saw(
            conn, checklist, step, evidence, locked=locked, who="iman", now=books.now, asked=asked
        )
    )


def states(loaded) -> dict[str, str]:
    return {step.id: step.state.value for step in loaded.standing.steps.values()}


def test_nothing_can_be_ticked_before_the_branch_is_chosen(books: Shelf):
    checklist = start(books)
    with pytest.raises(DaemonRefused, match="Answer the question"):
        tick(books, checklist, "add-in-sage")


def test_a_branch_leaves_only_its_own_steps(books: Shelf):
    checklist = start(books)
    loaded = choose(books, checklist, "valid-setup")
    assert [step for step, state in states(loaded).items() if state == "todo"] == [
        "add-in-sage", "resync",
    ]  # fmt: skip
    assert loaded.standing.branch_reason == "because"


def test_a_second_person_does_not_overrule_the_branch_unseen(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "valid-setup")
    with pytest.raises(DaemonRefused, match="Somebody has just chosen another"):
        choose(books, checklist, "invalid-setup", who="jo")
    loaded = choose(books, checklist, "invalid-setup", seen="valid-setup", who="jo")
    assert loaded.standing.branch == "invalid-setup"


def test_steps_come_in_their_order(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "valid-setup")
    with pytest.raises(DaemonRefused, match=r"First: add-in-sage\. Before the terms code"):
        tick(books, checklist, "resync")
    tick(books, checklist, "add-in-sage")
    loaded = tick(books, checklist, "resync")
    assert loaded.standing.phase is Phase.COMPLETE


def test_an_option_says_whether_its_steps_are_needed(books: Shelf):
    checklist = start(books)
    loaded = choose(books, checklist, "invalid-setup")
    assert states(loaded)["credit-note"] == "undecided"
    loaded = does(books, checklists.answer, checklist, "credit", "leave")
    assert states(loaded)["credit-note"] == states(loaded)["re-invoice"] == "not_needed"
    loaded = does(books, checklists.answer, checklist, "credit", "credit-note")
    assert states(loaded)["credit-note"] == "todo"
    with pytest.raises(DaemonRefused, match="no answer"):
        does(books, checklists.answer, checklist, "credit", "perhaps")


def test_what_is_left_for_later_is_followed_up(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "invalid-setup")
    does(books, checklists.answer, checklist, "credit", "leave")
    saw(books, checklist, "create-on-purpose", YES)
    assert checklist_reading.follow_ups(books.conn, now=books.now) == []
    loaded = saw(books, checklist, "resync", YES)
    assert loaded.standing.phase is Phase.FOLLOW_UP
    books.passes(7200)
    found = checklist_reading.follow_ups(books.conn, now=books.now)
    assert [row["step"] for row in found] == ["inactivate-in-sage", "inactivate-in-byondpro"]
    assert found[0]["age_hours"] == 2.0
    assert "F48" in found[0]["do"]


def test_a_step_ticks_itself_and_unticks_with_a_warning(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "valid-setup")
    loaded = saw(books, checklist, "add-in-sage", NO)
    assert states(loaded)["add-in-sage"] == "todo"
    loaded = saw(books, checklist, "add-in-sage", YES)
    step = loaded.standing.steps["add-in-sage"]
    assert (step.state, step.how, step.evidence) == (StepState.DONE, "probe", "it is")
    unclear = saw(books, checklist, "add-in-sage", UNCLEAR)
    assert states(unclear)["add-in-sage"] == "done"
    step = saw(books, checklist, "add-in-sage", NO).standing.steps["add-in-sage"]
    assert (step.state, step.warning) == (StepState.TODO, "it is not")


def test_what_has_served_its_purpose_is_not_unticked(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "invalid-setup")
    does(books, checklists.answer, checklist, "credit", "leave")
    saw(books, checklist, "create-on-purpose", YES)
    saw(books, checklist, "resync", YES)
    # the same remedy makes the code inactive afterwards
    assert states(saw(books, checklist, "create-on-purpose", NO))["create-on-purpose"] == "done"


def test_a_probe_leaves_a_persons_word_alone(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "valid-setup")
    tick(books, checklist, "add-in-sage", how="override")
    assert states(saw(books, checklist, "add-in-sage", NO))["add-in-sage"] == "done"
    untick = {"body": {"how": "person"}}
    does(books, checklists.mark, checklist, "add-in-sage", EventKind.UNTICKED, **untick)
    assert states(saw(books, checklist, "add-in-sage", YES))["add-in-sage"] == "todo"
    asked = saw(books, checklist, "add-in-sage", YES, asked=True)
    assert states(asked)["add-in-sage"] == "done"


def test_a_locked_step_never_ticks_itself(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "invalid-setup")
    does(books, checklists.answer, checklist, "credit", "leave")
    saw(books, checklist, "create-on-purpose", YES)
    saw(books, checklist, "resync", YES)
    loaded = saw(books, checklist, "inactivate-in-sage", YES, locked=True)
    assert states(loaded)["inactivate-in-sage"] == "todo"
    view = checklist_reading.view(books.conn, checklist)
    step = next(step for step in view["steps"] if step["id"] == "inactivate-in-sage")
    assert "INV-1 (failed)" in step["locked"]  # the invoice still carries F48
    assert step["warning"].startswith("Done too early. it is")


def test_a_credit_note_with_the_code_keeps_inactivate_locked(books: Shelf):
    checklist = start(books)
    note = invoice("CN-1", entry_type="credit_note",
                   parent={"entry_type": "invoice", "number": "INV-1"})  # fmt: skip
    books.arrive(note)
    using = remedy_facts.in_use(books.conn, entity_kind="terms_code", entity="f48")
    assert {(one.number, one.state) for one in using} == {("INV-1", "failed"), ("CN-1", "waiting")}
    using = remedy_facts.in_use(books.conn, entity_kind="gl_account", entity="6030")
    assert {one.number for one in using} == {"INV-1", "CN-1"}
    assert remedy_facts.in_use(books.conn, entity_kind="gl_account", entity="6000") == []
    assert checklist


def test_two_people_lose_no_tick_and_no_note(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "invalid-setup")
    does(books, checklists.answer, checklist, "credit", "leave")
    does(books, checklists.note, checklist, "mine", who="sam")
    loaded = does(books, checklists.note, checklist, "yours", who="jo")
    tick(books, checklist, "create-on-purpose", who="sam")
    tick(books, checklist, "resync", who="jo")
    loaded = tick(books, checklist, "create-on-purpose", who="jo")
    step = loaded.standing.steps["create-on-purpose"]
    assert (step.state, step.who) == (StepState.DONE, "sam")
    assert loaded.standing.steps["resync"].who == "jo"
    assert [(one.text, one.by) for one in loaded.standing.notes] == [
        ("mine", "sam"), ("yours", "jo"),
    ]  # fmt: skip


def test_an_edit_of_a_note_somebody_changed_meanwhile_is_refused(books: Shelf):
    checklist = start(books)
    note = does(books, checklists.note, checklist, "first").standing.notes[0]
    edit = {"seen": note.version}
    does(books, checklists.edit_note, checklist, note.id, "second", who="jo", **edit)
    with pytest.raises(DaemonRefused, match="jo has changed this note meanwhile"):
        does(books, checklists.edit_note, checklist, note.id, "third", **edit)
    (kept,) = checklists.load(books.conn, checklist).standing.notes
    assert (kept.text, kept.edited_by) == ("second", "jo")
    does(books, checklists.edit_note, checklist, note.id, "", seen=kept.version)
    assert checklists.load(books.conn, checklist).standing.notes == ()


def test_the_same_request_adds_one_event(books: Shelf):
    checklist = start(books)
    for _ in range(2):
        does(books, checklists.note, checklist, "once", request_id="r1")
    assert len(checklists.load(books.conn, checklist).standing.notes) == 1


def test_one_checklist_runs_on_one_cause(books: Shelf):
    checklist = start(books)
    loaded = checklists.load(books.conn, checklist)
    subject = checklists.Subject(
        company="SERC", error_type="terms_missing", entity_kind="terms_code", entity="F48"
    )
    again = books.write(
        lambda conn: checklists.begin(
            conn, books.ledger.ids, subject, built_in()["terms_missing"], who="jo", now=books.now
        )
    )
    assert again == (checklist, False)
    assert loaded.opened_by == "sam"


def test_closing_and_reopening_keep_what_was_done(books: Shelf):
    checklist = start(books)
    choose(books, checklist, "valid-setup")
    tick(books, checklist, "add-in-sage")
    loaded = does(books, checklists.add, checklist, EventKind.CLOSED, body={"reason": "moot"})
    assert (loaded.standing.phase, loaded.standing.closed_reason) == (Phase.CLOSED, "moot")
    with pytest.raises(DaemonRefused, match="closed"):
        tick(books, checklist, "resync")
    loaded = does(books, checklists.add, checklist, EventKind.REOPENED)
    assert states(loaded)["add-in-sage"] == "done"


def test_evidence_has_an_inert_name_and_a_size(books: Shelf):
    checklist = start(books)
    ids = books.ledger.ids
    attached, _ = books.write(
        lambda conn: checklists.attach(
            conn, ids, checklist, name="../../evil <script>.html", media_type="text/html",
            content=b"<script>", who="sam", now=books.now,
        )
    )  # fmt: skip
    name, content = checklists.attachment(books.conn, checklist, attached)
    assert (name, content) == ("evil _script_.html.bin", b"<script>")
    with pytest.raises(DaemonRefused, match="at most 2 MB"):
        books.write(
            lambda conn: checklists.attach(
                conn, ids, checklist, name="a.png", media_type="", content=bytes(2**21 + 1),
                who="sam", now=books.now,
            )
        )  # fmt: skip
    with pytest.raises(NotFound):
        checklists.attachment(books.conn, checklist + 1, attached)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a.png", "a.png"), ("..\\..\\x.exe", "x.exe.bin"), ("", "attachment.bin"),
     ("...", "attachment.bin"), ("a\nb\x00.pdf", "a_b_.pdf"),

     ("ü" * 200 + ".txt", "ü" * 80 + ".bin"),
     ("/etc/passwd", "passwd.bin")],
)  # fmt: skip
def test_inert_names(given, kept):
    assert checklists.inert_name(given) == kept


def test_an_edited_playbook_comes_first_and_a_running_checklist_keeps_its_own(books: Shelf):
    checklist = start(books)
    current = playbook_shelf.playbook_for(books.conn, {}, "terms_missing")
    text = current.text.replace("version = 1", "version = 2").replace(
        "Sage 300 does not accept terms code {entity}", "Ours: {entity}"
    )

    def save(text: str, instead_of: str):
        return books.write(
            lambda conn: playbook_shelf.save_edit(
                conn, books.ledger.ids, {}, "terms_missing", text, instead_of=instead_of,
                who="ada", now=books.now,
            )
        )  # fmt: skip

    saved = save(text, current.digest)
    assert (saved.origin, saved.playbook.version) == ("edited", 2)
    with pytest.raises(DaemonRefused, match="Somebody saved another version"):
        save(text, current.digest)
    with pytest.raises(DaemonRefused, match="not valid"):
        save("title = 1", saved.digest)
    assert checklists.load(books.conn, checklist).playbook.version == 1
    view = checklist_reading.view(books.conn, checklist, newest_digest=saved.digest)
    assert view["playbook"]["newer"]
    assert save("", saved.digest).origin == "built-in"
    assert [one.by for one in playbook_shelf.edits(books.conn, "terms_missing")] == ["ada", "ada"]


def test_texts_are_filled_with_what_they_are_about(books: Shelf):
    checklist = start(books)
    view = checklist_reading.view(books.conn, checklist)
    assert view["question"] == "Is F48 (48 Month Repayment Plan) right for this cemetery?"
    resync = next(step for step in view["steps"] if step["id"] == "resync")
    assert resync["do"].startswith("Resync INV-1 and wait")
    assert view["documents_total"] == 1
    assert not view["ready_to_release"]
