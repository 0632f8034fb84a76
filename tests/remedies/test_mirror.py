"""The mirror on the real systems: every planted gap, no false one, a remedy before a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from iman.errors import DaemonRefused
from tests.remedies.desk import QUICK, add_term, desk, press, sell, set_in_sage
from tests.system import bench, wait_for

pytestmark = pytest.mark.xdist_group("remedies")

SHIPPED = {("term", "F48", "missing"), ("term", "F36", "inactive"), ("account", "6030", "missing")}


def gaps(ours) -> set[tuple[str, str, str]]:
    found = ours.remedies.setup_gaps().gaps
    return {(one.kind, one.code, one.problem) for one in found if one.gone_at is None}


def test_every_planted_gap_and_no_false_one(tmp_path: Path):
    with bench(tmp_path, scenario="clean", **QUICK) as here:
        here.start_daemon()
        with desk(here) as ours:
            wait_for(lambda: gaps(ours) == SHIPPED)
            found = {one.code: one for one in ours.remedies.setup_gaps().gaps}
            (place,) = found["6030"].places
            assert (place.code, place.account_field, place.site) == ("600", "revenue", "HGH")
            assert all(one.trouble == "" for one in ours.remedies.setup_gaps().readings)

            add_term(here, "F48")
            set_in_sage(here, "AR/ARTerms", "F36", Status="Active")
            here.add_account("6030")
            assert ours.remedies.compare_setups().gaps == 0
            assert gaps(ours) == set()

            set_in_sage(here, "AR/ARTerms", "N14", Status="Inactive")
            set_in_sage(here, "GL/GLAccounts", "4510", PostToAccount="Prohibited")
            set_in_sage(here, "GL/GLAccounts", "4040", Status="Inactive")
            assert ours.remedies.compare_setups().new == 3
            assert gaps(ours) == {
                ("term", "N14", "inactive"),
                ("account", "4510", "mismatched"),
                ("account", "4040", "inactive"),
            }
            recent = {one.code: one.recent_documents for one in ours.remedies.setup_gaps().gaps
                      if one.gone_at is None}  # fmt: skip
            assert recent["N14"] == 1  # the monument permit went through with it


def test_a_gap_starts_its_checklist_before_anything_fails(tmp_path: Path):
    with bench(tmp_path, scenario="clean", **QUICK) as here:
        here.start_daemon()
        with desk(here, "support") as theirs:
            wait_for(lambda: gaps(theirs) == SHIPPED)
            gap = next(one for one in theirs.remedies.setup_gaps().gaps if one.code == "6030")
            assert (gap.blocked_documents, gap.cause_id) == (0, None)
            checklist = theirs.remedies.start_on_gap(gap.id).checklist_id
            theirs.remedies.choose_branch(checklist, "valid-setup", "right for Highview")

            sell(here, "HGH-004523")
            cause = wait_for(lambda: (c := theirs.remedies.causes()) and c[0].failed == 1 and c[0])
            assert cause.checklist_id == checklist  # it is at work already
            gap = theirs.remedies.setup_gap(gap.id)
            assert (gap.blocked_documents, gap.cause_id) == (1, cause.id)

            here.add_account("6030")
            wait_for(lambda: theirs.remedies.checklist(checklist).ready_to_release)
            # what was mended is compared again at once
            wait_for(lambda: ("account", "6030", "missing") not in gaps(theirs))


def test_a_payment_code_and_a_redemptions_account_are_missed_too(tmp_path: Path):
    with bench(tmp_path, scenario="redeem", **QUICK) as here:
        here.start_daemon()
        with desk(here) as ours:
            wait_for(lambda: gaps(ours) == SHIPPED | {("account", "2560", "missing")})
            here.sage(
                "DELETE", "/Sage300WebApi/v1.0/-/SERDAT/AR/ARPaymentCodes('VISA')"
            ).raise_for_status()
            ours.remedies.compare_setups()
            assert ("payment_code", "VISA", "missing") in gaps(ours)


def test_what_cannot_be_read_is_told_and_changes_nothing(tmp_path: Path):
    with bench(tmp_path, scenario="clean", **QUICK) as here:
        here.start_daemon()
        with desk(here) as ours:
            wait_for(lambda: gaps(ours) == SHIPPED)
            here.faults(down=True)
            with pytest.raises(DaemonRefused, match="Sage 300"):
                ours.remedies.compare_setups()
            assert gaps(ours) == SHIPPED
            press(here, "/terms/F48/inactivate")
            here.faults()
            ours.remedies.compare_setups()
            assert gaps(ours) == SHIPPED - {("term", "F48", "missing")}
