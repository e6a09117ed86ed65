"""Chance that does not depend on order."""

from __future__ import annotations

from collections import Counter

import pytest

from rapport_cli.demo.chance import Chance


class TestChance:
    def test_is_the_same_for_the_same_seed_and_occasion_whatever_was_asked_before(self) -> None:
        one, other = Chance(7), Chance(7)
        one.share("something", "else")
        assert one.share("call", "c-1") == other.share("call", "c-1")

    @pytest.mark.parametrize("other", [(8, ("call", "c-1")), (7, ("call", "c-2")), (7, ("callc", "-1"))])
    def test_differs_with_the_seed_and_the_occasion(self, other: tuple[int, tuple[str, str]]) -> None:
        seed, occasion = other
        assert Chance(7).share("call", "c-1") != Chance(seed).share(*occasion)

    def test_happens_as_often_as_it_is_likely(self) -> None:
        chance = Chance(1)
        happened = sum(chance.happens(0.3, "rain", day) for day in range(20_000))
        assert 0.29 < happened / 20_000 < 0.31

    def test_never_happens_when_impossible_and_always_when_certain(self) -> None:
        chance = Chance(1)
        assert not any(chance.happens(0.0, day) for day in range(100))
        assert all(chance.happens(1.0, day) for day in range(100))

    def test_reaches_both_ends_of_a_range_and_nothing_beyond(self) -> None:
        chance = Chance(1)
        assert {chance.whole(3, 5, number) for number in range(200)} == {3, 4, 5}

    def test_weighs_options(self) -> None:
        chance = Chance(1)
        found = Counter(chance.weighted({"a": 3, "b": 1, "never": 0}, number) for number in range(10_000))
        assert found["never"] == 0
        assert 0.73 < found["a"] / 10_000 < 0.77

    def test_may_weigh_nothing_at_all_as_an_option(self) -> None:
        assert {Chance(1).weighted({None: 1, "x": 1}, number) for number in range(50)} == {None, "x"}
