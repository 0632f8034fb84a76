"""What the benchmark of pages makes of what Chromium saw; nothing is timed.

tests/browser/test_every_page.py measures a page of a running dashboard with it. The whole drives
three stacks for minutes, and is run by hand.
"""

from __future__ import annotations

from tests.bench.pages.__main__ import BARE, EMPTY, SEEDED, _row
from tests.bench.pages.measure import Whole

WHOLE = Whole(charts=8, blocks=19, widgets=2)
SEEN = {"state": "notRunning", "charts": 8, "blocks": 19, "widgets": 2}


def test_a_page_is_ready_when_its_script_has_ended_and_all_of_it_is_there():
    assert WHOLE.in_(SEEN)
    assert WHOLE.in_(SEEN | {"blocks": 20})  # a banner that came meanwhile
    assert not WHOLE.is_(SEEN | {"blocks": 20})
    for less in ({"state": "running"}, {"charts": 7}, {"blocks": 18}, {"widgets": 1}):
        assert not WHOLE.in_(SEEN | less)


def test_p95_is_compared_with_p95_and_the_slowest_turn_counts():
    took = {
        (EMPTY, "overview"): [0.2, 0.2, 0.4],
        (SEEDED, "overview"): [0.3, 0.3, 0.6],
        (BARE, "overview"): [0.1, 0.1, 0.2],
    }
    row = _row("overview", took, WHOLE)
    assert row["charts"] == 8
    assert row["to empty p50"] == row["to empty p95"] == 1.5
    assert (row["over bare p50"], row["over bare p95"]) == (0.2, 0.4)
