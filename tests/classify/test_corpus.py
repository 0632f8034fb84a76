"""The labelled development corpus; where we think a label is wrong, it says why."""

import json
from pathlib import Path

import pytest

from iman.classify import BUILT_IN, classify

CORPUS = Path(__file__).parent / "data" / "sage-errors-dev.jsonl"
ENTRIES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]

# id -> why we think the label is wrong
TYPE_DISPUTED: dict[str, str] = {}


def answered(entry, field):
    found = classify(entry["message"], http_status=entry["http_status"])
    return getattr(found, field)


def share(field):
    return sum(answered(entry, field) == entry[field] for entry in ENTRIES) / len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_the_type_of_every_message_is_the_corpus_own(entry):
    if entry["id"] not in TYPE_DISPUTED:
        assert answered(entry, "type") == entry["type"]


@pytest.mark.parametrize(
    ("field", "least"),
    [("entity", 0.97), ("entity_kind", 0.95), ("transient", 0.97), ("who_fixes", 0.95)],
)
def test_entity_kind_and_remedy_are_the_corpus_own_nearly_always(field, least):
    assert share(field) >= least


def test_no_rule_holds_a_message_of_the_corpus():
    messages = {" ".join(entry["message"].lower().split()).rstrip(".") for entry in ENTRIES}
    for path in BUILT_IN.glob("*.toml"):
        text = " ".join(path.read_text(encoding="utf-8").lower().split())
        assert not [message for message in messages if message in text], path.name
