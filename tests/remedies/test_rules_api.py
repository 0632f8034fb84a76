"""Rules over the API: read and tried by everybody, changed by admins, never without a check."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iman.api.remedies_client import RemediesClient
from iman.api.wire_rules import SiteRule
from iman.classify import RulesInForce, built_in_rules
from iman.domain.outcome import Refused
from iman.domain.people import Role
from iman.errors import DaemonRefused, NotAllowed
from iman.ledger.history import HistoryLedger
from iman.reading.remedies import RemediesFromLedger
from iman.verdicts import in_force, verdicts
from tests.api.serving import Served, serving
from tests.remedies.shelf import Shelf, invoice

PLOT = 'The plot "{}" is closed for sale.'
PLOT_RULE: dict[str, Any] = {
    "id": "plot-closed",
    "type": "setup_code_missing",
    "entity_kind": "plot",
    "patterns": ["plot {value} is closed"],
    "examples": [{"text": PLOT.format("R7"), "entity": "R7"}],
}
TERMS = 'Terms Code "Q9" is not defined in A/R Terms'


def rule(**changes: Any) -> SiteRule:
    return SiteRule.model_validate({**PLOT_RULE, **changes})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    """INV-1 to INV-3 were refused: two because of a plot, one because of F48."""
    with serving(tmp_path) as served:
        shelf, read = Shelf(served.books.ledger), verdicts(RulesInForce())
        shelf.now = served.now()
        shelf.arrive(*(invoice(f"INV-{n}") for n in range(1, 4)))
        texts = {"INV-1": PLOT.format("Z1"), "INV-2": PLOT.format("Z1"), "INV-3": TERMS}
        shelf.try_all(
            {
                number: (Refused(code="1020", text=text), read(text, None, "1020"))
                for number, text in texts.items()
            },
            give_up=True,
        )
        yield served


@pytest.fixture
def admin(desk: Served) -> Iterator[RemediesClient]:
    with desk.client() as client:
        yield RemediesClient(client)


def in_force_at(desk: Served) -> RulesInForce:
    return desk.app.state.remedies.rules


def read_history(desk: Served) -> None:
    """As the daemon's loop does."""
    history = HistoryLedger(desk.books.ledger, lambda: in_force(in_force_at(desk)))
    while asyncio.run(history.read_again(now=desk.now())).finished_at is None:
        pass


def test_everybody_reads_and_tries_and_only_admins_change(desk: Served):
    for role in Role:
        with desk.client(role) as client:
            ours = RemediesClient(client)
            listing = ours.rules()
            assert {one.id for one in listing.others} >= {one.id for one in built_in_rules().rules}
            assert ours.try_message(TERMS).type == "terms_missing"
            assert ours.rule_edits() == []
            assert ours.rereading().state == "waiting"
            if role is not Role.ADMIN:
                with pytest.raises(NotAllowed):
                    ours.preview_rules([rule()])
                with pytest.raises(NotAllowed):
                    ours.save_rules([rule()], instead_of=0)


def test_every_built_in_rule_is_listed_with_an_example_and_its_pattern(admin: RemediesClient):
    listing = admin.rules()
    assert (listing.version, listing.own, listing.saved_by) == (0, [], None)
    assert all(one.patterns for one in listing.others)
    assert all(one.examples for one in listing.others if one.kind != "hint")
    assert {one.place for one in listing.others} == {"built-in"}


def test_a_message_is_read_with_the_words_that_decided(admin: RemediesClient):
    told = admin.try_message(f"1020 - {TERMS}")
    assert (told.type, told.entity, told.place) == ("terms_missing", "Q9", "built-in")
    assert told.matched in told.inner
    assert told.pattern
    hint = admin.try_message("?", http_status=503)
    assert (hint.type, hint.by_hint) == ("erp_unavailable", True)
    unknown = admin.try_message(PLOT.format("Z1"))
    assert (unknown.type, unknown.rule, unknown.place) == ("other", "", "")
    assert unknown.suggestion == "the plot {value} is closed for sale"


