"""What a person is told when a consumer cannot go on, and when bad news is believed."""

from __future__ import annotations

import pytest

from rapport.messaging.opening import Doubt, Standing, missing_topics, outside_the_log
from rapport.messaging.positions import Place

PLACE = Place("offers.acceptances", 3)


class TestStanding:
    @pytest.mark.parametrize(("stored", "inside"), [(9, False), (10, True), (15, True), (20, True), (21, False)])
    def test_the_end_itself_is_inside(self, stored: int, inside: bool) -> None:
        assert Standing(first=10, stored=stored, end=20).inside is inside


class TestMessages:
    def test_deleted_messages(self) -> None:
        told = str(outside_the_log("touchpoint.outcomes", PLACE, Standing(first=10, stored=4, end=20)))
        assert "touchpoint.outcomes stands at offset 4 of offers.acceptances[3]" in told
        assert "6 messages were deleted unprocessed" in told
        assert "set next_offset to 10 in consumer_positions (consumer_group = 'touchpoint.outcomes'" in told

    def test_another_log(self) -> None:
        told = str(outside_the_log("touchpoint.outcomes", PLACE, Standing(first=0, stored=40, end=20)))
        assert "the log ends at 20" in told
        assert "set next_offset to 0" in told

    def test_missing_topics(self) -> None:
        told = str(missing_topics("a.reads", {"b.two", "b.one"}, "broker:9092"))
        assert told.startswith("a.reads reads b.one, b.two, which broker:9092 does not have.")


class TestDoubt:
    def test_believes_what_lasts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 100.0
        monkeypatch.setattr("rapport.messaging.opening.time.monotonic", lambda: now)
        doubt = Doubt(3)
        assert not doubt.believes("x")
        now = 102.9
        assert not doubt.believes("x")
        assert not doubt.believes("y")
        now = 103.0
        assert doubt.believes("x")
        assert not doubt.believes("y")
        doubt.clear("x")
        assert not doubt.believes("x")
