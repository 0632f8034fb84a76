"""Every question behind a page says what its cost grows with, in a word that the docs explain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iman.ledger.queries import queries

DOCS = Path(__file__).parents[2] / "docs" / "performance.md"
FILES = (
    "by_hand",
    "causes",
    "figures",
    "holding",
    "listing",
    "queue",
    "reading",
    "search",
    "views",
)
CLASS = re.compile(r"^-- (?:[OPRWS1BH]\b|As \w+)")


def asks(body):
    """Whether it is a question by itself; a part of one ends in the middle."""
    told = [line for line in body.splitlines() if not line.startswith("--")]
    text = "\n".join(told).strip()
    return text.startswith(("SELECT", "WITH", "FROM")) and not text.endswith("UNION ALL")


def unclassed(file, named):
    return [
        f"{file}: {name}" for name, body in named.items() if asks(body) and not CLASS.match(body)
    ]


@pytest.mark.parametrize("file", FILES)
def test_each_question_says_what_it_costs(file):
    assert unclassed(file, queries(file)) == []


def test_one_that_says_nothing_is_noticed():
    assert unclassed("x", {"one": "-- What is there.\nSELECT 1", "two": "-- P.\nSELECT 1"}) == [
        "x: one"
    ]


def test_the_docs_explain_each_class():
    told = DOCS.read_text(encoding="utf-8")
    for one in "OPRWS1BH":
        assert f"| `{one}` |" in told, one
