"""The rules of the acceptance ledger, and their invariants against any series of claims."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers_service.domain.errors import (
    AcceptanceIdTaken,
    AcceptanceNotStanding,
    AlreadyFulfilled,
    CoolingOffOver,
)
from offers_service.domain.ledger import (
    Acceptance,
    Claim,
    Facts,
    Refusal,
    Stock,
    count,
    fulfilled,
    revoked,
    settle,
    undeliverable,
)
from rapport.contracts.offers import Quota
from rapport.quotas import covers
from rapport.ranking import Offer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADULT = {"combinator": "and", "rules": [{"field": "attributes.age", "operator": ">=", "value": 18}]}


def offer(offer_id: str = "o1", **parts: Any) -> Offer:
    document = {"offer_id": offer_id, "version": 1, "state": "published", "category": "internet", "goal": "fibre"}
    return Offer.parse(document | parts)


def facts(*offers: Offer, stock: int | None = None, accepted: int = 0, **customers: dict[str, Any]) -> Facts:
    known = offers or (offer(),)
    return Facts(
        offers={each.offer_id: each for each in known},
        stock={each.offer_id: Stock(stock, accepted) for each in known},
        customers=customers or {"c1": {}, "c2": {}},
        counts={each.offer_id: Counter() for each in known if each.document.quotas},
    )


def claim(acceptance_id: str = "a1", customer_id: str = "c1", offer_id: str = "o1", **parts: Any) -> Claim:
    facts: dict[str, Any] = {"channel": "call", "at": NOW} | parts
    return Claim(acceptance_id=acceptance_id, customer_id=customer_id, offer_id=offer_id, **facts)


def verdicts(known: Facts, *claims: Claim) -> list[str]:
    return [row.reason or row.state for row in settle(claims, known)]


class TestAccepting:
    def test_takes_goal_and_category_from_the_offer(self) -> None:
        (row,) = settle([claim(contact_id="ctc1", goal="another")], facts())
        assert (row.goal, row.category, row.state, row.at) == ("fibre", "internet", "accepted", NOW)
        assert (row.contact_id, row.term, row.reason) == ("ctc1", "1", None)

    def test_counts_the_stock_down_to_nothing(self) -> None:
        known = facts(stock=2, c1={}, c2={}, c3={})
        claims = [claim(f"a{n}", f"c{n}") for n in (1, 2, 3)]
        assert verdicts(known, *claims) == ["accepted", "accepted", "sold-out"]
        assert known.stock["o1"].accepted == 2

    def test_once_per_customer_offer_and_term(self) -> None:
        claims = [claim("a1"), claim("a2"), claim("a3", term="2"), claim("a4", "c2")]
        assert verdicts(facts(), *claims) == ["accepted", "already-accepted", "accepted", "accepted"]

    def test_the_same_claim_again_is_nothing_new(self) -> None:
        known = facts(stock=1)
        assert verdicts(known, claim(), claim()) == ["accepted"]
        assert verdicts(known, claim(channel="web")) == []
        assert verdicts(known, claim("a2", "c2"), claim("a2", "c2")) == ["sold-out"]
        assert known.stock["o1"].accepted == 1

    @pytest.mark.parametrize("other", [{"customer_id": "c2"}, {"offer_id": "o2"}, {"term": "2"}])
    def test_an_id_stands_for_one_claim(self, other: dict[str, Any]) -> None:
        known = facts()
        settle([claim()], known)
        with pytest.raises(AcceptanceIdTaken):
            settle([claim(**other)], known)


class TestRefusing:
    def test_an_offer_that_nobody_knows_keeps_the_goal_of_the_contact(self) -> None:
        with_goal, without = settle([claim(offer_id="o9", goal="loan"), claim("a2", offer_id="o9")], facts())
        assert (with_goal.reason, with_goal.goal, with_goal.category) == (Refusal.UNKNOWN_OFFER, "loan", None)
        assert without.goal == "unknown"

    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            ({"valid_until": NOW}, "offer-expired"),
            ({"valid_until": NOW + timedelta(microseconds=1)}, "accepted"),
            ({"valid_from": NOW}, "accepted"),
            ({"valid_from": NOW + timedelta(microseconds=1)}, "offer-expired"),
            ({"state": "withdrawn"}, "offer-expired"),
        ],
    )
    def test_outside_the_time_of_the_offer(self, parts: dict[str, Any], expected: str) -> None:
        assert verdicts(facts(offer(**parts)), claim()) == [expected]

    def test_the_instant_that_counts_is_when_the_customer_said_yes(self) -> None:
        known = facts(offer(valid_until=NOW))
        assert verdicts(known, claim(at=NOW - timedelta(seconds=1))) == ["accepted"]

    @pytest.mark.parametrize(
        ("customer", "expected"),
        [
            ({"attributes": {"age": 18}}, "accepted"),
            ({"attributes": {"age": 17}}, "not-eligible"),
            ({}, "not-eligible"),
        ],
    )
    def test_by_the_rule_of_the_offer(self, customer: dict[str, Any], expected: str) -> None:
        assert verdicts(facts(offer(eligibility=ADULT), c1=customer), claim()) == [expected]

    def test_a_customer_that_nobody_knows(self) -> None:
        assert verdicts(facts(), claim(customer_id="stranger")) == ["not-eligible"]
        assert verdicts(facts(offer(suitability=ADULT), c1={}), claim()) == ["not-eligible"]
        assert verdicts(facts(offer(applicability=ADULT), c1={}), claim()) == ["accepted"]

    def test_excluded_by_a_product_held(self) -> None:
        known = facts(offer(never_with=["dsl"]), c1={"holdings": [{"product": "dsl"}]}, c2={})
        assert verdicts(known, claim(), claim("a2", "c2")) == ["not-eligible", "accepted"]

    def test_excluded_by_an_offer_accepted_a_moment_before(self) -> None:
        known = facts(offer(), offer("o2", never_with=["o1"]))
        assert verdicts(known, claim(offer_id="o1"), claim("a2", offer_id="o2")) == ["accepted", "not-eligible"]

    def test_the_first_reason_counts(self) -> None:
        known = facts(offer(valid_until=NOW, eligibility=ADULT), stock=0)
        assert verdicts(known, claim()) == ["offer-expired"]
        known = facts(offer(eligibility=ADULT), stock=0)
        assert verdicts(known, claim()) == ["not-eligible"]


def quotas(**limits: int) -> list[dict[str, Any]]:
    """`web=2` is the channel's, `north=1` the unit's at /north, `north_7` the one's at /north/7."""
    return [
        {"scope": "channel", "name": name, "limit": limit}
        if name in ("web", "call")
        else {"scope": "unit", "name": "/" + name.replace("_", "/"), "limit": limit}
        for name, limit in limits.items()
    ]


