"""Passing rules over must not change an answer: beside the plain loop, on all sorts of texts."""

import json
import random
import re
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iman.bench.fresh_messages import FreshMessages
from iman.bench.plain_loop import PlainLoop
from iman.classify import BUILT_IN, Rules, needed
from iman.classify.patterns import Pattern, compile_pattern
from iman.classify.template import mask
from iman.classify.unwrap import unwrap

CORPUS = Path(__file__).parent / "data" / "sage-errors-dev.jsonl"
RULES = Rules.load([BUILT_IN])
PLAIN = PlainLoop.of(RULES)
EXAMPLES = [example.text for rule in RULES.rules for example in rule.examples]
MESSAGES = EXAMPLES + [
    json.loads(line)["message"] for line in CORPUS.read_text(encoding="utf-8").splitlines()
]
WORDS = sorted({word for message in MESSAGES for word in message.split()})
ODD = [*"\"'“”«»()[]{}<>.,:;!?-_\n\t éßıİ条已ſ", "5050", "NZGST", ". ", "because "]
#: far from none, and few enough for every run
QUICK = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def same(message: str) -> None:
    assert RULES.classify(message) == PLAIN.classify(message), message


@pytest.mark.parametrize("messages", [MESSAGES, list(islice(FreshMessages(MESSAGES, 1), 700))])
def test_what_is_found_is_what_the_plain_loop_finds(messages):
    for message in messages:
        same(message)


def test_mutilated_messages_are_answered_as_by_the_plain_loop():
    chance = random.Random(2)
    for _ in range(700):
        message = chance.choice(MESSAGES)
        start = chance.randrange(len(message) + 1)
        end = min(len(message), start + chance.randrange(12))
        other = chance.choice([*ODD, "", chance.choice(WORDS), chance.choice(MESSAGES)])
        message = message[:start] + other + message[end:]
        same(message.upper() if chance.random() < 0.1 else message)


@QUICK
@given(st.lists(st.sampled_from(WORDS) | st.sampled_from(ODD) | st.text(max_size=6)), st.booleans())
def test_heaps_of_words_are_answered_as_by_the_plain_loop(words, spaced):
    same((" " if spaced else "").join(words))


def test_no_pattern_that_matches_is_passed_over():
    """The answer alone would not tell: an earlier rule may have given it."""
    tries = [re.compile(pattern.regex).search for _, pattern in RULES._tries]
    for message in [*MESSAGES[::2], *islice(FreshMessages(MESSAGES, 3), 250)]:
        lower = unwrap(message).text.lower()
        matching = {place for place, search in enumerate(tries) if search(lower) is not None}
        assert matching <= tried(lower), message


@QUICK
@given(st.data())
def test_no_pattern_is_passed_over_on_a_text_made_for_it(data):
    place = data.draw(st.integers(0, len(RULES._tries) - 1))
    regex = re.compile(RULES._tries[place][1].regex)
    assume(max(regex.pattern) < "\u2100")  # signs the alphabet lacks
    lower = data.draw(st.from_regex(regex, alphabet=st.characters(max_codepoint=0x2100))).lower()
    assume(regex.search(lower) is not None)
    assert place in tried(lower)


def tried(lower: str) -> set[int]:
    besides = RULES._candidates.besides
    return {
        place
        for place in RULES._candidates.of(lower)
        if not besides[place] or any(string in lower for string in besides[place])
    }


def repeated(piece: str) -> st.SearchStrategy[str]:
    times = ["", "", "?", "*", "+", "??", "{0,2}", "{2}", "{1,3}"]
    return st.sampled_from(times).map(lambda one: f"(?:{piece}){one}")


