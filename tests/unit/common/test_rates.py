"""A rate with a burst, against counting by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rapport import rates


@given(
    interval=st.integers(1, 1000),
    burst=st.integers(1, 20),
    steps=st.lists(st.integers(0, 3000), max_size=60),
)
def test_never_more_than_a_burst_and_one_each_interval(interval: int, burst: int, steps: list[int]) -> None:
    arrival, now, passed = 0, 1_000_000, []
    for step in steps:
        now += step
        if rates.left(arrival, now, interval, burst):
            arrival = rates.spent(arrival, now, interval)
            passed.append(now)
        else:
            at = rates.frees_at(arrival, interval, burst)
            assert at > now
            assert rates.left(arrival, at - 1, interval, burst) == 0
            assert rates.left(arrival, at, interval, burst) == 1
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + (passed[last] - begin) // interval


def test_after_a_rest_the_burst_is_there_again_and_no_more() -> None:
    assert rates.left(0, 10_000, 10, 5) == 5
    assert rates.left(rates.spent(0, 10_000, 10, 5), 10_000, 10, 5) == 0
    assert rates.left(rates.spent(0, 10_000, 10, 5), 10_050, 10, 5) == 5