class TestQuotas:
    @pytest.mark.parametrize(
        ("name", "unit", "expected"),
        [
            ("/north", "/north", True),
            ("/north", "/north/branch-7", True),
            ("/north/", "/north/branch-7", True),
            ("/north", "/northwest", False),
            ("/north/branch-7", "/north", False),
            ("/", "/north", True),
            ("/north", None, False),
            ("/", None, False),
        ],
    )
    def test_of_a_unit_cover_whole_segments(self, name: str, unit: str | None, expected: bool) -> None:
        assert covers(Quota(scope="unit", name=name, limit=1), "call", unit) is expected

    def test_the_channel_runs_out_for_itself(self) -> None:
        known = facts(offer(quotas=quotas(web=1)), c1={}, c2={}, c3={})
        claims = [claim("a1", channel="web"), claim("a2", "c2", channel="web"), claim("a3", "c3", channel="call")]
        assert verdicts(known, *claims) == ["accepted", "quota-exhausted", "accepted"]

    def test_a_unit_counts_with_all_above_it(self) -> None:
        known = facts(offer(quotas=quotas(north=2, north_7=1)), c0={}, c1={}, c2={}, c3={}, c4={}, c5={})
        units = ["/north/7", "/north/7", "/north/8", "/north/8", "/northwest", None]
        claims = [claim(f"a{n}", f"c{n}", unit=unit) for n, unit in enumerate(units)]
        said = ["accepted", "quota-exhausted", "accepted", "quota-exhausted", "accepted", "accepted"]
        assert verdicts(known, *claims) == said

    def test_the_stock_ends_before_a_quota_that_is_larger(self) -> None:
        known = facts(offer(quotas=quotas(web=0)), stock=0)
        assert verdicts(known, claim(channel="web")) == ["sold-out"]

    def test_what_is_given_back_may_be_taken_again(self) -> None:
        known = facts(offer(quotas=quotas(web=1)), stock=5)
        (row,) = settle([claim(channel="web")], known)
        assert known.exhausted("o1") != ()
        count(row, known, -1)
        assert (known.exhausted("o1"), known.stock["o1"].accepted) == ((), 0)

    @given(
        claims=st.lists(
            st.tuples(st.sampled_from(["web", "call"]), st.sampled_from(["/north", "/north/7", "/south", None])),
            max_size=25,
        ),
        web=st.integers(0, 4),
        north=st.integers(0, 4),
    )
    def test_none_is_ever_overdrawn_and_none_refuses_while_there_is_room(
        self, claims: list[tuple[str, str | None]], web: int, north: int
    ) -> None:
        known = facts(offer(quotas=quotas(web=web, north=north)))
        known.customers = {f"c{n}": {} for n in range(25)}
        in_web = in_north = 0
        for number, (channel, unit) in enumerate(claims):
            (row,) = settle([claim(f"a{number}", f"c{number}", channel=channel, unit=unit)], known)
            northern = unit in ("/north", "/north/7")
            room = (channel != "web" or in_web < web) and (not northern or in_north < north)
            assert (row.state == "accepted") is room
            in_web += room and channel == "web"
            in_north += room and northern