PIECES = st.sampled_from([
    "a", "not ", "set up", "s?", ".", r"\.", r"\d", r"\S+", "[ab]", "[^a]", "[a-c]", r"[\"']?",
    "(?!b)", "(?<!a)", "(?=n)", r"\b", "can.t", "x{0,2}y", "{value}", "{open}", r"\w*", "条",
])  # fmt: skip
PATTERNS = st.recursive(
    PIECES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=4).map(lambda some: f"(?:{'|'.join(some)})"),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map(lambda one: f"({one})"),
        inner.flatmap(repeated),
    ),
    max_leaves=8,
)


@QUICK
@given(PATTERNS, st.booleans(), st.data())
def test_a_text_that_matches_holds_what_its_pattern_promises(source, at_beginning, data):
    pattern = Pattern(("^" if at_beginning else "") + source.replace("{value}", "{any}"))
    regex = re.compile(pattern.regex)
    text = data.draw(st.from_regex(regex, alphabet=st.characters(codec="utf-8")))
    assert pattern.search(text) is not None
    for promise in pattern.needs:
        assert any(string in text for string in needed.looked_for(promise)), promise


@pytest.mark.parametrize(
    ("source", "promised"),
    [
        ("deadlock(?:ed)?", {"deadlock"}),
        ("(?:is|was) not (?:found|defined)", {"is not found", "was not defined"}),
        ("no .{0,20}rights?", {"right"}),
        (r"40[13]\.\d+", {"401.", "403."}),
        ("[a-z]+", set()),
        ("(?i:x)y", set()),
    ],
)
def test_what_a_pattern_promises(source, promised):
    found = {string for promise in compile_pattern(source).needs for string in promise}
    assert promised <= found
    assert bool(promised) == bool(found)


@pytest.mark.parametrize("source", ["^a|b", "^(?:a|b)|c", "(?:^a|b)", "a", "(?:^a)|b", "(?:^)?a"])
def test_a_pattern_that_may_match_further_on_is_searched_for(source):
    assert Pattern(source).search("x a b c") is not None


@pytest.mark.parametrize("source", ["^a", "^(?:a|b[|)])", r"^a\|b"])
def test_a_pattern_for_the_beginning_is_tried_there_only(source):
    assert Pattern(source).search.__name__ == "match"


#: as it was before it was made fast
PLAIN_VALUE = re.compile(
    r"""
      (?P<kept>\b(?i:error|code|status|http|errno)\b[:\s(]*\d{1,5})\b
    | "[^"]*" | “[^”]*” | «[^»]*» | ‘[^’]*’ | (?<!\w)'[^']*'(?!\w)
    | (?:https?://|\\\\)[^\s"'<>]+
    | [^\s"'“”‘’«»(),;:=\[\]{}]*\d[^\s"'“”‘’«»(),;=\[\]{}]*
    | \b[A-Z][A-Z_&-]+\b
    | \b[\w-]+(?:\.[\w-]+)+\.(?:local|lan|com|net|org|internal|au|nz)\b
    """,
    re.VERBOSE,
)


def plainly_masked(text: str) -> str:
    def blank(found: re.Match[str]) -> str:
        return found[0] if found["kept"] else "<>." if found[0][-1] == "." else "<>"

    return re.sub(r"\s+", " ", PLAIN_VALUE.sub(blank, text[:800])).strip()[:400]


MASKABLE = st.sampled_from([
    *"\"'“”«»‘’()[]{}<>.,:;=!?-_& 59aB\né", "error", "Code ", "http", "http://", "\\\\", "ab",
    ".com", "AR", " 12", "HTTP 500", ".local", "ſtatus 4", "a.b.nz",
])  # fmt: skip


@settings(QUICK, max_examples=600)
@given(st.lists(MASKABLE, max_size=14).map("".join))
def test_the_mask_is_that_of_the_plain_expression(text):
    assert mask(text) == plainly_masked(text)


def test_messages_are_masked_as_by_the_plain_expression():
    for message in [*MESSAGES, *islice(FreshMessages(MESSAGES, 4), 1000)]:
        assert mask(message) == plainly_masked(message)
