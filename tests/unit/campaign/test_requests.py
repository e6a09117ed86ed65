"""The natural ids of requests, and their scores."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_service.domain.plan import Line
from campaign_service.domain.requests import request_id, score
from rapport.ids import ID_PATTERN

ids = st.from_regex(ID_PATTERN, fullmatch=True)
keys = st.tuples(ids, st.integers(0, 19), ids, st.integers(1, 99))


class TestRequestId:
    def test_is_readable_where_it_fits(self) -> None:
        assert request_id("spring", 0, "c-1", 2) == "spring.0.c-1.2"

    def test_is_readable_up_to_64_characters_and_a_digest_beyond(self) -> None:
        assert request_id("s", 0, "c" * 58, 1) == f"s.0.{'c' * 58}.1"
        assert re.fullmatch("req_[0-9a-f]{32}", request_id("s", 0, "c" * 59, 1))

    def test_tells_apart_what_full_stops_would_confuse(self) -> None:
        assert request_id("a.1", 2, "c", 1) != request_id("a", 1, "2.c", 1)

    @given(keys, keys)
    def test_is_an_id_and_unique(self, one: tuple[str, int, str, int], other: tuple[str, int, str, int]) -> None:
        assert re.fullmatch(ID_PATTERN, request_id(*one))
        assert (request_id(*one) == request_id(*other)) == (one == other)


class TestScore:
    @pytest.mark.parametrize(
        ("line", "attributes", "expected"),
        [
            ({}, {}, 0.5),
            ({"role": "lead"}, {}, 0.75),
            ({"role": "lead", "score": 0.1}, {}, 0.1),
            ({"score": 0.0}, {}, 0.0),
            ({"score_attribute": "risk"}, {"risk": 0.9}, 0.9),
            ({"score_attribute": "risk"}, {"risk": 1}, 1.0),
            ({"score_attribute": "risk"}, {"risk": 80}, 1.0),
            ({"score_attribute": "risk"}, {"risk": -1}, 0.0),
            ({"score_attribute": "risk"}, {"risk": True}, 0.5),
            ({"score_attribute": "risk", "score": 0.2}, {"risk": "high"}, 0.2),
            ({"score_attribute": "risk", "role": "lead"}, {"risk": None}, 0.75),
        ],
    )
    def test_is_the_attribute_or_the_score_or_that_of_the_role(
        self, line: dict[str, Any], attributes: dict[str, Any], expected: float
    ) -> None:
        assert score(Line.model_validate({"channels": ["call"], **line}), attributes) == expected
