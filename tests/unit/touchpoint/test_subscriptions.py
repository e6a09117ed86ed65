"""What a subscriber takes, how an event is told, and how a position is written."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchpoint_service.domain.subscriptions import (
    Wanted,
    entry_of,
    event_body,
    event_id,
    lies_in,
    read_position,
    write_position,
)

positions = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=24).map(tuple)


class TestAPosition:
    @given(positions)
    def test_is_read_as_it_was_written(self, position: tuple[int, ...]) -> None:
        text = write_position(position)
        assert read_position(text) == position
        assert not set(text) & set("+/= \n")

    @given(st.text(max_size=80))
    def test_is_nothing_else(self, text: str) -> None:
        found = read_position(text)
        assert found is None or write_position(found) == text

    def test_is_short(self) -> None:
        assert len(write_position([1_000_000] * 12)) < 64

    @pytest.mark.parametrize("text", ["", "AA", "Ag", "AYA", "A" * 2000, "AQ", "AQCA"])
    def test_that_was_cut_or_is_of_another_form_is_refused(self, text: str) -> None:
        assert read_position(text) is None


class TestAUnit:
    @pytest.mark.parametrize(
        ("place", "org", "lies"),
        [
            ("/north/branch-7", "/north", True),
            ("/north/branch-7", "/north/branch-7", True),
            ("north/branch-7", "/north/", True),
            ("/north/branch-7", "/nor", False),
            ("/north/branch-7", "/north/branch", False),
            ("/north", "/north/branch-7", False),
            ("branch-7", "/", True),
            ("branch-7", "branch-7", True),
        ],
    )
    def test_holds_places_by_whole_segments(self, place: str, org: str, lies: bool) -> None:
        assert lies_in(place, org) is lies


class TestWanted:
    def test_takes_everything_unless_told_otherwise(self) -> None:
        assert Wanted().takes("a", "c1", None)

    def test_takes_what_bears_no_place_in_every_unit(self) -> None:
        assert Wanted(org="/north").takes("a", "c1", None)
        assert not Wanted(org="/north").takes("a", "c1", "/south")

    def test_takes_only_its_types_and_its_customer(self) -> None:
        wanted = Wanted(types=frozenset({"a"}), customer_id="c1")
        assert wanted.takes("a", "c1", None)
        assert not wanted.takes("b", "c1", None)
        assert not wanted.takes("a", "c2", None)


class TestAnEvent:
    def test_is_one_line_of_json(self) -> None:
        raw = event_body("c-1.2", "kind", "2026-03-03T12:00:00.000000Z", b'{\n "note": "a\\nb"}')
        assert b"\n" not in raw
        assert orjson.loads(raw)["data"] == {"note": "a\nb"}

    @given(st.from_regex(r"\A[A-Za-z0-9._~-]{1,64}\Z"), st.integers(1, 10**18 - 1))
    def test_has_an_id_that_names_its_entry(self, customer_id: str, seq: int) -> None:
        assert entry_of(event_id(customer_id, seq)) == (customer_id, seq)

    @pytest.mark.parametrize("text", ["", "c1", "c1.", ".5", "c1.x", "c1.-1", "c1.٣"])
    def test_id_of_another_form_names_none(self, text: str) -> None:
        assert entry_of(text) is None