def test_a_preview_says_what_would_change_in_history(admin: RemediesClient):
    told = admin.preview_rules([rule()])
    assert (told.faults, told.warnings, told.documents, told.whole) == ([], [], 2, True)
    (change,) = told.changes
    assert (change.before, change.after, change.attempts, change.texts, change.entities) == (
        "other", "setup_code_missing", 2, 1, 1,
    )  # fmt: skip
    assert [(one.text, one.entity_before, one.entity) for one in change.samples] == [
        (PLOT.format("Z1"), None, "Z1")
    ]
    assert admin.rules().own == []


def test_a_saved_rule_reads_from_now_on_and_history_in_the_background(
    desk: Served, admin: RemediesClient
):
    read_history(desk)
    assert admin.rereading().state == "done"
    saved = admin.save_rules([rule()], instead_of=0, reason="asked by the park")
    assert (saved.own, saved.saved_by, saved.version) == ([rule()], "admin", 1)
    assert saved.rereading.state == "waiting"
    told = admin.try_message(PLOT.format("N5"))
    assert (told.rule, told.place, told.entity) == ("plot-closed", "own", "N5")
    read_history(desk)
    far = admin.rereading()
    assert (far.state, far.attempts, far.documents, far.up_to) == ("done", 2, 2, 3)
    found = {one.error_type: one.documents for one in admin.causes()}
    assert found == {"setup_code_missing": 2, "terms_missing": 1}


