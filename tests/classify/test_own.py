"""Rules of the site's own: checked harder than a file, exchanged while the process runs."""

from __future__ import annotations

import pytest

from iman.classify import OwnExample, OwnRule, RuleError, RulesInForce, built_in_rules
from iman.classify.explaining import explain
from iman.classify.own import costly, faults, pattern_from, value_in

RULE = OwnRule(
    id="plot-closed", type="setup_code_missing", entity_kind="plot",
    patterns=("plot {value} is closed",),
    examples=(OwnExample(text='Plot "R7" is closed.', entity="R7"),),
)  # fmt: skip


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:a+)+",
        "(?:{value} )+x",
        "(?:a{0,40}b){2,}",
        "(?:x.{0,20}){0,3}",
        "a.*b",
        "a.+b",
        "(\\w*\\s?)*",
    ],
)
def test_a_pattern_that_may_take_for_ever_is_refused(pattern: str):
    assert costly(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "plot {value} is closed", "{value} of {any}", "fail\\w* .{0,60}(?:report|print)",
        "(?:the |a )?plot", "(?:not yet )?open", "\\d{1,4} of \\d{1,4}", "[a-z+*]{2,8}", "a\\+\\+b",
    ],
)  # fmt: skip
def test_what_people_write_is_taken(pattern: str):
    assert costly(pattern) == ""


def test_no_built_in_pattern_nests_its_repeats():
    """The measure is fit for real rules: nearly all of ours pass it."""
    patterns = [pattern.source for rule in built_in_rules().rules for pattern in rule.patterns]
    nested = [one for one in patterns if "within a repeat" in costly(one)]
    assert len(nested) < len(patterns) / 10


@pytest.mark.parametrize(
    ("message", "pattern", "value"),
    [
        ('1020 - The plot "Z1" is closed.', "the plot {value} is closed", "Z1"),
        ("Vault 9 (row 3) is sealed", "vault {value} (row {any}) is sealed", "9"),
        ("Nothing named here.", "nothing named here", None),
    ],
)
def test_a_pattern_to_begin_with_matches_its_message(message: str, pattern: str, value: str | None):
    made = pattern_from(message)
    assert made.replace("\\", "") == pattern
    assert value_in(message, made) == value
    rule = OwnRule(
        id="mine", type="other", patterns=(made,),
        examples=(OwnExample(text=message, entity=value),),
    )  # fmt: skip
    assert faults([rule], built_in_rules()) == []


def test_a_new_set_of_rules_counts_at_once_and_a_bad_one_changes_nothing():
    rules = RulesInForce()
    before = rules.current
    assert rules.classify("Plot Z9 is closed.").type == "other"
    rules.use([RULE])
    assert rules.classify("Plot Z9 is closed.").rule == "plot-closed"
    assert rules.current.fingerprint != before.fingerprint
    bad = OwnRule(id="bad", type="nonsense", patterns=("x",), examples=RULE.examples)
    with pytest.raises(RuleError, match="unknown type"):
        rules.use([bad])
    assert rules.classify("Plot Z9 is closed.").rule == "plot-closed"
    rules.use([])
    assert rules.current.fingerprint == before.fingerprint


def test_a_fingerprint_is_the_same_where_every_text_is_read_the_same(tmp_path):
    off = OwnRule(id="off", type="other", patterns=("x",), examples=RULE.examples, on=False)
    one, two = RulesInForce((), [RULE]), RulesInForce((), [off, RULE])
    assert one.current.fingerprint == two.current.fingerprint
    swapped = RulesInForce((), [OwnRule(id="b", type="other", patterns=("bb",),
                                        examples=(OwnExample(text="bb"),)), RULE])  # fmt: skip
    assert swapped.current.fingerprint != one.current.fingerprint
    file = tmp_path / "site.toml"
    file.write_text(
        '[[rule]]\nid = "a"\ntype = "other"\npattern = "aa"\nexamples = [{ text = "aa" }]\n',
        "utf-8",
    )
    with_file = RulesInForce((tmp_path,)).current.fingerprint
    file.write_text(file.read_text("utf-8").replace("aa", "cc"), "utf-8")
    assert RulesInForce((tmp_path,)).current.fingerprint != with_file


def test_the_words_that_decided_are_those_of_the_message():
    found = explain(built_in_rules(), '1020 - Terms Code "F48" is not defined in A/R Terms')
    assert found.matched.startswith('Terms Code "F48" is not')
    assert (found.rule_id, found.classification.entity) == ("not-there", "F48")
    assert explain(built_in_rules(), "ŒÍ ß İ").rule_id == ""


def test_a_long_message_is_read_by_an_accepted_pattern():
    rules = RulesInForce((), [RULE])  # with a nested repeat this would not end
    assert rules.classify("plot " * 1500 + "Q1 is closed").entity == "Q1"
