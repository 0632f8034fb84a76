"""The API of remedies: roles, audit, two people at once, and the same answers from the file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from iman.api.remedies_client import RemediesClient
from iman.api.wire_remedies import PreviewSelection, Selection, StartRelease
from iman.domain.people import Role
from iman.errors import DaemonRefused, NotAllowed, NotFound
from iman.ledger import causes
from iman.reading.remedies import EitherRemedies, RemediesFromLedger
from tests.api.serving import Served, serving
from tests.remedies.shelf import Shelf, invoice


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as served:
        shelf = Shelf(served.books.ledger)
        shelf.now = served.now()
        shelf.arrive(invoice("INV-1"), invoice("INV-2"))
        shelf.fail("INV-1", "INV-2")
        yield served


def cause_id(desk: Served) -> int:
    found = causes.cause_of(desk.books.ledger.reader(), 1)
    assert found is not None
    return found


def started(desk: Served) -> int:
    with desk.client(Role.SUPPORT) as client:
        return RemediesClient(client).start_on_cause(cause_id(desk)).checklist_id


def test_everybody_reads_and_only_some_may_work(desk: Served):
    checklist = started(desk)
    with desk.client(Role.MANAGER) as client:
        reading = RemediesClient(client)
        assert reading.checklist(checklist).phase == "choosing"
        assert reading.causes()[0].documents == 2
        assert reading.preview_release(Selection(document_ids=[1])).documents == 1
        for work in (
            lambda: reading.choose_branch(checklist, "valid-setup", "x"),
            lambda: reading.note(checklist, "x"),
            lambda: reading.start_on_document(1),
            lambda: reading.park(1, "x"),
            lambda: reading.settle(1, "do_not_send", reason="x"),
            lambda: reading.start_release(StartRelease(document_ids=[1])),
            lambda: reading.preview_playbook("x"),
            lambda: reading.set_cause_owner(1, "x"),
            lambda: reading.compare_setups(),
        ):
            with pytest.raises(NotAllowed):
                work()
    with desk.client(Role.SUPPORT) as client:
        ours = RemediesClient(client)
        ours.park(1, "finance decides")
        for work in (
            lambda: ours.settle(1, "do_not_send", reason="x"),
            lambda: ours.start_release(StartRelease(document_ids=[1])),
            lambda: ours.save_playbook("other", "", instead_of=""),
        ):
            with pytest.raises(NotAllowed):
                work()


def test_every_change_is_audited_with_its_reason(desk: Served):
    checklist = started(desk)
    with desk.client(Role.SUPPORT) as client:
        ours = RemediesClient(client)
        ours.choose_branch(checklist, "valid-setup", "it is right")
        ours.tick(checklist, "add-in-sage", reason="seen on the screen")
        ours.set_owner(checklist, "ada", reason="over to you")
        ours.park(1, "waits")
    told = {row["action"]: row["reason"] for row in desk.audit()}
    assert told["checklist_choose_branch"] == "valid-setup: it is right"
    assert told["checklist_ticked"] == "add-in-sage. seen on the screen"
    assert told["checklist_owner"] == "ada; over to you"
    assert told["park"] == "waits"
    assert "start_checklist" in told


def test_what_cannot_be_looked_up_needs_a_reason(desk: Served):
    checklist = started(desk)
    with desk.client() as client:
        ours = RemediesClient(client)
        ours.choose_branch(checklist, "valid-setup", "x")
        with pytest.raises(DaemonRefused, match="without its daemon"):
            ours.tick(checklist, "add-in-sage")
        view = ours.tick(checklist, "add-in-sage", reason="I saw it")
        step = next(step for step in view.steps if step.id == "add-in-sage")
        assert (step.how, step.reason, step.done_by) == ("override", "I saw it", "admin")
        with pytest.raises(DaemonRefused, match="not optional"):
            ours.skip(checklist, "resync")


def test_two_sessions_lose_no_tick_and_no_note(desk: Served):
    checklist = started(desk)
    with desk.client() as client:
        RemediesClient(client).choose_branch(checklist, "valid-setup", "x")

    def work(role: Role) -> None:
        with desk.client(role) as client:
            ours = RemediesClient(client)
            for n in range(15):
                ours.note(checklist, f"{role} {n}")
            ours.tick(checklist, "add-in-sage", reason=f"{role} saw it")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [Role.SUPPORT, Role.ADMIN]))
    with desk.client() as client:
        view = RemediesClient(client).checklist(checklist)
    assert {note.text for note in view.notes} == {
        f"{role} {n}" for role in (Role.SUPPORT, Role.ADMIN) for n in range(15)
    }
    assert [one.version for one in view.history] == sorted(
        (one.version for one in view.history), reverse=True
    )
    assert len([one for one in view.history if one.kind == "ticked"]) == 1


def test_a_release_is_refused_when_the_set_has_changed(desk: Served):
    with desk.client() as client:
        ours = RemediesClient(client)
        planned = ours.preview_release(Selection(cause_id=cause_id(desk)))
        assert planned.not_ready == "No checklist has been started on this cause."
        ours.park(1, "waits")
        with pytest.raises(DaemonRefused, match="not those of the preview"):
            ours.start_release(
                StartRelease(cause_id=cause_id(desk), digest=planned.digest, reason="now")
            )
        made = ours.start_release(StartRelease(filter={"entity": "F48"}, request_id="r"))
        assert (made.documents, made.state) == (1, "grace")
        assert ours.stop_release(made.id).state == "undone"


def test_a_filter_is_released_as_a_cause_is(desk: Served):
    wanted = {"entry_type": "invoice", "error_type": "terms_missing", "entity": "F48"}
    with desk.client() as client:
        ours = RemediesClient(client)
        planned = ours.preview_release(PreviewSelection(filter=wanted, rows=1))
        assert (planned.documents, len(planned.touched), planned.ready) == (2, 1, True)
        assert planned.title == "Failed invoices: terms missing, F48"
        whole = ours.preview_release(Selection(filter=wanted))
        assert (len(whole.touched), whole.digest) == (2, planned.digest)
        ours.park(2, "waits")
        with pytest.raises(DaemonRefused, match="not those of the preview"):
            ours.start_release(StartRelease(filter=wanted, digest=planned.digest))
        again = ours.preview_release(Selection(document_ids=[1, 2]))
        assert (again.documents, again.untouched_documents) == (1, 1)
        made = ours.start_release(StartRelease(filter=wanted, canary=0))
        assert (made.cause_id, made.checklist_id, made.state) == (None, None, "grace")
        assert len(ours.release(made.id, rows=0).results) == 0
        assert len(ours.release(made.id).results) == 1
        assert [row["target"] for row in desk.audit() if row["action"] == "release"] == [
            "Failed invoices: terms missing, F48"
        ]


def test_a_playbook_is_previewed_saved_and_withdrawn(desk: Served):
    with desk.client() as client:
        ours = RemediesClient(client)
        held = ours.playbook("other")
        assert ours.preview_playbook("title = 1").faults
        text = held.text.replace("version = 1", "version = 2")
        seen = ours.preview_playbook(text)
        assert (seen.faults, seen.playbook and seen.playbook.version) == ([], 2)
        saved = ours.save_playbook("other", text, instead_of=held.digest)
        assert saved.origin == "edited"
        assert {one.origin for one in ours.playbooks()} == {"built-in", "edited"}
        back = ours.save_playbook("other", "", instead_of=saved.digest)
        assert back.digest == held.digest
        assert len(ours.playbook_edits("other")) == 2


def test_an_attachment_comes_back_as_bytes_that_nothing_shows(desk: Served):
    checklist = started(desk)
    with desk.client() as client:
        ours = RemediesClient(client)
        view = ours.attach(checklist, "proof.html", b"<script>alert(1)</script>", step="resync")
        (one,) = view.attachments
        assert (one.name, one.step, one.by) == ("proof.html.bin", "resync", "admin")
        assert ours.attachment(checklist, one.id) == b"<script>alert(1)</script>"
    answer = desk.call("GET", f"/checklists/{checklist}/attachments/{one.id}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="proof.html.bin"'
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/causes/404", None, 404),
        ("GET", "/causes/99999999999999999999", None, 422),
        ("GET", "/documents/404/culprits", None, 404),
        ("POST", "/documents/404/checklist", {}, 404),
        ("GET", "/checklists/404", None, 404),
        ("GET", "/releases/404", None, 404),
        ("GET", "/setup-gaps/404", None, 404),
        ("GET", "/playbooks/none", None, 404),
        ("GET", "/setups/nowhere", None, 422),
        ("POST", "/releases/preview", {}, 422),
        ("POST", "/releases/preview", {"cause_id": 1, "document_ids": [1]}, 422),
        ("POST", "/releases", {"document_ids": []}, 409),
        ("POST", "/documents/1/park", {"reason": ""}, 422),
        ("POST", "/documents/1/park", {"reason": "x", "until": "2020-01-01T00:00:00Z"}, 409),
        ("POST", "/documents/1/settle", {"how": "burn"}, 422),
        ("POST", "/documents/1/settle", {"how": "do_not_send"}, 409),
        ("POST", "/documents/1/reopen", {}, 409),
        ("POST", "/documents/404/park", {"reason": "x"}, 404),
    ],
)
def test_a_wrong_request_is_told(desk: Served, method: str, path: str, body: Any, status: int):
    answer = desk.call(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "message"}


def test_the_file_answers_as_the_api_does(desk: Served, tmp_path: Path):
    checklist = started(desk)
    with desk.client() as client:
        api = RemediesClient(client)
        api.park(2, "waits")
        over_api = [
            api.causes()[0].model_copy(update={"trend": []}), api.checklist(checklist),
            api.checklists(), api.follow_ups(), api.setup_gaps(), api.parked(), api.settled(),
            api.culprits(1), api.releases(),
        ]  # fmt: skip
    desk.books.ledger.close()
    either: Any = RemediesFromLedger(tmp_path / "ledger.duckdb")
    from_file = [
        either.causes()[0].model_copy(update={"trend": []}), either.checklist(checklist),
        either.checklists(), either.follow_ups(), either.setup_gaps(), either.parked(),
        either.settled(), either.culprits(1), either.releases(),
    ]  # fmt: skip
    assert from_file == over_api
    with pytest.raises(NotFound):
        either.checklist(404)
    assert EitherRemedies
