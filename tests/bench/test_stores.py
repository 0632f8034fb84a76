"""``python -m tests.bench.stores``, small: every store answers alike."""

from __future__ import annotations

from tests.bench.stores.__main__ import OURS, measure
from tests.bench.stores.stores import PEERS, QUESTIONS


def test_every_store_answers_every_question_alike():
    """A different answer would have been raised."""
    rows = measure(3000, 9000, turns=1, peers=list(PEERS))
    assert [row["question"] for row in rows] == list(QUESTIONS)
    for row in rows:
        assert set(row["ms"]) == {OURS, *PEERS}
        assert min(row["ms"].values()) > 0
