"""Which documents travel together: whatever is due, each is in one unit, and none waits for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.attempt import Claim, Exchange, Verdict
from iman.domain.document import EntryType
from iman.domain.outcome import Accepted, NotTried
from iman.sync.batching import Batcher
from tests.builders import F48, NOW, accepted, make_claim, make_key, refused, unknown

SHARING = {EntryType.INVOICE, EntryType.CREDIT_NOTE}
F48_MISSING = Verdict(error_type="terms_missing", entity_kind="terms", entity="F48")


def claim(place: int, **overrides: object) -> Claim:
    entry_type = overrides.pop("entry_type", EntryType.INVOICE)
    return make_claim(
        attempt_id=place, document_id=place, payload=str(overrides.pop("carries", "30D")),
        key=make_key(f"D-{place}", entry_type=entry_type), **overrides,
    )  # fmt: skip


def batcher(*, most: int = 50, lanes: int = 4) -> Batcher:
    """A payload here is nothing but the value it carries."""
    return Batcher(most=most, lanes=lanes, carries=lambda one: frozenset({one}), now=lambda: NOW)


def lone(**overrides: object) -> st.SearchStrategy[dict[str, object]]:
    return st.just(overrides)


DUE = st.lists(
    st.one_of(
        lone(),
        lone(entry_type=EntryType.CREDIT_NOTE),
        lone(entry_type=EntryType.RECEIPT),
        lone(entry_type=EntryType.CUSTOMER),
        lone(number=3),
        lone(asks=True),
        lone(carries="F48"),
    ),
    max_size=120,
)


@given(due=DUE, most=st.integers(1, 50), lanes=st.integers(1, 8), f48_is_bad=st.booleans())
def test_each_is_in_one_unit_and_only_those_share_that_may(due, most, lanes, f48_is_bad):
    made = batcher(most=most, lanes=lanes)
    if f48_is_bad:
        made.learn([claim(999)], [Exchange(refused(text=F48))], [F48_MISSING])
    claims = [claim(place, **one) for place, one in enumerate(due)]
    units = made.together(claims)
    assert sorted(one.attempt_id for unit in units for one in unit) == list(range(len(claims)))
    for unit in units:
        ids = [one.attempt_id for one in unit]
        assert ids == sorted(ids), "the older one comes first"
        assert len(unit) <= max(min(most, made.size), 1)
        if len(unit) > 1:
            assert {one.key.entry_type for one in unit} <= SHARING
            assert all(one.number == 1 and not one.asks for one in unit)
            assert not (f48_is_bad and any(one.payload == "F48" for one in unit))
    assert [unit[0].attempt_id for unit in units] == sorted(unit[0].attempt_id for unit in units)


@given(st.integers(0, 200), st.integers(1, 8))
def test_a_backlog_goes_in_full_batches_and_a_handful_each_by_itself(count, lanes):
    """All at once: nobody is kept until a batch is full."""
    made = batcher(lanes=lanes)
    units = made.together([claim(number) for number in range(count)])
    assert sum(map(len, units)) == count
    if count <= 4 * lanes:
        assert all(len(unit) == 1 for unit in units)
    else:
        share = min(made.size, -(-count // lanes))
        assert all(len(unit) == share for unit in units[:-1])
        assert len(units) == -(-count // share)


@given(st.integers(17, 120))
def test_every_lane_has_a_batch_before_one_grows(count):
    made = batcher(lanes=4)
    made.size = 50
    units = made.together([claim(number) for number in range(count)])
    assert len(units) >= min(4, -(-count // 50))
    assert max(map(len, units)) <= -(-count // 4)


def test_one_batch_at_the_most_switches_it_off():
    assert all(len(u) == 1 for u in batcher(most=1).together([claim(n) for n in range(100)]))


def test_the_size_doubles_while_sage_bears_it_and_halves_when_it_stumbles():
    made = batcher()
    assert made.size == 10
    unit = [claim(number) for number in range(10)]
    sizes = []
    for outcome in (accepted(), accepted(), accepted(), unknown(), unknown()):
        made.learn(unit, [Exchange(outcome)] * 10, [None] * 10)
        sizes.append(made.size)
    assert sizes == [20, 40, 50, 25, 12]


def test_an_unwell_sage_never_brings_the_size_below_one():
    made = batcher(most=2)
    pair = [claim(1), claim(2)]
    for _ in range(10):
        made.learn(pair, [Exchange(unknown())] * 2, [None] * 2)
    assert made.size == 1
    assert all(len(unit) == 1 for unit in made.together([claim(n) for n in range(50)]))


def test_suspects_are_halved_down_to_one_and_cleared_by_their_own_acceptance():
    """Nobody can tell who is guilty: ever smaller batches do, with few calls."""
    made = batcher(lanes=1)
    suspects = [claim(place) for place in range(10)]
    unsure = Exchange(NotTried(reason="Who?", suspect=True))
    sizes = []
    for _ in range(4):
        units = made.together(suspects)
        sizes.append([len(unit) for unit in units])
        for unit in units:
            made.learn(unit, [unsure] * len(unit), [None] * len(unit))
    assert sizes == [[10], [5, 5], [2, 2, 2, 2, 2], [1] * 10]
    for one in suspects:
        made.learn([one], [Exchange(Accepted(reference="1-1"))], [None])
    assert len(made.together(suspects)) == 1


@pytest.mark.parametrize(("minutes", "together"), [(9, False), (11, True)])
def test_what_is_known_to_be_bad_is_kept_apart_for_ten_minutes(minutes, together):
    moment = [NOW]
    made = Batcher(most=50, lanes=1, carries=lambda one: frozenset({one}), now=lambda: moment[0])
    made.learn([claim(1)], [Exchange(refused(text=F48))], [F48_MISSING])
    moment[0] = NOW + timedelta(minutes=minutes)
    units = made.together([claim(number, carries="F48") for number in range(20)])
    assert (len(units) < 20) is together


def test_what_sage_took_is_not_bad_any_more():
    made = batcher(lanes=1)
    made.learn([claim(1)], [Exchange(refused(text=F48))], [F48_MISSING])
    made.learn([claim(2, carries="F48")], [Exchange(accepted())], [None])
    assert len(made.together([claim(number, carries="F48") for number in range(20)])) < 20
