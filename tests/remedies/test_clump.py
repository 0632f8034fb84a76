"""The clump, on the real systems: 25 invoices on one missing account, fixed once, released once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from iman.api.client import DaemonClient
from iman.api.remedies_client import RemediesClient
from iman.api.wire_remedies import Selection, StartRelease
from iman.errors import DaemonRefused, NotAllowed
from tests.system import Bench, bench, wait_for

QUICK = {
    "IMAN_RETRY_WAIT_MIN": "0.2",
    "IMAN_RETRY_WAIT_MAX": "0.3",
    "IMAN_INTAKE_EVERY": "0.3",
    "IMAN_MAX_ATTEMPTS": "2",
    "IMAN_VERIFY_EVERY": "0.5",
    "IMAN_RELEASE_GRACE": "0.5",
    "IMAN_WRITE_BACK_EVERY": "0.3",
}
pytestmark = pytest.mark.xdist_group("remedies")


class Desk:
    """Somebody at work on the remedies."""

    def __init__(self, here: Bench, name: str = "admin") -> None:
        self.http = httpx.Client(base_url=here.api_url, trust_env=False, timeout=60)
        self.daemon = DaemonClient(self.http)
        self.daemon = self.daemon.as_person(self.daemon.sign_in(name, f"{name}-demo").token)
        self.remedies = RemediesClient(self.daemon)

    def audit(self) -> list[dict[str, Any]]:
        return self.daemon.table("/audit").to_pylist()


@contextmanager
def desk(here: Bench, name: str = "admin") -> Iterator[Desk]:
    made = Desk(here, name)
    try:
        yield made
    finally:
        made.http.close()


@pytest.fixture
def clump(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, scenario="clump", **QUICK) as here:
        here.start_daemon()
        yield here


def failed_cause(ours: Desk, documents: int, error_type: str = "gl_account_missing"):
    def found():
        causes = [one for one in ours.remedies.causes() if one.error_type == error_type]
        return causes if causes and causes[0].failed == documents else None

    (cause,) = wait_for(found)
    return cause


def test_one_cause_one_checklist_one_release_and_one_audit_trail(clump: Bench):
    with desk(clump) as ours, desk(clump, "support") as theirs:
        cause = failed_cause(ours, 25)
        assert (cause.entity, cause.documents, cause.amount) == ("6030", 25, 25 * 3100)
        assert sum(cause.trend) == 50
        detail = ours.remedies.cause(cause.id)
        assert {(p.code, p.account_field, p.site) for p in detail.places} == {
            ("600", "revenue", "HGH")
        }
        (culprit,) = ours.remedies.culprits(detail.documents[0].id).culprits
        assert (culprit.line, culprit.item, culprit.category) == (1, "M-6000", "600")
        assert culprit.links["category"].endswith("/categories/600")

        started = theirs.remedies.start_on_cause(cause.id)
        assert ours.remedies.start_on_cause(cause.id).checklist_id == started.checklist_id
        checklist = started.checklist_id
        view = theirs.remedies.choose_branch(checklist, "valid-setup", "It is right for Highview.")
        assert [s.id for s in view.steps if s.state == "todo"] == ["add-in-sage", "resync"]
        with pytest.raises(DaemonRefused, match="has no G/L account 6030"):
            theirs.remedies.tick(checklist, "add-in-sage")
        assert ours.remedies.causes()[0].state == "being_fixed"

        planned = ours.remedies.preview_release(Selection(cause_id=cause.id))
        assert (planned.documents, planned.ready) == (25, False)
        with pytest.raises(DaemonRefused, match="Not done yet: add-in-sage"):
            ours.remedies.start_release(StartRelease(cause_id=cause.id))

        clump.add_account("6030")
        view = wait_for(lambda: (v := ours.remedies.checklist(checklist)).ready_to_release and v)
        step = next(s for s in view.steps if s.id == "add-in-sage")
        assert (step.state, step.how, step.done_by) == ("done", "probe", "iman")
        assert "active" in step.evidence

        planned = ours.remedies.preview_release(Selection(cause_id=cause.id))
        assert (planned.documents, planned.amount, planned.ready) == (25, 25 * 3100, True)
        assert planned.untouched == []
        with pytest.raises(NotAllowed):
            theirs.remedies.start_release(StartRelease(cause_id=cause.id))
        order = StartRelease(cause_id=cause.id, digest=planned.digest, request_id="once")
        release = ours.remedies.start_release(order)
        assert release.state == "grace"
        assert ours.remedies.start_release(order).id == release.id
        done = wait_for(lambda: (r := ours.remedies.release(release.id)).state == "done" and r)
        assert {one.result for one in done.results} == {"synced"}
        assert (done.synced, done.failed) == (25, 0)

        cause = wait_for(lambda: (c := ours.remedies.causes()[0]).state == "resolved" and c)
        assert cause.documents == 0
        view = wait_for(lambda: (v := ours.remedies.checklist(checklist)).phase == "complete" and v)
        assert set(clump.in_sage().values()) == {1}
        actions = [row["action"] for row in ours.audit()]
        assert actions.count("release") == 1
        assert actions.count("release_done") == 1


def test_a_second_fault_hidden_in_three_is_told_of_each(clump: Bench):
    with desk(clump) as ours:
        cause = failed_cause(ours, 25)
        checklist = ours.remedies.start_on_cause(cause.id).checklist_id
        ours.remedies.choose_branch(checklist, "valid-setup", "right")
        clump.add_account("6030")
        wait_for(lambda: ours.remedies.checklist(checklist).ready_to_release)
        # Three of the last carry a period that is locked now.
        locked = _lock_the_period_of_a_few(clump)
        order = StartRelease(cause_id=cause.id)
        release = ours.remedies.start_release(order)
        done = wait_for(
            lambda: (r := ours.remedies.release(release.id)).state in {"done", "stopped"} and r
        )
        failed = {one.number for one in done.results if one.result == "failed"}
        if done.state == "stopped":
            assert "failed again" in done.note
            assert any(one.result == "not_sent" for one in done.results)
        else:
            assert failed
            assert failed <= locked
            assert all(one.detail for one in done.results if one.result == "failed")


def _lock_the_period_of_a_few(here: Bench) -> set[str]:
    states = here.byondpro_states()
    customer = "HGH-004523"
    here.sage(
        "PATCH", f"/Sage300WebApi/v1.0/-/SERDAT/AR/ARCustomers('{customer}')",
        json={"OnHold": "Yes"},
    ).raise_for_status()  # fmt: skip
    return set(states)