def test_a_change_is_audited_with_before_and_after(desk: Served, admin: RemediesClient):
    admin.save_rules([rule()], instead_of=0, reason="asked by the park")
    changed = rule(type="field_invalid", on=False, patterns=["plot {value} is closed for"])
    admin.save_rules([changed], instead_of=1)
    admin.save_rules([], instead_of=2)
    told = [row["reason"] for row in desk.audit() if row["action"] == "save_rules"]
    assert told == [
        "asked by the park. added plot-closed (setup_code_missing: plot {value} is closed)",
        "changed plot-closed: type setup_code_missing → field_invalid, patterns plot {value} is"
        " closed → plot {value} is closed for, switched off",
        "removed plot-closed (field_invalid: plot {value} is closed for)",
    ]
    assert [(one.version, one.by, len(one.rules)) for one in admin.rule_edits()] == [
        (3, "admin", 0), (2, "admin", 1), (1, "admin", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"examples": [{"text": PLOT.format("R7"), "entity": "R8"}]}, "gives entity 'R7', not"),
        ({"examples": [{"text": "The plot was sold.", "entity": None}]}, "does not match"),
        ({"type": "plot_closed"}, "Unknown type 'plot_closed'"),
        ({"who_fixes": "somebody"}, "Unknown who_fixes 'somebody'"),
        ({"patterns": ["plot ({value} is closed"]}, "Bad regular expression"),
        ({"patterns": ["Plot {value} is closed"]}, "Write patterns in lower case"),
        ({"patterns": ["plot (?:{value} )+ closed"]}, "a repeat within a repeat"),
        ({"patterns": ["plot.*closed"]}, "write .{0,60} instead of .*"),
        ({"id": "Plot Closed"}, "small letters, digits and hyphens"),
        ({"id": "not-there"}, "The name is taken by a rule of 70-verbs.toml"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_in_a_sentence(
    admin: RemediesClient, changes: dict[str, Any], said: str
):
    wrong = rule(**changes)
    (fault, *_) = admin.preview_rules([wrong]).faults
    assert fault.rule == wrong.id
    assert said in fault.text
    with pytest.raises(DaemonRefused) as refused:
        admin.save_rules([wrong], instead_of=0)
    assert fault.text in str(refused.value)
    assert admin.rules().version == 0


def test_an_example_that_an_earlier_rule_answers_is_refused(admin: RemediesClient):
    broad = rule(id="any-plot", type="field_invalid", patterns=["plot {value} is"])
    told = admin.preview_rules([broad, rule()])
    assert "is answered by the rule any-plot before it" in told.faults[0].text
    assert admin.preview_rules([rule(), broad]).faults[0].rule == "any-plot"
    apart = broad.model_copy(update={"examples": rule(examples=[
        {"text": "The plot R7 is lost.", "entity": "R7"}]).examples})  # fmt: skip
    assert admin.preview_rules([rule(), apart]).faults == []
    assert admin.preview_rules([apart.model_copy(update={"on": False}), rule()]).faults == []


def test_a_rule_that_answers_a_built_in_example_otherwise_wants_consent(admin: RemediesClient):
    greedy = rule(
        id="any-terms", type="field_invalid", entity_kind=None,
        patterns=["terms code {value} is not"],
        examples=[{"text": TERMS, "entity": "Q9"}],
    )  # fmt: skip
    told = admin.preview_rules([greedy])
    assert told.faults == []
    assert {(one.before, one.after, one.by) for one in told.warnings} == {
        ("terms_missing", "field_invalid", "any-terms")
    }
    assert told.changes[0].before == "terms_missing"
    with pytest.raises(DaemonRefused, match="Agree to that"):
        admin.save_rules([greedy], instead_of=0)
    admin.save_rules([greedy], instead_of=0, agreed=True)
    admin.save_rules([greedy, rule()], instead_of=1)  # nobody is asked the same twice
    assert admin.try_message(TERMS).type == "field_invalid"


def test_a_rule_that_is_switched_off_reads_nothing(admin: RemediesClient):
    admin.save_rules([rule(on=False)], instead_of=0)
    assert admin.try_message(PLOT.format("Z1")).type == "other"
    assert [one.on for one in admin.rules().own] == [False]


def test_the_order_is_the_one_saved(admin: RemediesClient):
    text = "The plot R7 is closed and lost."
    first = rule(id="closed", examples=[{"text": PLOT.format("R7"), "entity": "R7"}])
    second = rule(
        id="lost", type="field_invalid", patterns=["plot {value} .{0,20}lost"],
        examples=[{"text": "The plot R7 was lost.", "entity": "R7"}],
    )  # fmt: skip
    admin.save_rules([first, second], instead_of=0)
    assert admin.try_message(text).rule == "closed"
    admin.save_rules([second, first], instead_of=1)
    assert admin.try_message(text).rule == "lost"
    assert admin.rule_edits()[0].told == "new order lost, closed"


def test_two_admins_do_not_overwrite_each_other(admin: RemediesClient):
    admin.save_rules([rule()], instead_of=0)
    with pytest.raises(DaemonRefused, match="admin saved other rules meanwhile"):
        admin.save_rules([rule(id="mine")], instead_of=0)
    with pytest.raises(DaemonRefused, match="Nothing is different"):
        admin.save_rules([rule()], instead_of=1)


def test_text_from_outside_breaks_nothing(desk: Served, admin: RemediesClient):
    odd = rule(
        note="<b>' OR 1=1 --\u0000\U0001f33a",
        examples=[{"text": 'The plot "\U0001f33a é" is closed', "entity": "\U0001f33a é"}],
    )
    assert admin.save_rules([odd], instead_of=0).own == [odd]
    for message in ("\x00", "((((", "\U0001f33a" * 9000, "terms code " * 1800):
        assert admin.try_message(message).type
    answer = desk.call(
        "PUT", "/rules", content='{"rules": [], "instead_of": 1, "reason": "\\ud800"}',
        headers={"content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code in {200, 422}, answer.text


def test_the_file_tells_the_same_rules_while_the_daemon_is_away(
    desk: Served, admin: RemediesClient
):
    admin.save_rules([rule()], instead_of=0)
    read_history(desk)
    over_api = admin.rules()
    desk.books.ledger.close()
    from_file = RemediesFromLedger(desk.books.ledger.path).rules()
    assert (from_file.own, from_file.others) == (over_api.own, over_api.others)
    assert from_file.rereading == over_api.rereading
