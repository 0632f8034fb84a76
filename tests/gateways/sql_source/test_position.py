"""The numbers left out: none forgotten too early, none delivered twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.gateways.sql_source import position as module
from iman.gateways.sql_source.position import Gap, Position


def after(*numbers, start=None, now=100):
    position, taken = (start or Position()).advanced(numbers, now=now)
    assert taken == len(numbers)
    return position


def test_a_position_reads_back_from_its_text():
    position = Position(120, (Gap(18, 18, 1), Gap(26, 30, 2)))
    assert str(position) == "120 18@1 26-30@2"
    assert Position.read(str(position)) == position
    assert Position.read(None).cursor is None


@pytest.mark.parametrize("text", ["", "x", "1 ", "1 2", "1 2@", "1 2-@3", "1  2@3", "17;18"])
def test_what_is_no_position_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Position.read(text)


def test_numbers_under_the_very_first_row_are_watched():
    assert str(after(3)) == "3 1-2@100"


def test_numbering_may_start_below_nothing():
    position = after(-5, -4, 0)
    assert str(position) == "0 -3--1@100"
    assert Position.read(str(position)) == position


def test_late_rows_split_a_gap():
    position = after(1, 10)
    assert str(position.found({3, 4, 9, 1, 77})) == "10 2@100 5-8@100"
    assert str(position.found({2, 3, 4, 5, 6, 7, 8, 9})) == "10"


def test_only_old_gaps_are_forgotten():
    position = after(5, start=after(1, 3, now=100), now=200)
    assert str(position) == "5 2@100 4@200"
    assert str(position.forgetting(before=99)) == "5 2@100 4@200"
    assert str(position.forgetting(before=100)) == "5 4@200"


def test_no_more_is_taken_than_can_be_watched(monkeypatch):
    monkeypatch.setattr(module, "MOST_GAPS", 2)
    position, taken = Position(0).advanced([1, 3, 5, 6, 8, 9], now=1)
    assert (str(position), taken) == ("6 2@1 4@1", 4)
    assert position.advanced([8], now=1) == (position, 0)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=60, unique_by=lambda x: x[0])
)
def test_everything_that_commits_is_seen_once(rows):
    """Numbers become visible in any order; a reading now and then, each through the text."""
    visible, seen, text = set(), [], None
    for number, reads in [*rows, (401, True)]:
        visible.add(number)
        if not reads:
            continue
        position = Position.read(text)
        late = [n for n in sorted(visible) if any(g.first <= n <= g.last for g in position.gaps)]
        fresh = [n for n in sorted(visible) if position.top is None or n > position.top]
        seen += late + fresh
        text = str(position.found(late).advanced(fresh, now=5)[0])
    assert sorted(seen) == sorted(visible)
    left = {n for gap in Position.read(text).gaps for n in range(gap.first, gap.last + 1)}
    assert left == set(range(1, 401)) - visible
