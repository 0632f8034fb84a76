from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.retry import AskSage, Done, GiveUp, RetryAt, RetryPolicy
from tests.builders import NOW, absent, accepted, refused, unavailable, unknown

POLICY = RetryPolicy()


def decide(outcome, *, attempt=1, sick=False, policy=POLICY, seed=0):
    return policy.decide(outcome, attempt=attempt, sick=sick, now=NOW, rng=Random(seed))


def test_an_accepted_document_is_done_with_its_reference():
    assert decide(accepted("187-1")) == Done("187-1")


def test_a_lost_answer_is_asked_about_at_once():
    assert decide(unknown(), attempt=5) == AskSage(NOW)


@pytest.mark.parametrize("attempt", [1, 5, 99])
def test_an_erp_that_is_unwell_burns_no_attempt_however_often(attempt):
    soon = NOW + timedelta(seconds=POLICY.ask_every)
    assert decide(unavailable(), attempt=attempt) == RetryAt(soon, burnt=False)


def test_an_erp_that_asks_for_patience_is_given_it():
    outcome = unavailable(kind="too_many", retry_after=120.0)
    assert decide(outcome) == RetryAt(NOW + timedelta(seconds=120), burnt=False)


def test_a_document_that_is_itself_invalid_is_given_up_at_once():
    assert decide(refused(code="iman", local=True), attempt=1) == GiveUp()


@pytest.mark.parametrize("attempt", [1, 2, 3, 4])
def test_a_refusal_before_the_last_attempt_is_tried_again(attempt):
    following = decide(refused(), attempt=attempt)
    assert isinstance(following, RetryAt)
    assert following.burnt


@pytest.mark.parametrize("outcome", [refused(), absent()])
def test_the_fifth_attempt_is_the_last(outcome):
    assert decide(outcome, attempt=5) == GiveUp()


def test_an_absent_document_costs_an_attempt_when_the_erp_was_well():
    following = decide(absent())
    assert isinstance(following, RetryAt)
    assert following.burnt


@pytest.mark.parametrize("attempt", [1, 5])
def test_an_absent_document_costs_nothing_when_the_erp_was_unwell(attempt):
    assert decide(absent(), attempt=attempt, sick=True) == RetryAt(NOW, burnt=False)


def test_the_defaults_are_the_guides():
    assert (POLICY.max_attempts, POLICY.wait_min, POLICY.wait_max) == (5, 15.0, 25.0)


@given(seed=st.integers(), shortest=st.floats(0.01, 100), more=st.floats(0, 100))
def test_every_wait_lies_between_the_shortest_and_the_longest(seed, shortest, more):
    policy = RetryPolicy(wait_min=shortest, wait_max=shortest + more)
    following = decide(refused(), policy=policy, seed=seed)
    assert isinstance(following, RetryAt)
    wait = (following.moment - NOW).total_seconds()
    assert shortest - 1e-6 <= wait <= shortest + more + 1e-6


def test_waits_are_spread_over_the_whole_range():
    waits = [POLICY.wait(Random(seed)).total_seconds() for seed in range(400)]
    assert min(waits) < 16
    assert max(waits) > 24


def test_not_there_is_believed_only_once_sage_is_surely_done():
    assert not POLICY.settled(NOW, NOW + timedelta(seconds=89.9))
    assert POLICY.settled(NOW, NOW + timedelta(seconds=90))
