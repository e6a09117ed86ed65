"""Which offers a customer is shown, in which order, and why not the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rapport.contracts.offers import OfferChanged
from rapport.contracts.vocabulary import Channel
from rapport.ranking import Offer, Refusal, Weights, is_eligible, prepared, products_held, rank
from rapport.rules import CUSTOMER, Attribute

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
CUSTOMER_DOC: dict[str, Any] = {
    "customer_id": "c1",
    "attributes": {"age": 40},
    "holdings": [{"product": "tv"}, {"product": None}, "broken"],
}


def offer(offer_id: str = "o1", **members: Any) -> OfferChanged:
    usual = {"version": 1, "state": "published", "category": "tariff", "goal": f"goal-{offer_id}"}
    return OfferChanged.model_validate({"offer_id": offer_id, **usual, **members})


def older_than(years: int) -> dict[str, Any]:
    return {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">", "value": years}]}


def ids(found: list[OfferChanged] | tuple[OfferChanged, ...]) -> list[str]:
    return [document.offer_id for document in found]


def reason(document: OfferChanged, **asked: Any) -> tuple[Refusal, str] | None:
    """Why the offer is kept back; None if it is not."""
    ranking = rank(CUSTOMER_DOC, [document], **{"channel": "web", "now": NOW, **asked})
    assert len(ranking.offers) + len(ranking.refused) == 1
    return (ranking.refused[0].reason, ranking.refused[0].detail) if ranking.refused else None


class TestOrder:
    def test_by_priority_then_value_then_id(self) -> None:
        candidates = [
            offer("d", priority=10, value="99.90"),
            offer("b", priority=500, value="5"),
            offer("c", priority=500, value="12.50"),
            offer("a", priority=500, value="5.00"),
            offer("e", priority=900),
        ]
        expected = ["e", "c", "a", "b", "d"]
        assert ids(rank(CUSTOMER_DOC, candidates, channel=Channel.WEB, now=NOW).offers) == expected
        assert ids(rank(CUSTOMER_DOC, candidates[::-1], channel=Channel.WEB, now=NOW).offers) == expected
        assert ids(rank(CUSTOMER_DOC, candidates, channel=Channel.WEB, now=NOW, limit=2).offers) == expected[:2]
        assert rank(CUSTOMER_DOC, candidates, channel=Channel.WEB, now=NOW, limit=0).offers == ()

    def test_value_is_not_rounded(self) -> None:
        close = [offer("a", value=Decimal("0.1")), offer("b", value=Decimal("0.10000000000000000001"))]
        assert ids(rank(CUSTOMER_DOC, close, channel="web", now=NOW).offers) == ["b", "a"]


class TestRefusals:
    def test_lets_pass_what_nothing_speaks_against(self) -> None:
        assert reason(offer(eligibility=older_than(39), never_with=["fibre"])) is None

    @pytest.mark.parametrize("state", ["draft", "withdrawn"])
    def test_not_published(self, state: str) -> None:
        assert reason(offer(state=state)) == (Refusal.NOT_PUBLISHED, "")

    def test_validity_begins_inside_and_ends_outside(self) -> None:
        assert reason(offer(valid_from=NOW, valid_until=NOW + TICK)) is None
        assert reason(offer(valid_from=NOW + TICK)) == (Refusal.NOT_YET_VALID, "")
        assert reason(offer(valid_until=NOW)) == (Refusal.NO_LONGER_VALID, "")

    def test_other_channel(self) -> None:
        assert reason(offer(channels=["branch", "call"])) == (Refusal.OTHER_CHANNEL, "")
        assert reason(offer(channels=["branch", "call"]), channel=Channel.BRANCH) is None

    def test_sold_out(self) -> None:
        assert reason(offer(sold_out=True)) == (Refusal.SOLD_OUT, "")

    def test_already_accepted(self) -> None:
        assert reason(offer("o1"), accepted_offers={"o1"}) == (Refusal.ALREADY_ACCEPTED, "")

    def test_goal_met(self) -> None:
        assert reason(offer(goal="fibre"), accepted_goals=["fibre"]) == (Refusal.GOAL_MET, "fibre")

    def test_excluded_by_a_product_held_or_an_offer_accepted(self) -> None:
        assert reason(offer(never_with=["fibre", "tv"])) == (Refusal.EXCLUDED, "tv")
        assert reason(offer(never_with=["o9"]), accepted_offers=["o9"]) == (Refusal.EXCLUDED, "o9")

    def test_a_rule_that_nobody_can_read_lets_nobody_through(self) -> None:
        for rule in ({"combinator": "or"}, {"combinator": "and", "rules": [{"field": "new", "operator": "new"}]}):
            assert reason(offer(eligibility=rule)) == (Refusal.UNREADABLE_RULE, "")

    def test_not_eligible_names_the_leaves_when_asked(self) -> None:
        document = offer(eligibility=older_than(40))
        (silent,) = rank(CUSTOMER_DOC, [document], channel="web", now=NOW).refused
        (told,) = rank(CUSTOMER_DOC, [document], channel="web", now=NOW, explain=True).refused
        (said,) = rank(CUSTOMER_DOC, [document], channel="web", now=NOW, explain=True, language="zh-CN").refused
        assert silent.reason is told.reason is Refusal.NOT_ELIGIBLE
        assert silent.failed == ()
        assert [(leaf.pointer, leaf.text) for leaf in told.failed] == [("/rules/0", "age is more than 40")]
        assert said.failed[0].text == "年龄大于40"

    def test_the_first_obstacle_is_the_reason(self) -> None:
        obstacles: dict[Refusal, dict[str, Any]] = {
            Refusal.NOT_PUBLISHED: {"state": "withdrawn"},
            Refusal.NOT_YET_VALID: {"valid_from": NOW + TICK},
            Refusal.NO_LONGER_VALID: {"valid_until": NOW},
            Refusal.OTHER_CHANNEL: {"channels": ["sms"]},
            Refusal.SOLD_OUT: {"sold_out": True},
            Refusal.QUOTA_EXHAUSTED: {"exhausted_quotas": [{"scope": "channel", "name": "web", "limit": 1}]},
            Refusal.ALREADY_ACCEPTED: {"offer_id": "accepted"},
            Refusal.GOAL_MET: {"goal": "met"},
            Refusal.HOUSEHOLD_HAS_IT: {"offer_id": "theirs", "per_household": True},
            Refusal.EXCLUDED: {"never_with": ["tv"]},
            Refusal.ACCEPTED_BEFORE: {"never_after": ["once"]},
            Refusal.NEEDS_ANOTHER: {"only_after": ["fibre"]},
            Refusal.RECENTLY_REFUSED: {"offer_id": "refused"},
            Refusal.NOT_ELIGIBLE: {"eligibility": older_than(90)},
            Refusal.NOT_APPLICABLE: {"applicability": older_than(90)},
            Refusal.NOT_SUITABLE: {"suitability": older_than(90)},
        }
        members: dict[str, Any] = {"offer_id": "o1"}
        for expected, obstacle in reversed(obstacles.items()):
            members |= obstacle
            known: dict[str, Any] = {
                "accepted_offers": ["accepted"],
                "accepted_goals": ["met"],
                "once_accepted": ["once"],
            }
            known |= {"household_accepted": [members["offer_id"]], "refused": {members["offer_id"]: NOW}}
            if expected in (Refusal.NOT_ELIGIBLE, Refusal.NOT_APPLICABLE, Refusal.NOT_SUITABLE):
                known["refused"] = {}
            found = reason(offer(**members), **known)
            assert found is not None
            assert found[0] is expected
        assert [*obstacles] == [each for each in Refusal if each is not Refusal.UNREADABLE_RULE]


class TestLayers:
    @pytest.mark.parametrize(
        ("layer", "reason"),
        [
            ("eligibility", Refusal.NOT_ELIGIBLE),
            ("applicability", Refusal.NOT_APPLICABLE),
            ("suitability", Refusal.NOT_SUITABLE),
        ],
    )
    def test_names_the_layer_and_the_leaf(self, layer: str, reason: Refusal) -> None:
        rule = {"combinator": "and", "rules": [older_than(1), older_than(40)]}
        document = offer("o1", **{layer: rule})
        (told,) = rank(CUSTOMER_DOC, [document], channel="web", now=NOW, explain=True).refused
        assert (told.reason, told.layer) == (reason, layer)
        assert [(leaf.pointer, leaf.text) for leaf in told.failed] == [("/rules/1/rules/0", "age is more than 40")]

    def test_what_cannot_be_read_names_its_layer(self) -> None:
        (told,) = rank(CUSTOMER_DOC, [offer(suitability={"combinator": "xor"})], channel="web", now=NOW).refused
        assert (told.reason, told.layer) == (Refusal.UNREADABLE_RULE, "suitability")

    def test_whoever_says_yes_of_their_own_needs_no_good_moment(self) -> None:
        later, bad = Offer.of(offer(applicability=older_than(90))), Offer.of(offer(suitability=older_than(90)))
        assert not is_eligible(later, CUSTOMER_DOC, (), NOW)
        assert is_eligible(later, CUSTOMER_DOC, (), NOW, proposing=False)
        assert not is_eligible(bad, CUSTOMER_DOC, (), NOW, proposing=False)


class TestOtherOffers:
    def test_needs_each_of_the_others(self) -> None:
        both = offer(only_after=["tv", "o9"])
        assert reason(both) == (Refusal.NEEDS_ANOTHER, "o9")
        assert reason(both, accepted_offers=["o9"]) is None
        assert not is_eligible(Offer.of(both), CUSTOMER_DOC, (), NOW)
        assert is_eligible(Offer.of(both), CUSTOMER_DOC, ["o9"], NOW)

    def test_never_after_what_was_accepted_once(self) -> None:
        starter = offer(never_after=["premium", "tv"])
        assert reason(starter) is None, "products held do not matter"
        assert reason(starter, once_accepted=["premium"]) == (Refusal.ACCEPTED_BEFORE, "premium")
        assert reason(starter, accepted_offers=["premium"]) == (Refusal.ACCEPTED_BEFORE, "premium")
        assert not is_eligible(Offer.of(starter), CUSTOMER_DOC, ["premium"], NOW)
        assert not is_eligible(Offer.of(starter), CUSTOMER_DOC, (), NOW, once_accepted=["premium"])

    def test_once_in_a_household(self) -> None:
        assert reason(offer(per_household=True), household_accepted=["o1"]) == (Refusal.HOUSEHOLD_HAS_IT, "")
        assert reason(offer(per_household=False), household_accepted=["o1"]) is None


class TestLifting:
    def test_what_was_refused_lately_is_not_shown(self) -> None:
        def at(days: float) -> tuple[Refusal, str] | None:
            return reason(offer(), refused={"o1": NOW - timedelta(days=days)})

        assert at(30) is None
        assert at(29) == (Refusal.RECENTLY_REFUSED, (NOW + timedelta(days=1)).isoformat())
        off = Weights.parse({"ranking_id": "r", "version": 1, "refused_days": 0})
        assert reason(offer(), refused={"o1": NOW}, weights=off) is None

    def test_what_was_promised_goes_first(self) -> None:
        candidates = [offer(i, priority=p) for i, p in (("a", 900), ("b", 800), ("c", 10), ("d", 5))]
        promised = {"d": NOW - timedelta(days=29), "c": NOW, "b": NOW - timedelta(days=30)}
        found = rank(CUSTOMER_DOC, candidates, channel="web", now=NOW, promised=promised, explain=True)
        assert ids(found.offers) == ["c", "d", "a", "b"]
        assert [o for o, score in found.scores.items() if score.promised] == ["c", "d"]

    def test_the_newer_word_counts(self) -> None:
        before, after = NOW - timedelta(days=2), NOW - timedelta(days=1)
        assert reason(offer(), refused={"o1": before}, promised={"o1": after}) is None
        assert reason(offer(), refused={"o1": after}, promised={"o1": before}) is not None

    def test_a_promise_needs_no_good_moment_and_opens_nothing_else(self) -> None:
        now = {"promised": {"o1": NOW}}
        assert reason(offer(applicability=older_than(90)), **now) is None
        assert reason(offer(suitability=older_than(90)), **now) == (Refusal.NOT_SUITABLE, "")
        assert reason(offer(sold_out=True), **now) == (Refusal.SOLD_OUT, "")


class TestScore:
    ALL = Weights.parse(
        {"ranking_id": "r", "version": 1}
        | {name: {"on": True, "weight": 1} for name in ("propensity", "context", "value", "lever")}
    )

    def test_is_the_product_of_what_is_on(self) -> None:
        parts: dict[str, Any] = {"value": "120", "cost": "20", "context": {"web": 0.5}, "lever": 3}
        parts["propensity"] = {"default": 0.1, "by_segment": [{"name": "old", "rule": older_than(39), "value": 0.4}]}
        (score,) = rank(
            CUSTOMER_DOC, [offer(**parts)], channel="web", now=NOW, weights=self.ALL, explain=True
        ).scores.values()
        assert score.score == pytest.approx(0.4 * 0.5 * 100 * 3)
        assert score.segment == "old"
        assert {s.factor: s.figure for s in score.shares} == {
            "propensity": 0.4,
            "context": 0.5,
            "value": 100.0,
            "lever": 3.0,
        }

    def test_what_is_off_is_told_and_does_not_count(self) -> None:
        (score,) = rank(CUSTOMER_DOC, [offer(value=7, lever=3)], channel="web", now=NOW, explain=True).scores.values()
        assert score.score == 7
        assert [s for s in score.shares if s.factor == "lever"] == [("lever", 3.0, 0.0, 1.0)]

    def test_of_candidates_that_are_kept_back_too(self) -> None:
        candidates = [offer("a", sold_out=True), offer("b", eligibility={"combinator": "xor"}), offer("c")]
        assert [*rank(CUSTOMER_DOC, candidates, channel="web", now=NOW, explain=True).scores] == ["a", "b", "c"]
        assert rank(CUSTOMER_DOC, candidates, channel="web", now=NOW).scores == {}

    def test_priority_goes_before_any_score(self) -> None:
        found = rank(
            CUSTOMER_DOC,
            [offer("a", priority=1, value=9999), offer("b", priority=2, value=1)],
            channel="web",
            now=NOW,
            weights=self.ALL,
        )
        assert ids(found.offers) == ["b", "a"]

    def test_a_segment_whose_rule_cannot_be_read_is_nobodys(self) -> None:
        by_segment = [{"name": "x", "rule": {"combinator": "xor"}, "value": 1}]
        document = offer(value=10, propensity={"default": 0.5, "by_segment": by_segment})
        (score,) = rank(
            CUSTOMER_DOC, [document], channel="web", now=NOW, weights=self.ALL, explain=True
        ).scores.values()
        assert (score.score, score.segment) == (5.0, None)

    def test_figures_beyond_all_measure_still_rank(self) -> None:
        heavy = Weights.parse({"ranking_id": "r", "version": 1, "value": {"on": True, "weight": 10}})
        candidates = [offer("a", value="1e40"), offer("b", value="1e400", lever=10), offer("c", value=1)]
        assert ids(rank(CUSTOMER_DOC, candidates, channel="web", now=NOW, weights=heavy).offers) == ["b", "a", "c"]


class TestCustomer:
    @pytest.mark.parametrize("holdings", [None, "tv", {"product": "tv"}, [["tv"]], [{"product": 3}]])
    def test_broken_holdings_are_no_products(self, holdings: Any) -> None:
        assert products_held({"holdings": holdings}) == frozenset()

    def test_an_empty_document_is_eligible_for_what_is_for_everybody(self) -> None:
        found = rank({}, [offer("a"), offer("b", eligibility=older_than(1))], channel="web", now=NOW)
        assert ids(found.offers) == ["a"]


class TestMadeReady:
    def test_compiles_a_version_once(self) -> None:
        document = offer("once", eligibility=older_than(3))
        assert prepared(document) is prepared(document)
        assert prepared(document) is prepared(document.model_copy())

    def test_never_answers_for_another_document_of_the_same_version(self) -> None:
        young = offer("same", eligibility=older_than(90))
        assert reason(young) == (Refusal.NOT_ELIGIBLE, "")
        assert reason(offer("same", eligibility=older_than(3))) is None
        assert reason(young) == (Refusal.NOT_ELIGIBLE, "")

    def test_keeps_catalogues_apart(self) -> None:
        leaf = {"field": "attributes.shoe_size", "operator": "=", "value": 42}
        document = offer("shoes", eligibility={"combinator": "and", "not": True, "rules": [leaf]})
        grown = CUSTOMER.with_attributes([Attribute(name="shoe_size", type="number")])
        assert reason(document) == (Refusal.UNREADABLE_RULE, "")
        assert reason(document, catalogue=grown) is None
        assert reason(document) == (Refusal.UNREADABLE_RULE, "")

    def test_ranks_offers_made_ready_like_documents(self) -> None:
        documents = [offer("a", priority=1), offer("b", priority=2), offer("c", sold_out=True)]
        ready = [Offer.parse(document.model_dump(mode="json")) for document in documents]
        assert rank(CUSTOMER_DOC, ready, channel="web", now=NOW) == rank(
            CUSTOMER_DOC, documents, channel="web", now=NOW
        )

    def test_tells_whether_it_is_in_force(self) -> None:
        assert Offer.of(offer(valid_from=NOW, valid_until=NOW + TICK)).in_force(NOW)
        assert not Offer.of(offer(valid_until=NOW)).in_force(NOW)
        assert not Offer.of(offer(state="withdrawn")).in_force(NOW)
        assert Offer.of(offer(sold_out=True)).in_force(NOW)


class TestIsEligible:
    @pytest.mark.parametrize(
        ("members", "expected"),
        [
            ({}, True),
            ({"sold_out": True, "state": "withdrawn"}, True),
            ({"eligibility": older_than(39)}, True),
            ({"eligibility": older_than(40)}, False),
            ({"eligibility": {"rules": []}}, False),
            ({"never_with": ["tv"]}, False),
            ({"never_with": ["o9"]}, False),
            ({"never_with": ["o8"]}, True),
        ],
    )
    def test_looks_at_exclusions_and_the_rule_only(self, members: dict[str, Any], expected: bool) -> None:
        assert is_eligible(Offer.of(offer(**members)), CUSTOMER_DOC, {"o9"}, NOW) is expected
