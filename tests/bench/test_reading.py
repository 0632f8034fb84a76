"""The bench of the read model runs: it is small here, and no figure is looked at."""

from __future__ import annotations

import pytest

from iman.bench.reading import measure, questions, sizes


def test_it_asks_every_question_of_each_ledger_and_keeps_the_ledgers(tmp_path):
    said = []
    rows = measure([4000, 9000], turns=1, say=said.append, keep=tmp_path, archived=True)
    assert {row["question"] for row in rows} >= set(questions_named())
    assert any(row["question"].endswith("(one site)") for row in rows)
    for row in rows:
        assert row["4k p50 ms"] > 0
        assert row["growth p95"] > 0
    assert {one.name for one in tmp_path.glob("*.duckdb")} == {"4000.duckdb", "9000.duckdb"}
    again = measure([4000], turns=1, say=lambda _: None, keep=tmp_path, only="list: one error")
    assert [row["question"] for row in again] == ["list: one error"]


def questions_named():
    from datetime import UTC, datetime

    return questions(datetime(2026, 11, 29, tzinfo=UTC))


def test_sizes_are_read_as_people_write_them():
    assert sizes("10k,1M,10M,250") == [10_000, 1_000_000, 10_000_000, 250]
    with pytest.raises(ValueError, match="invalid literal"):
        sizes("10x")
