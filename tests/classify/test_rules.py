"""What a rule file may say, and how clearly a wrong one is refused."""

import pytest

from iman.classify import BUILT_IN, RuleError, Rules, RulesInForce, built_in_rules
from iman.classify.loading import check
from iman.classify.patterns import pattern_of

GOOD = """
[[rule]]
id = "plot-register"
type = "setup_code_missing"
entity_kind = "plot"
pattern = 'plot {value} is not in the register'
who_fixes = "source_setup"
examples = [{ text = 'Plot "R7" is not in the register.', entity = "R7" }]
"""


@pytest.fixture
def rules_of(tmp_path):
    def load(text, *, builtin=False):
        path = tmp_path / "site.toml"
        path.write_text(text, encoding="utf-8")
        return Rules.load([path, BUILT_IN] if builtin else [path])

    return load


def test_a_rule_answers_with_what_it_says(rules_of):
    found = rules_of(GOOD).classify("Plot 'Q9' is not in the register.")
    assert (found.type, found.entity_kind, found.entity) == ("setup_code_missing", "plot", "Q9")
    assert (found.who_fixes, found.transient, found.rule) == (
        "source_setup",
        False,
        "plot-register",
    )


def test_an_administrators_file_goes_before_the_built_in_rules(rules_of):
    text = GOOD.replace(
        "plot {value} is not in the register", "{value} is not defined in a/r terms"
    )
    text = text.replace('Plot "R7" is not in the register.', '"R7" is not defined in A/R Terms.')
    found = rules_of(text, builtin=True).classify('Terms Code "Z3" is not defined in A/R Terms')
    assert (found.rule, found.entity) == ("plot-register", "Z3")


def test_an_administrator_can_add_a_thing_to_the_vocabulary(rules_of):
    thing = '[[thing]]\nkind = "plot"\nfamily = "party"\ncaptions = ["plot"]\n'
    found = rules_of(thing, builtin=True).classify('Cannot find Plot Number "R7".')
    assert (found.type, found.entity_kind, found.entity) == ("customer_missing", "plot", "R7")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("{value} is", "({value} is"), "rule plot-register: bad regular expression"),
        (("plot {value}", "Plot {value}"), "rule plot-register: write patterns in lower case"),
        (("setup_code_missing", "plot_missing"), "unknown type 'plot_missing'"),
        (("source_setup", "somebody"), "unknown who_fixes 'somebody'"),
        (('entity = "R7"', 'entity = "R8"'), "gives entity 'R7', not 'R8'"),
        (('Plot "R7" is not in the register.', "Plot R7 is new."), "does not match"),
        (("pattern =", "patern ="), "unknown key 'patern'"),
        (("[[rule]]", "[[rule]"), "not a TOML file"),
        (('id = "plot-register"', "note = 'none'"), "a rule has no id"),
        (("examples = ", "note = '' #"), "has no example"),
        (("who_fixes", "scope = 'page'\nwho_fixes"), "scope is text or sentence"),
        (("who_fixes", "transient = 'yes'\nwho_fixes"), "transient is true or false"),
    ],
)
def test_a_wrong_rule_is_refused_by_file_and_reason(rules_of, change, said):
    with pytest.raises(RuleError) as refused:
        rules_of(GOOD.replace(*change))
    assert "site.toml" in str(refused.value)
    assert said in str(refused.value)


def test_an_id_is_used_once(rules_of):
    with pytest.raises(RuleError, match=r"the id plot-register is taken by site\.toml"):
        rules_of(GOOD + GOOD)


def test_a_verb_needs_a_case_that_a_family_knows(rules_of):
    verb = "[[verb]]\nid = 'v'\ncase = 'lost'\npattern = 'lost {thing}'\nexamples = [{text = 'x'}]"
    with pytest.raises(RuleError, match="no family knows the case 'lost'"):
        rules_of(verb)


def test_a_thing_needs_a_family(rules_of):
    with pytest.raises(RuleError, match="unknown family 'graves'"):
        rules_of('[[thing]]\nkind = "plot"\nfamily = "graves"\ncaptions = ["plot"]\n')


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RuleError, match=r"away\.toml: there is no such rule file"):
        Rules.load([tmp_path / "away.toml"])


@pytest.mark.parametrize("rule", built_in_rules().rules, ids=lambda rule: rule.id)
def test_a_built_in_rule_stands_the_check_an_administrators_must_stand(rule):
    check(rule)


@pytest.mark.parametrize("rule", built_in_rules().rules, ids=lambda rule: rule.id)
def test_among_all_rules_an_example_keeps_its_type_and_entity(rule):
    for example in rule.examples:
        found = built_in_rules().classify(example.text)
        alone = Rules([rule], (), built_in_rules().hints[0].case).classify(example.text)
        assert (found.type, found.entity) == (alone.type, alone.entity), example.text


def test_built_in_rules_are_not_read_before_a_text_is():
    built_in_rules.cache_clear()
    rules = RulesInForce()
    assert rules.current.fingerprint
    assert built_in_rules.cache_info().currsize == 0
    assert rules.classify("Terms code N45 does not exist.").type == "terms_missing"
    assert built_in_rules.cache_info().currsize == 1


def test_only_patterns_that_a_text_may_match_are_compiled():
    pattern_of.cache_clear()
    rules = Rules.load([BUILT_IN])
    rules.classify("Terms code N45 does not exist.")
    patterns = [pattern for rule in rules.rules for pattern in rule.patterns]
    assert 0 < sum("search" in vars(pattern) for pattern in patterns) < len(patterns) / 20


def test_hardly_a_pattern_is_tried_on_every_text():
    patterns = [pattern for rule in built_in_rules().rules for pattern in rule.patterns]
    assert sum(not pattern.needs for pattern in patterns) < len(patterns) / 50


def test_a_text_is_answered_as_if_it_were_the_first():
    warm = Rules.load([BUILT_IN])
    texts = [example.text for rule in warm.rules for example in rule.examples]
    figures = str.maketrans("0123456789", "3141592653")
    for text in texts:
        warm.classify(text.translate(figures))
    found = [warm.classify(text) for text in texts]
    for text, after_others in list(zip(texts, found, strict=True))[::9]:  # making rules takes long
        assert Rules(warm.rules, warm.hints, warm.nothing).classify(text) == after_others
