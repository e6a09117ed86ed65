"""When targets are asked for: pages within waves, waves within a campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_service.domain.waves import Cursor, next_page, resumed

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


class TestNextPage:
    @pytest.mark.parametrize(
        ("ordinal", "expected", "due"),
        [
            (0, range(4), START),  # within the wave
            (4, range(4, 8), START),
            (8, range(8, 10), START + HOUR),  # the wave ends here, whatever still fits into the page
            (20, range(20, 24), START),
            (24, range(24, 25), None),  # nobody is left
        ],
    )
    def test_ends_with_page_wave_or_queue(self, ordinal: int, expected: range, due: datetime | None) -> None:
        ordinals, cursor = next_page(Cursor(ordinal, START), 25, page=4, wave_size=10, every=HOUR)
        assert ordinals == expected
        assert cursor == Cursor(expected.stop, due)

    def test_is_one_wave_without_a_wave_size(self) -> None:
        ordinals, cursor = next_page(Cursor(0, START), 100, page=60, wave_size=None, every=timedelta(0))
        assert (ordinals, cursor) == (range(60), Cursor(60, START))

    @given(targets=st.integers(1, 200), page=st.integers(1, 50), wave_size=st.none() | st.integers(1, 60))
    def test_leaves_nobody_out_and_asks_nobody_twice(self, targets: int, page: int, wave_size: int | None) -> None:
        cursor = Cursor(0, START)
        asked: list[int] = []
        waves: dict[datetime, int] = {}
        while cursor.due_at is not None:
            due_at = cursor.due_at
            ordinals, cursor = next_page(cursor, targets, page=page, wave_size=wave_size, every=HOUR)
            assert 0 < len(ordinals) <= page
            asked += ordinals
            waves[due_at] = waves.get(due_at, 0) + len(ordinals)
        assert asked == list(range(targets))
        full = targets if wave_size is None else wave_size
        assert all(size == full for size in [*waves.values()][:-1])
        assert list(waves) == [START + number * HOUR for number in range(len(waves))]


class TestResumed:
    def test_holds_what_a_pause_held_back_to_now(self) -> None:
        assert resumed(START, START + HOUR) == START + HOUR

    def test_keeps_what_is_due_later(self) -> None:
        assert resumed(START + HOUR, START) == START + HOUR

    def test_brings_nothing_back_when_all_have_been_asked(self) -> None:
        assert resumed(None, START) is None
