"""The clump, on the real systems: 25 invoices on one missing account, fixed once, released once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from iman.api.wire_remedies import Selection, StartRelease
from iman.api.wire_rules import RuleExample, SiteRule
from iman.errors import DaemonRefused, NotAllowed
from tests.remedies.desk import QUICK, desk, failed_cause, sell
from tests.system import Bench, bench, wait_for

pytestmark = pytest.mark.xdist_group("remedies")


@pytest.fixture
def clump(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, scenario="clump", **QUICK) as here:
        here.start_daemon()
        yield here


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
    for _ in range(3):
        sell(clump, "HGH-004530")
    with desk(clump) as ours:
        cause = failed_cause(ours, 28)
        hidden = {
            one.number
            for one in ours.remedies.cause(cause.id).documents
            if one.customer_name == "Rosa Castellano"
        }
        assert len(hidden) == 3
        checklist = ours.remedies.start_on_cause(cause.id).checklist_id
        ours.remedies.choose_branch(checklist, "valid-setup", "right")
        clump.add_account("6030")
        clump.sage(
            "PATCH", "/Sage300WebApi/v1.0/-/SERDAT/AR/ARCustomers('HGH-004530')",
            json={"OnHold": "Yes"},
        ).raise_for_status()  # fmt: skip
        wait_for(lambda: ours.remedies.checklist(checklist).ready_to_release)
        release = ours.remedies.start_release(StartRelease(cause_id=cause.id))
        done = wait_for(
            lambda: (r := ours.remedies.release(release.id)).state in {"done", "stopped"} and r
        )
        assert done.state == "done"
        assert {one.number for one in done.results if one.result == "failed"} == hidden
        assert all("hold" in one.detail for one in done.results if one.result == "failed")
        assert done.synced == 25
        other = failed_cause(ours, 3, "customer_inactive_or_on_hold")
        assert other.documents == 3


def test_a_canary_that_fails_again_stops_the_release_by_itself(clump: Bench):
    with desk(clump) as ours:
        cause = failed_cause(ours, 25)
        order = StartRelease(cause_id=cause.id, reason="I want to see it fail.")
        release = ours.remedies.start_release(order)
        done = wait_for(lambda: (r := ours.remedies.release(release.id)).state == "stopped" and r)
        assert "6030 is not defined" in done.note
        results = [one.result for one in done.results]
        assert results.count("not_sent") == 23
        stopped = [row for row in ours.audit() if row["action"] == "release_stopped"]
        assert len(stopped) == 1


def test_a_rule_of_the_sites_own_takes_the_clump_to_another_cause(clump: Bench):
    rule = SiteRule(
        id="memorials-account",
        type="setup_code_missing",
        entity_kind="memorials_account",
        patterns=["account {value} is not defined in general ledger"],
        examples=[
            RuleExample(text="G/L account 6030 is not defined in General Ledger", entity="6030")
        ],
    )
    with desk(clump) as ours:
        cause = failed_cause(ours, 25)
        checklist = ours.remedies.start_on_cause(cause.id).checklist_id
        seen = ours.remedies.preview_rules([rule])
        assert (seen.faults, seen.documents) == ([], 25)
        assert sum(change.attempts for change in seen.changes) == 50
        ours.remedies.save_rules([rule], instead_of=0, agreed=True, reason="Memorials are ours.")
        wait_for(lambda: ours.remedies.rereading().state == "done")
        moved = failed_cause(ours, 25, "setup_code_missing")
        assert (moved.entity, moved.checklist_id, sum(moved.trend)) == ("6030", checklist, 50)
        assert ours.remedies.cause(cause.id).cause.merged_into == moved.id
        clump.daemon.kill()
    clump.start_daemon()  # after a kill the rules are there, and history is not read once more
    with desk(clump) as ours:
        assert ours.remedies.rules().own == [rule]
        far = ours.remedies.rereading()
        assert (far.state, far.attempts, far.documents) == ("done", 50, 25)
        assert (
            ours.remedies.try_message("Account 1 is not defined in General Ledger").place == "own"
        )
        beat = wait_for(
            lambda: next(
                (one for one in ours.daemon.health().loops if one.loop == "rereading"), None
            )
        )
        assert beat.ok
