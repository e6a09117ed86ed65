"""When a delivery is tried again, and when its endpoint is given up."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from touchpoint_service.domain.retries import (
    DISABLE_AFTER,
    DISABLE_FAILURES,
    FIRST,
    GIVE_UP,
    LONGEST,
    Health,
    bound,
    next_try,
)

QUEUED = datetime(2026, 3, 3, 12, tzinfo=UTC)
draws = st.floats(0, 1, exclude_max=True)


class TestRetries:
    @given(st.integers(1, 30_000), draws, st.integers(0, 4 * 86_400))
    def test_lie_between_now_and_the_bound_and_before_the_end(self, attempts: int, draw: float, waited: int) -> None:
        now = QUEUED + timedelta(seconds=waited)
        at = next_try(QUEUED, now, attempts, draw)
        if at is None:
            assert now + bound(attempts) * draw >= QUEUED + GIVE_UP
        else:
            assert now <= at <= now + bound(attempts)
            assert at < QUEUED + GIVE_UP

    @given(st.integers(1, 1000))
    def test_bounds_double_up_to_the_longest(self, attempts: int) -> None:
        assert bound(1) == FIRST
        assert bound(attempts + 1) == min(2 * bound(attempts), LONGEST)

    @given(st.integers(1, 40), draws, st.integers(0, 10 * 86_400), st.integers(0, 3 * 86_400 - 1))
    def test_leave_an_endpoint_alone_for_as_long_as_it_asks(
        self, attempts: int, draw: float, asked: int, waited: int
    ) -> None:
        now = QUEUED + timedelta(seconds=waited)
        at = next_try(QUEUED, now, attempts, draw, timedelta(seconds=asked))
        last = QUEUED + GIVE_UP - LONGEST
        assert at is None or at >= now + timedelta(seconds=asked) or at == last

    @given(st.integers(0, 2**32))
    def test_fill_three_days(self, seed: int) -> None:
        dice = random.Random(seed)
        now, attempts = QUEUED, 1
        while (at := next_try(QUEUED, now, attempts, dice.random())) is not None:
            now, attempts = at, attempts + 1
        assert GIVE_UP - LONGEST <= now - QUEUED < GIVE_UP
        assert 15 < attempts < 120

    def test_of_many_at_once_come_apart(self) -> None:
        dice = random.Random(1)
        instants = {next_try(QUEUED, QUEUED, 8, dice.random()) for _ in range(1000)}
        assert len(instants) == 1000


class TestHealth:
    def test_counts_failures_in_a_row_since_the_first(self) -> None:
        health = Health(0, None).after(delivered=False, failed=3, now=QUEUED)
        health = health.after(delivered=False, failed=1, now=QUEUED + timedelta(hours=1))
        assert health == Health(4, QUEUED)

    def test_is_whole_again_after_one_success(self) -> None:
        assert Health(400, QUEUED).after(delivered=True, failed=3, now=QUEUED) == Health(0, None)

    def test_is_hopeless_after_enough_days_and_enough_failures(self) -> None:
        end = QUEUED + DISABLE_AFTER
        assert Health(DISABLE_FAILURES, QUEUED).is_hopeless(end)
        assert not Health(DISABLE_FAILURES - 1, QUEUED).is_hopeless(end)
        assert not Health(DISABLE_FAILURES, QUEUED).is_hopeless(end - timedelta(microseconds=1))
        assert not Health(0, None).is_hopeless(end)
