"""What a plan document may say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from campaign_service.domain.plan import EXAMPLE, MAX_LIST, Plan
from rapport.contracts.vocabulary import Channel


def changed(**parts: Any) -> dict[str, Any]:
    return {**EXAMPLE, **parts}


def line(**parts: Any) -> dict[str, Any]:
    return {"channels": ["call"], **parts}


class TestPlan:
    def test_comes_back_from_its_json_as_it_was(self) -> None:
        plan = Plan.model_validate(EXAMPLE)
        assert Plan.model_validate_json(plan.model_dump_json()) == plan

    def test_names_each_channel_once_in_the_order_of_the_lines(self) -> None:
        plan = Plan.model_validate(changed(lines=[line(channels=["sms", "call"]), line(), line(channels=["web"])]))
        assert plan.channels == (Channel.SMS, Channel.CALL, Channel.WEB)

    @pytest.mark.parametrize(
        "broken",
        [
            {"audience": {}},
            {"audience": {"list": ["c-1"], "rule": {"combinator": "and", "rules": []}}},
            {"audience": {"list": ["no spaces"]}},
            {"audience": {"list": ["c"] * (MAX_LIST + 1)}},
            {"audience": {"rule": {"combinator": "and", "rules": [{"field": "grade"}]}}},
            {"lines": []},
            {"lines": [line(channels=[])]},
            {"lines": [line(channels=["call", "call"])]},
            {"lines": [line(channels=["pigeon"])]},
            {"lines": [line(offer_id="not-in-the-plan")]},
            {"lines": [line(score=1.01)]},
            {"lines": [line(attempts={"max": 0})]},
            {"lines": [line(attempts={"gap_hours": 0})]},
            {"control_share": 0.91},
            {"control_share": -0.1},
            {"schedule": {"start": "2026-11-02T08:00:00", "end": "2026-12-01T00:00:00Z"}},
            {"schedule": {"start": "2026-12-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"}},
            {"schedule": {"start": "2026-11-02T08:00:00Z", "end": "2026-12-01T00:00:00Z", "wave_size": 10}},
            {"goal": "Two Words"},
            {"unheard_of": 1},
        ],
    )
    def test_refuses_what_has_no_meaning(self, broken: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Plan.model_validate(changed(**broken))