class TestTakingBack:
    def accepted(self, **parts: Any) -> Acceptance:
        (row,) = settle([claim()], facts(offer(**parts)))
        return row

    @pytest.mark.parametrize(("micros", "allowed"), [(-1, True), (0, False)])
    def test_within_the_cooling_off_period_also_when_it_was_delivered(self, micros: int, allowed: bool) -> None:
        row = fulfilled(self.accepted(cooling_off_days=14), "r1", NOW)
        at = NOW + timedelta(days=14, microseconds=micros)
        if allowed:
            assert (revoked(row, at).state, revoked(row, at).revoked_because) == ("revoked", "withdrawn")
        else:
            with pytest.raises(CoolingOffOver) as refused:
                revoked(row, at)
            assert refused.value.extra["until"] == "2026-03-16T09:00:00+00:00"

    def test_without_a_period_until_it_is_delivered(self) -> None:
        row = self.accepted()
        assert revoked(row, NOW + timedelta(days=900)).state == "revoked"
        with pytest.raises(AlreadyFulfilled):
            revoked(fulfilled(row, None, NOW), NOW)

    def test_a_period_of_no_days_is_no_right(self) -> None:
        with pytest.raises(CoolingOffOver):
            revoked(self.accepted(cooling_off_days=0), NOW)

    def test_the_period_is_that_of_the_offer_when_it_was_accepted(self) -> None:
        assert self.accepted(cooling_off_days=14).revocable_until == NOW + timedelta(days=14)
        (refused,) = settle([claim()], facts(offer(cooling_off_days=14), stock=0))
        assert refused.revocable_until is None

    def test_what_cannot_be_delivered_is_given_up_after_the_period_too(self) -> None:
        row = undeliverable(self.accepted(cooling_off_days=0), "no line", "r1", NOW)
        assert (row.state, row.revoked_because, row.note, row.reference) == (
            "revoked",
            "not-delivered",
            "no line",
            "r1",
        )
        for refuse in (lambda: fulfilled(row, None, NOW), lambda: revoked(row, NOW)):
            with pytest.raises(AcceptanceNotStanding):
                refuse()
        with pytest.raises(AlreadyFulfilled):
            undeliverable(fulfilled(self.accepted(), None, NOW), "no line", None, NOW)


IDS = st.sampled_from([f"a{n}" for n in range(12)])
CLAIMS = st.lists(
    st.builds(
        claim,
        IDS,
        st.sampled_from(["c1", "c2", "c3"]),
        st.sampled_from(["o1", "o2", "o9"]),
        term=st.sampled_from(["1", "2"]),
    ),
    max_size=30,
)


class TestAnySeriesOfClaims:
    @given(claims=CLAIMS, stock=st.integers(0, 4), cut=st.integers(0, 30))
    def test_never_oversells_and_never_accepts_twice(self, claims: list[Claim], stock: int, cut: int) -> None:
        known = facts(offer(), offer("o2"), stock=stock, c1={}, c2={}, c3={})
        first_of_id: dict[str, Claim] = {}
        honest = [c for c in claims if first_of_id.setdefault(c.acceptance_id, c) == c]
        rows = settle(honest[:cut], known) + settle(honest[cut:], known)
        accepted = [row for row in rows if row.state == "accepted"]
        assert len({row.slot for row in accepted}) == len(accepted)
        counted = Counter(row.offer_id for row in accepted)
        assert all(counted[offer_id] == level.accepted <= stock for offer_id, level in known.stock.items())
        assert [row.acceptance_id for row in rows] == list(dict.fromkeys(c.acceptance_id for c in honest))
