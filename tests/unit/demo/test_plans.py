"""That the services take what the house has decided, and that it means what the demo shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign_service.domain.plan import Plan
from offers_service.schemas.offers import OfferContent
from rapport.contracts.vocabulary import ContactClass
from rapport.rules import CUSTOMER
from rapport_cli.demo import plans
from touchpoint_service.domain.policy_document import PolicyDocument

START = datetime(2026, 3, 2, tzinfo=UTC)
PLANS = plans.campaigns(START, 30, 5000)


class TestPolicy:
    def test_is_one_that_touchpoint_takes(self) -> None:
        document = PolicyDocument.model_validate(plans.POLICY)
        assert {cap.name: cap.limit for cap in document.frequency_caps}["six-a-week"] == plans.WEEKLY_CAP

    def test_has_every_kind_of_rule(self) -> None:
        document = PolicyDocument.model_validate(plans.POLICY)
        assert document.quiet_hours
        assert document.minimum_gaps
        assert document.cool_downs
        assert document.consent.channels


class TestOffers:
    @pytest.mark.parametrize("offer_id", plans.OFFERS)
    def test_can_be_published(self, offer_id: str) -> None:
        content = OfferContent.model_validate(plans.OFFERS[offer_id])
        assert {"en", "zh-CN"} <= content.texts.keys()
        if content.eligibility is not None:
            CUSTOMER.parse(content.eligibility, "")


class TestCampaigns:
    @pytest.mark.parametrize("document", PLANS, ids=lambda plan: plan["campaign_id"])
    def test_can_be_submitted(self, document: dict[str, object]) -> None:
        plan = Plan.model_validate({name: value for name, value in document.items() if name != "campaign_id"})
        assert plan.audience.rule is not None
        CUSTOMER.check(plan.audience.rule, "")
        assert {plans.OFFERS[offer]["goal"] for offer in plan.offers} == {plan.goal}

    def test_compete_in_three_classes(self) -> None:
        ranks = {plan["campaign_id"]: ContactClass(plan["contact_class"]).rank for plan in PLANS}
        assert ranks["care"] < ranks["keep"] < ranks["fibre"]

    def test_call_first_and_cooperate_in_every_other_channel(self) -> None:
        lead, *others = next(plan["lines"] for plan in PLANS if plan["campaign_id"] == "keep")
        assert lead["role"] == "lead"
        assert lead["channels"] == ["call"]
        assert {channel for line in others for channel in line["channels"]} >= {"sms", "branch", "hotline", "web"}

    def test_have_waves_at_instants_of_their_own(self) -> None:
        begins = [datetime.fromisoformat(plan["schedule"]["start"]) for plan in PLANS]
        assert len({at.time() for at in begins}) == len(begins)
        assert all(plan["schedule"]["wave_every_minutes"] == timedelta(days=1) / timedelta(minutes=1) for plan in PLANS)
