"""The labelled development corpus; where we think a label is wrong, it says why."""

import json
from pathlib import Path

import pytest

from iman.classify import BUILT_IN, classify

CORPUS = Path(__file__).parent / "data" / "sage-errors-dev.jsonl"
ENTRIES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]

# where we think a label is wrong, and why; our answer stays as it is
DISPUTED = {
    ("SE-0164", "entity"): "the field is named, as in SE-0286 and SE-0103, where it is the entity",
    ("SE-0114", "who_fixes"): "SE-0439 says the same of another date and is source_data",
}


def answered(entry, field):
    found = classify(entry["message"], http_status=entry["http_status"])
    return getattr(found, field)


@pytest.mark.parametrize("field", ["type", "entity", "entity_kind", "transient", "who_fixes"])
def test_every_message_is_answered_as_the_corpus_labels_it(field):
    wrong = [
        (entry["id"], answered(entry, field), entry[field])
        for entry in ENTRIES
        if answered(entry, field) != entry[field] and (entry["id"], field) not in DISPUTED
    ]
    assert not wrong


def test_what_we_dispute_we_answer_otherwise():
    by_id = {entry["id"]: entry for entry in ENTRIES}
    for id_, field in DISPUTED:
        assert answered(by_id[id_], field) != by_id[id_][field]


def test_no_rule_holds_a_message_of_the_corpus():
    messages = {" ".join(entry["message"].lower().split()).rstrip(".") for entry in ENTRIES}
    for path in BUILT_IN.glob("*.toml"):
        text = " ".join(path.read_text(encoding="utf-8").lower().split())
        assert not [message for message in messages if message in text], path.name
